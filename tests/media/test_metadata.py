"""What a picture's file tells beside the picture does not leave the machine (T16)."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image, PngImagePlugin

from seedwatch.errors import SourceError
from seedwatch.media.metadata import stripped
from tests.media.pictures import cmyk_profile, faded, opened, photo, rgb_profile, written

PLACE = b"48.8583N 2.2944E"
WORDS = "at home, 5 Rue X"


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = WORDS
    exif[0x8825] = {1: "N", 2: (48.0, 51.0, 29.0), 29: PLACE.decode()}
    return exif.tobytes()


def _png_words() -> PngImagePlugin.PngInfo:
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", WORDS)
    words.add_text("Author", WORDS, zip=True)
    words.add_itxt("XML:com.adobe.xmp", f"<x>{WORDS}</x>")
    return words


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _jpeg_with_all() -> bytes:
    plain = written(photo(), "JPEG", exif=_exif(), icc_profile=rgb_profile(), comment=WORDS)
    more = (
        _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + WORDS.encode())
        + _segment(0xED, b"Photoshop 3.0\0" + WORDS.encode())
        + _segment(0xE2, b"FPXR\0" + WORDS.encode())
    )
    return plain[:2] + more + plain[2:] + written(photo(), "JPEG", exif=_exif())  # and a preview


CORPUS: dict[str, Callable[[], bytes]] = {
    "jpeg": _jpeg_with_all,
    "progressive": lambda: written(photo(), "JPEG", exif=_exif(), progressive=True, comment=WORDS),
    "cmyk": lambda: written(
        photo().convert("CMYK"), "JPEG", exif=_exif(), icc_profile=cmyk_profile()
    ),
    "png": lambda: (
        written(faded(), "PNG", exif=_exif(), pnginfo=_png_words(), icc_profile=rgb_profile())
        + WORDS.encode()
    ),
    "webp": lambda: written(faded(), "WEBP", exif=_exif(), xmp=WORDS.encode(), lossless=True),
    "webp plain": lambda: written(photo(), "WEBP", exif=_exif()) + WORDS.encode(),
}


@pytest.mark.parametrize("name", CORPUS)
def test_only_the_picture_is_left(name: str) -> None:
    """GPS, words, previews and XMP are gone; every pixel and the colour profile are as before.

    Breaks if a kind of segment or chunk is kept that is not needed to show the picture.
    """
    content = CORPUS[name]()
    before = opened(content)
    assert before.format is not None
    bare, is_changed = stripped(content, f"image/{before.format.lower()}")
    after = opened(bare)
    assert is_changed
    assert before.tobytes() == after.tobytes()
    assert before.info.get("icc_profile") == after.info.get("icc_profile")
    assert not after.getexif()
    for secret in (PLACE, WORDS.encode(), WORDS.encode("utf-16-le"), zlib.compress(WORDS.encode())):
        assert secret not in bare
    assert "Comment" not in json.dumps(sorted(map(str, after.info)))
    assert stripped(bare, f"image/{before.format.lower()}") == (bare, False)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_part_is_refused(kind: str) -> None:
    """A file whose parts cannot be told apart is not sent half stripped."""
    content = written(photo(), kind, exif=_exif())
    for length in range(20, len(content) - 2, 97):
        try:
            bare, _ = stripped(content[:length], f"image/{kind.lower()}")
        except SourceError:
            continue
        assert PLACE not in bare


def test_a_picture_without_anything_stays_as_it_is() -> None:
    """Byte for byte, so that nothing is said to be changed."""
    stored = io.BytesIO()
    photo().save(stored, "PNG")
    assert stripped(stored.getvalue(), "image/png") == (stored.getvalue(), False)
