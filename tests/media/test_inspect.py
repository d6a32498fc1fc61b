from __future__ import annotations

import io
import pickle
import struct
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from seedwatch.errors import Disposition, SourceError
from seedwatch.media.fit import fit
from seedwatch.media.inspect import Incomplete, Picture, inspect, inspect_bytes
from seedwatch.media.picture import JPEG_PIXELS, OTHER_PIXELS
from tests.media.pictures import (
    ARK,
    FORMS,
    PHOTOS,
    SMALL,
    chunk,
    exif,
    form,
    media_type,
    outcome,
    photo,
    png,
    run_length_bmp,
    wide_grey,
    written,
)

MOVING = {"png animated", "webp animated", "gif animated", "tiff pages", "avif animated"}
CLEAR = {"png rgba", "png la", "png palette", "webp alpha", "gif hole", "avif alpha"}
DEPTHS = {
    "png bilevel": 1,
    "png 16 grey": 16,
    "png 16 rgb": 16,
    "tiff 16 grey": 16,
    "tiff float": 32,
    "png palette": 8,
}
JUNK_IS_QUIET = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.mark.parametrize("path", sorted(PHOTOS.glob("*.[pj]*")), ids=lambda path: path.name)
def test_a_photograph_is_what_pillow_says_it_is(path: Path) -> None:
    """Type, sides, mode and length of real files are right, from a file as from memory."""
    with Image.open(path) as image:
        expected = Picture(
            f"image/{(image.format or '').lower()}",
            *image.size,
            path.stat().st_size,
            orientation=1,
            mode=image.mode,
            is_animated=False,
            has_alpha=False,
        )
    with path.open("rb") as file:
        assert inspect(file) == expected
        assert not file.closed
    assert inspect_bytes(path.read_bytes()) == expected


@pytest.mark.parametrize("shape", FORMS)
def test_each_form_is_read(shape: str) -> None:
    """Every form of every format that is taken passes as a whole picture."""
    picture = inspect_bytes(form(shape))
    assert picture.media_type == media_type(shape)
    assert picture.byte_count == len(form(shape))
    assert picture.is_animated == (shape in MOVING)
    assert picture.has_alpha == (shape in CLEAR)
    assert picture.bit_depth == DEPTHS.get(shape, 8)
    with Image.open(io.BytesIO(form(shape))) as image:
        assert (picture.width, picture.height, picture.mode) == (*image.size, image.mode)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_sides_are_as_stored_and_the_orientation_beside_them(
    kind: str, orientation: int
) -> None:
    """EXIF is read, not applied: the upright sides are properties of their own."""
    picture = inspect_bytes(written(photo(), kind, exif=exif(orientation)))
    assert picture.orientation == orientation
    assert (picture.width, picture.height) == SMALL
    upright = (picture.oriented_width, picture.oriented_height)
    assert upright == (SMALL[::-1] if orientation >= 5 else SMALL)


def test_exif_after_the_pixels_of_a_png_counts() -> None:
    """A PNG may name its orientation at its end."""
    assert inspect_bytes(form("png late exif")).orientation == 8


@pytest.mark.fault(75)
@JUNK_IS_QUIET
@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0garbage in place of tags",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(range(200)),
        b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\x63\0\0\0\0\0\0\0",
    ],
)
def test_junk_in_exif_does_no_harm(junk: bytes) -> None:
    """A picture whose EXIF data is broken, or names orientation 99, is taken as upright."""
    assert inspect_bytes(written(photo(), "JPEG", exif=junk)).orientation == 1
    assert inspect_bytes(written(photo(), "PNG", exif=junk)).orientation == 1


def test_the_gain_map_of_a_telephone_is_no_animation() -> None:
    """A JPEG that carries a second picture (MPO) is one JPEG."""
    mpo = written(photo(), "MPO", save_all=True, append_images=[photo("coffee.png", (30, 20))])
    picture = inspect_bytes(mpo)
    assert (picture.media_type, picture.is_animated) == ("image/jpeg", False)


@pytest.mark.parametrize("shape", FORMS)
def test_bytes_after_the_end_are_tolerated(shape: str) -> None:
    """Stray bytes behind a whole picture do not make it a part of one."""
    picture = inspect_bytes(form(shape) + b"\0\0trailing garbage \xff\xd9 IEND" * 20)
    assert picture.media_type == media_type(shape)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\0" * 4096, "not a picture"),
        (b"once upon a time", "not a picture"),
        (b"\xff\xd8", "not a picture"),
        (b"\xff\xd8\xff\xd9" + bytes(20), "cut off"),
        (b"GIF89a" + bytes(300), "cut off"),
        (png(0, 5, 8, 0, b"\0"), "cannot be decoded: 0x5"),
        (png(20, 20, 7, 2, bytes(20 * 61)), "its header makes no sense"),
        (png(20, 20, 8, 2, bytes(50)), "cannot be decoded"),
    ],
)
def test_what_may_still_be_written_is_incomplete(content: bytes, words: str) -> None:
    """Empty, unknown, cut off or broken: it may change yet, so the file can settle further."""
    with pytest.raises(Incomplete, match=words) as caught:
        inspect_bytes(content)
    assert caught.value.advice
    assert caught.value.disposition is Disposition.FAIL


@pytest.mark.fault(75)
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), "This picture is HEIC"),
        (b"<!DOCTYPE html><html><title>404</title>", "The content is HTML, not a picture"),
        (b"%PDF-1.4\n", "The content is PDF, not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This picture is SVG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "This picture is EPS or PostScript"),
        (b"%PDF-1.4\n" + form("jpeg"), "The content is PDF"),
        (b"PK\x03\x04" + form("png"), "The content is ZIP"),
    ],
)
def test_a_type_that_is_not_taken_is_named(content: bytes, words: str) -> None:
    """What will never be a picture is refused at once, named by its content; so are polyglots."""
    with pytest.raises(SourceError, match=words) as caught:
        inspect_bytes(content)
    assert not isinstance(caught.value, Incomplete)
    assert "JPEG, PNG, WebP" in caught.value.message
    assert caught.value.advice


@pytest.mark.fault(75)
def test_a_polyglot_is_read_as_what_its_first_bytes_say() -> None:
    """A GIF with a script in it, and a JPEG with an archive behind it, are a GIF and a JPEG."""
    script = written(photo().quantize(8), "GIF", comment=b"*/=1;alert(1)//<script>")
    assert inspect_bytes(script).media_type == "image/gif"
    assert inspect_bytes(form("jpeg") + b"PK\x03\x04" + bytes(50)).media_type == "image/jpeg"


def test_the_name_of_a_file_says_nothing(tmp_path: Path) -> None:
    """A PNG called .jpg is a PNG, a page called .png is no picture."""
    wrong = tmp_path / "photo.jpg"
    wrong.write_bytes(form("png"))
    with wrong.open("rb") as file:
        assert inspect(file).media_type == "image/png"
    page = tmp_path / "photo.png"
    page.write_bytes(b"<html><body>Not found</body></html>")
    with page.open("rb") as file, pytest.raises(SourceError, match="HTML"):
        inspect(file)


def _jpeg_that_says(width: int, height: int) -> bytes:
    content = bytearray(form("jpeg"))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def _tiff_that_says(width: int, height: int) -> bytes:
    content = form("tiff")
    for tag, side in ((256, width), (257, height)):
        where = content.index(struct.pack("<HHI", tag, 4, 1))
        changed = struct.pack("<HHII", tag, 4, 1, side)
        content = content[:where] + changed + content[where + 12 :]
    return content


BOMBS = {
    "png": lambda: png(60_000, 60_000, 8, 2, b"\0"),
    "png of 169 million pixels in 20 KB": lambda: png(
        13_000, 13_000, 1, 0, bytes(13_000 * (1 + 1625))
    ),
    "gif": lambda: form("gif")[:6] + b"\xff\xff\xff\xff" + form("gif")[10:],
    "bmp": lambda: (
        run_length_bmp()[:18] + struct.pack("<ii", 1_000_000, 1_000) + run_length_bmp()[26:]
    ),
    "webp": lambda: form("webp exif")[:24] + b"\xfe\x3f\0\xfe\x3f\0" + form("webp exif")[30:],
    "tiff": lambda: _tiff_that_says(20_000, 20_000),
    "jpeg": lambda: _jpeg_that_says(65_500, 65_500),
}


@pytest.mark.fault(75)
@pytest.mark.parametrize("which", BOMBS)
def test_a_bomb_is_refused_before_it_is_decoded(which: str) -> None:
    """A picture of too many pixels is refused by its header, with its own number and the limit.

    Goes red without `check_pixels` in `open_image`.
    """
    limit = JPEG_PIXELS if which == "jpeg" else OTHER_PIXELS
    with pytest.raises(SourceError, match=f"at most {limit:,} are read") as caught:
        inspect_bytes(BOMBS[which]())
    assert not isinstance(caught.value, Incomplete)
    assert caught.value.advice


def test_a_jpeg_may_have_more_pixels_than_the_others() -> None:
    """125 million pixels are read as a JPEG, which is decoded small, and refused as a PNG."""
    large = Image.new("L", (12_500, 10_000), 128)
    picture = inspect_bytes(written(large, "JPEG"))
    assert (picture.width, picture.height) == (12_500, 10_000)
    with pytest.raises(SourceError, match="125,000,000 pixels"):
        inspect_bytes(png(12_500, 10_000, 8, 0, b"\0"))


@pytest.mark.fault(75)
def test_a_text_bomb_in_a_png_is_refused() -> None:
    """A compressed comment that grows without end does not fill the memory."""
    import zlib  # noqa: PLC0415 - one test alone needs it

    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000), 9))
    content = form("png")
    with pytest.raises(Incomplete, match="cannot be decoded"):
        inspect_bytes(content[:33] + bomb + content[33:])


@pytest.mark.parametrize(
    ("tag", "value"), [(254, 1), (50706, 0x0104)], ids=["preview first", "dng"]
)
def test_a_camera_raw_is_not_taken_for_its_preview(tag: int, value: int) -> None:
    """A TIFF whose first page is the preview of a raw photograph is refused, not sent small."""
    content = written(photo(), "TIFF", tiffinfo={tag: value})
    with pytest.raises(SourceError, match="camera raw"):
        inspect_bytes(content)


@pytest.mark.parametrize("shape", ["jpeg", "png", "webp", "gif", "bmp", "avif"])
def test_a_sick_disk_is_not_a_sick_picture(shape: str) -> None:
    """An error of the system, at whichever read, is passed on, not blamed on the picture.

    TIFF is left out: Pillow itself swallows errors there.

    Goes red without the look at `errno` in `decoding`.
    """

    class Sick(io.BytesIO):
        reads_left = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.reads_left -= 1
            if self.reads_left < 0:
                raise OSError(5, "Input/output error")
            return super().read(size)

    file = Sick(form(shape))
    for reads in range(400):
        file.reads_left = reads
        try:
            inspect(file)
        except OSError as error:
            assert error.errno == 5  # noqa: PT017 - how often it fails depends on the format
        else:
            break
    assert 5 < reads < 399


def test_errors_travel_between_processes() -> None:
    """A decoding child can hand its error to the daemon with message and advice."""
    with pytest.raises(Incomplete) as caught:
        inspect_bytes(form("png")[:-1])
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), copy.message, copy.advice) == (
        Incomplete,
        caught.value.message,
        caught.value.advice,
    )


def test_a_mode_of_sixteen_bits_is_seen() -> None:
    """Sixteen bits per channel are told from eight where the mode does not show it."""
    assert inspect_bytes(form("png 16 rgb")).mode == "RGB"
    assert inspect_bytes(form("png 16 rgb")).bit_depth == 16
    assert inspect_bytes(written(wide_grey(), "TIFF")).bit_depth == 16


@pytest.mark.fault(75)
@JUNK_IS_QUIET
@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(FORMS)), st.randoms(use_true_random=False))
def test_damage_ends_in_an_error_of_ours_or_in_a_picture(shape: str, random: Random) -> None:
    """Whatever is broken in a picture, nothing but this package's errors comes out.

    Goes red without the last `except` in `decoding`.
    """
    content = bytearray(form(shape))
    for _ in range(random.choice((1, 3, 10))):
        content[random.randrange(random.choice((60, len(content))))] = random.randrange(256)
    for look in (inspect_bytes, lambda broken: fit(broken, ARK)):
        found = outcome(lambda look=look: look(bytes(content)))  # type: ignore[misc]  # bound now
        assert found.advice if isinstance(found, SourceError) else found
