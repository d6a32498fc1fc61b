"""Disks that are full, without inodes or read-only: real ones, which recover while we run."""

from __future__ import annotations

import errno
import os
import shutil

import apsw
import pytest

from seedwatch.errors import SeedwatchError
from seedwatch.outbox import spool
from seedwatch.store.base import StoreUnavailable
from seedwatch.store.database import as_store_error
from seedwatch.worker import outcome, prepare, retiring
from tests.faults.disks import Disk
from tests.faults.driving import any_line, line, through
from tests.flow.conftest import Studio
from tests.flow.workspace import Workspace

TEXT = {"mode": "text-to-image", "prompt": "{text}"}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a disk is tried again at once; the reserve of space is no matter here."""
    monkeypatch.setattr(outcome, "DELIVERY_WAIT_S", 0.2)
    monkeypatch.setattr(retiring, "_AGAIN_S", 0.2)
    monkeypatch.setattr(prepare, "_SPARE_BYTES", -(1 << 40))


def _drop(workspace: Workspace) -> None:
    (workspace.inbox / "one.txt").write_text("a fox in the snow\n")


def _moved(area: str, disk: Disk) -> str:
    (disk.path / area).mkdir()
    return str(disk.path / area)


def _link(workspace: Workspace, area: str, disk: Disk) -> None:
    """Let the census find it."""
    place = workspace.base / "shop" / area
    if place.exists():
        place.rmdir()
    place.symlink_to(disk.path / area)


def _is_fine(workspace: Workspace) -> None:
    assert workspace.states() == {"done": 1}
    assert len(workspace.simulator.ledger()) == 1
    assert len(workspace.results()) == 1
    assert workspace.torn_results() == []
    assert list(workspace.census().values()) == [["done"]]


@pytest.mark.nightly
@pytest.mark.fault(10)
@pytest.mark.fault(12)
@pytest.mark.parametrize("way", ["fill", "use_up_inodes"])
def test_no_room_in_the_outbox(disk: Disk, studio: Studio, way: str) -> None:
    """The paid picture waits in the spool, and is delivered once there is room; paid once.

    Breaks if a delivery that fails is given up, or asked for anew.
    """
    workspace = studio(rule=TEXT, folder={"outbox": _moved("outbox", disk)})
    _link(workspace, "outbox", disk)
    getattr(disk, way)()
    _drop(workspace)

    def give_room() -> None:
        assert workspace.results() == []
        assert len(list((workspace.base / "state" / "spool").iterdir())) >= 1
        disk.free()

    through(workspace, (line("task.stopped"), give_room))
    _is_fine(workspace)


@pytest.mark.nightly
@pytest.mark.fault(8)
@pytest.mark.fault(9)
@pytest.mark.fault(12)
@pytest.mark.parametrize("way", ["fill", "use_up_inodes"])
def test_no_room_in_the_state_directory(disk: Disk, studio: Studio, way: str) -> None:
    """Nothing is sent while no answer could be kept; once there is room it goes on by itself.

    Breaks if a request leaves before it is recorded.
    """
    workspace = studio(rule=TEXT)
    disk.path.chmod(0o700)
    (workspace.base / "state").symlink_to(disk.path)

    def leave_no_room() -> None:
        getattr(disk, way)()
        _drop(workspace)

    def give_room() -> None:
        assert workspace.simulator.ledger() == []
        disk.free()

    is_full = any_line("task.stopped", "database.blocked", "account.paused")
    through(workspace, (line("folder.changed"), leave_no_room), (is_full, give_room))
    _is_fine(workspace)


@pytest.mark.nightly
@pytest.mark.fault(16)
def test_the_inbox_turns_read_only(disk: Disk, studio: Studio) -> None:
    """Nothing is paid for whose source could not be moved; writable again, all goes on."""
    elsewhere = {area: f"shop/{area}" for area in ("outbox", "done", "failed")}
    workspace = studio(rule=TEXT, folder={"inbox": _moved("inbox", disk)} | elsewhere)
    _link(workspace, "inbox", disk)
    _drop(workspace)
    disk.remount("ro")

    def heal() -> None:
        assert workspace.simulator.ledger() == []
        disk.remount("rw")

    through(workspace, (line("folder.changed"), heal))
    _is_fine(workspace)


@pytest.mark.nightly
@pytest.mark.fault(16)
@pytest.mark.parametrize(("area", "told"), [("outbox", "task.stopped"), ("done", "source.stuck")])
def test_a_folder_of_results_turns_read_only(
    disk: Disk, studio: Studio, area: str, told: str
) -> None:
    """What is paid for waits, and so does its source; nothing is paid twice."""
    workspace = studio(rule=TEXT, folder={area: _moved(area, disk)})
    _link(workspace, area, disk)
    _drop(workspace)
    disk.remount("ro")
    lines = through(workspace, (line(told), lambda: disk.remount("rw")))
    _is_fine(workspace)
    assert any("Read-only file system" in str(one.get("why")) for one in lines)


@pytest.mark.nightly
@pytest.mark.fault(16)
def test_the_state_directory_is_read_only(disk: Disk, studio: Studio) -> None:
    """The daemon does not start; one line says why, and nothing is sent."""
    workspace = studio(rule=TEXT)
    _drop(workspace)
    assert workspace.run() == 0
    workspace.simulator.reset()
    shutil.copytree(workspace.base / "state", disk.path, dirs_exist_ok=True)
    shutil.rmtree(workspace.base / "state")
    (workspace.base / "state").symlink_to(disk.path)
    disk.remount("ro")
    (workspace.inbox / "two.txt").write_text("another fox\n")
    with pytest.raises((SeedwatchError, OSError), match=r"(?i)read-only"):
        workspace.run()
    assert workspace.simulator.ledger() == []
    disk.remount("rw")


@pytest.mark.fault(14)
def test_an_answer_whose_name_is_not_durable_is_used(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is whole and here, so it is delivered; only a power cut could still take it away.

    Breaks if the task is held as if no answer had come.
    """
    made_durable = spool._sync_directory
    failures = [OSError(errno.EIO, os.strerror(errno.EIO))]

    def sync(fd: int | None) -> None:
        if failures:
            raise failures.pop()
        made_durable(fd)

    monkeypatch.setattr(spool, "_sync_directory", sync)
    workspace = studio(rule=TEXT)
    _drop(workspace)
    assert workspace.run() == 0
    assert failures == []
    _is_fine(workspace)


@pytest.mark.fault(16)
def test_the_database_turns_read_only() -> None:
    """As a full disk: nothing can be recorded, so nothing is sent, until it can be written again.

    Breaks if it is taken for a broken database, which ends the daemon.
    """
    error = as_store_error(apsw.ReadOnlyError("attempt to write a readonly database"))
    assert isinstance(error, StoreUnavailable)
    assert "read-only" in error.message
