"""What a synchronous service answers when nobody can tell whether it charged: once, and for ever.

Each such request is held, never sent again by itself, and counted (promises.md, P5).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seedwatch.simulator import RunningSimulator
from seedwatch.worker import backoff
from tests.fakes.front import Front, Scripted
from tests.flow.workspace import Workspace

PAGE = b"<html><title>502 Bad Gateway</title></html>"
OWN = b'{"error": {"code": "InternalServiceError", "message": "x", "type": "x", "param": ""}}'
LIMITED = OWN.replace(b"InternalServiceError", b"RateLimitExceeded.EndpointRPMExceeded")

UNKNOWN: dict[str, Scripted] = {
    "408": (408, OWN),
    "409": (409, OWN),
    "502 page": (502, PAGE),
    "504": (504, b""),
    "524": (524, PAGE),
    "500 page": (500, PAGE),
    "200 page": (200, PAGE),
    "half": (200, b'{"data": [{"url": '),
    "UTF-16": (200, "{}".encode("utf-16")),
    "nothing": (200, b""),
}

OFTEN = ["409", "502 page", "200 page"]
RARELY = [pytest.param(name, marks=pytest.mark.nightly) for name in UNKNOWN if name not in OFTEN]


def _workspace(tmp_path: Path, front: Front, count: int, **account: Any) -> Workspace:
    workspace = Workspace(
        tmp_path,
        front.simulator,
        account={"base_url": f"{front.url}/ark/api/v3", "concurrency": 1, **account},
    )
    for number in range(count):
        workspace.drop("coffee.png", f"{number}.png")
    return workspace


def _from(first: int, answer: Scripted, *, times: int = 1) -> tuple[list[str], Any]:
    """A script that gives this answer from the first-th paid request on, so often (0: always)."""
    posts: list[str] = []

    def script(method: str, path: str) -> Scripted | None:
        if method != "POST":
            return None
        posts.append(path)
        is_due = len(posts) >= first and (not times or len(posts) < first + times)
        return answer if is_due else None

    return posts, script


@pytest.mark.fault(51)
@pytest.mark.fault(56)
@pytest.mark.fault(57)
@pytest.mark.fault(58)
@pytest.mark.fault(59)
@pytest.mark.parametrize("name", [*OFTEN, *RARELY])
def test_once(tmp_path: Path, simulator: RunningSimulator, name: str) -> None:
    """The second of three: it is held as unsure, the others are done, another run sends nothing.

    Red when such an answer counts as a refusal or a failure: it would be sent and paid again.
    """
    posts, script = _from(2, UNKNOWN[name])
    with Front(simulator, script) as front:
        workspace = _workspace(tmp_path, front, 3)
        assert workspace.run() == 3
        assert workspace.run() == 3
    assert len(posts) == 3
    assert workspace.states() == {"done": 2, "held": 1}
    assert workspace.rows("SELECT reason FROM tasks WHERE state = 'held'") == [("unsure",)]
    assert workspace.rows("SELECT kind FROM ledger WHERE kind = 'uncertain'") == [("uncertain",)]


@pytest.mark.nightly
@pytest.mark.fault(51)
@pytest.mark.fault(56)
@pytest.mark.fault(57)
@pytest.mark.fault(58)
@pytest.mark.fault(59)
@pytest.mark.parametrize("name", UNKNOWN)
def test_for_ever(tmp_path: Path, simulator: RunningSimulator, name: str) -> None:
    """From the fifth on: never more requests than files, as many held as answers were lost."""
    posts, script = _from(5, UNKNOWN[name], times=0)
    with Front(simulator, script) as front:
        workspace = _workspace(tmp_path, front, 15)
        for _ in range(3):
            assert workspace.run() == 3
    lost = len(posts) - 4
    assert workspace.states()["held"] == lost <= 11
    assert workspace.states()["done"] == 4
    assert len(simulator.ledger()) == 4


@pytest.mark.fault(55)
@pytest.mark.parametrize("times", [1, pytest.param(0, marks=pytest.mark.nightly)])
def test_a_fault_in_their_own_words(
    tmp_path: Path, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """500 with the service's own error is tried again, within bounds; then failed/ with a card."""
    monkeypatch.setattr(backoff, "_FIRST_S", 0.01)
    posts, script = _from(1, (500, OWN), times=times)
    with Front(simulator, script) as front:
        workspace = _workspace(tmp_path, front, 1, max_attempts=3)
        assert workspace.run() == (0 if times else 3)
    assert len(posts) == (2 if times else 3)
    assert workspace.states() == ({"done": 1} if times else {"failed": 1})
    assert len(list(workspace.failed.glob("*.error.txt"))) == (0 if times else 1)


@pytest.mark.fault(54)
def test_a_limit_without_a_time(
    tmp_path: Path, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """429 for ever: the whole account waits, and no attempt is used however often it is told."""
    monkeypatch.setattr(backoff, "_UNSAID_WAIT_S", 0.0)
    monkeypatch.setattr(backoff, "_LEAST_WAIT_S", 0.02)
    posts, script = _from(1, (429, LIMITED), times=6)
    with Front(simulator, script) as front:
        workspace = _workspace(tmp_path, front, 3, max_attempts=2)
        assert workspace.run() == 0
    assert len(posts) == 9
    assert workspace.states() == {"done": 3}
    assert len(simulator.ledger()) == 3
