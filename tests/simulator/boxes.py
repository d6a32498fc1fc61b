"""Walks the boxes of a video file, so that tests need no player."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

from PIL import Image

_NESTED = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf")


@dataclass(frozen=True)
class Movie:
    """What a video file says of itself, and its frames."""

    brand: bytes
    codec: bytes
    size: tuple[int, int]
    duration_s: float
    frames: tuple[bytes, ...]

    def frame(self, number: int) -> Image.Image:
        """One frame, decoded."""
        image = Image.open(io.BytesIO(self.frames[number]))
        image.load()
        return image


def boxes(content: bytes, start: int = 0, end: int | None = None) -> dict[bytes, bytes]:
    """Name to content of all boxes, nested ones flattened; every byte belongs to a box."""
    found: dict[bytes, bytes] = {}
    end = len(content) if end is None else end
    while start < end:
        length, name = struct.unpack(">I4s", content[start : start + 8])
        assert 8 <= length <= end - start, name
        assert name not in found, name
        found[name] = content[start + 8 : start + length]
        if name in _NESTED:
            found.update(boxes(content, start + 8, start + length))
        start += length
    return found


def _table(box: bytes, skipped: int = 0) -> list[int]:
    count = int.from_bytes(box[4 + skipped : 8 + skipped])
    return list(struct.unpack(f">{count}I", box[8 + skipped :]))


def opened_movie(content: bytes) -> Movie:
    """Read a file of one video track as a player would."""
    found = boxes(content)
    scale, ticks = struct.unpack(">II", found[b"mdhd"][12:20])
    assert struct.unpack(">II", found[b"mvhd"][12:20]) == (scale, ticks)
    sides = struct.unpack(">II", found[b"tkhd"][76:84])
    entry = found[b"stsd"][8:]
    assert struct.unpack(">HH", entry[32:36]) == tuple(side >> 16 for side in sides)
    entries, count, delta = struct.unpack(">III", found[b"stts"][4:])
    sizes, offsets = _table(found[b"stsz"], 4), _table(found[b"stco"])
    assert (entries, count * delta, len(sizes), len(offsets)) == (1, ticks, count, count)
    frames = tuple(content[at : at + size] for at, size in zip(offsets, sizes, strict=True))
    return Movie(
        brand=found[b"ftyp"][:4],
        codec=entry[4:8],
        size=(sides[0] >> 16, sides[1] >> 16),
        duration_s=ticks / scale,
        frames=frames,
    )
