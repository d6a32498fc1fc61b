"""Walks of the picture formats that are read from start to end: JPEG, PNG, GIF and WebP."""

from __future__ import annotations

import os
import re
import struct
import zlib
from typing import BinaryIO

from seedwatch.media.blocks import Cut, Found, read_at

_CHUNK_BYTES = 256 * 1024
# Neither stuffing (00), nor a restart (D0-D7), nor a fill byte (FF): a marker that means something.
_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE_MARKERS = frozenset({0x01, 0xD8})
_WEBP_PIXELS = frozenset({b"VP8 ", b"VP8L", b"ANMF"})
_HOLE_BYTES = 64
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_END = b"\xff\xd9"


def walk_jpeg(file: BinaryIO, byte_count: int) -> Found:
    """From marker to marker up to the first scan, then from the end (ITU T.81, annex B).

    What follows the start of a scan never looks like an end-of-image marker: FF is stuffed in
    compressed data, and no table between scans holds FF D9.
    """
    found = None
    position = 2
    while True:
        marker, position = _next_marker(file, position)
        if marker == _END_OF_IMAGE:
            raise Cut
        if marker in _BARE_MARKERS:
            continue
        (length,) = struct.unpack(">H", read_at(file, position, 2))
        if marker in _FRAME_MARKERS and found is None:
            height, width = struct.unpack(">HH", read_at(file, position + 3, 4))
            found = Found(width, height)
        position += max(length, 2)
        if marker == _START_OF_SCAN:
            if found is None or not _ends_behind(file, position, byte_count):
                raise Cut
            return found


def _ends_behind(file: BinaryIO, start: int, end: int) -> bool:
    """Whether an end-of-image marker stands between; in a whole file it does near the end."""
    while end - start >= 2:
        begin = max(start, end - _CHUNK_BYTES)
        if _END in read_at(file, begin, end - begin):
            return True
        end = begin + 1 if begin > start else start  # a marker may lie across two pieces
    return False


def _next_marker(file: BinaryIO, position: int) -> tuple[int, int]:
    """The next marker at or after `position`, and where its segment starts."""
    file.seek(position)
    near = file.read(2)
    if match := _MARKER.match(near):
        return match[1][0], position + 2
    file.seek(position)
    while chunk := file.read(_CHUNK_BYTES):
        if match := _MARKER.search(chunk):
            return match[1][0], position + match.end()
        # A marker may lie across two chunks.
        position += len(chunk) - 1 if len(chunk) > 1 and chunk.endswith(b"\xff") else len(chunk)
        file.seek(position)
    raise Cut


def walk_png(file: BinaryIO, byte_count: int) -> Found:
    """From chunk to chunk up to IEND; the checksums of the pixels are compared."""
    first = read_at(file, 8, 17)
    if first[4:8] != b"IHDR":
        raise Cut
    width, height, bit_depth = struct.unpack(">IIB", first[8:])
    has_pixels = has_late_exif = False
    position = 33
    while True:
        length, kind = struct.unpack(">I4s", read_at(file, position, 8))
        end = position + 12 + length
        if end > byte_count or not kind.isalpha():
            raise Cut
        if kind == b"IDAT":
            _check_sum(file, length)
            has_pixels = True
        elif kind == b"eXIf" and has_pixels:
            has_late_exif = True
        elif kind == b"IEND":
            if not has_pixels:
                raise Cut
            return Found(width, height, bit_depth=bit_depth, has_late_exif=has_late_exif)
        position = end


def _check_sum(file: BinaryIO, length: int) -> None:
    """Compare the checksum of the IDAT chunk whose content starts where `file` stands."""
    checksum = zlib.crc32(b"IDAT")
    while length:
        chunk = file.read(min(length, _CHUNK_BYTES))
        if not chunk:
            raise Cut
        checksum = zlib.crc32(chunk, checksum)
        length -= len(chunk)
    if file.read(4) != checksum.to_bytes(4, "big"):
        raise Cut


def walk_gif(file: BinaryIO, _byte_count: int) -> Found:
    """From block to block up to the trailer (GIF89a, appendix A)."""
    width, height, flags = struct.unpack("<HHB", read_at(file, 6, 5))
    file.seek(13 + _colour_table_bytes(flags))
    has_frame = False
    while True:
        introducer = file.read(1)
        if introducer == b";" and has_frame:
            return Found(width, height)
        if introducer == b"!":
            file.seek(1, os.SEEK_CUR)
        elif introducer == b",":
            descriptor = file.read(9)
            if len(descriptor) < 9:
                raise Cut
            file.seek(_colour_table_bytes(descriptor[8]) + 1, os.SEEK_CUR)
            has_frame = True
        else:
            raise Cut
        _skip_sub_blocks(file)


def _colour_table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_sub_blocks(file: BinaryIO) -> None:
    while length := file.read(1):
        if length == b"\0":
            return
        file.seek(length[0], os.SEEK_CUR)
    raise Cut


def walk_webp(file: BinaryIO, byte_count: int) -> Found:
    """From chunk to chunk up to the RIFF length; the first one names the sides (RFC 9649)."""
    head = read_at(file, 0, min(30, byte_count))
    end = int.from_bytes(head[4:8], "little") + 8
    if len(head) < 25 or end > byte_count:
        raise Cut
    position = 12
    while position + 8 <= end:
        kind, length = struct.unpack("<4sI", read_at(file, position, 8))
        position += 8 + length
        if position > end:
            raise Cut
        if kind in _WEBP_PIXELS and length > 2 * _HOLE_BYTES:
            _check_hole(file, position)
        position += length & 1
    return _webp_sides(head)


def _check_hole(file: BinaryIO, end: int) -> None:
    """Compressed pixels never end in many zeros; a file that was made long first does."""
    if not any(read_at(file, end - _HOLE_BYTES, _HOLE_BYTES)):
        raise Cut


def _webp_sides(head: bytes) -> Found:
    first = head[12:16]
    if first == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return Found((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if len(head) < 30:
        raise Cut
    if first == b"VP8X":
        width, height = (int.from_bytes(head[start : start + 3], "little") for start in (24, 27))
        return Found(width + 1, height + 1)
    if first == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return Found(width & 0x3FFF, height & 0x3FFF)
    raise Cut
