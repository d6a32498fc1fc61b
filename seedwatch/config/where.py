"""Makes written paths absolute, and opens what lies there only if it is a regular file."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

# A FIFO must not make the daemon wait for a writer.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def absolute(base: Path, written: str) -> Path:
    """`written`, relative to `base`; `~` is the user's home, `..` is resolved by its words.

    Links are kept: messages show the path that was written, and a link may change its target.
    """
    home = os.path.expanduser(written)  # noqa: PTH111 - Path.expanduser raises without a home
    return Path(os.path.abspath(base / home))  # noqa: PTH100 - resolve() would follow links


@contextmanager
def regular_file(path: Path, *, follow: bool = True) -> Iterator[tuple[BinaryIO, os.stat_result]]:
    """A regular file, open for reading, and its state; without `follow` no symlink at its end.

    Raises:
        OSError: it cannot be opened; EISDIR for whatever is not a regular file.
    """
    descriptor = os.open(path, _FLAGS | (0 if follow else getattr(os, "O_NOFOLLOW", 0)))
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        with open(descriptor, "rb", closefd=False) as file:
            yield file, status
    finally:
        os.close(descriptor)
