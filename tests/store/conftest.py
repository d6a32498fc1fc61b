"""Fixtures of the tests that look inside the SQLite store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from seedwatch.store.sqlite import SqliteStore
from tests.store.build import Clock, replay


@pytest.fixture
def clock() -> Clock:
    """The store's clock."""
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The database."""
    return tmp_path / "state" / "queue.db"


@pytest.fixture
async def store(path: Path, clock: Clock) -> AsyncIterator[SqliteStore]:
    """An empty store; at the end of each test its events must replay to its states."""
    opened = await SqliteStore.open(path, clock)
    yield opened
    await opened.close()
    replay(path)
