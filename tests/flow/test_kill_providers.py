"""Killed in the middle of a call: paid once, and asked for where that is possible.

Where a provider gives an id, a list or honours a key, the ledger never shows a second acceptance
and the task ends done; elsewhere it is held: unsure (promises.md P4, P5).
"""

from __future__ import annotations

import signal

import pytest

from seedwatch.providers.protocols.apimart import ApimartImages
from seedwatch.simulator import RunningSimulator
from tests.flow.providers import ASKED, PROVIDERS, Desk, until_accepted


@pytest.mark.process
@pytest.mark.parametrize("name", PROVIDERS)
def test_killed_during_the_call(desk: Desk, simulator: RunningSimulator, name: str) -> None:
    """The request is accepted, its answer is not here yet, SIGKILL: one acceptance, for ever.

    Red when recovery sends again what it cannot ask for, or asks under another key.
    """
    workspace = desk(name)
    simulator.post_faults([{"do": "delay", "args": {"seconds": 30}, "times": 1}])
    daemon = workspace.start()
    until_accepted(simulator)
    daemon.send_signal(signal.SIGKILL)
    daemon.wait(20)
    code = workspace.run()
    assert len(simulator.ledger()) == 1
    if PROVIDERS[name].can_ask:
        assert (code, workspace.states()) == (0, {"done": 1})
        assert len(workspace.results()) == 1
    else:
        assert (code, workspace.states()) == (3, {"held": 1})
        assert workspace.rows("SELECT reason FROM tasks") == [("unsure",)]
        assert workspace.rows("SELECT kind FROM ledger") == [("uncertain",)]


@pytest.mark.process
@pytest.mark.parametrize("point", ["submit.committed", "submit.answered", "poll.answered"])
@pytest.mark.parametrize("name", ASKED)
def test_killed_at_a_step(desk: Desk, simulator: RunningSimulator, name: str, point: str) -> None:
    """Killed before the request, with its answer, or with the finished work: made once, delivered.

    Red when work with an id is submitted again, or when what never left is given up.
    """
    workspace = desk(name)
    daemon = workspace.start(SEEDWATCH_KILL_AT=point)
    daemon.wait(50)
    assert daemon.returncode == -signal.SIGKILL, workspace.log.read_text()
    assert workspace.run() == 0, workspace.rows("SELECT state, reason, error_message FROM tasks")
    assert len(simulator.ledger()) == 1
    assert len(workspace.results()) == 1


@pytest.mark.fault(44)
@pytest.mark.parametrize("name", ASKED)
def test_a_lost_answer_is_asked_for(desk: Desk, simulator: RunningSimulator, name: str) -> None:
    """Charged, then the line breaks: what became of it is asked for, and delivered."""
    workspace = desk(name)
    simulator.post_faults([{"do": "reset_after_billing", "times": 1}])
    assert workspace.run() == 0
    assert len(simulator.ledger()) == 1
    assert len(workspace.results()) == 1
    names = [row[0] for row in workspace.rows("SELECT name FROM events WHERE task_id = 1")]
    assert "task.doubted" in names


@pytest.mark.parametrize("name", ASKED)
def test_a_request_that_never_arrived(desk: Desk, simulator: RunningSimulator, name: str) -> None:
    """The line breaks before anything was taken: it is made after all, and charged once."""
    workspace = desk(name)
    simulator.post_faults([{"do": "reset_before_billing", "times": 1}])
    assert workspace.run() == 0
    assert sum(row["images_billed"] for row in simulator.ledger()) == 1
    assert len(workspace.results()) == 1


def test_an_id_of_our_own_is_not_echoed(desk: Desk, simulator: RunningSimulator) -> None:
    """Without the echo the submit is found by the random seed that was chosen for it."""
    workspace = desk("ark videos")
    simulator.move_switches({"ark.safety_echo": "no"})
    simulator.post_faults([{"do": "reset_after_billing", "times": 1}])
    assert workspace.run() == 0
    assert len(simulator.ledger()) == 1


def test_a_seed_of_the_rule_proves_nothing(desk: Desk, simulator: RunningSimulator) -> None:
    """With neither an echo nor a seed of our own a person decides; nothing is sent again.

    Red when a list without our id counts as proof of absence although it never names ids.
    """
    workspace = desk("ark videos")
    workspace.configure(seed=7)
    simulator.move_switches({"ark.safety_echo": "no"})
    simulator.post_faults([{"do": "reset_after_billing", "times": 1}])
    assert workspace.run() == 3
    assert workspace.rows("SELECT state, reason FROM tasks") == [("held", "unsure")]
    assert len(simulator.ledger()) == 1


@pytest.mark.process
@pytest.mark.parametrize("point", ["spool.synced:2", "submit.answered"])
def test_an_answer_in_the_spool_needs_no_question(
    desk: Desk, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """Killed with the task's id on disk at a service that honours no key: the work is taken up.

    The request is synced first, then its answer. Breaks if an answer that names work counts for
    nothing where lost ones cannot be asked for.
    """
    workspace = desk("apimart")
    assert workspace.start(SEEDWATCH_KILL_AT=point).wait(50) == -signal.SIGKILL
    monkeypatch.setattr(ApimartImages, "recovery", "nothing")
    assert workspace.run() == 0, workspace.rows("SELECT state, reason, error_message FROM tasks")
    assert len(simulator.ledger()) == 1
    assert len(workspace.results()) == 1
