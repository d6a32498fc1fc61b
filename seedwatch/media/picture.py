"""What is known about a picture, and the errors that say why one cannot be used."""

from __future__ import annotations

from dataclasses import dataclass

from seedwatch.errors import SourceError
from seedwatch.media.kinds import KINDS, READABLE, name
from seedwatch.texts import say

JPEG_PIXELS = 250_000_000
OTHER_PIXELS = 100_000_000
"""Most pixels read: JPEG is decoded scaled down, the others only whole (promises.md T5)."""

_TURNED = frozenset({5, 6, 7, 8})


class Incomplete(SourceError):
    """Empty, cut off or not decodable as it is now; it may still be being written."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A whole picture or video as its structure shows it; sides in pixels as stored.

    Nothing is decoded. For AVIF the sides are 0: only a decoder can tell them. A video whose
    boxes do not say has 0 too. `duration_s` is that of a video.
    """

    media_type: str
    width: int
    height: int
    byte_count: int
    bit_depth: int = 8
    has_late_exif: bool = False
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by its content; `width` and `height` in pixels as stored, before `orientation`.

    `orientation` is that of EXIF, 1 to 8, 1 where there is none; `mode` is Pillow's name for the
    kind of pixels; `bit_depth` counts bits per channel.
    """

    media_type: str
    width: int
    height: int
    byte_count: int
    orientation: int
    mode: str
    is_animated: bool
    has_alpha: bool
    bit_depth: int = 8

    @property
    def oriented_width(self) -> int:
        """The width in pixels when held upright."""
        return self.height if self.orientation in _TURNED else self.width

    @property
    def oriented_height(self) -> int:
        """The height in pixels when held upright."""
        return self.width if self.orientation in _TURNED else self.height


def check_pixels(media_type: str, width: int, height: int) -> None:
    """Refuse a picture with more pixels than are read, before anything is decoded.

    Raises:
        SourceError: it has more than `JPEG_PIXELS` or `OTHER_PIXELS`.
    """
    limit = JPEG_PIXELS if media_type == "image/jpeg" else OTHER_PIXELS
    if width * height > limit:
        raise SourceError(
            say(
                "media.bomb",
                kind=name(media_type),
                width=width,
                height=height,
                pixels=width * height,
                limit=limit,
            ),
            advice=say("media.bomb_advice"),
        )


def foreign(media_type: str) -> SourceError:
    """The error for a file whose type is known here, but is not one that can be read."""
    is_picture = media_type.startswith("image/") or media_type == "application/postscript"
    known = ", ".join(KINDS[readable].name for readable in READABLE)
    kind = name(media_type)
    if is_picture:
        return SourceError(
            say("media.foreign_picture", kind=kind, known=known),
            advice=say("media.foreign_picture_advice"),
        )
    return SourceError(
        say("media.foreign_file", kind=kind, known=known), advice=say("media.foreign_file_advice")
    )


def cut(media_type: str, byte_count: int) -> Incomplete:
    """The error for a picture that ends before its own structure says it does."""
    return Incomplete(
        say("media.cut", kind=name(media_type), byte_count=byte_count),
        advice=say("media.again_advice"),
    )


def undecodable(media_type: str, reason: object) -> Incomplete:
    """The error for a picture that the decoder refuses; `reason` in the decoder's own words."""
    return Incomplete(
        say("media.undecodable", kind=name(media_type), reason=reason),
        advice=say("media.again_advice"),
    )
