"""A lease that is lost between a claim and its paid call."""

from __future__ import annotations

import pytest

from seedwatch.inbox.lease import Lease
from seedwatch.worker import outcome
from tests.flow.conftest import Studio


@pytest.mark.fault(83)
def test_nothing_is_sent_by_a_daemon_that_may_have_lost_its_inbox(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lease that went stale while a request was prepared: it is sent once the lease is ours.

    Breaks if the lease is not asked right before the submit is recorded (P10): the task would be
    paid for at the first look, and nobody would be told that it waits.
    """
    monkeypatch.setattr(outcome, "DELIVERY_WAIT_S", 0.1)
    answers = [False, True]
    monkeypatch.setattr(Lease, "check", lambda _lease: answers.pop(0) if answers else True)
    workspace = studio()
    workspace.drop("rocket.jpg")
    assert workspace.run() == 0
    assert answers == []
    assert len(workspace.simulator.ledger()) == 1
    assert workspace.rows("SELECT count(*) FROM attempts") == [(1,)]
    told = workspace.rows("SELECT reason FROM events WHERE name = 'task.snoozed'")
    assert told == [("delivery",)]
