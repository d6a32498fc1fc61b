"""A gateway between us and the service cuts connections that are idle, or answers that are long."""

from __future__ import annotations

import pytest

from tests.fakes.gateway import Gateway, Toxics
from tests.flow.providers import PROVIDERS, Desk
from tests.flow.workspace import Workspace

IDLE_S, ANSWER_S = 0.4, 1.5


def _behind(gateway: Gateway, workspace: Workspace, name: str) -> None:
    workspace.account["base_url"] = gateway.url + PROVIDERS[name].mount
    workspace.configure()


def _slow(workspace: Workspace) -> None:
    """The service takes longer for its answer than the gateway waits."""
    workspace.simulator.post_faults([{"do": "delay", "args": {"seconds": ANSWER_S}}])


@pytest.mark.fault(45)
@pytest.mark.parametrize("resets", [False, True], ids=["ended", "reset"])
def test_an_idle_cut_may_have_been_paid(desk: Desk, resets: bool) -> None:
    """Nobody can be asked: held as unsure, once, and not sent again at the next start.

    Breaks if a connection that was cut before its answer counts as not sent.
    """
    workspace = desk("ark pictures")
    with Gateway(workspace.simulator.url, Toxics(idle_s=IDLE_S, resets=resets)) as gateway:
        _behind(gateway, workspace, "ark pictures")
        _slow(workspace)
        assert workspace.run() == 3
        assert gateway.cut_count == 1
        assert workspace.run() == 3
    assert workspace.states() == {"held": 1}
    assert workspace.rows("SELECT reason FROM tasks") == [("unsure",)]
    assert len(workspace.simulator.ledger()) == 1
    assert workspace.census() != {}


@pytest.mark.fault(45)
@pytest.mark.parametrize("name", ["apimart", "ark videos"])
def test_an_idle_cut_of_a_service_that_can_be_asked(desk: Desk, name: str) -> None:
    """It is found there by its key or in its list: done, and accepted once."""
    workspace = desk(name)
    with Gateway(workspace.simulator.url, Toxics(idle_s=IDLE_S)) as gateway:
        _behind(gateway, workspace, name)
        workspace.simulator.post_faults(
            [{"do": "delay", "args": {"seconds": ANSWER_S}, "times": 1}]
        )
        assert workspace.run() == 0
        assert gateway.cut_count >= 1
    assert workspace.states() == {"done": 1}
    assert len(workspace.simulator.ledger()) == 1


@pytest.mark.nightly
@pytest.mark.fault(45)
@pytest.mark.parametrize(
    "toxics",
    [
        Toxics(idle_s=IDLE_S, healthy_count=3),
        Toxics(idle_s=IDLE_S, resets=True, healthy_count=3),
    ],
    ids=["ended", "reset"],
)
def test_a_gateway_that_cuts_for_ever(desk: Desk, toxics: Toxics) -> None:
    """After the third connection each is cut: what was sent is held, each accepted at most once."""
    workspace = desk("ark pictures")
    (workspace.inbox / "more.txt").write_text("".join(f"fox {n}\n" for n in range(9)))
    with Gateway(workspace.simulator.url, toxics) as gateway:
        _behind(gateway, workspace, "ark pictures")
        workspace.simulator.post_faults(
            [
                {"do": "delay", "args": {"seconds": ANSWER_S}, "when": {"nth": nth}}
                for nth in range(4, 11)
            ]
        )
        workspace.run()
        workspace.run()
    states = workspace.states()
    assert sum(states.values()) == 10
    assert set(states) <= {"done", "held"}
    assert states["held"] >= 5
    assert {
        reason for (reason,) in workspace.rows("SELECT reason FROM tasks WHERE state = 'held'")
    } == {"unsure"}
    assert len(workspace.simulator.ledger()) <= 10
    prompts = [one["prompt"] for one in workspace.simulator.ledger()]
    assert len(prompts) == len(set(prompts))
    assert workspace.torn_results() == []
