"""Reads a JSON answer from a spooled file without holding its long texts in memory.

Fifteen pictures of 20 MB as base64 in one answer would cost `json.loads` 860 MB (design.md 11).
Here a long text stays in the file; its place in the value is a `LongText` that says where.
"""

from __future__ import annotations

import binascii
import io
import json
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from seedwatch.providers.file_view import FileView, viewed

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
    with viewed(path) as view:
        return loaded(view)


def loaded(view: FileView) -> Any:
    """As `load`, of a file that is open.

    Raises:
        UnreadableAnswerError: it cannot be read.
    """
    if not len(view):
        raise UnreadableAnswerError("empty")
    return value_in(view, [(0, len(view))])


def value_in(view: FileView, spans: Iterable[tuple[int, int]]) -> Any:
    """The JSON value whose text stands in these spans of a file, one after the other.

    No text crosses from one span into the next.

    Raises:
        UnreadableAnswerError: it cannot be read.
    """
    mark = secrets.token_hex(8)
    places: list[LongText] = []
    kept: list[bytes] = []
    kept_bytes = 0
    for start, end in spans:
        more = _without_long_texts(view, start, end, mark, places)
        kept += more
        kept_bytes += sum(map(len, more))
        if kept_bytes > 2 * _MOST_BYTES:
            raise UnreadableAnswerError("longer than any answer should be")
    try:
        value = json.loads(b"".join(kept))
        return _with_places(value, mark, places)
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswerError(str(error)) from error


def _without_long_texts(
    view: FileView, start: int, end: int, mark: str, places: list[LongText]
) -> list[bytes]:
    """What stands there, with a mark for each long text, which is added to `places`."""
    kept: list[bytes] = []
    kept_bytes, copied, at = 0, start, start
    while (opening := view.find(b'"', at, end)) >= 0:
        closing = _closing_quote(view, opening + 1, end)
        if closing < 0:
            raise UnreadableAnswerError("a text does not end")
        if kept_bytes + opening - copied > _MOST_BYTES:
            raise UnreadableAnswerError("longer than any answer should be")
        if closing - opening > _LONG:
            kept += [view.span(copied, opening + 1), f"{mark}{len(places)}".encode()]
            places.append(LongText(opening + 1, closing - opening - 1))
            kept_bytes += opening - copied
            copied = closing
        at = closing + 1
        if kept_bytes + at - copied > _MOST_BYTES:
            raise UnreadableAnswerError("longer than any answer should be")
    if end - copied > _MOST_BYTES:
        raise UnreadableAnswerError("longer than any answer should be")
    kept.append(view.span(copied, end))
    return kept


def _closing_quote(view: FileView, at: int, end: int) -> int:
    while (closing := view.find(b'"', at, end)) >= 0:
        before = closing - 1
        while view.span(before, before + 1) == b"\\":
            before -= 1
        if (closing - before) % 2:
            return closing
        at = closing + 1
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
