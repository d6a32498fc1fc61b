"""What the walks through a file's structure share: an exact read and what they find."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple


class Cut(Exception):
    """The file ends, or stops making sense, before the picture does."""


class Found(NamedTuple):
    """What a walk to the end found; sides in pixels as stored; videos have a duration."""

    width: int
    height: int
    bit_depth: int = 8
    has_late_exif: bool = False
    is_raw: bool = False
    duration_s: float = 0.0


def read_at(file: BinaryIO, position: int, length: int) -> bytes:
    """Exactly `length` bytes from `position` on.

    Raises:
        Cut: there are not that many.
    """
    file.seek(position)
    content = file.read(length)
    if len(content) < length:
        raise Cut
    return content
