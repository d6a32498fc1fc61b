"""Signals: one asks for a clean stop, a second ends it now; both leave a consistent queue."""

from __future__ import annotations

import random
import signal
import time

import pytest

from tests.flow.conftest import Studio
from tests.flow.workspace import Workspace

pytestmark = [pytest.mark.nightly, pytest.mark.fault(6)]
TEXT = {"mode": "text-to-image", "prompt": "{text}"}


def _drop(workspace: Workspace, count: int) -> None:
    (workspace.inbox / "prompts.txt").write_text("".join(f"fox {n}\n" for n in range(count)))


def _in_call(workspace: Workspace) -> None:
    """Wait until a request was taken."""
    end = time.monotonic() + 30
    while not workspace.simulator.ledger():
        assert time.monotonic() < end, workspace.log.read_text()
        time.sleep(0.01)


def _finish(workspace: Workspace, count: int) -> None:
    """The next start finishes what was left; each was accepted once."""
    assert workspace.run() == 0
    assert workspace.states() == {"done": count}
    assert len(workspace.simulator.ledger()) == count
    assert workspace.torn_results() == []
    assert len(workspace.results()) == count


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["term", "int"]
)
def test_a_stop_in_calls_makes_no_doubt(studio: Studio, number: int, code: int) -> None:
    """Asked to stop in the middle of calls, it waits for their answers and sends nothing new.

    Breaks if calls in flight are cancelled at once, or lanes claim on.
    """
    workspace = studio(rule=TEXT)
    _drop(workspace, 12)
    workspace.simulator.post_faults([{"do": "delay", "args": {"seconds": 1}}])
    daemon = workspace.start(is_until_idle=False)
    _in_call(workspace)
    daemon.send_signal(number)
    assert daemon.wait(20) == code, workspace.log.read_text()
    assert "held" not in workspace.states()
    assert len(workspace.simulator.ledger()) <= 4
    workspace.simulator.post_faults([])
    _finish(workspace, 12)


def test_a_hang_up_is_ignored(studio: Studio) -> None:
    """The terminal is closed: the daemon works on."""
    workspace = studio(rule=TEXT)
    _drop(workspace, 4)
    workspace.simulator.post_faults([{"do": "delay", "args": {"seconds": 0.5}}])
    daemon = workspace.start()
    _in_call(workspace)
    for _ in range(5):
        daemon.send_signal(signal.SIGHUP)
    assert daemon.wait(30) == 0, workspace.log.read_text()
    _finish(workspace, 4)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_now(studio: Studio, number: int) -> None:
    """It does not wait for answers; what was sent is held, and never sent again by itself."""
    workspace = studio(rule=TEXT)
    _drop(workspace, 3)
    workspace.simulator.post_faults([{"do": "delay", "args": {"seconds": 30}, "times": 3}])
    daemon = workspace.start(is_until_idle=False)
    _in_call(workspace)
    daemon.send_signal(number)
    end = time.monotonic() + 20
    while "daemon.stopping" not in workspace.log.read_text():
        assert time.monotonic() < end
        time.sleep(0.01)
    began = time.monotonic()
    daemon.send_signal(number)
    assert daemon.wait(10) == 128 + number
    assert time.monotonic() - began < 3
    accepted = len(workspace.simulator.ledger())
    workspace.run()
    assert workspace.states().get("held", 0) == accepted
    assert len(workspace.simulator.ledger()) == 3
    prompts = [one["prompt"] for one in workspace.simulator.ledger()]
    assert len(set(prompts)) == 3


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_storm_of_signals(studio: Studio, seed: int) -> None:
    """Ten starts, each stopped by random signals at a random moment: nothing lost or paid twice."""
    chance = random.Random(seed)
    workspace = studio(rule=TEXT, account={"concurrency": 8})
    _drop(workspace, 60)
    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    doubts = 0
    for _ in range(10):
        daemon = workspace.start(is_until_idle=False)
        time.sleep(chance.uniform(0.3, 2.0))  # the random moment is the point
        stops = 0
        while daemon.poll() is None and stops < 2:
            number = chance.choice(signals)
            stops += number != signal.SIGHUP
            daemon.send_signal(number)
            time.sleep(chance.uniform(0.0, 0.05))
        daemon.wait(30)
        doubts += 8
    workspace.run()
    states = workspace.states()
    assert set(states) <= {"done", "held"}, workspace.log.read_text()
    assert sum(states.values()) == 60
    assert states.get("held", 0) <= doubts
    prompts = [one["prompt"] for one in workspace.simulator.ledger()]
    assert len(prompts) == len(set(prompts))
    assert workspace.torn_results() == []
    assert len(workspace.results()) == states["done"]
