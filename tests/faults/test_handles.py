"""Roots whose handles went stale."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from seedwatch.inbox import health
from seedwatch.worker import outcome, retiring
from tests.faults.driving import line, through
from tests.flow.conftest import Studio

TEXT = {"mode": "text-to-image", "prompt": "{text}"}


class Opening:
    """Lets the system's `open` of one root fail with an error, as its number among them decides."""

    def __init__(self, root: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fails: Callable[[int], bool] = lambda _nth: False
        self._number = number
        self.count = 0
        self._root = str(root)
        self._real = os.open
        monkeypatch.setattr(os, "open", self._open)

    def _open(self, path: str | Path, *args: int, **named: int | None) -> int:
        if str(path) == self._root:
            self.count += 1
            if self.fails(self.count):
                raise OSError(self._number, os.strerror(self._number), str(path))
        return self._real(path, *args, **named)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a root is tried again at once."""
    monkeypatch.setattr(outcome, "DELIVERY_WAIT_S", 0.1)
    monkeypatch.setattr(retiring, "_AGAIN_S", 0.1)
    monkeypatch.setattr(health, "_AWAY_FIRST_S", 0.1)


@pytest.mark.nightly
@pytest.mark.fault(23)
@pytest.mark.parametrize("area", ["inbox", "outbox", "done"])
@pytest.mark.parametrize("nth", range(1, 8))
@pytest.mark.parametrize("number", [errno.ESTALE])
def test_an_opening_that_fails_once(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, area: str, nth: int, number: int
) -> None:
    """Whichever opening of a root fails, it is opened anew, and its task is done.

    Breaks if an error of a root counts as a file that is gone.
    """
    workspace = studio(rule=TEXT)
    (workspace.inbox / "one.txt").write_text("a fox\n")
    opening = Opening(getattr(workspace, area), number, monkeypatch)
    opening.fails = lambda at: at == nth
    through(workspace)
    opening.fails = lambda _nth: False
    assert workspace.states() == {"done": 1}
    assert len(workspace.simulator.ledger()) == 1
    assert list(workspace.census().values()) == [["done"]]


@pytest.mark.fault(23)
@pytest.mark.parametrize(
    ("area", "told"),
    [("inbox", "folder.changed"), ("outbox", "folder.changed"), ("done", "folder.changed")],
)
def test_stale_until_it_is_mounted_anew(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, area: str, told: str
) -> None:
    """Nothing counts as gone and nothing is paid twice while it lasts; then all is done."""
    workspace = studio(rule=TEXT)
    (workspace.inbox / "one.txt").write_text("a fox\n")
    opening = Opening(getattr(workspace, area), errno.ESTALE, monkeypatch)
    opening.fails = lambda _nth: True

    def mount() -> None:
        assert workspace.rows("SELECT 1 FROM tasks WHERE state = 'cancelled'") == []
        opening.fails = lambda _nth: False

    through(workspace, (line(told), mount))
    assert workspace.states() == {"done": 1}
    assert len(workspace.simulator.ledger()) == 1
    assert list(workspace.census().values()) == [["done"]]
