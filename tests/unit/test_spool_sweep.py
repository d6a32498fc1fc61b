"""The hourly sweep of the spool never takes what a paid answer is being written to."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedwatch.daemon.maintenance import SpoolSweep
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
    spool.path(f"{LOST}.answer").write_bytes(b"x")
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
