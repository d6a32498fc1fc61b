"""The daemon is killed at every step of a file's travel; what is left is decided rightly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.campaigns.kill_points import Case, Stage

PACKAGE = Path(__file__).parents[2] / "seedwatch"
POINTS = (
    ("intake.admitted", "intake.opened", "submit.prepared", "submit.committed"),
    ("spool.synced", "submit.answered", "submit.handle_saved", "collect.spooled"),
    ("collect.saved", "deliver.picture", "deliver.sidecar", "deliver.done"),
    ("complete.committed", "retire.moved", "retire.done", "retire.committed"),
)
OF_TASKS = {"poll.answered", "poll.handle_saved", "resolve.found", "resolve.absent"}
"""test_kill_providers.py"""
EFFECTS = {"path", "spool", "store", "schema"}
"""parts whose points are tried by `python -m tests.campaigns.kill_points`"""
DOUBTFUL = {"submit.committed", "paid.answered:1"}
"""where no answer is here yet: held: unsure, never sent again"""
BELOW = (
    ("url", "path.created:2"),  # the marker of the inbox
    ("b64", "paid.answered:1"),
    ("stream", "spool.part_synced:1"),  # the first picture of two is here
    ("stream", "path.synced:5"),  # the manifest
    ("across", "path.written:3"),  # the source, on its way to another disk
    ("card", "path.created:3"),
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A simulator of its own and a fork server for the lives."""
    with Stage(tmp_path_factory.mktemp("stage")) as made:
        yield made


@pytest.mark.process
@pytest.mark.fault(1)
@pytest.mark.parametrize("points", POINTS, ids=lambda points: points[0])
def test_kill_once(stage: Stage, points: tuple[str, ...]) -> None:
    """Killed once at a step, the restart loses nothing, tears nothing and pays once at most.

    Goes red when a commit is moved behind its effect, or recovery sends again blindly.
    """
    for point in points:
        case = stage.play(Case("url", (point,)))
        assert case.wrong == []
        assert case.kills == 1, point
        assert case.unsure == (point in DOUBTFUL), point


@pytest.mark.process
@pytest.mark.fault(1)
def test_kill_below_the_steps(stage: Stage) -> None:
    """Killed in the middle of a step nothing is lost, torn, paid twice, or left lying about.

    Breaks if a part has a new name each time it is written: what a kill left of it would stay.
    """
    for kind, point in BELOW:
        case = stage.play(Case(kind, (point,)))
        assert case.wrong == []
        assert case.kills == 1, (kind, point)
        assert case.unsure == (point in DOUBTFUL), point


@pytest.mark.process
@pytest.mark.fault(2)
def test_kill_the_recovery(stage: Stage) -> None:
    """Killed again while it recovers, it comes to the same end.

    Breaks if recovery decides a submit before it has looked into the spool.
    """
    for points in (("submit.committed", "recover.voided"), ("spool.named:1", "recover.decided")):
        case = stage.play(Case("url", points))
        assert case.wrong == []
        assert case.kills == 2, points
        assert case.unsure == (points[0] in DOUBTFUL), points


def test_every_point_is_tried() -> None:
    """The list above names every point of the travel that the code has."""
    marked = {
        found
        for path in PACKAGE.rglob("*.py")
        for found in re.findall(r'reached\("([^"]+)"\)', path.read_text())
    }
    steps = {point for point in marked if point.partition(".")[0] not in EFFECTS}
    untried = {"retire.copied", "recover.voided", "recover.decided"} | OF_TASKS
    assert steps | {"spool.synced"} == {point for part in POINTS for point in part} | untried
