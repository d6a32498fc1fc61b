from __future__ import annotations

import pytest

from seedwatch.media.kinds import HEAD_BYTES, KINDS, extension, name, sniff
from tests.media.pictures import FORMS, form, media_type


@pytest.mark.parametrize("shape", FORMS)
def test_the_first_bytes_tell_the_type(shape: str) -> None:
    """Each form of a picture is known by its first bytes."""
    assert sniff(form(shape)[:HEAD_BYTES]) == media_type(shape)


@pytest.mark.parametrize("shape", FORMS)
def test_a_short_head_is_never_taken_for_another_type(shape: str) -> None:
    """The start of a picture that is still being written is its own type or none yet."""
    for length in range(64):
        assert sniff(form(shape)[:length]) in {None, media_type(shape)}


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "image/avif"),
        (b"\0\0\0\x14ftypmif1\0\0\0\0mif1", "image/heif"),
        (b"\0\0\0\x18ftypisom\0\0\2\0isommp42", "video/mp4"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video/quicktime"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "image/x-camera-raw"),
        (b"II*\0\x10\0\0\0CR\2\0", "image/x-camera-raw"),
        (b"\x1aE\xdf\xa3", "video/webm"),
        (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
        (b"%PDF-1.7", "application/pdf"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "application/postscript"),
        (b"\xc5\xd0\xd3\xc6", "application/postscript"),
        (b"8BPS\0\1", "image/vnd.adobe.photoshop"),
        (b"\xff\x0a\xfa", "image/jxl"),
        (b"PK\x03\x04", "application/zip"),
        (b"\xef\xbb\xbf \n<!DOCTYPE HTML><html>", "text/html"),
        (b"<html lang=en>", "text/html"),
        (b"<svg xmlns=", "image/svg+xml"),
        (b"<?xml version='1.0'?>\n<!-- drawn --><svg>", "image/svg+xml"),
        (b"<?xml version='1.0'?><Error>", "application/xml"),
        (b'{ "error": 1}', "application/json"),
        (b"", None),
        (b"BM and then some text of a letter", None),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"\0\0\0\x10ftypzzzz\0\0\0\0", None),
        (b"plain words", None),
        (bytes(512), None),
    ],
)
def test_other_files_are_named_so_that_a_message_can_say_what_came(
    head: bytes, expected: str | None
) -> None:
    """Types that are not taken are recognised all the same; what says nothing is None."""
    assert sniff(head) == expected


def test_every_type_has_a_name_and_an_extension() -> None:
    """Extensions are those of the contract, an unknown type ends in .bin under its own name."""
    assert extension("image/jpeg") == "jpeg"
    assert extension("image/png") == "png"
    assert extension("video/mp4") == "mp4"
    assert extension("video/quicktime") == "mov"
    assert extension("application/x-strange") == "bin"
    assert name("application/x-strange") == "application/x-strange"
    assert name("image/webp") == "WebP"
    assert all(kind.name and kind.extension.isalnum() for kind in KINDS.values())
