"""Walks files made of boxes (ISO 14496-12, QuickTime), AVIF and videos; decodes nothing."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterator
from typing import BinaryIO, NamedTuple

from seedwatch.media.blocks import Cut, Found, read_at

_MOST_BOXES = 100_000
"""on one level; far more than the fragments of the longest video"""
_FILE_BOXES = frozenset(
    {b"ftyp", b"moov", b"mdat", b"moof", b"mfra", b"meta", b"free", b"skip", b"wide", b"uuid"}
    | {b"sidx", b"styp", b"udta", b"pdin", b"emsg", b"prft", b"ssix"}
)
"""what may stand outside of any box; anything else behind a whole file is stray bytes"""


class Box(NamedTuple):
    """One box: its kind, and where its content starts and ends in the file."""

    kind: bytes
    start: int
    end: int


def walk_avif(file: BinaryIO, byte_count: int) -> Found:
    """From box to box; the sides are left to the decoder."""

    def is_whole(kinds: Collection[bytes]) -> bool:
        return b"mdat" in kinds and (b"meta" in kinds or b"moov" in kinds)

    _file_boxes(file, byte_count, is_whole)
    return Found(0, 0)


def walk_movie(file: BinaryIO, byte_count: int) -> Found:
    """From box to box; sides and duration (seconds) as the first track that has sides says.

    Where the inner boxes do not say, they are 0: the file is whole all the same.
    """

    def is_whole(kinds: Collection[bytes]) -> bool:
        return b"mdat" in kinds and b"moov" in kinds

    boxes = _file_boxes(file, byte_count, is_whole)
    moov = next(box for box in boxes if box.kind == b"moov")
    try:
        return _described(file, moov)
    except Cut:
        return Found(0, 0)


def _file_boxes(
    file: BinaryIO, byte_count: int, is_whole: Callable[[Collection[bytes]], bool]
) -> list[Box]:
    """The boxes on the outside, up to the end or to stray bytes behind a whole file.

    Raises:
        Cut: the last one is not there to its end, or what makes a whole is missing.
    """
    found: list[Box] = []
    kinds: set[bytes] = set()
    position = 0
    while position < byte_count and len(found) < _MOST_BOXES:
        file.seek(position)
        if is_whole(kinds) and file.read(8)[4:] not in _FILE_BOXES:
            break
        box = _box(file, position, byte_count)
        found.append(box)
        kinds.add(box.kind)
        position = box.end
    if not is_whole(kinds):
        raise Cut
    return found


def _box(file: BinaryIO, position: int, end: int) -> Box:
    size, kind = struct.unpack(">I4s", read_at(file, position, 8))
    start = position + 8
    if size == 1:
        (size,) = struct.unpack(">Q", read_at(file, start, 8))
        start += 8
    elif size == 0:  # up to the end
        size = end - position
    if size < start - position or position + size > end:
        raise Cut
    return Box(kind, start, position + size)


def _inner(file: BinaryIO, outer: Box) -> Iterator[Box]:
    position = outer.start
    for _ in range(_MOST_BOXES):
        if position + 8 > outer.end:  # QuickTime may end a list with four zeros
            return
        box = _box(file, position, outer.end)
        yield box
        position = box.end


def _described(file: BinaryIO, moov: Box) -> Found:
    sides, duration_s = (0, 0), 0.0
    for box in _inner(file, moov):
        if box.kind == b"mvhd":
            duration_s = _duration_s(file, box)
        elif box.kind == b"trak" and not all(sides):
            sides = _sides(file, box)
    return Found(*sides, duration_s=duration_s)


def _duration_s(file: BinaryIO, mvhd: Box) -> float:
    """Version 1 has 64 bits for times; all ones: not known."""
    is_long = read_at(file, mvhd.start, 1) == b"\1"
    form, at = (">IQ", 20) if is_long else (">II", 12)
    scale, ticks = struct.unpack(form, read_at(file, mvhd.start + at, struct.calcsize(form)))
    unknown = 2**64 - 1 if is_long else 2**32 - 1
    return float(ticks / scale) if scale and ticks != unknown else 0.0


def _sides(file: BinaryIO, trak: Box) -> tuple[int, int]:
    """Width and height of a track, which are 16.16 fixed point; 0 of one that is not seen."""
    for box in _inner(file, trak):
        if box.kind == b"tkhd":
            at = 88 if read_at(file, box.start, 1) == b"\1" else 76
            width, height = struct.unpack(">II", read_at(file, box.start + at, 8))
            return width >> 16, height >> 16
    return 0, 0
