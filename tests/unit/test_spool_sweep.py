"""The hourly sweep of the spool never takes what a paid answer is being written to."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from seedwatch.daemon.maintenance import KEEP_S, SpoolSweep
from seedwatch.outbox.spool import Spool
from seedwatch.store.sqlite import SqliteStore
from seedwatch.worker.workplace import Workplace

LOST, BEGUN = "a" * 32, "b" * 32


@pytest.mark.anyio
async def test_an_attempt_that_begins_meanwhile_keeps_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What no row needs is removed at the second look; what is new at neither.

    Red when the files of a submit that was committed after the rows were read are swept: its
    answer, which is paid, could not be kept.
    """
    store = await SqliteStore.open(tmp_path / "state" / "queue.db")
    spool = Spool(tmp_path / "state" / "spool")
    spool.prepare()
    spool.path(f"{LOST}.request").write_bytes(b"x")
    read = store.spool_names

    async def names() -> set[str]:
        known = await read()
        spool.path(f"{BEGUN}.request").write_bytes(b"x")
        spool.path(f"{BEGUN}.answer.part").write_bytes(b"x")
        return known

    monkeypatch.setattr(store, "spool_names", names)
    sweep = SpoolSweep(Workplace(store, spool, {}, {}))
    assert await sweep.run() == 0
    assert spool.attempts() == {LOST, BEGUN}
    assert await sweep.run() == 1
    assert spool.attempts() == {BEGUN}
    await store.close()


@pytest.mark.fault(80)
@pytest.mark.anyio
async def test_an_answer_that_the_queue_never_heard_of_stays(tmp_path: Path) -> None:
    """It is an older copy of itself, or a new one: what was paid for is not removed this month.

    Red when the sweep goes by the rows alone.
    """
    store = await SqliteStore.open(tmp_path / "state" / "queue.db")
    spool = Spool(tmp_path / "state" / "spool")
    spool.prepare()
    for name in (f"{LOST}.answer", f"{BEGUN}.1"):
        spool.path(name).write_bytes(b"x")
    sweep = SpoolSweep(Workplace(store, spool, {}, {}))
    assert [await sweep.run() for _ in range(3)] == [0, 0, 0]
    old = time.time() - KEEP_S - 1
    os.utime(spool.path(f"{LOST}.answer"), (old, old))
    assert [await sweep.run() for _ in range(2)] == [0, 1]
    assert spool.attempts() == {BEGUN}
    await store.close()
