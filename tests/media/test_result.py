from __future__ import annotations

import io
from pathlib import Path

import pytest

from seedwatch.errors import SourceError
from seedwatch.media.inspect import Incomplete, Outline, inspect_result
from tests.media.pictures import FORMS, form, media_type, opened, photo, written


@pytest.mark.parametrize("shape", FORMS)
def test_a_result_is_known_by_its_content(shape: str) -> None:
    """Type, sides and length of a result are those of its bytes."""
    found = inspect_result(io.BytesIO(form(shape)))
    image = opened(form(shape))
    assert found.media_type == media_type(shape)
    assert (found.width, found.height) == image.size
    assert found.byte_count == len(form(shape))


class Counting(io.BytesIO):
    """A file that counts what is read of it."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        self.count += len(content)
        return content


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_result_is_read_once(kind: str) -> None:
    """Checking a result of some megabytes reads it once, in pieces, and decodes nothing."""
    content = written(photo("hubble_deep_field.jpg", (1_024, 768)), kind, quality=95)
    file = Counting(content)
    assert inspect_result(file).width == 1_024
    assert file.count <= len(content) * 1.02 + 2_000


def test_markers_across_pieces_are_seen() -> None:
    """The end of a JPEG is found where a piece ends in the middle of its mark."""
    content = form("jpeg")
    head, end = content[:-2], content[-2:]
    sides = opened(content).size
    scan_bytes = len(head) - head.index(b"\xff\xda")
    for length in range(256 * 1024 - 20, 256 * 1024 + 20):
        grown = head + b"\x55" * (length - scan_bytes) + end
        assert inspect_result(io.BytesIO(grown)) == Outline("image/jpeg", *sides, len(grown))
        with pytest.raises(Incomplete):
            inspect_result(io.BytesIO(grown[:-1]))


def test_an_end_before_much_padding_is_seen() -> None:
    """The end of a JPEG is found from behind, too, where a piece begins in the middle of its mark.

    Goes red if the pieces do not overlap.
    """
    content = form("jpeg")
    for padding in range(256 * 1024 - 4, 256 * 1024 + 4):
        padded = content + bytes(padding)
        assert inspect_result(io.BytesIO(padded)).byte_count == len(padded)
        with pytest.raises(Incomplete):
            inspect_result(io.BytesIO(content[:-1] + bytes(padding)))


@pytest.mark.fault(64)
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html><body>403 Forbidden</body></html>", "HTML"),
        (b'{"error": {"code": "expired"}}', "JSON"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "XML"),
    ],
)
def test_an_error_page_is_no_result(tmp_path: Path, content: bytes, words: str) -> None:
    """What a server sends in place of a picture is named."""
    path = tmp_path / "result"
    path.write_bytes(content)
    with path.open("rb") as file, pytest.raises(SourceError, match=words):
        inspect_result(file)


@pytest.mark.fault(64)
def test_noise_is_no_result() -> None:
    """Bytes that are nothing known are not taken for a picture."""
    with pytest.raises(Incomplete):
        inspect_result(io.BytesIO(bytes(range(256)) * 40))
