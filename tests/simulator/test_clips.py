"""The video drawer: exact sizes and lengths, derived from the inputs, little work."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from PIL import Image, ImageStat

from seedwatch.simulator.clips import Clip, LastFrame
from seedwatch.simulator.movies import MovieFormat
from seedwatch.simulator.references import Reference
from tests.simulator.boxes import opened_movie
from tests.simulator.calls import encoded, opened

_CLIP = Clip(1248, 704, 121, "a fox in the snow", "m")


def _reference(color: str) -> Reference:
    return Reference(color, (64, 36), encoded(Image.new("RGB", (64, 36), color), "jpeg"))


def _color(image: Image.Image) -> tuple[float, ...]:
    """The mean colour of the upper half, where no text stands."""
    width, height = image.size
    return tuple(ImageStat.Stat(image.convert("RGB").crop((0, 40, width, height // 2))).mean)


@pytest.mark.parametrize(
    ("kind", "brand", "codec"), [("mp4", b"isom", b"mp4v"), ("mov", b"qt  ", b"jpeg")]
)
@pytest.mark.parametrize("size", [(1248, 704), (834, 1112), (3326, 2494), (854, 480)])
def test_a_video_has_the_size_and_length_asked_for(
    kind: MovieFormat, brand: bytes, codec: bytes, size: tuple[int, int]
) -> None:
    """The boxes tell size, 24 frames a second and the codec; every frame decodes to that size."""
    clip = replace(_CLIP, width=size[0], height=size[1], format=kind)
    movie = opened_movie(clip.drawn())
    assert (movie.brand, movie.codec, movie.size) == (brand, codec, size)
    assert (len(movie.frames), movie.duration_s) == (121, 121 / 24)
    assert {movie.frame(number).size for number in (0, 60, 120)} == {size}
    assert len(set(movie.frames)) == 5


@pytest.mark.parametrize("frame_count", [1, 3, 29, 720])
def test_any_number_of_frames_can_be_written(frame_count: int) -> None:
    """From a single frame to half a minute, and the file hardly grows: frames share bytes."""
    content = replace(_CLIP, frame_count=frame_count).drawn()
    assert len(opened_movie(content).frames) == frame_count
    assert len(content) < 2_000_000


def test_a_video_derives_from_its_first_and_last_frame() -> None:
    """It begins in the colour of the first frame and ends in that of the last, with text on it."""
    clip = replace(_CLIP, references=(_reference("red"),), last_frame=_reference("blue"))
    movie = opened_movie(clip.drawn())
    first, last = _color(movie.frame(0)), _color(movie.frame(120))
    assert first[0] > first[2] + 60
    assert last[2] > last[0] + 60
    assert _color(opened(LastFrame(clip).drawn()))[2] > 100


def test_the_prompt_shows_on_every_frame() -> None:
    """The letters of a long prompt make every frame brighter than those of a short one."""

    def white(prompt: str, number: int) -> int:
        image = opened_movie(replace(_CLIP, prompt=prompt).drawn()).frame(number)
        lower = image.convert("L").crop((0, 352, 1248, 704))
        return sum(lower.histogram()[240:])

    assert all(white("M" * 300, number) > 3 * white(".", number) for number in (0, 60, 120))


def test_the_last_frame_is_never_marked() -> None:
    """`watermark` marks the frames of the video, not the picture of its last frame."""
    marked = replace(_CLIP, has_mark=True)
    assert marked.drawn() != _CLIP.drawn()
    assert LastFrame(marked).drawn() == LastFrame(_CLIP).drawn()
    assert LastFrame(_CLIP).media_type == "image/jpeg"
    assert opened(LastFrame(_CLIP).drawn()).size == (1248, 704)


def test_a_video_is_cheap() -> None:
    """Five seconds of 720p cost less than 100 ms of CPU; the test allows for slow machines."""
    costs_s = []
    for number in range(3):
        references = (_reference("red"),)
        clip = Clip(1280, 720, 120, f"prompt {number} " * 20, "m", references)
        before_s = time.thread_time()
        clip.drawn()
        costs_s.append(time.thread_time() - before_s)
    assert min(costs_s) < 0.3
