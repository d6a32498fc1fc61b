"""Admission of videos: frames, references and their limits, decided before anything is paid."""

from __future__ import annotations

from typing import Any

import pytest

from seedwatch.catalog import find_model
from seedwatch.config.rules import ResolvedRule
from seedwatch.inbox.admission import admit
from seedwatch.inbox.inspection import Inspected
from seedwatch.media.inspect import Picture
from seedwatch.records import Member, NewJob, Rule, Source

V2_5, V2_0 = "dreamina-seedance-2-5-260628", "doubao-seedance-2-0-260128"
V1_0, V1_0_FAST = "doubao-seedance-1-0-pro-250528", "doubao-seedance-1-0-pro-fast-251015"
I2V = "doubao-seedance-1-0-lite-i2v-250428"


def _admitted(count: int, model: str, sides: tuple[int, int] = (640, 480), **more: Any) -> NewJob:
    """The job of a set of pictures."""
    members = tuple(Member(f"s/{n}.png", 9, 1, 1, f"sha{n}", "picture") for n in range(count))
    pictures = (
        Picture(
            "image/png", *sides, 9, orientation=1, mode="RGB", is_animated=False, has_alpha=False
        ),
    )
    rule = Rule("ark", "image-to-video", model, **more)
    source = Source("shop", "s", "set", members)
    resolved = ResolvedRule(rule, find_model("ark", model), {})
    return admit(Inspected(source, pictures * count), resolved)


def _error(job: NewJob) -> str:
    return "" if job.error is None else job.error.message


@pytest.mark.parametrize(
    ("count", "model", "limit"),
    [
        *((1, V1_0, 0), (2, V1_0, 0), (3, V1_0, 2)),
        *((1, V1_0_FAST, 0), (2, V1_0_FAST, 1), (3, V1_0_FAST, 1)),
        *((2, I2V, 0), (4, I2V, 0), (5, I2V, 4)),
        *((3, V2_0, 0), (9, V2_0, 0), (10, V2_0, 9)),
        *((30, V2_5, 0), (31, V2_5, 30)),
    ],
)
def test_a_set_has_as_many_pictures_as_the_model_takes(count: int, model: str, limit: int) -> None:
    """One or two frames, or so many references (protocols.md 3.3); the limit is named."""
    job = _admitted(count, model, prompts=("p",))
    if limit:
        assert f"at most {limit}" in _error(job)
        assert not job.tasks
    else:
        assert not _error(job)
        assert job.tasks[0].generation.scene == ("frames" if count < 3 else "references")


def test_the_last_frame_is_expected_beside_the_video() -> None:
    """The task knows that two results are to come."""
    options = {"return_last_frame": True}
    (task,) = _admitted(1, V1_0, options=options).tasks
    assert task.expected_outputs == 2
    (task,) = _admitted(1, V1_0).tasks
    assert (task.expected_outputs, task.generation.prompt) == (1, "")


def test_what_depends_on_the_number_of_pictures_is_refused_here() -> None:
    """2.5 makes no 16:9 from frames, 1.0 lite has no fixed camera with references (3.2)."""
    assert "makes no 16:9 from the first" in _error(_admitted(2, V2_5, size="16:9"))
    assert not _error(_admitted(3, V2_5, size="16:9"))
    assert "camera_fixed" in _error(_admitted(3, I2V, options={"camera_fixed": True}))
    assert not _error(_admitted(2, I2V, options={"camera_fixed": True}))


@pytest.mark.parametrize(
    ("sides", "is_taken"),
    [
        ((300, 300), True),
        ((299, 400), False),
        ((1000, 401), True),
        ((1000, 400), False),
        ((401, 1000), True),
        ((400, 1000), False),
        ((6000, 6000), True),
        ((9000, 6000), True),
    ],
)
def test_shapes_that_cannot_be_fitted_are_refused_here(
    sides: tuple[int, int], is_taken: bool
) -> None:
    """protocols.md 3.4: 300 to 6000 pixels, 0.4 to 2.5; what is too large is made smaller."""
    assert (not _error(_admitted(1, V2_0, sides))) is is_taken
