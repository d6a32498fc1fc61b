"""Fixtures of the tests of single modules."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seedwatch import paths
from seedwatch.paths import Root
from tests.unit import made
from tests.unit.made import Folders
from tests.unit.seam import WAYS, force


@pytest.fixture
def root(tmp_path: Path) -> Root:
    """An empty configured folder."""
    (tmp_path / "root").mkdir()
    return Root(tmp_path / "root")


@pytest.fixture
def other(tmp_path: Path) -> Root:
    """A second one on the same file system."""
    (tmp_path / "other").mkdir()
    return Root(tmp_path / "other")


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Inbox, outbox, done and failed."""
    return made.folders(tmp_path / "shots")


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each way to rename without replacing: the system's, by link, by placeholder."""
    name: str = request.param
    force(name, monkeypatch)
    return name


@pytest.fixture
def far_away(tmp_path: Path) -> Iterator[Path]:
    """A directory on another file system."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system here")
    there = memory / f"seedwatch-test-{secrets.token_hex(6)}"
    there.mkdir()
    yield there
    shutil.rmtree(there)


@pytest.fixture
def open_files() -> Callable[[], int]:
    """Counts the open descriptors of this process."""
    listing = next((d for d in ("/proc/self/fd", "/dev/fd") if Path(d).is_dir()), None)
    if listing is None:
        pytest.skip("this system does not list open files")
    return lambda: len(list(Path(listing).iterdir()))


@pytest.fixture(autouse=True)
def _no_parts_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test does with files, no temporary file of ours is left behind."""
    base: Path | None = None
    if "tmp_path" in request.fixturenames:
        base = request.getfixturevalue("tmp_path")
    yield
    assert base is None or not list(base.rglob(paths.PART_PREFIX + "*"))
