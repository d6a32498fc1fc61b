"""Draws the simulated videos: exact size and length, prompt and mark on every frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from PIL import Image, ImageDraw

from seedwatch.simulator.movies import MovieFormat, movie
from seedwatch.simulator.pictures import Picture, finished, sketch_of
from seedwatch.simulator.references import Reference

_STILLS: Final = 5
"""Different pictures in a video; each is shown for a part of its frames, which costs nothing."""
_MEDIA_TYPES: Final = {"mp4": "video/mp4", "mov": "video/quicktime"}


@dataclass(frozen=True, slots=True)
class Clip:
    """Everything a video depends on.

    Attributes:
        references: what its beginning is drawn from: the first frame, or all references.
        last_frame: what its end is drawn from; None if it ends as it began.
        has_mark: "AI generated" bottom right, as Ark's `watermark`.
    """

    width: int
    height: int
    frame_count: int
    prompt: str
    model: str
    references: tuple[Reference, ...] = ()
    last_frame: Reference | None = None
    has_mark: bool = False
    format: MovieFormat = "mp4"

    @property
    def media_type(self) -> str:
        """The Content-Type of the file."""
        return _MEDIA_TYPES[self.format]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height

    def resized(self, width: int, height: int) -> Clip:
        """The same video in another size."""
        return replace(self, width=width, height=height)

    def drawn(self) -> bytes:
        """The file content."""
        pictures = [finished(sketch, _beginning(self)) for sketch in _stills(self, _STILLS)]
        shown = [frame * _STILLS // self.frame_count for frame in range(self.frame_count)]
        return movie(pictures, shown, self.size, self.format)


@dataclass(frozen=True, slots=True)
class LastFrame:
    """The end of a video as a JPEG, never marked (protocols.md 3.5)."""

    clip: Clip

    @property
    def media_type(self) -> str:
        """The Content-Type of the file."""
        return "image/jpeg"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.clip.size

    def resized(self, width: int, height: int) -> LastFrame:
        """The same picture in another size."""
        return LastFrame(self.clip.resized(width, height))

    def drawn(self) -> bytes:
        """The file content."""
        *_, last = _stills(replace(self.clip, has_mark=False), 2)
        return finished(last, _beginning(self.clip))


def _beginning(clip: Clip) -> Picture:
    return Picture(
        clip.width,
        clip.height,
        clip.prompt,
        clip.model,
        clip.references,
        has_mark=clip.has_mark,
    )


def _stills(clip: Clip, count: int) -> Iterator[Image.Image]:
    """`count` sketches from the first frame to the last; a bar on top shows how far it is."""
    picture = _beginning(clip)
    first = sketch_of(picture)
    last = first
    if clip.last_frame is not None:
        last = sketch_of(replace(picture, references=(clip.last_frame,)))
    width, height = first.size
    for number in range(count):
        share = number / (count - 1)
        still = Image.blend(first, last, share)
        bar = (0, 0, max(1, round(width * share)) - 1, max(1, height // 40) - 1)
        ImageDraw.Draw(still).rectangle(bar, fill="white")
        yield still
