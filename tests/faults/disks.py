"""Real small file systems for tests: filled, without inodes, read-only. Mounting needs root."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

_PIECE = b"\0" * (1 << 16)


@dataclass
class Disk:
    """A mounted tmpfs."""

    path: Path

    def fill(self) -> None:
        """Leave not one free byte."""
        with contextlib.suppress(OSError), self._filler.open("ab") as filler:
            while True:
                os.write(filler.fileno(), _PIECE)
        with contextlib.suppress(OSError), self._filler.open("ab") as filler:
            while True:
                os.write(filler.fileno(), b"\0")
        assert os.statvfs(self.path).f_bavail == 0

    def use_up_inodes(self) -> None:
        """Leave not one free inode."""
        self._names.mkdir()
        for number in range(1 << 20):
            try:
                (self._names / str(number)).touch()
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                return
        raise AssertionError("it has inodes without end")

    def free(self) -> None:
        """Give back what `fill` and `use_up_inodes` took."""
        self._filler.unlink(missing_ok=True)
        shutil.rmtree(self._names, ignore_errors=True)

    def remount(self, *options: str) -> None:
        """With `ro` every write fails with EROFS; it must have no file open for writing."""
        subprocess.run(["mount", "-o", ",".join(("remount", *options)), str(self.path)], check=True)

    @property
    def _filler(self) -> Path:
        return self.path / ".filler"

    @property
    def _names(self) -> Path:
        return self.path / ".names"


@contextlib.contextmanager
def mounted(path: Path, options: str) -> Iterator[Disk]:
    """A tmpfs at `path` while the block runs; the test is skipped where none can be mounted."""
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "seedwatch-test", str(path)]
    try:
        made = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("this system has no mount")
    if made.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {made.stderr.strip()}")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)
