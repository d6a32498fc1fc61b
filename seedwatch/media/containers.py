"""Walks of the picture formats whose parts are named by offsets: BMP and TIFF."""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

from seedwatch.media.blocks import Cut, Found, read_at

_CORE_HEADER_BYTES = 12
_RUN_LENGTH = frozenset({1, 2})


def walk_bmp(file: BinaryIO, byte_count: int) -> Found:
    """The rows that the header promises must all be there."""
    file_bytes, _, offset, header_bytes = struct.unpack("<IIII", read_at(file, 2, 16))
    if header_bytes == _CORE_HEADER_BYTES:
        width, height, _, depth = struct.unpack("<HHHH", read_at(file, 18, 8))
        compression = 0
    else:
        width, height, _, depth, compression = struct.unpack("<iiHHI", read_at(file, 18, 16))
    width, height = abs(width), abs(height)
    row_bytes = (width * depth + 31) // 32 * 4
    if (file_bytes if compression in _RUN_LENGTH else offset + row_bytes * height) > byte_count:
        raise Cut
    return Found(width, height)


class _Layout(NamedTuple):
    """How classic TIFF and BigTIFF write a directory: its counts, entries and inline values."""

    order: str
    count_form: str
    entry: str
    link: str

    def read(self, file: BinaryIO, form: str, position: int) -> tuple[int, ...]:
        """The numbers of `form` at `position`."""
        form = self.order + form
        return struct.unpack(form, read_at(file, position, struct.calcsize(form)))


_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_TYPE_BYTES |= {13: 4, 16: 8, 17: 8, 18: 8}
_TYPE_FORMS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_SUBFILE, _WIDTH, _HEIGHT, _DNG_VERSION = 254, 256, 257, 50706
_PART_TAGS = ((273, 279), (324, 325))
_WANTED = {_SUBFILE, _WIDTH, _HEIGHT, _DNG_VERSION, *(tag for pair in _PART_TAGS for tag in pair)}
_MAX_PAGES = 10_000


def walk_tiff(file: BinaryIO, byte_count: int) -> Found:
    """Every page's values, strips and tiles must lie within the file (TIFF 6.0, BigTIFF)."""
    head = read_at(file, 0, 16) if byte_count >= 16 else read_at(file, 0, 8)
    order = "<" if head[:2] == b"II" else ">"
    is_big = b"+" in head[2:4]
    layout = _Layout(order, "Q", "HHQ", "Q") if is_big else _Layout(order, "H", "HHI", "I")
    (position,) = layout.read(file, layout.link, 8 if is_big else 4)
    first: dict[int, tuple[int, ...]] | None = None
    seen: set[int] = set()
    while position and position not in seen and len(seen) < _MAX_PAGES:
        seen.add(position)
        page, position = _read_page(file, byte_count, layout, position)
        first = first or page
    if not first or _WIDTH not in first or _HEIGHT not in first:
        raise Cut
    is_reduced = bool(first.get(_SUBFILE, (0,))[0] & 1)
    return Found(first[_WIDTH][0], first[_HEIGHT][0], is_raw=is_reduced or _DNG_VERSION in first)


def _read_page(
    file: BinaryIO, byte_count: int, layout: _Layout, position: int
) -> tuple[dict[int, tuple[int, ...]], int]:
    """The wanted values of one page, and where the next page is described (0: nowhere)."""
    if position > byte_count:
        raise Cut
    (entry_count,) = layout.read(file, layout.count_form, position)
    position += struct.calcsize(layout.order + layout.count_form)
    inline_bytes = struct.calcsize(layout.order + layout.link)
    entry_bytes = struct.calcsize(layout.order + layout.entry) + inline_bytes
    if position + entry_count * entry_bytes + inline_bytes > byte_count:
        raise Cut
    page = {}
    for entry in range(position, position + entry_count * entry_bytes, entry_bytes):
        tag, kind, count = layout.read(file, layout.entry, entry)
        length = _TYPE_BYTES.get(kind, 0) * count
        value_at = entry + entry_bytes - inline_bytes
        if length > inline_bytes:
            (value_at,) = layout.read(file, layout.link, value_at)
            if value_at + length > byte_count:
                raise Cut
        if tag in _WANTED and kind in _TYPE_FORMS and count:
            page[tag] = layout.read(file, f"{count}{_TYPE_FORMS[kind]}", value_at)
    _check_parts(page, byte_count)
    (link,) = layout.read(file, layout.link, position + entry_count * entry_bytes)
    return page, link


def _check_parts(page: dict[int, tuple[int, ...]], byte_count: int) -> None:
    """Each strip or tile must end within the file."""
    for offsets, lengths in _PART_TAGS:
        parts = zip(page.get(offsets, ()), page.get(lengths, ()), strict=False)
        if any(start + length > byte_count for start, length in parts):
            raise Cut
