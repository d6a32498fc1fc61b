"""Takes out of a picture's file what it tells beside the picture: place, camera, words (T16).

The picture itself is not decoded and keeps every bit; colour profiles and transparency stay. What
turns a picture upright is EXIF, too: only pictures that are upright already may come here.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from seedwatch.media.picture import undecodable
from seedwatch.texts import say

_MARKER: Final = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
"""not within the coded picture, where FF is followed by 00 or a restart mark"""
_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_APP0, _APP2, _APP14, _APP15 = 0xE0, 0xE2, 0xEE, 0xEF
_PNG_KEPT: Final = frozenset(
    {b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs", b"cICP", b"mDCV"}
    | {b"cLLI"}
)
_ANCILLARY: Final = 0x20
_WEBP_KEPT: Final = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ICCP", b"ALPH", b"ANIM", b"ANMF"})
_EXIF_AND_XMP: Final = 0x0C


def stripped(content: bytes, media_type: str) -> tuple[bytes, bool]:
    """The file without what it tells beside the picture, and whether there was anything.

    Raises:
        SourceError: its parts cannot be told apart.
        KeyError: `media_type` is not in `STRIPPABLE`.
    """
    try:
        bare = b"".join(_STRIP[media_type](content))
    except (struct.error, IndexError, ValueError) as error:
        raise undecodable(media_type, say("media.not_understood")) from error
    return bare, bare != content


def _jpeg(content: bytes) -> Iterator[bytes]:
    """Segments up to the first end of a picture: previews that follow have EXIF of their own."""
    yield content[:2]
    at = 2
    while True:
        found = _MARKER.search(content, at)
        if found is None:
            raise ValueError("no end of the picture")
        yield content[at : found.start()]  # the coded picture after a start of scan
        marker, at = found[1][0], found.end()
        if marker == _EOI:
            yield b"\xff\xd9"
            return
        end = at + struct.unpack_from(">H", content, at)[0]
        if end > len(content):
            raise ValueError("a segment is cut")
        if _is_kept(marker, content[at + 2 : at + 14]):
            yield b"\xff" + found[1] + content[at:end]
        at = end


def _is_kept(marker: int, head: bytes) -> bool:
    if marker == _APP2:
        return head.startswith(b"ICC_PROFILE\0")
    is_application = _APP0 <= marker <= _APP15
    return marker in {_APP0, _APP14} or not (is_application or marker == _COM)


def _png(content: bytes) -> Iterator[bytes]:
    yield content[:8]
    at = 8
    while True:
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            raise ValueError("a chunk is cut")
        if not kind[0] & _ANCILLARY or kind in _PNG_KEPT:
            yield content[at:end]
        if kind == b"IEND":
            return
        at = end


def _webp(content: bytes) -> Iterator[bytes]:
    whole = 8 + struct.unpack_from("<I", content, 4)[0]
    kept: list[bytes] = []
    at = 12
    while at + 8 <= min(whole, len(content)):
        kind, length = struct.unpack_from("<4sI", content, at)
        end = at + 8 + length
        if end > len(content):
            raise ValueError("a chunk is cut")
        chunk = content[at:end] + b"\0" * (length % 2)
        if kind == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~_EXIF_AND_XMP]) + chunk[9:]
        if kind in _WEBP_KEPT:
            kept.append(chunk)
        at = end + length % 2
    yield b"RIFF" + struct.pack("<I", 4 + sum(map(len, kept))) + b"WEBP"
    yield from kept


_STRIP: Final[Mapping[str, Callable[[bytes], Iterator[bytes]]]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
}
STRIPPABLE: Final = frozenset(_STRIP)
