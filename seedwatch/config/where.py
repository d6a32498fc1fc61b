"""Makes written paths absolute, and opens what lies there only if it is a regular file."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

# A FIFO must not make the daemon wait for a writer.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def absolute(base: Path, written: str) -> Path:
    """`written`, relative to `base`; `~` is the user's home, `..` is resolved by its words.

    Links are kept: messages show the path that was written, and a link may change its target.
    """
    home = os.path.expanduser(written)  # noqa: PTH111 - Path.expanduser raises without a home
    return Path(os.path.abspath(base / home))  # noqa: PTH100 - resolve() would follow links


@contextmanager
def regular_file(path: Path) -> Iterator[tuple[BufferedReader, os.stat_result]]:
    """A regular file the operator named, open for reading, and its state; links are followed.

    Raises:
        OSError: it cannot be opened; EISDIR for whatever is not a regular file.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        with open(descriptor, "rb", closefd=False) as file:
            yield file, status
    finally:
        os.close(descriptor)
