from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from seedwatch.media.resize import resized
from tests.media.pictures import difference, photo

sides = st.integers(1, 700)


def _worst(one: Image.Image, other: Image.Image) -> float:
    extrema = ImageChops.difference(one, other).getextrema()
    flat = [high for pair in extrema for high in (pair if isinstance(pair, tuple) else (pair,))]
    return max(flat)


@settings(max_examples=60, deadline=None)
@given(st.tuples(sides, sides), sides, st.sampled_from(["L", "RGB", "CMYK"]))
def test_bands_leave_no_trace(size: tuple[int, int], height: int, mode: str) -> None:
    """A picture scaled in bands is the picture scaled at once, but for rounding.

    Goes red if a band does not reach into its neighbours.
    """
    image = photo("coffee.png", size).convert(mode)
    expected = image.resize((size[0], height), Image.Resampling.LANCZOS)
    assert _worst(resized(image, (size[0], height)), expected) <= 1


def test_both_sides_are_scaled() -> None:
    """Scaled both ways, where Pillow may take the sides in another order, it looks the same."""
    image = photo("astronaut.png", (700, 900))
    expected = image.resize((500, 643), Image.Resampling.LANCZOS)
    assert difference(resized(image, (500, 643)), expected) < 0.5


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_colours_do_not_bleed_into_others(mode: str) -> None:
    """What is fully transparent has no part in the colours beside it."""
    image = photo("coffee.png", (600, 800)).convert(mode)
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    expected = image.resize((450, 600), Image.Resampling.LANCZOS)
    # Next to nothing of a colour has no certain colour: they are compared as they are seen.
    seen, wanted = (_over_black(one) for one in (resized(image, (450, 600)), expected))
    assert _worst(seen, wanted) <= 2


def _over_black(image: Image.Image) -> Image.Image:
    black = Image.new("RGBA", image.size, "black")
    return Image.alpha_composite(black, image.convert("RGBA"))


def test_the_same_size_is_the_same_picture() -> None:
    """A picture that has the size already is not copied."""
    image = photo()
    assert resized(image, image.size) is image
