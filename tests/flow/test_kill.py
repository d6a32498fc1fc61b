"""The daemon is killed at every step of a file's travel; what is left is decided rightly."""

from __future__ import annotations

import hashlib
import re
import signal
from pathlib import Path

import pytest

from tests.flow.conftest import Studio
from tests.flow.workspace import PHOTOS, Workspace

PACKAGE = Path(__file__).parents[2] / "seedwatch"
POINTS = (
    "intake.admitted",
    "intake.opened",
    "submit.prepared",
    "submit.committed",
    "spool.synced",
    "submit.answered",
    "submit.handle_saved",
    "collect.spooled",
    "collect.saved",
    "deliver.picture",
    "deliver.sidecar",
    "deliver.done",
    "complete.committed",
    "retire.moved",
    "retire.done",
    "retire.committed",
)
OF_TASKS = {"poll.answered", "poll.handle_saved", "resolve.found", "resolve.absent"}
"""test_kill_providers.py"""
EFFECTS = {"path", "spool", "store", "schema"}
"""parts whose points are tried by `python -m tests.campaigns.kill_points`"""
DOUBTFUL = {"submit.committed"}
"""where no answer is here yet: held: unsure, never sent again"""


def _killed_at(workspace: Workspace, point: str) -> None:
    process = workspace.start(SEEDWATCH_KILL_AT=point)
    process.wait(timeout=50)
    assert process.returncode == -signal.SIGKILL, workspace.log.read_text()


@pytest.mark.process
@pytest.mark.parametrize("point", POINTS)
def test_kill_once(studio: Studio, point: str) -> None:
    """Killed once at this step, the restart loses nothing, tears nothing and pays once at most.

    Goes red when a commit is moved behind its effect, or recovery sends again blindly.
    """
    workspace = studio()
    photo = workspace.drop("rocket.jpg")
    digest = hashlib.sha256(photo.read_bytes()).hexdigest()

    _killed_at(workspace, point)
    assert len(workspace.census()[digest]) >= 1
    code = workspace.run()

    accepted = len(workspace.simulator.ledger())
    assert list(workspace.census()) == [digest]
    assert workspace.torn_results() == []
    if point in DOUBTFUL:
        assert (code, workspace.states()) == (3, {"held": 1})
        assert workspace.census()[digest] == ["inbox"]
        assert accepted == 0
    else:
        assert (code, workspace.states()) == (0, {"done": 1})
        assert workspace.census()[digest] == ["done"]
        assert accepted == 1
        assert len(workspace.results()) == 1


def test_every_point_is_tried() -> None:
    """The list above names every point of the travel that the code has."""
    marked = {
        found
        for path in PACKAGE.rglob("*.py")
        for found in re.findall(r'reached\("([^"]+)"\)', path.read_text())
    }
    steps = {point for point in marked if point.partition(".")[0] not in EFFECTS}
    untried = {"retire.copied", "recover.voided", "recover.decided"} | OF_TASKS
    assert steps | {"spool.synced"} == set(POINTS) | untried
    assert PHOTOS.exists()
