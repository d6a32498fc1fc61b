"""The power fails at any moment of a run: what is left is legal, and is decided rightly."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seedwatch import paths
from seedwatch.outbox import spool
from seedwatch.simulator import RunningSimulator
from seedwatch.store.migrations import VERSION, _upgrade, prepare
from seedwatch.store.sqlite import SqliteStore
from tests.power import cuts
from tests.power.cuts import (
    cases,
    every_step,
    in_order,
    judge,
    quickly,
    record,
    restore,
    told,
)
from tests.power.disk import Disk
from tests.power.recorder import recording
from tests.power.scenes import SCENES
from tests.store.build import new_job, opened, query, states

Wrong = Callable[..., list[str]]


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    """One of our own: what it remembers of one run has to last for all its cuts."""
    with RunningSimulator(latency_s=0.0) as running:
        yield running


@pytest.fixture
def wrong(tmp_path: Path, simulator: RunningSimulator) -> Iterator[Wrong]:
    """What is wrong with the first bad one of so many states that power cuts leave of a scene."""

    def judged(scene: str, count: int, seed: int) -> list[str]:
        run = record(SCENES[scene], tmp_path / "here", tmp_path / "there", simulator)
        found = cases(run, count, random.Random(seed))
        assert len(found) == count
        return next(filter(None, map(judge, in_order(found))), [])

    with quickly():
        yield judged


@pytest.mark.fault(3)
@pytest.mark.fault(4)
@pytest.mark.parametrize("scene", ["url", "group", "refused"])
def test_a_cut_at_any_moment(wrong: Wrong, scene: str) -> None:
    """Whatever was not synced is lost, torn or out of order: nothing is lost, nothing paid twice.

    The large one is `python -m tests.campaigns.power_loss`. Breaks if any sync of the travel is
    left out, as the next test shows.
    """
    assert wrong(scene, 8, 1) == []


@pytest.mark.nightly
@pytest.mark.fault(3)
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scene", ["url", "far", "group"])
def test_a_cut_at_every_step(tmp_path: Path, simulator: RunningSimulator, scene: str) -> None:
    """At each step of the travel: with all that was done until then, and with only what is sure.

    Breaks if any effect and its commit change places.
    """
    with quickly():
        run = record(SCENES[scene], tmp_path / "here", tmp_path / "there", simulator)
        for case in in_order(every_step(run)):
            assert judge(case) == [], told(case)


def _nothing(*_args: Any, **_named: Any) -> None:
    pass


_NO_SYNC: dict[str, tuple[Any, str]] = {
    "of names": (paths, "_sync_directory"),
    "of names in the spool": (spool, "_sync_directory"),
    "of the folders made": (paths, "sync_names"),
}


@pytest.mark.fault(3)
@pytest.mark.parametrize("left_out", _NO_SYNC)
def test_a_sync_left_out_is_noticed(
    wrong: Wrong, monkeypatch: pytest.MonkeyPatch, left_out: str
) -> None:
    """The cuts find a sync that is missing: without it something is lost, torn or paid in vain."""
    monkeypatch.setattr(cuts, "LONGEST_S", 2.0)
    module, name = _NO_SYNC[left_out]
    monkeypatch.setattr(module, name, _nothing)
    assert wrong("url", 60, 1) != []


@pytest.mark.fault(3)
@pytest.mark.fault(4)
def test_while_the_database_is_made(tmp_path: Path) -> None:
    """Whatever is left of a database that was just being made, the next start can use.

    Breaks without `roll_back`: a reader may not play back the journal of the very first write.
    """
    path = tmp_path / "base" / "state" / "queue.db"
    (tmp_path / "base").mkdir()

    async def make() -> None:
        await (await SqliteStore.open(path)).close()

    with recording(tmp_path / "base") as recorder:
        asyncio.run(make())
        trace = recorder.trace()
    chance = random.Random(1)
    first_sync_of_wal = 20
    for cut in range(0, first_sync_of_wal, 2):
        disk = Disk(trace, cut)
        for tree in (disk.least(), disk.most(), disk.tree(chance)):
            restore(tree, trace.roots.values())
            asyncio.run(make())


_STEPS = {
    VERSION + 1: "ALTER TABLE tasks ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue';\n"
    "CREATE TABLE moods (name TEXT PRIMARY KEY) STRICT;\n"
    "INSERT INTO moods (name) SELECT 'of ' || id FROM tasks;"
}


@pytest.mark.fault(3)
@pytest.mark.fault(4)
@pytest.mark.fault(81)
def test_while_the_database_is_migrated(tmp_path: Path) -> None:
    """Whatever is left of a migration, the next start ends it, and no row is lost (P16).

    Breaks if the steps are not one transaction, or the copy gets its name before it is synced.
    """
    path = tmp_path / "queue.db"

    async def make() -> None:
        store = await SqliteStore.open(path)
        await opened(store, new_job())
        await store.close()

    asyncio.run(make())
    copy = path.with_name(f"queue.db.v{VERSION}.bak")
    with recording(tmp_path) as recorder:
        _upgrade(path, VERSION, VERSION + 1, _STEPS)
        trace = recorder.trace()
    chance = random.Random(1)
    for cut in range(0, len(trace.ops) + 1, 7):
        disk = Disk(trace, cut)
        for tree in (disk.least(), disk.most(), disk.tree(chance)):
            restore(tree, trace.roots.values())
            if copy.exists():
                assert query(copy, "PRAGMA integrity_check") == [("ok",)]
                assert states(copy) == [(1, "ready", "")]
            prepare(path, version=VERSION + 1, steps=_STEPS)
            assert query(path, "SELECT id, colour FROM tasks") == [(1, "blue")]
            assert query(path, "SELECT name FROM moods") == [("of 1",)]
