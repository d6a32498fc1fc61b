"""Fixtures of the fault tests: those of the flow tests, and small disks of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.disks import Disk, mounted
from tests.flow.conftest import desk, running_simulator, simulator, studio

__all__ = ["desk", "running_simulator", "simulator", "studio"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system of 256 KB."""
    with mounted(tmp_path / "small disk", "size=256k") as made:
        yield made


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system of 64 MB that can be filled, made read-only, or left without inodes."""
    with mounted(tmp_path / "disk", "size=64m,nr_inodes=2000") as made:
        yield made
