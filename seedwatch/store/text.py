"""Paths and foreign words as valid text: what is not UTF-8 is escaped, reversibly for paths."""

from __future__ import annotations

import re

_ODD = re.compile("[\\\\\ud800-\udfff]")
_ESCAPED = re.compile(r"\\(\\|x[0-9a-f]{2}|u[0-9a-f]{4})")
_FIRST_BYTE = 0xDC80  # PEP 383: byte 0x80 stands as U+DC80, byte 0xff as U+DCFF
_LAST_BYTE = 0xDCFF


def path_to_text(path: str) -> str:
    r"""Any `str` path as valid Unicode: bytes that are not UTF-8 as `\xff`, `\` as `\\`.

    Other lone surrogates (file names of Windows) become `\ud800`. `text_to_path` is its inverse.
    """
    if path.isascii() and "\\" not in path:  # nearly always
        return path
    return _ODD.sub(_escape, path)


def text_to_path(text: str) -> str:
    """The path that `path_to_text` made this text of."""
    return _ESCAPED.sub(_restore, text) if "\\" in text else text


def clean(text: str) -> str:
    """Text of a stranger as valid Unicode; what is not is shown escaped (not reversible)."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if found[0] == "\\":
        return "\\\\"
    if _FIRST_BYTE <= code <= _LAST_BYTE:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}"


def _restore(found: re.Match[str]) -> str:
    kind, digits = found[1][0], found[1][1:]
    if kind == "\\":
        return "\\"
    return chr(int(digits, 16) + (0xDC00 if kind == "x" else 0))
