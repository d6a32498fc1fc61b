"""Writes a small playable file of Motion-JPEG frames: ISO 14496-12 (mp4) or QuickTime (mov)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final, Literal

MovieFormat = Literal["mp4", "mov"]

FRAMES_PER_S: Final = 24
"""Videos of Seedance always have 24 frames a second (protocols.md 3.2)."""

_MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED: Final = 0x55C4  # the language code "und", five bits a letter
_MOTION_JPEG: Final = 0x6C  # the object type of ISO 14496-1
_VISUAL_STREAM: Final = 0x11


def movie(
    pictures: Sequence[bytes], shown: Sequence[int], size: tuple[int, int], kind: MovieFormat
) -> bytes:
    """One video track; `shown` names the picture (JPEG) of each frame, FRAMES_PER_S a second.

    A picture that is shown many times lies in the file once: frames may share their bytes.
    """
    brand = _brand(kind)
    content = b"".join(pictures)
    # The place of the pictures depends on the length of what is before them, which is fixed.
    head = _moov([0] * len(shown), pictures, shown, size, kind)
    first_at = len(brand) + len(head) + 8
    starts = [first_at + sum(len(p) for p in pictures[:i]) for i in range(len(pictures))]
    offsets = [starts[number] for number in shown]
    return brand + _moov(offsets, pictures, shown, size, kind) + _box(b"mdat", content)


def _box(name: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), name) + content


def _full_box(name: bytes, flags: int, *parts: bytes) -> bytes:
    return _box(name, struct.pack(">I", flags), *parts)


def _brand(kind: MovieFormat) -> bytes:
    if kind == "mov":
        return _box(b"ftyp", b"qt  ", struct.pack(">I", 0x200), b"qt  ")
    return _box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2mp41")


def _moov(
    offsets: Sequence[int],
    pictures: Sequence[bytes],
    shown: Sequence[int],
    size: tuple[int, int],
    kind: MovieFormat,
) -> bytes:
    ticks = len(shown)
    table = _box(
        b"stbl",
        _full_box(b"stsd", 0, struct.pack(">I", 1), _sample_entry(size, kind)),
        _full_box(b"stts", 0, struct.pack(">III", 1, ticks, 1)),
        _full_box(b"stsc", 0, struct.pack(">IIII", 1, 1, 1, 1)),
        _full_box(b"stsz", 0, _counted([len(pictures[number]) for number in shown], 0)),
        _full_box(b"stco", 0, _counted(offsets)),
    )
    source = _box(b"dinf", _full_box(b"dref", 0, struct.pack(">I", 1), _full_box(b"url ", 1)))
    media = _box(b"minf", _full_box(b"vmhd", 1, bytes(8)), source, table)
    name = b"\x09simulated" if kind == "mov" else b"simulated\0"
    track = _box(
        b"mdia",
        _full_box(b"mdhd", 0, struct.pack(">4I2H", 0, 0, FRAMES_PER_S, ticks, _UNDETERMINED, 0)),
        _full_box(b"hdlr", 0, b"mhlr" if kind == "mov" else bytes(4), b"vide", bytes(12), name),
        media,
    )
    return _box(b"moov", _movie_header(ticks), _box(b"trak", _track_header(ticks, size), track))


def _counted(numbers: Sequence[int], *before: int) -> bytes:
    return struct.pack(f">{len(before) + 1 + len(numbers)}I", *before, len(numbers), *numbers)


def _movie_header(ticks: int) -> bytes:
    times = struct.pack(">4I", 0, 0, FRAMES_PER_S, ticks)
    rate_and_volume = struct.pack(">IH", 0x10000, 0x100)
    next_track = struct.pack(">I", 2)
    return _full_box(b"mvhd", 0, times, rate_and_volume, bytes(10), _MATRIX, bytes(24), next_track)


def _track_header(ticks: int, size: tuple[int, int]) -> bytes:
    is_shown = 7
    times = struct.pack(">5I", 0, 0, 1, 0, ticks)
    sides = struct.pack(">II", size[0] << 16, size[1] << 16)
    return _full_box(b"tkhd", is_shown, times, bytes(16), _MATRIX, sides)


def _sample_entry(size: tuple[int, int], kind: MovieFormat) -> bytes:
    dots_per_inch = 72 << 16
    fixed = struct.pack(
        ">6xH16x2H2I4xH32x2H", 1, *size, dots_per_inch, dots_per_inch, 1, 24, 0xFFFF
    )
    if kind == "mov":
        return _box(b"jpeg", fixed)
    return _box(b"mp4v", fixed, _full_box(b"esds", 0, _stream_descriptor()))


def _stream_descriptor() -> bytes:
    decoder = struct.pack(">BB3xII", _MOTION_JPEG, _VISUAL_STREAM, 0, 0)
    inner = _descriptor(4, decoder) + _descriptor(6, b"\x02")
    return _descriptor(3, struct.pack(">HB", 1, 0) + inner)


def _descriptor(tag: int, content: bytes) -> bytes:
    return struct.pack(">BB", tag, len(content)) + content
