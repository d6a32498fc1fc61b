"""Every implementation of each seam, for its contract suite."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from seedwatch.store.base import TaskStore
from seedwatch.store.sqlite import SqliteStore
from tests.store.build import Clock, replay

Opener = Callable[[Path, Clock], Awaitable[TaskStore]]
STORES: dict[str, Opener] = {"sqlite": SqliteStore.open}


@pytest.fixture
def clock() -> Clock:
    """The store's clock."""
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store keeps its rows."""
    return tmp_path / "state" / "queue.db"


@pytest.fixture(params=STORES)
def opener(request: pytest.FixtureRequest) -> Opener:
    """How an implementation is opened, also again after a stop."""
    return STORES[request.param]


@pytest.fixture
async def store(opener: Opener, path: Path, clock: Clock) -> AsyncIterator[TaskStore]:
    """An empty store; at the end of each test its events must replay to its states."""
    opened = await opener(path, clock)
    yield opened
    await opened.close()
    replay(path)
