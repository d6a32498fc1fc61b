"""Delivered results and their safety copies are parted when there is time."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedwatch.daemon.maintenance import SpoolCopies
from seedwatch.outbox.spool import Spool
from seedwatch.store.sqlite import SqliteStore
from seedwatch.worker.workplace import Workplace

NAME, OTHER = f"{'a' * 32}.1", f"{'b' * 32}.1"


@pytest.mark.anyio
async def test_copies_are_parted_in_quiet_or_at_the_second_look(tmp_path: Path) -> None:
    """While tasks are carried on a fresh one waits, but not for ever; without them none waits.

    Breaks if a daemon that is never idle never parts them.
    """
    store = await SqliteStore.open(tmp_path / "state" / "queue.db")
    spool = Spool(tmp_path / "state" / "spool")
    spool.prepare()
    busy = [True]
    copies = SpoolCopies(Workplace(store, spool, {}, {}), lambda: busy[0])

    def deliver(name: str) -> None:
        spool.path(name).write_bytes(b"picture")
        (tmp_path / name).hardlink_to(spool.path(name))
        spool.shared.add(name)

    deliver(NAME)
    await copies.run()
    assert spool.shared == {NAME}
    deliver(OTHER)
    await copies.run()
    assert spool.shared == {OTHER}
    assert (tmp_path / NAME).stat().st_nlink == 1
    deliver(NAME.replace("a", "c"))
    busy[0] = False
    await copies.run()
    assert spool.shared == set()
    await store.close()
