"""Reads a JSON answer from a spooled file without holding its long texts in memory.

Fifteen pictures of 20 MB as base64 in one answer would cost `json.loads` 860 MB (design.md 11).
Here a long text stays in the file; its place in the value is a `LongText` that says where.
"""

from __future__ import annotations

import binascii
import io
import json
import mmap
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

_LONG = 16 * 1024
_MOST_BYTES = 1 << 20
"""beside the long texts; parsed, it may take fifty times as much memory"""
_PIECE = 1 << 20
_IGNORED = b" \r\n\t"
_ESCAPE = re.compile(rb"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_CUT_ESCAPE = re.compile(rb"\\(u[0-9a-fA-F]{0,3})?\Z")
_ESCAPED = {b"/": b"/", b"n": b"", b"r": b"", b"t": b""}
"""`/` may be written as `\\/`, some relays wrap lines; any other escape is no base64"""


class UnreadableAnswerError(ValueError):
    """The file is not JSON, or more of it than is reasonable is not long text."""


@dataclass(frozen=True, slots=True)
class LongText:
    """A text that stays in the file: offset and length of what stands between its quotes."""

    offset: int
    length: int


def load(path: Path) -> Any:
    """The value of a JSON file, every text over 16 KB in it as a LongText.

    Raises:
        UnreadableAnswerError: it cannot be read.
    """
    if path.stat().st_size == 0:
        raise UnreadableAnswerError("empty")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        mark = secrets.token_hex(8)
        skeleton, places = _without_long_texts(view, mark)
    try:
        value = json.loads(skeleton)
        return _with_places(value, mark, places)
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswerError(str(error)) from error


def _without_long_texts(view: mmap.mmap, mark: str) -> tuple[bytes, list[LongText]]:
    kept: list[bytes] = []
    places: list[LongText] = []
    kept_bytes = copied = at = 0
    while (start := view.find(b'"', at)) >= 0:
        end = _closing_quote(view, start + 1)
        if end < 0:
            raise UnreadableAnswerError("a text does not end")
        if end - start > _LONG:
            kept += [view[copied : start + 1], f"{mark}{len(places)}".encode()]
            places.append(LongText(start + 1, end - start - 1))
            kept_bytes += start - copied
            copied = end
        at = end + 1
        if kept_bytes + at - copied > _MOST_BYTES:
            raise UnreadableAnswerError("longer than any answer should be")
    if len(view) - copied > _MOST_BYTES:
        raise UnreadableAnswerError("longer than any answer should be")
    kept.append(view[copied:])
    return b"".join(kept), places


def _closing_quote(view: mmap.mmap, at: int) -> int:
    while (end := view.find(b'"', at)) >= 0:
        before = end - 1
        while view[before] == ord("\\"):
            before -= 1
        if (end - before) % 2:
            return end
        at = end + 1
    return -1


def _with_places(value: Any, mark: str, places: list[LongText]) -> Any:
    if isinstance(value, str):
        return places[int(value[len(mark) :])] if value.startswith(mark) else value
    if isinstance(value, list):
        return [_with_places(entry, mark, places) for entry in value]
    if isinstance(value, dict):
        if any(key.startswith(mark) for key in value):
            raise UnreadableAnswerError("a name is longer than any should be")
        return {key: _with_places(entry, mark, places) for key, entry in value.items()}
    return value


def decoded(file: BinaryIO, text: LongText | str) -> Iterator[bytes]:
    """The bytes behind a base64 text, short or still in `file`, piece by piece.

    Tolerates a data-URI prefix, white space, escaped slashes and missing padding.

    Raises:
        UnreadableAnswerError: it is not base64.
    """
    if isinstance(text, str):
        content = text.encode(errors="surrogatepass")
        file, text = io.BytesIO(content), LongText(0, len(content))
    file.seek(text.offset)
    left = text.length
    cut = rest = b""
    is_first, is_padded = True, False
    while left:
        piece = file.read(min(_PIECE, left))
        if not piece:
            raise UnreadableAnswerError("the file is shorter than it was")
        left -= len(piece)
        piece, cut = _whole_escapes(cut + piece) if left else (cut + piece, b"")
        if is_first and piece.startswith(b"data:"):
            piece = piece.partition(b",")[2]
        is_first = False
        rest += _ESCAPE.sub(_unescaped, piece).translate(None, _IGNORED)
        if is_padded and rest:
            raise UnreadableAnswerError("more text after the padding")
        whole = len(rest) // 4 * 4 if left else len(rest)
        yield _decode(rest[:whole])
        is_padded = is_padded or rest[:whole].endswith(b"=")
        rest = rest[whole:]


def _whole_escapes(piece: bytes) -> tuple[bytes, bytes]:
    """A piece without an escape that its end cuts in two, and the beginning of that escape."""
    found = _CUT_ESCAPE.search(piece, max(0, len(piece) - 5))
    at = found.start() if found else len(piece)
    return piece[:at], piece[at:]


def _unescaped(found: re.Match[bytes]) -> bytes:
    escape = found[1]
    if len(escape) == 5:
        code = int(escape[1:], 16)
        return bytes([code]) if code < 128 else b"?"
    return _ESCAPED.get(escape, b"?")


def _decode(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(text + b"=" * (-len(text) % 4), strict_mode=True)
    except binascii.Error as error:
        raise UnreadableAnswerError(str(error)) from error
