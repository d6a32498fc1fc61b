"""A lease is over only when the clock that nobody can set says so, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedwatch.store.sqlite import SqliteStore
from tests.store.build import LEASE_S, Clock, claimed, new_job, opened, states, submitted

pytestmark = pytest.mark.anyio

YEARS_S = 10 * 365 * 86_400


@pytest.mark.fault(36)
async def test_a_wall_clock_that_jumps_ends_no_lease(path: Path) -> None:
    """P17: the wall clock goes ten years ahead: a worker at work keeps its task and its answer.

    Red if `reap` looks at the wall clock alone.
    """
    clock, timer = Clock(), Clock(50.0)
    store = await SqliteStore.open(path, clock, timer=timer)
    await opened(store, new_job("a.png"))
    claim = await submitted(store)
    clock.now += YEARS_S
    timer.now += LEASE_S / 2
    assert await store.reap() == []
    assert states(path) == [(1, "running", "")]
    await store.extend_lease(claim, LEASE_S)
    clock.now += LEASE_S + 1
    timer.now += LEASE_S / 2
    assert await store.reap() == []
    timer.now += LEASE_S
    assert [doubt.task_id for doubt in await store.reap()] == [1]
    await store.close()


async def test_a_lease_of_another_process_ends_by_the_wall_clock(path: Path) -> None:
    """What this store did not give out it cannot time; the row says when it ends."""
    clock, timer = Clock(), Clock(50.0)
    first = await SqliteStore.open(path, clock, timer=timer)
    await opened(first, new_job("a.png"))
    await claimed(first)
    await first.close()
    store = await SqliteStore.open(path, clock, timer=timer)
    assert await store.reap() == []
    clock.now += LEASE_S + 1
    assert await store.reap() == []
    assert states(path) == [(1, "ready", "interrupted")]
    await store.close()
