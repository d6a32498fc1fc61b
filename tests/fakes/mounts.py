"""Real mounts in this process: a share is a directory of a small file system of its own."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Final

_READ_ONLY: Final = 1
_REMOUNT: Final = 32
_BIND: Final = 4096
_DETACH: Final = 2


class Server:
    """A tmpfs whose directories are mounted as shares, and unmounted as if a cable was pulled."""

    def __init__(self, disk: Path) -> None:
        self.disk = disk
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._points: list[Path] = []
        disk.mkdir()
        self._mount("tmpfs", disk, "tmpfs", 0)
        self._points.append(disk)

    def share(self, name: str) -> Path:
        """A directory of the server, mounted or not."""
        path = self.disk / name
        path.mkdir(exist_ok=True)
        return path

    def mount(self, name: str, point: Path) -> None:
        """Mount a directory of the server at a path."""
        point.mkdir(parents=True, exist_ok=True)
        self._mount(str(self.share(name)), point, "", _BIND)
        self._points.append(point)

    def mount_tmpfs(self, point: Path) -> None:
        """Mount another, empty file system."""
        self._mount("tmpfs", point, "tmpfs", 0)
        self._points.append(point)

    def protect(self, point: Path, *, is_read_only: bool) -> None:
        """Turn a mounted share read-only, or back."""
        flags = _REMOUNT | _BIND | (_READ_ONLY if is_read_only else 0)
        self._mount("", point, "", flags)

    def pull(self, point: Path) -> None:
        """Unmount at once, whoever has files open there (umount -l)."""
        self._check(self._libc.umount2(os.fsencode(point), _DETACH))
        self._points.remove(point)

    def close(self) -> None:
        for point in reversed(self._points):
            self._libc.umount2(os.fsencode(point), _DETACH)

    def _mount(self, source: str, point: Path, kind: str, flags: int) -> None:
        names = (os.fsencode(source), os.fsencode(point), kind.encode())
        self._check(self._libc.mount(*names, flags, None))

    def _check(self, result: int) -> None:
        if result:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))


def can_mount() -> bool:
    """Whether this user may mount at all."""
    return sys.platform == "linux" and os.geteuid() == 0
