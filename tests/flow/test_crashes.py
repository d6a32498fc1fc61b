"""A task that ends the daemon again and again runs alone, then is set aside (P13)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import apsw
import pytest

from seedwatch.media.fit import Fitted, fit
from seedwatch.media.in_child import Fitting
from seedwatch.media.limits import ImageLimits
from seedwatch.worker import decoding
from tests.flow.conftest import Studio
from tests.flow.test_poison import POISON_WIDTH, picture_of
from tests.flow.workspace import Workspace


@dataclass(frozen=True, slots=True)
class EndlessFitting:
    """`Fitting` that does not come to an end with some pictures: the test ends the daemon then."""

    content: bytes
    limits: ImageLimits

    def parts(self) -> Iterator[Fitted]:
        fitted = fit(self.content, self.limits)
        if fitted.width == POISON_WIDTH:
            time.sleep(60)
        yield fitted


def _crash(workspace: Workspace, life: int, others: int = 0) -> None:
    """A life that ends at work on one task, which it claims for the `life`-th time."""
    query = (
        "SELECT tasks.state, count(*) FILTER (WHERE name = 'task.claimed') "
        "FROM tasks JOIN events ON task_id = tasks.id GROUP BY tasks.id"
    )

    def is_time() -> bool:
        try:
            rows = workspace.rows(query)
        except apsw.Error:
            return False  # it has no database yet
        done = sum(state == "done" for state, _ in rows)
        return done == others and ("running", life) in rows

    workspace.stop_when(is_time)


def _reasons(workspace: Workspace) -> list[tuple[str, str, str]]:
    return workspace.rows(
        "SELECT tasks.state, reason, path FROM tasks JOIN jobs ON jobs.id = job_id "
        "WHERE tasks.state <> 'done'"
    )


@pytest.mark.fault(5)
def test_a_task_that_ends_the_daemon_is_set_aside(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two crashes make it a suspect, two more while it ran alone a convict; `release` frees it.

    Red when crashes are not counted: the daemon would end at each start for ever.
    """
    monkeypatch.setattr(decoding, "Fitting", EndlessFitting)
    workspace = studio()
    (workspace.inbox / "poison.jpg").write_bytes(picture_of(POISON_WIDTH, 1))
    for number in range(3):
        (workspace.inbox / f"{number}.jpg").write_bytes(picture_of(320, number))
    for life in range(4):
        _crash(workspace, life + 1, others=3)
        alone = workspace.rows("SELECT 1 FROM meta WHERE name = 'alone'")
        assert bool(alone) == (life >= 2)

    assert workspace.run() == 3

    assert _reasons(workspace) == [("held", "quarantine", "poison.jpg")]
    assert len(workspace.simulator.ledger()) == 3
    monkeypatch.setattr(decoding, "Fitting", Fitting)
    workspace.decide(lambda store: store.release([1, 2, 3, 4]))
    assert workspace.run() == 0
    assert workspace.states() == {"done": 4}


def test_who_was_only_near_goes_on(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """A suspect that gets through alone is none any more, nor is one after a clean stop."""
    monkeypatch.setattr(decoding, "Fitting", EndlessFitting)
    workspace = studio()
    (workspace.inbox / "near.jpg").write_bytes(picture_of(POISON_WIDTH, 1))
    _crash(workspace, 1)
    _crash(workspace, 2)
    monkeypatch.setattr(decoding, "Fitting", Fitting)

    assert workspace.run() == 0

    assert workspace.states() == {"done": 1}
    assert workspace.rows("SELECT name FROM meta WHERE name IN ('life', 'alone')") == []
    names = [name for (name,) in workspace.rows("SELECT name FROM events WHERE task_id = 1")]
    assert names.count("task.interrupted") == 2


def test_a_suspect_on_a_paused_account_waits(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a person paused is not sent because it runs alone. Red without the look at pauses."""
    monkeypatch.setattr(decoding, "Fitting", EndlessFitting)
    workspace = studio()
    (workspace.inbox / "near.jpg").write_bytes(picture_of(POISON_WIDTH, 1))
    _crash(workspace, 1)
    _crash(workspace, 2)
    monkeypatch.setattr(decoding, "Fitting", Fitting)
    workspace.decide(lambda store: store.pause("account", "sim", "paused", "by hand", None))

    assert workspace.run() == 3

    assert workspace.simulator.ledger() == []
    assert workspace.rows("SELECT state, reason FROM tasks") == [("ready", "suspect")]
