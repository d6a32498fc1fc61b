"""A damaged queue is refused, an older copy of it noticed: nothing known is paid for again (80)."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from seedwatch.config.settings import load_settings
from seedwatch.errors import StoreError
from seedwatch.simulator import RunningSimulator
from seedwatch.store import DATABASE
from tests.flow.workspace import Workspace

pytestmark = [pytest.mark.fault(80), pytest.mark.fault(99)]

KEPT = {"on_success": "keep"}


def _state(workspace: Workspace) -> Path:
    return workspace.base / "state"


def _copy(workspace: Workspace) -> Path:
    """A backup of the database, as a good backup tool makes it."""
    target = workspace.base / "backup.db"
    with (
        closing(sqlite3.connect(_state(workspace) / DATABASE)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
    return target


def _put_back(workspace: Workspace, backup: Path, *, without_spool: bool = False) -> None:
    for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"):
        (_state(workspace) / name).unlink(missing_ok=True)
    shutil.copyfile(backup, _state(workspace) / DATABASE)
    if without_spool:
        shutil.rmtree(_state(workspace) / "spool")


def _is_asked(workspace: Workspace) -> bool:
    """Whether the account is paused for a person, with a sentence that says why."""
    found = workspace.rows("SELECT message FROM pauses WHERE name = 'sim' AND state = 'paused'")
    return bool(found) and "older copy" in found[0][0]


def _resume(workspace: Workspace) -> None:
    workspace.decide(lambda store: store.resume("account", "sim"))


@pytest.mark.parametrize("evidence", ["spool", "sidecars"])
def test_an_older_copy_pays_for_nothing_again(
    tmp_path: Path, simulator: RunningSimulator, evidence: str
) -> None:
    """Put back after a picture was made that it only knew as ready, or did not know at all.

    The spool tells of it, or (where the whole state was put back) the sidecar of the result.
    Red when either is not looked at, when what is ready is not held, or when what the copy does not
    know is taken for new: each would be sent and paid for a second time.
    """
    workspace = Workspace(tmp_path, simulator, {**KEPT})
    workspace.drop("coffee.png", "first.png")
    assert workspace.run() == 0
    simulator.post_faults([{"do": "status", "args": {"code": 401}, "times": 1}])
    workspace.drop("coffee.png", "ready.png")
    assert workspace.run() == 3  # ready, its account paused
    backup = _copy(workspace)
    workspace.drop("coffee.png", "unknown.png")
    assert workspace.run() == 0
    assert len(simulator.ledger()) == 3
    _put_back(workspace, backup, without_spool=evidence == "sidecars")
    if evidence == "spool":
        shutil.rmtree(workspace.outbox)  # whoever reads the outbox takes everything

    assert workspace.run() == 3
    assert _is_asked(workspace)
    assert len(simulator.ledger()) == 3
    held = "SELECT path, reason FROM tasks JOIN jobs ON jobs.id = job_id WHERE state = 'held'"
    assert sorted(workspace.rows(held)) == [("ready.png", "unsure"), ("unknown.png", "cold-start")]
    _resume(workspace)
    assert workspace.run() == 3  # what may have been paid stays held
    assert len(simulator.ledger()) == 3
    workspace.drop("coffee.png", "new.png")
    assert workspace.run() == 3
    assert len(simulator.ledger()) == 4  # it works on, and is asked for once only


def test_a_log_that_was_deleted_is_an_older_copy(
    tmp_path: Path, simulator: RunningSimulator
) -> None:
    """After a stop in the middle of its work somebody deletes the write-ahead log."""
    workspace = Workspace(tmp_path, simulator, {**KEPT})
    workspace.drop("coffee.png", "first.png")
    assert workspace.run() == 0
    workspace.drop("coffee.png", "second.png")
    backup = _copy(workspace)  # what the file alone holds, as its log was taken in at the end
    assert workspace.run() == 0
    _put_back(workspace, backup)
    assert workspace.run() == 3
    assert _is_asked(workspace)
    assert len(simulator.ledger()) == 2


@pytest.mark.parametrize("how", ["a restart", "a kill in the call", "another queue's result"])
def test_the_queue_itself_is_never_taken_for_a_copy(
    tmp_path: Path, simulator: RunningSimulator, how: str
) -> None:
    """Neither after a stop, nor after a kill, nor beside results of another installation."""
    workspace = Workspace(tmp_path, simulator, {**KEPT})
    workspace.drop("coffee.png", "first.png")
    if how == "a kill in the call":
        workspace.stop_in_call()
    else:
        assert workspace.run() == 0
    if how == "another queue's result":
        other = Workspace(tmp_path / "other", simulator)
        other.drop("coffee.png", "theirs.png")
        assert other.run() == 0
        shutil.copytree(other.outbox, workspace.outbox, dirs_exist_ok=True)
    workspace.drop("coffee.png", "second.png")
    workspace.run()
    assert not _is_asked(workspace)
    assert workspace.rows("SELECT state FROM tasks ORDER BY id")[-1] == ("done",)


def test_a_new_queue_beside_an_old_spool_asks(tmp_path: Path, simulator: RunningSimulator) -> None:
    """The database was thrown away: what lies in the inbox may be paid for already."""
    workspace = Workspace(tmp_path, simulator, {**KEPT})
    workspace.drop("coffee.png")
    assert workspace.run() == 0
    for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"):
        (_state(workspace) / name).unlink(missing_ok=True)
    assert workspace.run() == 3
    assert _is_asked(workspace)
    assert workspace.rows("SELECT state, reason FROM tasks") == [("held", "cold-start")]
    assert len(simulator.ledger()) == 1


def _zero_the_middle(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096:12288] = bytes(8192)
    file.write_bytes(content)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:6000])


def _overwrite(file: Path) -> None:
    file.write_bytes(b"this is no database any more" * 1000)


@pytest.mark.parametrize(
    "damage",
    [
        _zero_the_middle,
        *(pytest.param(damage, marks=pytest.mark.nightly) for damage in (_cut, _overwrite)),
    ],
)
def test_a_damaged_queue_is_refused_in_clear_words(
    tmp_path: Path, simulator: RunningSimulator, damage: Callable[[Path], None]
) -> None:
    """The file stays as it is; the message says where the paid answers lie; nothing is sent."""
    workspace = Workspace(tmp_path, simulator, {**KEPT})
    workspace.drop("coffee.png", "first.png")
    assert workspace.run() == 0
    workspace.drop("coffee.png", "second.png")
    database = _state(workspace) / DATABASE
    damage(database)
    before = database.read_bytes()
    with pytest.raises(StoreError) as raised:
        workspace.run()
    assert database.read_bytes() == before
    assert f"1 paid requests lie in {_state(workspace) / 'spool'}" in raised.value.advice
    assert "sidecars" in raised.value.advice
    assert len(simulator.ledger()) == 1
    assert load_settings(workspace.config).state_dir == _state(workspace)
