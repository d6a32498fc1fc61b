"""The system calls under `paths`, recorded or failing as a test wants them to."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from seedwatch import paths

WAYS = ("renameat2", "link", "placeholder")


def refuse(number: int) -> Callable[..., NoReturn]:
    """A system call that always fails with this error."""

    def call(*_args: Any, **_named: Any) -> NoReturn:
        raise OSError(number, os.strerror(number))

    return call


def force(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `paths` rename in this way; the ones before it are not supported."""
    if way == "renameat2" and not hasattr(paths._libc(), "renameat2"):
        pytest.skip("this system has no renameat2")
    if way != "renameat2":
        monkeypatch.setattr(paths, "_renameat2", refuse(errno.ENOSYS))
    if way == "placeholder":
        monkeypatch.setattr(os, "link", refuse(errno.EOPNOTSUPP))


class Journal:
    """What was synced and renamed, in order: `sync NAME`, `sync data`, `rename`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **directories: Path) -> None:
        self.lines: list[str] = []
        self._names = {path.stat().st_ino: name for name, path in directories.items()}
        self._wrap(monkeypatch, os, "fsync", self._synced)
        self._wrap(monkeypatch, os, "replace", lambda *_: "rename")
        self._wrap(monkeypatch, paths, "_renameat2", lambda *_: "rename")

    def _wrap(
        self,
        monkeypatch: pytest.MonkeyPatch,
        module: Any,
        name: str,
        line: Callable[..., str],
    ) -> None:
        real = getattr(module, name)

        def call(*args: Any, **named: Any) -> Any:
            self.lines.append(line(*args))
            return real(*args, **named)

        monkeypatch.setattr(module, name, call)

    def _synced(self, fd: int) -> str:
        status = os.fstat(fd)
        if stat.S_ISREG(status.st_mode):
            return "sync data"
        return f"sync {self._names.get(status.st_ino, 'a directory')}"


def fail_fsync(
    monkeypatch: pytest.MonkeyPatch, number: int, *, of_directories: bool, after: int = 0
) -> None:
    """Let fsync of files, or of directories, fail once `after` of them went well."""
    real, seen = os.fsync, 0

    def fsync(fd: int) -> None:
        nonlocal seen
        if stat.S_ISDIR(os.fstat(fd).st_mode) == of_directories:
            seen += 1
            if seen > after:
                raise OSError(number, os.strerror(number))
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)


def do_then_fail(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, number: int) -> None:
    """Let a call do its work and report an error all the same, as NFS may."""
    real = getattr(module, name)

    def call(*args: Any, **named: Any) -> NoReturn:
        real(*args, **named)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(module, name, call)
