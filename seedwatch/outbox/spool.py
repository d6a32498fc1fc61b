"""The spool: paid answers and pictures on local disk, whole and synced before anything else.

A name without `.part` is whole: it got its name after its bytes were synced. Names are
`ATTEMPT.answer` for a provider's answer, `ATTEMPT.N` for its N-th picture, and `ATTEMPT.request`
for a request that may be sent again byte by byte.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from seedwatch.kill_points import reached
from seedwatch.paths import make_directories

_PART = ".part"
_PIECE = 512 << 10
_LARGE = 128 << 10
"""a piece of this length is written as it comes: gathering it would copy it once more"""
_FRESH_S = 600.0
_NAME = re.compile(r"(?P<attempt>[0-9a-f]{32}|[0-9a-f]{16})\.(?P<of>answer|request|\d+)(\.part)?")
"""the shorter ids are those of claims that deliver a stored result again (`worker/reuse.py`)"""


def attempt_of(name: str) -> str | None:
    """The attempt (or claim) that a file of the spool belongs to; None: it is no file of ours."""
    found = _NAME.fullmatch(name)
    return found["attempt"] if found else None


class Spool:
    """The files of one state directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.shared: set[str] = set()
        """files with a second name in an outbox: what is done to the result is done to them"""

    def prepare(self) -> None:
        """Make the directory, for its owner only."""
        make_directories(self.directory, 0o700)
        reached("spool.made")
        with os.scandir(self.directory) as entries:  # a stop may have come before they were parted
            self.shared = {entry.name for entry in entries if entry.stat().st_nlink > 1}

    def answer_name(self, attempt_id: str) -> str:
        """The name of an attempt's whole answer."""
        return f"{attempt_id}.answer"

    def request_name(self, attempt_id: str) -> str:
        """The name of its request, kept where the provider honours an idempotency key."""
        return f"{attempt_id}.request"

    def picture_name(self, attempt_id: str, n: int) -> str:
        """The name of its n-th picture."""
        return f"{attempt_id}.{n}"

    def path(self, name: str) -> Path:
        """Where a spooled file lies."""
        return self.directory / name

    def has(self, name: str) -> bool:
        """Whether this file lies whole in the spool."""
        return self.path(name).is_file()

    def byte_count(self, name: str) -> int:
        """The length of a spooled file."""
        return self.path(name).stat().st_size

    def written_at(self, name: str) -> float:
        """When a spooled file got its content (seconds since 1970)."""
        return self.path(name).stat().st_mtime

    def is_fresh(self, name: str) -> bool:
        """Whether a file was written a moment ago: it is what was hashed then."""
        return 0 <= time.time() - self.written_at(name) < _FRESH_S

    def part(self, name: str) -> None:
        """Give a shared file bytes of its own again.

        Raises:
            OSError: there is no room for them just now; it stays shared.
        """
        with contextlib.suppress(FileNotFoundError), self.path(name).open("rb") as shared:
            if os.fstat(shared.fileno()).st_nlink > 1:
                with self.writing(name) as own:
                    own.write_all(iter(lambda: shared.read(_PIECE), b""))
                    own.keep()
        self.shared.discard(name)

    def writing(self, name: str) -> SpoolFile:
        """A new file; it gets its name by `keep`, or stays behind as evidence in a `.part`."""
        return SpoolFile(self.directory, name)

    def keep_part(self, name: str) -> None:
        """Give the name to what was written before an answer, or this daemon, broke off."""
        part_path = self.path(name + _PART)
        with part_path.open("rb+") as file:
            os.fsync(file.fileno())
        reached("spool.part_synced")
        with _directory_open(self.directory) as fd:
            part_path.replace(self.path(name))
            reached("spool.named")
            _sync_directory(fd)

    def part_path(self, name: str) -> Path:
        """Where the bytes of an unfinished file lie."""
        return self.path(name + _PART)

    def attempts(self) -> set[str]:
        """The attempts of which anything lies here."""
        with os.scandir(self.directory) as entries:
            names = [attempt_of(entry.name) for entry in entries]
        return {attempt for attempt in names if attempt}

    def answered_since(self, at: float) -> set[str]:
        """The attempts of which an answer, or a part of one, came later than that."""
        with os.scandir(self.directory) as entries:
            names = [(entry, _NAME.fullmatch(entry.name)) for entry in entries]
            return {
                found["attempt"]
                for entry, found in names
                if found and found["of"] != "request" and entry.stat().st_mtime > at
            }

    def sweep(self, attempts: set[str]) -> int:
        """Remove the files of attempts that nobody needs any more; returns how many."""
        with os.scandir(self.directory) as entries:
            names = [entry.name for entry in entries if attempt_of(entry.name) in attempts]
        for name in names:
            self.path(name).unlink(missing_ok=True)
            reached("spool.swept")
        return len(names)


class SpoolFile(AbstractContextManager["SpoolFile"]):
    """One file while it is written: bytes as they come, then `keep` makes it whole.

    All that `keep` needs of the system is in hand before the first byte: it opens nothing, as
    there may be no descriptor left by then.
    """

    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory
        self._name = name
        self._file: FileIO | None = None
        self._directory_fd: int | None = None
        self._opened = contextlib.ExitStack()
        self._pending = bytearray()
        self._sha256 = hashlib.sha256()
        self.byte_count = 0

    @property
    def part_path(self) -> Path:
        """Where the bytes lie until `keep`."""
        return self._directory / (self._name + _PART)

    @property
    def sha256(self) -> str:
        """Digest of what was written."""
        self._drain()
        return self._sha256.hexdigest()

    def __enter__(self) -> Self:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
        with contextlib.ExitStack() as opened:
            self._directory_fd = opened.enter_context(_directory_open(self._directory))
            fd = os.open(self.part_path, flags, 0o600)
            self._opened = opened.pop_all()
        self._file = os.fdopen(fd, "wb", buffering=0)  # it is gathered here already
        reached("spool.created")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._opened:
            if self._file is not None and not self._file.closed:
                self._drain()  # what came is kept as evidence
                self._file.close()
            if self.byte_count == 0:
                self.part_path.unlink(missing_ok=True)
                reached("spool.discarded")

    def write(self, piece: bytes, /) -> None:
        """Add bytes; they are hashed and written in large pieces.

        Each of these lets other threads run, and taking turns for every few kilobytes costs
        more than the work itself.
        """
        self.byte_count += len(piece)
        if len(piece) >= _LARGE:
            self._drain()
            self._put(piece)
            return
        self._pending += piece
        if len(self._pending) >= _PIECE:
            self._drain()

    def _drain(self) -> None:
        if self._pending:
            pending, self._pending = self._pending, bytearray()
            self._put(pending)

    def _put(self, content: bytes | bytearray) -> None:
        assert self._file is not None
        self._sha256.update(content)
        left = memoryview(content)
        while left:  # a disk that is nearly full takes a part, and refuses the rest
            left = left[self._file.write(left) :]
        reached("spool.written")

    def write_all(self, pieces: Iterable[bytes]) -> None:
        """Add many."""
        for piece in pieces:
            self.write(piece)

    def flush(self) -> None:
        """Hand everything written to the system, so that it can be read at `part_path`."""
        self._drain()

    def sync(self) -> None:
        """Make what came so far durable under its `.part` name."""
        self.flush()
        assert self._file is not None
        os.fsync(self._file.fileno())
        reached("spool.part_synced")

    def discard(self) -> None:
        """Leave nothing: it turned out to be no answer."""
        assert self._file is not None
        self._pending = bytearray()
        self._file.close()
        self.part_path.unlink(missing_ok=True)
        reached("spool.discarded")

    def keep(self) -> None:
        """Sync the bytes, then give them their name, then sync the directory."""
        self.sync()
        assert self._file is not None
        self._file.close()
        reached("spool.synced")
        self.part_path.replace(self._directory / self._name)
        reached("spool.named")
        _sync_directory(self._directory_fd)


@contextlib.contextmanager
def _directory_open(directory: Path) -> Iterator[int | None]:
    """To make a name change on the local disk durable by; Windows has no such thing."""
    if sys.platform == "win32":
        yield None
        return
    fd = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


def _sync_directory(fd: int | None) -> None:
    if fd is not None:
        os.fsync(fd)
        reached("spool.directory_synced")
