"""A submit without an answer, while something else changes: never paid twice in silence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seedwatch.simulator import RunningSimulator
from seedwatch.worker import provider_memory, resolve
from tests.flow.test_kill_providers import ASKED, PROVIDERS, until_accepted
from tests.flow.workspace import Workspace

Doubtful = Callable[..., Workspace]


@pytest.fixture
def doubtful(
    tmp_path: Path, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> Doubtful:
    """Workspaces of a provider that can be asked, whose one submit was paid for and lost."""
    monkeypatch.setattr(resolve, "GRACE_S", 0.3)
    monkeypatch.setattr(resolve, "AGAIN_S", 0.1)
    monkeypatch.setattr(provider_memory, "UNLISTED_S", 0.0)
    simulator.move_switches({"ark.lists_per_s": 0})

    def make(name: str, **rule: Any) -> Workspace:
        provider = PROVIDERS[name]
        account = {**provider.account, "base_url": simulator.url + provider.mount}
        workspace = Workspace(tmp_path, simulator, {**provider.rule, **rule}, account=account)
        (workspace.inbox / "one.txt").write_text("a fox in the snow\n")
        simulator.post_faults([{"do": "delay", "args": {"seconds": 30}, "times": 1}])
        daemon = workspace.start()
        until_accepted(simulator)
        daemon.kill()
        daemon.wait(20)
        return workspace

    return make


@pytest.mark.process
@pytest.mark.parametrize("name", ASKED)
def test_another_key_proves_nothing(
    doubtful: Doubtful, simulator: RunningSimulator, name: str
) -> None:
    """The key of another project replaces it: its list and its idempotency keys are others.

    Red when the same idempotency key is sent under another key of the account: paid twice.
    """
    workspace = doubtful(name)
    workspace.key_file.write_text("canary-of-another-project-key")
    workspace.run()
    assert len(simulator.ledger()) == 1
    if name == "ark videos":  # the simulator shows its list to every key, and ours is in it
        assert workspace.states() == {"done": 1}
    else:
        assert workspace.rows("SELECT state, reason FROM tasks") == [("held", "unsure")]


@pytest.mark.process
@pytest.mark.parametrize("name", ASKED)
def test_another_address_proves_nothing(
    doubtful: Doubtful, simulator: RunningSimulator, name: str
) -> None:
    """The account moves to another region: there is neither its task nor its idempotency key.

    Red when the empty list of another region counts as proof of absence.
    """
    workspace = doubtful(name)
    with RunningSimulator(latency_s=0.02) as other:
        other.move_switches({"ark.lists_per_s": 0})
        workspace.account["base_url"] = other.url + PROVIDERS[name].mount
        workspace.configure()
        workspace.run()
        assert len(other.ledger()) == 0
    assert workspace.rows("SELECT state, reason FROM tasks") == [("held", "unsure")]
    assert workspace.rows("SELECT kind FROM ledger") == [("uncertain",)]
