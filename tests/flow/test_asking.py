"""What commands ask a provider: to stop work there, and what is left of the balance."""

from __future__ import annotations

import contextlib
from pathlib import Path

import apsw
import pytest

from seedwatch.simulator import RunningSimulator
from tests.cli.desk import call
from tests.flow.providers import PROVIDERS
from tests.flow.workspace import Workspace
from tests.simulator.clock import Clock


def _workspace(base: Path, simulator: RunningSimulator, name: str) -> Workspace:
    provider = PROVIDERS[name]
    account = {**provider.account, "base_url": simulator.url + provider.mount}
    return Workspace(base, simulator, provider.rule, account=account)


@pytest.mark.parametrize(
    ("passed_s", "said"), [(1.0, "stopped its task"), (400.0, "goes on at the service")]
)
def test_cancel_stops_work_that_has_not_begun(tmp_path: Path, passed_s: float, said: str) -> None:
    """A queued video is stopped at the service as well; one that runs goes on, and it is said.

    Red when `cancel` only writes rows.
    """
    clock = Clock()
    with RunningSimulator(latency_s=600.0, clock=clock) as simulator:
        workspace = _workspace(tmp_path, simulator, "ark videos")
        (workspace.inbox / "one.txt").write_text("a fox in the snow\n")
        workspace.stop_when(lambda: _waits(workspace))
        clock.now += passed_s
        asked = call("cancel", "1", "-c", workspace.config)
        assert said in asked.output
        assert workspace.states() == {"cancelled": 1}


def _waits(workspace: Workspace) -> bool:
    """Whether the daemon has looked at the work and left it."""
    query = "SELECT 1 FROM tasks WHERE state = 'waiting' AND reason = 'at-provider'"
    with contextlib.suppress(apsw.Error):  # the queue is not there yet
        return bool(workspace.rows(query))
    return False


def test_check_tells_the_balance(tmp_path: Path, simulator: RunningSimulator) -> None:
    """APIMart tells what is left; an empty balance is a problem, an unreachable one a warning."""
    workspace = _workspace(tmp_path, simulator, "apimart")
    found = call("check", "--json", "-c", workspace.config)
    assert '"balance": ""' not in found.stdout
    assert '"balance": "' in found.stdout
    workspace.account["base_url"] = "http://127.0.0.1:9/apimart/v1"
    workspace.configure()
    unreached = call("check", "-c", workspace.config)
    assert unreached.exit_code == 0
    assert "its balance could not be asked for" in unreached.output
