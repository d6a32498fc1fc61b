"""What a kill left under a temporary name goes; what is being written, or is not ours, stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedwatch.daemon.maintenance import PartSweep
from seedwatch.outbox.roots import Roots
from seedwatch.outbox.spool import Spool
from seedwatch.paths import PART_PREFIX, Root
from seedwatch.store.sqlite import SqliteStore
from seedwatch.threads import RootThreads
from seedwatch.worker.workplace import Folder, Workplace


def _roots(base: Path) -> Roots:
    for name in ("inbox", "outbox", "done"):
        (base / name).mkdir()
    inbox, outbox, done, failed = (
        Root(base / name) for name in ("inbox", "outbox", "done", "failed")
    )
    return Roots(inbox, outbox, done, failed)


@pytest.mark.anyio
async def test_what_stays_as_it_was_is_removed(tmp_path: Path) -> None:
    """Removed at the second look, at any depth; one that grew stays, and so do other files.

    Breaks if a part counts as left because of its age: the clock of a share may be hours off.
    """
    store = await SqliteStore.open(tmp_path / "state" / "queue.db")
    roots = _roots(tmp_path)
    folder = Folder(None, roots, RootThreads("shop"), None)  # type: ignore[arg-type]  # roots only
    left = tmp_path / "outbox" / "trip" / f"{PART_PREFIX}0011"
    left.parent.mkdir()
    of_a_lease = tmp_path / "inbox" / f"{PART_PREFIX}0033"
    growing = tmp_path / "done" / f"{PART_PREFIX}0022"
    foreign = tmp_path / "outbox" / ".seedwatch-notes"
    for path in (left, of_a_lease, growing, foreign):
        path.write_bytes(b"half")
    sweep = PartSweep(Workplace(store, Spool(tmp_path / "spool"), {}, {"shop": folder}))
    assert await sweep.run() == 0
    assert left.exists()
    with growing.open("ab") as file:
        file.write(b" and more")
    assert await sweep.run() == 2
    assert not left.exists()
    assert not of_a_lease.exists()
    assert foreign.exists()
    growing.unlink()  # it was still there
    assert await sweep.run() == 0
    await store.close()
