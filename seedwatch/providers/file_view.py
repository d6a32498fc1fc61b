"""Looks into a file of any size with one small window in memory.

A memory map would do, but the pages it brings in count as memory of the process, as many as the
system likes: twice a picture and more for an answer of hundreds of megabytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_WINDOW = 512 * 1024


class FileView:
    """The bytes of an open file by their offsets."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._start = 0
        self._window = file.read(_WINDOW)
        is_all = len(self._window) < _WINDOW
        self._length = len(self._window) if is_all else file.seek(0, 2)

    def __len__(self) -> int:
        return self._length

    def span(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`."""
        at = start - self._start
        if at >= 0 and end <= self._start + len(self._window):
            return self._window[at : end - self._start]
        self._file.seek(start)
        return self._file.read(max(0, end - start))

    def find(self, byte: bytes, at: int, end: int) -> int:
        """Where a byte stands first from `at` up to `end`, or -1."""
        while at < end:
            if not self._start <= at < self._start + len(self._window):
                self._file.seek(at)
                self._start, self._window = at, self._file.read(_WINDOW)
                if not self._window:
                    return -1  # the file is shorter than it was
            found = self._window.find(byte, at - self._start, end - self._start)
            if found >= 0:
                return self._start + found
            at = self._start + len(self._window)
        return -1


@contextmanager
def viewed(path: Path) -> Iterator[FileView]:
    """A view of this file."""
    with path.open("rb", buffering=0) as file:
        yield FileView(file)
