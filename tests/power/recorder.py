"""Records what a run in this process does to its directories: every write, sync and name.

Python's calls are seen where they leave Python, SQLite's at its VFS. What a file holds is read
after each step, so that no way of writing is missed; `Recorder.trace` proves that by comparing
what was recorded with what lies on the disk. Linux only.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import io
import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import apsw

from seedwatch import paths
from seedwatch.simulator.ledger import Charge, Ledger
from tests.power.disk import (
    Change,
    Disk,
    Happened,
    Names,
    Number,
    Op,
    Rename,
    Sync,
    SyncNames,
    Trace,
    Truncate,
    Write,
)

_VFS = "seedwatch-recording"
_NOT_KEPT = ("-shm", "daemon.lock")
"""made anew at every start: nothing in them outlives a power cut on purpose"""

_Id = tuple[int, int]


class _Tracked:
    """A file that is watched: a descriptor that keeps it from being another, and what it held."""

    def __init__(self, number: Number, fd: int) -> None:
        self.number, self.fd = number, fd
        self.seen = b""
        self.is_database = False

    def read(self) -> bytes:
        return os.pread(self.fd, os.fstat(self.fd).st_size, 0)


class Recorder:
    """The operations below some roots, in order, while the `recording` block runs."""

    def __init__(self, *roots: Path) -> None:
        self.lock = threading.RLock()
        self.ops: list[Op] = []
        self._files: dict[_Id, _Tracked] = {}
        self._directories: dict[_Id, Number] = {}
        self._kept: list[int] = []
        self._count = 0
        self._before: Trace | None = None
        self._roots = {self._directory(root): str(root) for root in roots}
        self._names: Names = {}
        for root in roots:
            self._scan(root)
        self._modified = {
            file.number: os.fstat(file.fd).st_mtime_ns for file in self._files.values()
        }
        self._contents = {file.number: file.seen for file in self._files.values()}

    # --- what is there -----------------------------------------------------------------------

    def _scan(self, directory: Path) -> None:
        number = self._directories[_id(directory.stat())]
        for entry in sorted(directory.iterdir()):
            if entry.is_dir():
                self._names[number, entry.name] = self._directory(entry)
                self._scan(entry)
            else:
                self._names[number, entry.name] = self._file(entry).number
                self._file(entry).seen = entry.read_bytes()

    def _directory(self, place: Path | str) -> Number:
        fd = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        self._kept.append(fd)
        return self._directories.setdefault(_id(os.fstat(fd)), self._next())

    def _file(self, place: Path | str) -> _Tracked:
        found = self._files.get(_id(Path(place).stat()))
        if found is None:
            fd = os.open(place, os.O_RDONLY)
            self._kept.append(fd)
            found = self._files[_id(os.fstat(fd))] = _Tracked(self._next(), fd)
        return found

    def _next(self) -> Number:
        self._count += 1
        return self._count

    def trace(self) -> Trace:
        """All that was recorded.

        Raises:
            AssertionError: something happened on the disk that was not seen.
        """
        self._look()
        trace = Trace(
            self._roots,
            self._contents,
            frozenset(self._directories.values()),
            self._names,
            self._modified,
            tuple(self.ops),
        )
        recorded = Disk(trace, len(trace.ops)).most()
        for path, number in recorded.places.items():
            if number is None:
                assert Path(path).is_dir(), path
            elif not path.endswith(_NOT_KEPT):
                assert Path(path).read_bytes() == recorded.contents[number], path
        for root in self._roots.values():
            for entry in Path(root).rglob("*"):
                assert str(entry) in recorded.places or entry.name.endswith(_NOT_KEPT), entry
        return trace

    def close(self) -> None:
        """Let go of every file."""
        for fd in self._kept:
            os.close(fd)

    # --- what happens ------------------------------------------------------------------------

    def happened(self, what: str, key: str) -> None:
        """Something outside the disk, at this moment."""
        with self.lock:
            self._look()
            self.ops.append(Happened(what, key))

    def _look(self) -> None:
        """Record what was written since the last look."""
        for file in self._files.values():
            if not file.is_database:
                self._look_at(file)

    def _look_at(self, file: _Tracked, *, is_sync: bool = False) -> None:
        if not is_sync and os.fstat(file.fd).st_size == len(file.seen):
            return  # nothing here writes over what it wrote; a sync looks closer
        now = file.read()
        if not now.startswith(file.seen):
            self.ops.append(Truncate(file.number, 0))
            self.ops.append(Write(file.number, 0, now))
        elif len(now) > len(file.seen):
            self.ops.append(Write(file.number, len(file.seen), now[len(file.seen) :]))
        file.seen = now

    def _parent(self, path: Any, dir_fd: int | None) -> tuple[Number | None, str]:
        """The number of the directory that holds a path, if it is one of ours, and its name.

        A path below a descriptor is a name in it: nothing here goes deeper.
        """
        folder, name = os.path.split(os.fspath(path))
        if isinstance(name, bytes):
            folder, name = os.fsdecode(folder), os.fsdecode(name)
        try:
            status = os.fstat(dir_fd) if dir_fd is not None else Path(folder).stat()
        except OSError:
            return None, name
        return self._directories.get(_id(status)), name

    def opened(self, fd: int, parent: Number | None, name: str, *, is_new: bool) -> None:
        """A file was opened for writing; one that is new has its name from now on."""
        if parent is None:
            return
        file = self._file(f"/proc/self/fd/{fd}")
        if is_new:
            self.ops.append(Rename((Change(parent, name, file.number),)))
        if not file.is_database:
            self._look_at(file)

    def opening(
        self, path: Any, dir_fd: int | None, call: Callable[[], Any], fd_of: Callable[[Any], int]
    ) -> Any:
        """Open for writing, and notice whether that made the file."""
        with self.lock:
            self._look()
            parent, name = self._parent(path, dir_fd)
            is_new = parent is not None and not _lies_there(path, dir_fd)
            opened = call()
            self.opened(fd_of(opened), parent, name, is_new=is_new)
            return opened

    def naming(self, call: Callable[[], Any], steps: Callable[[], list[Change]]) -> Any:
        """Do what changes names; `steps` is asked before, and recorded if it works."""
        with self.lock:
            self._look()
            wanted = steps()
            result = call()
            if wanted:
                self.ops.append(Rename(tuple(wanted)))
            return result

    def number_at(self, path: Any, dir_fd: int | None) -> Number | None:
        """The number of what bears a name."""
        try:
            status = os.stat(path, dir_fd=dir_fd, follow_symlinks=False)
        except OSError:
            return None
        if stat.S_ISDIR(status.st_mode):
            return self._directories.get(_id(status))
        found = self._files.get(_id(status))
        return None if found is None else found.number

    def change(self, path: Any, dir_fd: int | None, number: Number | None) -> list[Change]:
        """A name that will mean `number`; nothing, where it is none of ours."""
        parent, name = self._parent(path, dir_fd)
        return [] if parent is None else [Change(parent, name, number)]

    def synced(self, fd: int) -> None:
        """A descriptor was synced."""
        status = os.fstat(fd)
        directory = self._directories.get(_id(status))
        file = self._files.get(_id(status))
        if directory is not None:
            self.ops.append(SyncNames(directory))
        elif file is not None:
            self.ops.append(Sync(file.number))

    def before_sync(self, fd: int) -> None:
        """Record what a sync is about to make sure."""
        self._look()
        file = self._files.get(_id(os.fstat(fd)))
        if file is not None:
            self._look_at(file, is_sync=True)

    def made_directory(self, path: Any, dir_fd: int | None) -> None:
        """A directory of ours has a new one inside."""
        parent, name = self._parent(path, dir_fd)
        if parent is not None:
            fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY, dir_fd=dir_fd)
            self._kept.append(fd)
            number = self._directories[_id(os.fstat(fd))] = self._next()
            self.ops.append(Rename((Change(parent, name, number),)))

    def database_file(self, path: str, *, is_new: bool) -> _Tracked | None:
        """A file that SQLite opened; its writes come from the VFS."""
        parent, name = self._parent(path, None)
        if parent is None:
            return None
        file = self._file(path)
        file.is_database = True
        if is_new:
            self.ops.append(Rename((Change(parent, name, file.number),)))
        return file


@contextlib.contextmanager
def recording(*roots: Path) -> Iterator[Recorder]:
    """Record everything below the roots while the block runs."""
    recorder = Recorder(*roots)
    vfs = _Vfs(recorder)
    was = apsw.vfs_names()[0] if hasattr(apsw, "vfs_names") else apsw.vfsnames()[0]
    with contextlib.ExitStack() as stack:
        stack.callback(recorder.close)
        for module, name, made in _wrappers(recorder):
            stack.enter_context(mock.patch.object(module, name, made))
        apsw.set_default_vfs(_VFS)
        stack.callback(vfs.unregister)
        stack.callback(apsw.set_default_vfs, was)
        yield recorder


def _wrappers(recorder: Recorder) -> Iterator[tuple[Any, str, Any]]:
    yield os, "open", _os_open(recorder, os.open)
    opening = _io_open(recorder, io.open)
    yield io, "open", opening
    yield builtins, "open", opening
    for name in ("fsync", "fdatasync"):
        yield os, name, _sync(recorder, getattr(os, name))
    for name in ("rename", "replace"):
        yield os, name, _rename(recorder, getattr(os, name))
    for name in ("unlink", "remove", "rmdir"):
        yield os, name, _unlink(recorder, getattr(os, name))
    yield os, "link", _link(recorder, os.link)
    yield os, "mkdir", _mkdir(recorder, os.mkdir)
    yield paths, "_renameat2", _renameat2(recorder, paths._renameat2)
    yield Ledger, "append", _append(recorder, Ledger.append)


def _id(status: os.stat_result) -> _Id:
    return status.st_dev, status.st_ino


def _lies_there(path: Any, dir_fd: int | None) -> bool:
    try:
        os.stat(path, dir_fd=dir_fd, follow_symlinks=False)
    except OSError:
        return False
    return True


_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def _os_open(recorder: Recorder, real: Callable[..., int]) -> Callable[..., int]:
    def opened(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        def call() -> int:
            return real(path, flags, mode, dir_fd=dir_fd)

        if not flags & _WRITES:
            return call()
        return int(recorder.opening(path, dir_fd, call, int))

    return opened


def _io_open(recorder: Recorder, real: Callable[..., Any]) -> Callable[..., Any]:
    def opened(file: Any, mode: str = "r", *args: Any, **named: Any) -> Any:
        def call() -> Any:
            return real(file, mode, *args, **named)

        if isinstance(file, int) or not set(mode) & set("wxa+"):
            return call()
        return recorder.opening(file, None, call, lambda opened: int(opened.fileno()))

    return opened


def _sync(recorder: Recorder, real: Callable[[int], None]) -> Callable[[Any], None]:
    def synced(fd: Any) -> None:
        fd = fd if isinstance(fd, int) else fd.fileno()
        with recorder.lock:
            recorder.before_sync(fd)
            real(fd)
            recorder.synced(fd)

    return synced


def _rename(recorder: Recorder, real: Callable[..., None]) -> Callable[..., None]:
    def renamed(
        src: Any, dst: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None
    ) -> None:
        def steps() -> list[Change]:
            number = recorder.number_at(src, src_dir_fd)
            comes = recorder.change(dst, dst_dir_fd, number)
            return comes + recorder.change(src, src_dir_fd, None)

        recorder.naming(lambda: real(src, dst, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd), steps)

    return renamed


def _renameat2(recorder: Recorder, real: Callable[..., None]) -> Callable[..., None]:
    def renamed(old_fd: int, old: str, new_fd: int, new: str) -> None:
        def steps() -> list[Change]:
            number = recorder.number_at(old, old_fd)
            return recorder.change(new, new_fd, number) + recorder.change(old, old_fd, None)

        recorder.naming(lambda: real(old_fd, old, new_fd, new), steps)

    return renamed


def _unlink(recorder: Recorder, real: Callable[..., None]) -> Callable[..., None]:
    def removed(path: Any, *, dir_fd: int | None = None) -> None:
        recorder.naming(
            lambda: real(path, dir_fd=dir_fd), lambda: recorder.change(path, dir_fd, None)
        )

    return removed


def _link(recorder: Recorder, real: Callable[..., None]) -> Callable[..., None]:
    def linked(
        src: Any,
        dst: Any,
        *,
        src_dir_fd: int | None = None,
        dst_dir_fd: int | None = None,
        follow_symlinks: bool = True,
    ) -> None:
        def call() -> None:
            real(
                src,
                dst,
                src_dir_fd=src_dir_fd,
                dst_dir_fd=dst_dir_fd,
                follow_symlinks=follow_symlinks,
            )

        def steps() -> list[Change]:
            return recorder.change(dst, dst_dir_fd, recorder.number_at(src, src_dir_fd))

        recorder.naming(call, steps)

    return linked


def _mkdir(recorder: Recorder, real: Callable[..., None]) -> Callable[..., None]:
    def made(path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        with recorder.lock:
            recorder._look()
            real(path, mode, dir_fd=dir_fd)
            recorder.made_directory(path, dir_fd)

    return made


def _append(recorder: Recorder, real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    async def append(ledger: Ledger, charge: Charge) -> None:
        await real(ledger, charge)
        recorder.happened("accepted", key_of(charge.prompt, charge.refs))

    return append


def key_of(prompt: str, refs: Any) -> str:
    """What tells one request from another at the provider."""
    return f"{prompt}|{','.join(refs)}"


class _Vfs(apsw.VFS):
    """SQLite's own file system calls, passed on and recorded."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(_VFS, "unix")
        self._recorder = recorder

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        path = name if isinstance(name, str) or name is None else name.filename()
        with self._recorder.lock:
            is_new = path is not None and not os.path.exists(path)  # noqa: PTH110
            opened = _VfsFile(name, flags)
            if path is not None:
                file = self._recorder.database_file(path, is_new=is_new)
                opened.watch(self._recorder, file, Path(path).parent, is_new=is_new)
            return opened

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802
        self._recorder.naming(
            lambda: super(_Vfs, self).xDelete(name, syncdir),
            lambda: self._recorder.change(name, None, None),
        )
        if syncdir:
            _sync_names(self._recorder, Path(name).parent)


def _sync_names(recorder: Recorder, directory: Path) -> None:
    with recorder.lock:
        number = recorder.number_at(directory, None)
        if number is not None:
            recorder.ops.append(SyncNames(number))


class _VfsFile(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._recorder: Recorder | None = None
        self._file: _Tracked | None = None

    def watch(
        self, recorder: Recorder, file: _Tracked | None, directory: Path, *, is_new: bool
    ) -> None:
        self._recorder, self._file, self._directory = recorder, file, directory
        self._is_unnamed = is_new  # SQLite syncs the directory of a new journal with its data

    def _record(self, call: Callable[[], Any], op: Callable[[Number], Op]) -> Any:
        if self._recorder is None or self._file is None:
            return call()
        with self._recorder.lock:
            self._recorder._look()
            result = call()
            self._recorder.ops.append(op(self._file.number))
            return result

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        content = bytes(data)
        self._record(
            lambda: super(_VfsFile, self).xWrite(data, offset),
            lambda file: Write(file, offset, content),
        )

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._record(
            lambda: super(_VfsFile, self).xTruncate(newsize), lambda file: Truncate(file, newsize)
        )

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._record(lambda: super(_VfsFile, self).xSync(flags), Sync)
        if self._recorder is not None and self._file is not None and self._is_unnamed:
            self._is_unnamed = False
            _sync_names(self._recorder, self._directory)
