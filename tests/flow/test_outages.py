"""A service that is down: nothing fails for it, and little is left in doubt (complaint 37)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seedwatch.worker import breaker
from seedwatch.worker.breaker import Patience
from tests.cli.desk import call
from tests.flow.conftest import Studio
from tests.flow.workspace import Workspace

TEXT = {"mode": "text-to-image", "prompt": "{text}"}


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rests are short."""
    quick = {
        kind: known._replace(first_s=0.05, longest_s=0.1)
        for kind, known in breaker.PATIENCE.items()
    }
    monkeypatch.setattr(breaker, "PATIENCE", quick)
    monkeypatch.setattr("seedwatch.worker.execute.PATIENCE", quick)


def _account(workspace: Workspace) -> dict[str, Any]:
    told = call("status", "--json", "-c", workspace.config)
    account: dict[str, Any] = json.loads(told.stdout)["accounts"][0]
    return account


def _prompts(workspace: Workspace, count: int) -> None:
    lines = "\n".join(f"a boat, number {number}" for number in range(count))
    (workspace.inbox / "prompts.txt").write_text(lines)


@pytest.mark.usefixtures("hasty")
@pytest.mark.fault(55)
def test_an_outage_fails_nothing(studio: Studio) -> None:
    """Twenty failures of the service in a row: twelve tasks are done, none has used its attempts.

    Goes red when a breaker never opens (`most_in_row` of 1000): tasks fail after three attempts.
    """
    workspace = studio(rule=TEXT)
    _prompts(workspace, 12)
    workspace.simulator.post_faults(
        [{"when": {}, "do": "status", "args": {"code": 503}, "times": 20}]
    )

    assert workspace.run() == 0

    assert workspace.states() == {"done": 12}
    assert len(workspace.simulator.ledger()) == 12
    ((most,),) = workspace.rows("SELECT max(attempt_count) FROM tasks")
    assert most <= 1
    ((in_row,),) = workspace.rows("SELECT count(*) FROM events WHERE name = 'account.paused'")
    assert in_row >= 5  # one request at a time, after the first few


@pytest.mark.fault(55)
def test_an_outage_is_seen_and_ended_by_one_command(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`status` says why nothing goes; `resume --account` has one request tried, and all go."""
    long = {"failing": Patience(3, 2000.0, 2000.0, "limited")}
    monkeypatch.setattr(breaker, "PATIENCE", dict(breaker.PATIENCE) | long)
    workspace = studio(rule=TEXT)
    _prompts(workspace, 10)
    workspace.simulator.post_faults([{"when": {}, "do": "status", "args": {"code": 503}}])

    assert workspace.run() == 3  # it rests for longer than five minutes

    assert workspace.states() == {"ready": 10}
    account = _account(workspace)
    assert account["state"] == "limited"
    assert "resume --account sim" in account["message"]
    assert account["until"]
    workspace.simulator.reset()
    told = call("resume", "--account", "sim", "-c", workspace.config)
    assert told.exit_code == 0
    assert _account(workspace)["state"] == "ok"
    assert workspace.run() == 0
    assert workspace.states() == {"done": 10}


@pytest.mark.fault(59)
def test_a_web_page_twice_pauses_the_account(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A captive portal costs two doubts and not ten; `resume` and a probe bring the rest (P5).

    A third request may be on its way while the second answer is read. Goes red when answers that
    cannot be read are not counted: all ten would be held.
    """
    long = {"unanswered": Patience(2, 2000.0, 2000.0, "paused")}
    monkeypatch.setattr(breaker, "PATIENCE", dict(breaker.PATIENCE) | long)
    workspace = studio(rule=TEXT, account={"concurrency": 1})
    _prompts(workspace, 10)
    workspace.simulator.post_faults([{"when": {}, "do": "html_200"}])

    assert workspace.run() == 3

    states = workspace.states()
    assert states["held"] in {2, 3}
    assert states == {"held": states["held"], "ready": 10 - states["held"]}
    account = _account(workspace)
    assert account["state"] == "paused"
    assert "may have been charged" in account["message"]
    workspace.simulator.reset()
    told = call("resume", "--account", "sim", "-c", workspace.config)
    assert told.exit_code == 0
    assert workspace.run() == 3  # two are left to a person
    assert workspace.states() == {"held": states["held"], "done": states["ready"]}
    assert _account(workspace)["state"] == "ok"


@pytest.mark.usefixtures("hasty")
@pytest.mark.fault(59)
def test_a_service_that_came_back_is_found_by_a_probe(studio: Studio) -> None:
    """Nobody resumes: one request at a time is tried, and when one gets through all go."""
    workspace = studio(rule=TEXT, account={"concurrency": 1})
    _prompts(workspace, 10)
    workspace.simulator.post_faults([{"when": {}, "do": "html_200", "times": 3}])

    assert workspace.run() == 3

    assert workspace.states() == {"held": 3, "done": 7}
    assert workspace.rows("SELECT DISTINCT reason FROM tasks WHERE state = 'held'") == [("unsure",)]
