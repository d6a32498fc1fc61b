from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from seedwatch.errors import SourceError
from seedwatch.media.fit import Fitted, fit
from seedwatch.media.inspect import Incomplete, inspect_bytes
from seedwatch.media.kinds import sniff
from tests.media.pictures import (
    ARK,
    FORMS,
    PHOTOS,
    SMALL,
    cmyk_profile,
    difference,
    exif,
    faded,
    form,
    late_exif_png,
    media_type,
    opened,
    outcome,
    palette_with_hole,
    photo,
    pixel,
    png,
    rgb_profile,
    wide_grey,
    wide_rgb,
    written,
)

UNTOUCHED = {
    "jpeg",
    "jpeg progressive",
    "jpeg grey",
    "jpeg restarts",
    "png",
    "png grey",
    "png rgba",
}
SEE_THROUGH = {"png la", "png palette", "webp alpha", "gif hole", "avif alpha"}
JPEG_ONLY = replace(ARK, formats=("image/jpeg",), background="#102030")


def _check(fitted: Fitted) -> Image.Image:
    """The fitted picture, decoded, after everything that holds for each has been checked."""
    image = opened(fitted.content)
    assert sniff(fitted.content[:512]) == fitted.media_type
    assert image.size == (fitted.width, fitted.height)
    assert image.mode in {"L", "RGB", "RGBA"}
    return image


@pytest.mark.parametrize("path", sorted(PHOTOS.glob("*.[pj]*")), ids=lambda path: path.name)
def test_a_good_photograph_passes_byte_for_byte(path: Path) -> None:
    """What a model takes as it is, is sent as it is, from memory as from a file."""
    content = path.read_bytes()
    fitted = fit(content, ARK)
    assert fitted.content is content
    assert fitted.changes == ()
    with path.open("rb") as file:
        assert fit(file, ARK) == fitted
        assert not file.closed


@pytest.mark.parametrize("shape", FORMS)
def test_each_form_ends_as_a_plain_picture(shape: str) -> None:
    """Every form comes out as JPEG, or PNG where really transparent, and says what changed."""
    fitted = fit(form(shape), ARK)
    image = _check(fitted)
    if shape in UNTOUCHED:
        assert fitted.content == form(shape)
        return
    assert fitted.changes
    assert all(fitted.changes)
    assert fitted.media_type == ("image/png" if shape in SEE_THROUGH else "image/jpeg")
    assert (image.mode == "RGBA") == (shape in SEE_THROUGH)
    assert not image.getexif()
    assert "comment" not in image.info
    if media_type(shape) != fitted.media_type:
        assert any("converted from" in change for change in fitted.changes)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ("webp", "converted from WebP to JPEG"),
        ("gif animated", "only the first frame of its animation used"),
        ("tiff pages", "only its first page used"),
        ("png 16 rgb", "brought from 16 to 8 bits per channel"),
        ("png palette", "palette turned into true colour"),
        ("png la", "grey turned into true colour"),
        ("jpeg cmyk", "colours converted from CMYK to RGB"),
        ("tiff lab", "colours converted from LAB to RGB by its own profile"),
        ("jpeg exif", "turned upright as its EXIF data says"),
    ],
)
def test_changes_are_said_in_plain_words(shape: str, words: str) -> None:
    """The sidecar can say what was done to a picture."""
    assert words in fit(form(shape), ARK).changes


def _stored(upright: Image.Image, orientation: int) -> Image.Image:
    """`upright` as a camera stores it, pixel by pixel after the table of the EXIF standard."""
    width, height = upright.size
    right, bottom = width - 1, height - 1
    stored = Image.new("RGB", (height, width) if orientation >= 5 else (width, height))
    for x in range(stored.width):
        for y in range(stored.height):
            source = {
                1: (x, y),
                2: (right - x, y),
                3: (right - x, bottom - y),
                4: (x, bottom - y),
                5: (y, x),
                6: (right - y, x),
                7: (right - y, bottom - x),
                8: (y, bottom - x),
            }[orientation]
            found = upright.getpixel(source)
            assert isinstance(found, tuple)
            stored.putpixel((x, y), found)
    return stored


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_turned_picture_comes_out_upright(kind: str, orientation: int) -> None:
    """All eight orientations of EXIF end in the same picture, once and not twice turned."""
    upright = photo(size=(72, 48))
    content = written(_stored(upright, orientation), kind, quality=95, exif=exif(orientation))
    fitted = fit(content, ARK)
    assert fitted.changes[0] == "turned upright as its EXIF data says"
    assert difference(_check(fitted), upright) < 8


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("orientation", [3, 6, 7])
def test_a_turned_picture_that_is_too_large_is_scaled_before_it_is_turned(
    kind: str, orientation: int
) -> None:
    """Scaling in decoding and turning do not get in each other's way."""
    upright = photo(size=(240, 160))
    content = written(_stored(upright, orientation), kind, quality=95, exif=exif(orientation))
    fitted = fit(content, replace(ARK, max_pixels=60 * 40))
    assert (fitted.width, fitted.height) == (60, 40)
    assert difference(_check(fitted), upright.resize((60, 40), Image.Resampling.LANCZOS)) < 8


def test_an_upright_picture_with_exif_is_left_alone() -> None:
    """Orientation 1 is no reason to write a picture again."""
    content = written(photo(), "JPEG", exif=exif(1))
    assert fit(content, ARK).content is content


def test_exif_behind_the_pixels_of_a_png_is_applied() -> None:
    """An orientation at the end of a PNG counts as one at its start."""
    assert fit(late_exif_png(6), ARK).height == SMALL[0]


def test_place_and_comment_do_not_go_along() -> None:
    """A picture that is written again loses its EXIF data with the place, and its comment."""
    content = form("jpeg exif")
    assert b"SeedCam" in content
    fitted = fit(content, ARK)
    assert b"SeedCam" not in fitted.content
    assert b"at home" not in fitted.content
    assert b"Exif" not in fitted.content


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_not_clipped(kind: str) -> None:
    """A ramp from black to white in 16 bits is the same ramp in 8.

    Goes red if `plain` converts "I;16" directly: everything but the darkest is white then.
    """
    image = _check(fit(written(wide_grey(), kind), ARK))
    expected = Image.linear_gradient("L").resize((24, 64))
    assert difference(image, expected) < 2


def test_sixteen_bits_in_colour_are_scaled() -> None:
    """A ramp in 16-bit colour is a ramp in 8."""
    image = _check(fit(wide_rgb(), ARK))
    row = [pixel(image, x, 8)[1] for x in range(image.width)]
    assert row == sorted(row)
    assert row[0] == 0
    assert row[-1] == 255
    assert abs(row[20] - 131) < 3


@pytest.mark.parametrize("scale", [1, 1 / 255, 1000.0])
def test_numbers_without_a_range_are_spread_over_eight_bits(scale: float) -> None:
    """A TIFF of broken numbers shows its picture, whatever they count."""
    numbers = photo().convert("F").point(lambda value: value * scale)
    image = _check(fit(written(numbers, "TIFF"), ARK))
    low, high = image.convert("L").getextrema()
    assert isinstance(low, int)
    assert isinstance(high, int)
    assert low < 12
    assert high > 243


def test_broken_numbers_that_are_none_do_no_harm() -> None:
    """A TIFF with infinity and no-number in it ends as a picture, or as an error of its own."""
    numbers = Image.new("F", SMALL, 1.0)
    numbers.putpixel((0, 0), float("nan"))
    numbers.putpixel((1, 0), float("inf"))
    fitted = outcome(lambda: fit(written(numbers, "TIFF"), ARK))
    assert fitted.advice if isinstance(fitted, SourceError) else _check(fitted)


def test_the_profile_of_cmyk_decides_its_colours() -> None:
    """CMYK is seen through its own profile; without one, or with junk, as plain ink."""
    cyan = Image.new("CMYK", (40, 30), (255, 0, 0, 0))
    profiled = fit(written(cyan, "JPEG", icc_profile=cmyk_profile()), ARK)
    assert profiled.changes == ("colours converted from CMYK to RGB by its own profile",)
    red, green, blue = pixel(_check(profiled), 20, 15)
    assert green > red + 30
    assert green > blue + 30
    for junk in (None, b"no profile at all", rgb_profile()):
        plain = fit(written(cyan, "JPEG", icc_profile=junk), ARK)
        assert plain.changes == ("colours converted from CMYK to RGB",)
        red, green, blue = pixel(_check(plain), 20, 15)
        assert blue > red + 100
        assert "icc_profile" not in opened(plain.content).info


def test_the_profile_of_rgb_is_kept() -> None:
    """A picture in a wide colour space still says so when written again; junk is dropped."""
    kept = fit(written(photo(), "WEBP", icc_profile=rgb_profile()), ARK)
    assert opened(kept.content).info["icc_profile"] == rgb_profile()
    clear = fit(written(faded(), "WEBP", icc_profile=rgb_profile()), ARK)
    assert opened(clear.content).info["icc_profile"] == rgb_profile()
    junk = fit(written(photo(), "WEBP", icc_profile=b"x" * 300), ARK)
    assert "icc_profile" not in opened(junk.content).info
    grey = fit(written(photo().convert("L"), "TIFF", icc_profile=rgb_profile()), ARK)
    assert "icc_profile" not in opened(grey.content).info


def test_real_transparency_stays_where_png_is_taken() -> None:
    """A palette with a transparent colour ends as a PNG with the same hole."""
    image = _check(fit(written(palette_with_hole(), "PNG"), ARK))
    alpha = image.getchannel("A")
    assert alpha.getpixel((5, 5)) == 0
    assert alpha.getpixel((20, 16)) == 255


def test_transparency_is_filled_where_png_is_not_taken() -> None:
    """Without PNG the transparent parts take the background of the limits."""
    fitted = fit(form("png rgba"), JPEG_ONLY)
    assert fitted.media_type == "image/jpeg"
    assert "transparent parts filled with #102030" in fitted.changes
    top = pixel(_check(fitted), 4, 0)
    assert all(abs(a - b) < 24 for a, b in zip(top, (16, 32, 48), strict=True))


def test_a_colour_that_stands_for_nothing_is_transparent() -> None:
    """A PNG whose transparent colour is named apart from its pixels is filled like another."""
    image = Image.new("RGB", (40, 30), (255, 0, 0))
    image.paste((0, 0, 255), (20, 0, 40, 30))
    fitted = fit(written(image, "PNG", transparency=(255, 0, 0)), JPEG_ONLY)
    left, right = (pixel(_check(fitted), x, 15) for x in (5, 35))
    assert max(abs(a - b) for a, b in zip(left, (16, 32, 48), strict=True)) < 8
    assert right[2] > 240


def test_transparency_that_hides_nothing_is_left_out() -> None:
    """A picture with a transparency channel and no transparent pixel becomes a JPEG."""
    opaque = photo().convert("RGBA")
    opaque.putpixel((0, 0), (1, 2, 3, 254))
    assert fit(written(opaque, "WEBP", lossless=True), ARK).media_type == "image/png"
    opaque.putalpha(255)
    for kind in ("TIFF", "BMP", "AVIF"):
        fitted = fit(written(opaque, kind), ARK)
        assert fitted.media_type == "image/jpeg"
    fitted = fit(written(opaque, "TIFF"), ARK)
    assert "transparency left out, as nothing was transparent" in fitted.changes


def test_png_alone_takes_everything_as_png() -> None:
    """Where JPEG is not taken, a JPEG becomes a PNG."""
    fitted = fit(form("jpeg"), replace(ARK, formats=("image/png",)))
    assert fitted.media_type == "image/png"
    assert fitted.changes == ("converted from JPEG to PNG",)
    assert difference(_check(fitted), opened(form("jpeg"))) == 0


def test_an_animation_shows_its_first_frame() -> None:
    """What comes out of an animation is its first picture."""
    for shape in ("gif animated", "png animated", "webp animated", "avif animated", "tiff pages"):
        assert difference(_check(fit(form(shape), ARK)), photo()) < 12, shape


def test_too_many_pixels_are_taken_away() -> None:
    """A JPEG of many pixels comes out just under the limit and looks the same."""
    large = photo("coffee.png", (1_200, 800))
    fitted = fit(written(large, "JPEG", quality=95), replace(ARK, max_pixels=500_000))
    assert (fitted.width, fitted.height) == (866, 577)
    assert fitted.changes == ("made smaller: 1200x800 → 866x577 to stay under 500,000 pixels",)
    expected = large.resize((866, 577), Image.Resampling.LANCZOS)
    assert difference(_check(fitted), expected) < 3


@pytest.mark.parametrize("share", [0.95, 0.87, 0.6, 0.3, 0.05])
def test_too_many_bytes_cost_quality_first_and_size_then(share: float) -> None:
    """A JPEG too long comes just under the limit, in quality 85 or better; it says what it cost."""
    content = written(photo("coffee.png", (600, 400)), "JPEG", quality=92)
    limits = replace(ARK, max_bytes=int(len(content) * share))
    fitted = fit(content, limits)
    image = _check(fitted)
    assert len(fitted.content) <= limits.max_bytes
    assert len(fitted.content) > limits.max_bytes * 0.55
    assert (image.size == (600, 400)) == (share > 0.85)
    assert "to stay under" in fitted.changes[-1]
    qualities = [text for text in fitted.changes if "quality" in text]
    assert all(int(text.split("quality ")[1][:2]) >= 85 for text in qualities)
    smaller = any(text.startswith("made smaller: 600x400") for text in fitted.changes)
    assert smaller == (share < 0.85)


def test_a_large_picture_is_sampled_before_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a picture of many pixels a tenth is tried first: one whole try is enough then."""
    large = photo("hubble_deep_field.jpg", (2_400, 1_800))
    content = written(large, "JPEG", quality=95)
    whole_tries = []
    save = Image.Image.save

    def counted(image: Image.Image, *args: object, **options: object) -> None:
        if image.height > 500:
            whole_tries.append(image.size)
        save(image, *args, **options)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(Image.Image, "save", counted)
    for part in (2, 4, 8):
        limits = replace(ARK, max_bytes=len(content) // part)
        fitted = fit(content, limits)
        assert limits.max_bytes * 0.6 < len(fitted.content) <= limits.max_bytes
    assert len(whole_tries) == 3


@pytest.mark.parametrize("share", [0.9, 0.4, 0.1])
def test_a_transparent_picture_of_too_many_bytes_is_made_smaller(share: float) -> None:
    """A PNG has no quality to give: its size gives way, its transparency stays."""
    image = photo("coffee.png", (600, 400)).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    content = written(image, "PNG")
    limits = replace(ARK, max_bytes=int(len(content) * share))
    fitted = fit(content, limits)
    assert _check(fitted).mode == "RGBA"
    assert len(fitted.content) <= limits.max_bytes
    assert "made smaller" in fitted.changes[-1]


def test_a_wasteful_picture_is_only_packed_better() -> None:
    """A PNG that was stored without compression fits after compression alone, and says so."""
    content = written(faded(), "PNG", compress_level=0)
    fitted = fit(content, replace(ARK, max_bytes=len(content) - 1))
    assert fitted.changes == ("compressed again as PNG to stay under 2.65 KB",)
    assert ImageChops.difference(opened(fitted.content), opened(content)).getbbox() is None


def test_few_encodings_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each photograph comes under limits from a half to a twelfth in at most three tries."""
    tries: list[int] = []
    save = Image.Image.save

    def counted(image: Image.Image, *args: object, **options: object) -> None:
        tries[-1] += 1
        save(image, *args, **options)  # type: ignore[arg-type]  # passed on as they came

    for path in sorted(PHOTOS.glob("*.[pj]*")):
        with Image.open(path) as image:
            content = written(image.convert("RGB"), "JPEG", quality=95)
        with monkeypatch.context() as patch:
            patch.setattr(Image.Image, "save", counted)
            for part in (2, 5, 12):
                tries.append(0)
                assert fit(content, replace(ARK, max_bytes=len(content) // part)).changes
    assert max(tries) <= 3


def test_a_limit_of_no_bytes_is_an_error_that_says_so() -> None:
    """A picture that cannot come under the limit fails with both numbers and advice."""
    with pytest.raises(SourceError, match="to stay under 600 B") as caught:
        fit(form("jpeg"), replace(ARK, max_bytes=600))
    assert caught.value.advice


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((1, 400), "1x400 pixels; the model wants more than 14 on each side"),
        ((400, 14), "400x14 pixels; the model wants more than 14 on each side"),
        ((400, 100), "400x100: its width is 4 times its height; the model takes 0.333 to 3"),
        ((100, 400), "100x400: its width is 0.25 times its height; the model takes 0.333 to 3"),
    ],
)
def test_a_shape_that_no_model_takes_fails_with_its_numbers(
    size: tuple[int, int], words: str
) -> None:
    """What only a person can mend says what is wrong, by how much and how to mend it."""
    with pytest.raises(SourceError, match=words) as caught:
        fit(written(Image.new("RGB", size), "PNG"), ARK)
    assert caught.value.advice
    assert not isinstance(caught.value, Incomplete)


@pytest.mark.parametrize("shape", FORMS)
def test_a_picture_that_was_cut_meanwhile_is_not_sent(shape: str) -> None:
    """A source that lost its end since it was accepted is noticed when it is fitted.

    Goes red without `outline` in `fit`.
    """
    for length in (0, 10, len(form(shape)) // 2, len(form(shape)) - 1):
        with pytest.raises(Incomplete):
            fit(form(shape)[:length], ARK)


@pytest.mark.fault(75)
def test_a_bomb_is_not_fitted() -> None:
    """Fitting refuses too many pixels by the header, as inspecting does."""
    with pytest.raises(SourceError, match="100,000,000"):
        fit(png(60_000, 60_000, 8, 2, b"\0"), ARK)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"]),
    st.sampled_from(["L", "RGB", "RGBA", "P", "1", "CMYK"]),
    st.tuples(st.integers(1, 160), st.integers(1, 160)),
    st.integers(1, 8),
    st.integers(400, 30_000),
    st.integers(300, 20_000),
    st.booleans(),
)
def test_what_is_fitted_is_within_the_limits(
    kind: str,
    mode: str,
    size: tuple[int, int],
    orientation: int,
    max_bytes: int,
    max_pixels: int,
    takes_png: bool,
) -> None:
    """Any small picture comes out within every limit, or fails with advice."""
    image = photo("rocket.jpg", size).convert(mode)
    if (kind, mode) in {("JPEG", "RGBA"), ("JPEG", "P"), ("PNG", "CMYK")}:
        mode = "RGB"
        image = image.convert("RGB")
    if kind in {"BMP", "WEBP", "GIF"} and mode == "CMYK":
        image = image.convert("RGB")
    options: dict[str, object] = {} if kind in {"BMP", "GIF"} else {"exif": exif(orientation)}
    content = written(image, kind, **options)
    formats = ("image/jpeg", "image/png") if takes_png else ("image/jpeg",)
    limits = replace(ARK, formats=formats, max_bytes=max_bytes, max_pixels=max_pixels)
    fitted = outcome(lambda: fit(content, limits))
    if isinstance(fitted, SourceError):
        assert not isinstance(fitted, Incomplete)
        assert fitted.advice
        return
    _check(fitted)
    picture = inspect_bytes(fitted.content)
    assert picture.byte_count <= max_bytes
    assert picture.width * picture.height <= max_pixels
    assert min(picture.width, picture.height) > 14
    assert limits.ratio_min <= picture.width / picture.height <= limits.ratio_max
    assert (picture.orientation, picture.media_type in formats) == (1, True)
    assert (fitted.changes == ()) == (fitted.content == content)


def test_a_file_is_read_from_its_start_wherever_it_stands() -> None:
    """A file that was read before, for its digest, can be handed over as it is."""
    file = io.BytesIO(form("webp"))
    file.read()
    assert fit(file, ARK).changes == ("converted from WebP to JPEG",)
