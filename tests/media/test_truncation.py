from __future__ import annotations

import io

import pytest

from seedwatch.media.inspect import Incomplete, inspect, inspect_bytes, inspect_result
from tests.media.pictures import FORMS, form, photo, written

# Where pixels are stored as they are, zeros are black; the decoder of AVIF makes sense of zeros.
# There only the time without a change tells, which is not for this package to see.
_SILENT = {shape for shape in FORMS if shape.startswith(("bmp", "tiff", "avif"))}


@pytest.mark.parametrize("shape", FORMS)
def test_a_part_of_a_picture_never_passes_for_a_whole(shape: str) -> None:
    """Cut at any byte, a picture is incomplete: it is neither taken nor refused for good.

    Goes red without `outline` in `inspect`, and for some forms without `load()` there.
    """
    content = form(shape)
    for length in range(len(content)):
        with pytest.raises(Incomplete):
            inspect_bytes(content[:length])


@pytest.mark.fault(67)
@pytest.mark.parametrize("shape", FORMS)
def test_a_part_of_a_result_never_passes_for_a_whole(shape: str) -> None:
    """A result that was downloaded in part is noticed at any byte by its structure.

    Goes red if a walk through the structure stops before the end.
    """
    content = form(shape)
    for length in range(0, len(content), 3):
        with pytest.raises(Incomplete):
            inspect_result(io.BytesIO(content[:length]))
    with pytest.raises(Incomplete):
        inspect_result(io.BytesIO(content[:-1]))


@pytest.mark.parametrize("shape", sorted(set(FORMS) - _SILENT))
def test_a_hole_at_the_end_is_noticed(shape: str) -> None:
    """A file that has its final length from the start, and zeros where bytes are to come, waits."""
    content = form(shape)
    for length in range(0, len(content) - 200, 50):
        with pytest.raises(Incomplete):
            inspect_bytes(content[:length] + bytes(len(content) - length))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_large_picture_cut_anywhere_is_incomplete(kind: str) -> None:
    """A photograph of many blocks is noticed to be cut at its head, middle and last byte."""
    content = written(photo("coffee.png", (1500, 1000)), kind)
    for length in (100, 4_096, 65_536, len(content) // 2, len(content) - 1_000, len(content) - 1):
        with pytest.raises(Incomplete, match="cut off"):
            inspect_bytes(content[:length])
    assert inspect_bytes(content).width == 1500


def test_damaged_pixels_of_a_png_are_noticed() -> None:
    """One wrong bit among the pixels of a PNG breaks its checksum, decodable or not.

    Goes red without `_check_sum`.
    """
    content = bytearray(written(photo(), "PNG", compress_level=0))
    content[len(content) // 2] ^= 1
    for look in (inspect, inspect_result):
        with pytest.raises(Incomplete, match="cut off"):
            look(io.BytesIO(content))
