"""Another version of seedwatch at a queue with tasks in flight (promises.md, faults 81, 94)."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from seedwatch.errors import StoreError
from seedwatch.simulator import RunningSimulator
from seedwatch.store import DATABASE
from seedwatch.store.migrations import VERSION
from tests.flow.workspace import Workspace

pytestmark = [pytest.mark.fault(81), pytest.mark.fault(94)]


def _set_version(workspace: Workspace, version: int) -> Path:
    path = workspace.base / "state" / DATABASE
    with apsw.Connection(str(path)) as connection:
        connection.pragma("user_version", version)
    connection.close()
    return path


def test_a_downgrade_leaves_what_is_in_flight_alone(
    tmp_path: Path, simulator: RunningSimulator
) -> None:
    """An older program refuses the newer queue untouched and sends nothing; the newer goes on.

    Red when a newer schema is opened: what its new columns say would be ignored and paid again.
    """
    workspace = Workspace(tmp_path, simulator, {"resend_uncertain": 0})
    workspace.drop("coffee.png", "one.png")
    workspace.stop_in_call()
    workspace.drop("coffee.png", "two.png")
    path = _set_version(workspace, VERSION + 1)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer seedwatch"):
        workspace.run()
    assert path.read_bytes() == before
    assert len(simulator.ledger()) == 1
    assert (workspace.inbox / "two.png").exists()
    _set_version(workspace, VERSION)
    workspace.run()
    assert workspace.states()["done"] >= 1
    assert len(simulator.ledger()) == 2
