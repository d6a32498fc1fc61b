"""From a dropped file to a delivered video of Ark, over a real socket."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import pytest

from seedwatch.media.inspect import inspect_result
from seedwatch.simulator import RunningSimulator
from tests.flow.conftest import Studio
from tests.flow.workspace import PHOTOS, Workspace
from tests.simulator.boxes import opened_movie

V2_5, V2_0 = "dreamina-seedance-2-5-260628", "doubao-seedance-2-0-260128"
V1_0 = "doubao-seedance-1-0-pro-250528"
QUICK = {"poll": {"first": "100ms", "every": "100ms"}}
TEXT: dict[str, Any] = {"mode": "text-to-video", "model": V1_0, "prompt": [], "size": "16:9"}
FRAMES: dict[str, Any] = {"mode": "image-to-video", "model": V1_0, "size": "auto"}


def drop_set(workspace: Workspace, name: str, *photos: str) -> None:
    """A subfolder of photographs, numbered in order, moved in as a whole."""
    outside = workspace.base / f"{name}.tmp"
    outside.mkdir()
    for number, photo in enumerate(photos, start=1):
        shutil.copyfile(PHOTOS / photo, outside / f"{number}{Path(photo).suffix}")
    outside.rename(workspace.inbox / name)


def shape(path: Path) -> tuple[str, int, int]:
    """Type and sides of a result."""
    found = inspect_result(io.BytesIO(path.read_bytes()))
    return found.media_type, found.width, found.height


def test_prompts_become_videos(studio: Studio, simulator: RunningSimulator) -> None:
    """Each line of a text is one video; its sidecar says what was asked and by which task."""
    rule = {**TEXT, "resolution": "480p", "size": "1:1", "options": {"duration": 2}}
    workspace = studio(rule=rule, account=QUICK)
    (workspace.inbox / "shots.txt").write_text("a fox\n# no\na bear --dur 12\n")
    assert workspace.run() == 0
    assert [path.name for path in workspace.results()] == ["shots_1.mp4", "shots_2.mp4"]
    for path in workspace.results():
        movie = opened_movie(path.read_bytes())
        assert (movie.size, movie.duration_s) == ((640, 640), 2.0)
    told = workspace.sidecar(workspace.results()[1])
    assert (told["result"]["media_type"], told["mode"]) == ("video/mp4", "text-to-video")
    assert told["parameters"]["duration"] == 2
    assert told["request_id"]
    assert any("--dur 12" in change for change in told["changed_to_fit"])
    assert told["cost"] is None
    assert {row["prompt"] for row in simulator.ledger()} == {"a fox", "a bear"}
    assert len(workspace.census()) == 1


def test_a_picture_is_the_first_frame(studio: Studio, simulator: RunningSimulator) -> None:
    """The video begins with it; its last frame comes beside it as a picture, in one set."""
    options = {"duration": 2, "return_last_frame": True}
    rule = {**FRAMES, "resolution": "480p", "options": options}
    workspace = studio(rule=rule, account=QUICK)
    workspace.drop("coffee.png")
    assert workspace.run() == 0
    video, frame = workspace.results()
    assert (video.name, frame.name) == ("coffee_1-1.mp4", "coffee_1-2.jpeg")
    assert shape(video) == ("video/mp4", 736, 544)  # the nearest to 3:2
    assert shape(frame) == ("image/jpeg", 736, 544)
    (row,) = simulator.ledger()
    assert len(row["refs"]) == 1
    assert workspace.states() == {"done": 1}


def test_two_pictures_are_the_first_and_the_last_frame(
    studio: Studio, simulator: RunningSimulator
) -> None:
    """A subfolder of two; of two references the simulator would know no last frame."""
    rule = {**FRAMES, "input": "folder", "resolution": "480p", "options": {"duration": 2}}
    workspace = studio(rule=rule, account=QUICK)
    drop_set(workspace, "walk", "chelsea.png", "coffee.png")
    assert workspace.run() == 0
    (video,) = workspace.results()
    movie = opened_movie(video.read_bytes())
    assert movie.frame(0).tobytes() != movie.frame(47).tobytes()
    assert len(simulator.ledger()[0]["refs"]) == 2


def test_more_pictures_are_references(studio: Studio, simulator: RunningSimulator) -> None:
    """Three in a subfolder; or one beside a picture of the rule, which comes first."""
    rule = {**FRAMES, "model": V2_0, "input": "folder", "resolution": "480p", "size": "9:16"}
    workspace = studio(rule=rule, account=QUICK)
    drop_set(workspace, "trio", "chelsea.png", "coffee.png", "astronaut.png")
    assert workspace.run() == 0
    (video,) = workspace.results()
    assert shape(video) == ("video/mp4", 496, 864)
    (row,) = simulator.ledger()
    assert len(row["refs"]) == 3


def test_references_of_the_rule_are_never_frames(
    studio: Studio, simulator: RunningSimulator
) -> None:
    """2.5 gives any ratio from references, and a QuickTime file where it is asked for."""
    options = {"output_format": "mov", "duration": 4, "omni_reference_task_type": "reference"}
    rule = {**FRAMES, "model": V2_5, "size": "1:1", "resolution": "480p", "options": options}
    workspace = studio(rule={**rule, "references": ["brand.png"]}, account=QUICK)
    shutil.copyfile(PHOTOS / "astronaut.png", workspace.base / "brand.png")
    workspace.drop("coffee.png")
    assert workspace.run() == 0
    (video,) = workspace.results()
    assert (video.name, shape(video)) == ("coffee_1.mov", ("video/quicktime", 640, 640))
    assert len(simulator.ledger()[0]["refs"]) == 2


@pytest.mark.parametrize("echo", ["yes", "no"])
def test_a_lost_submit_is_found_in_the_list(
    studio: Studio, simulator: RunningSimulator, echo: str
) -> None:
    """Charged, but nobody was told: found by identifier or seed, and never sent twice."""
    simulator.move_switches({"ark.safety_echo": echo, "ark.lists_per_s": 0})
    simulator.post_faults([{"do": "reset_after_billing", "times": 1}])
    rule = {**TEXT, "resolution": "480p", "options": {"duration": 2, "service_tier": "flex"}}
    workspace = studio(rule=rule, account=QUICK)
    (workspace.inbox / "a.txt").write_text("a fox")
    assert workspace.run() == 0
    assert workspace.states() == {"done": 1}
    assert len(simulator.ledger()) == 1


@pytest.mark.fault(64)
@pytest.mark.parametrize(
    ("fault", "state", "billed"),
    [
        ({"do": "task_failed", "times": 1}, "done", 1),
        ({"do": "moderated"}, "failed", 0),
        ({"do": "task_failed", "args": {"code": "InvalidParameter.Text"}}, "failed", 0),
        ({"do": "empty_data"}, "held", 1),
        ({"do": "not_an_image"}, "held", 1),
    ],
)
def test_work_that_fails_there_is_handled_by_its_reason(
    studio: Studio, simulator: RunningSimulator, fault: Any, state: str, billed: int
) -> None:
    """A fault of theirs is tried as a new task, content is not; paid and unusable is held."""
    simulator.post_faults([fault])
    rule = {**TEXT, "resolution": "480p", "options": {"duration": 2}}
    workspace = studio(rule=rule, account=QUICK)
    (workspace.inbox / "a.txt").write_text("a fox")
    workspace.run()
    assert workspace.states() == {state: 1}
    assert sum(row["images_billed"] for row in simulator.ledger()) == billed
