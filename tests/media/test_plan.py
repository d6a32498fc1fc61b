from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedwatch.errors import SourceError
from seedwatch.media.limits import ImageLimits
from seedwatch.media.picture import Picture
from seedwatch.media.plan import plan_fit
from seedwatch.media.sizes import dct_scale, in_words, shrunk_size
from tests.media.pictures import ARK, outcome

PLAIN = Picture(
    "image/jpeg",
    1_000,
    800,
    200_000,
    orientation=1,
    mode="RGB",
    is_animated=False,
    has_alpha=False,
)

pictures = st.builds(
    Picture,
    st.sampled_from(["image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff"]),
    st.integers(1, 200_000),
    st.integers(1, 200_000),
    st.integers(1, 1_000_000_000),
    orientation=st.integers(1, 8),
    mode=st.sampled_from(["L", "RGB", "RGBA", "P", "1", "LA", "CMYK", "I;16"]),
    is_animated=st.booleans(),
    has_alpha=st.booleans(),
    bit_depth=st.sampled_from([1, 8, 16]),
)
limits_of_models = st.builds(
    ImageLimits,
    formats=st.sampled_from([("image/jpeg", "image/png"), ("image/png",), ("image/jpeg",)]),
    max_bytes=st.integers(1_000, 50_000_000),
    max_pixels=st.integers(1_000, 50_000_000),
    min_side_exclusive=st.integers(0, 300),
    ratio_min=st.sampled_from([1 / 16, 1 / 3, 0.4, 0.999, 1.0]),
    ratio_max=st.sampled_from([1.0, 1.001, 2.5, 3.0, 16.0]),
    max_side=st.none() | st.integers(1, 70_000),
)


@settings(max_examples=400, deadline=None)
@given(pictures, limits_of_models)
def test_every_plan_is_within_the_limits_or_says_which_one_is_not(
    picture: Picture, limits: ImageLimits
) -> None:
    """For any picture the planned size obeys every limit, never grows, or an error names why."""
    upright = (picture.oriented_width, picture.oriented_height)
    plan = outcome(lambda: plan_fit(picture, limits))
    if isinstance(plan, SourceError):
        assert f"{upright[0]}x{upright[1]}" in plan.message
        assert plan.advice
        named = (limits.min_side_exclusive, f"{limits.ratio_min:.3g}", f"{limits.max_pixels:,}")
        assert any(str(number) in plan.message for number in named)
        return
    assert plan.width <= upright[0]
    assert plan.height <= upright[1]
    assert plan.width * plan.height <= limits.max_pixels
    assert max(plan.width, plan.height) <= min(limits.max_side or 65_500, 65_500)
    assert min(plan.width, plan.height) > limits.min_side_exclusive
    assert limits.ratio_min <= plan.width / plan.height <= limits.ratio_max
    assert plan.media_type in limits.formats
    assert plan.alpha_media_type in {None, *limits.formats}
    if plan.is_untouched:
        assert (plan.width, plan.height, plan.changes) == (*upright, ())
        assert picture.byte_count <= limits.max_bytes
        assert (picture.orientation, picture.is_animated) == (1, False)


@settings(max_examples=200, deadline=None)
@given(st.integers(200, 60_000), st.integers(200, 60_000), st.integers(100_000, 50_000_000))
def test_a_picture_is_not_made_smaller_than_it_must_be(
    width: int, height: int, max_pixels: int
) -> None:
    """One more pixel on both sides would be too many; a picture within the limit keeps its size."""
    limits = replace(ARK, max_pixels=max_pixels, ratio_min=0.001, ratio_max=1_000.0)
    plan = plan_fit(replace(PLAIN, media_type="image/png", width=width, height=height), limits)
    if width * height <= max_pixels:
        assert (plan.width, plan.height, plan.is_untouched) == (width, height, True)
    else:
        assert (plan.width + 1) * (plan.height + 1) > max_pixels


@settings(max_examples=200, deadline=None)
@given(st.integers(20, 5_000), st.integers(20, 5_000), st.floats(0.05, 0.99))
def test_shrinking_for_bytes_obeys_the_same_limits(width: int, height: int, factor: float) -> None:
    """A picture made smaller to save bytes keeps a ratio and sides that the model takes."""
    size = outcome(lambda: shrunk_size(width, height, factor, ARK))
    if isinstance(size, SourceError):
        assert "to stay under 10 MB would leave a side of" in size.message
        return
    to_width, to_height = size
    assert ARK.ratio_min <= to_width / to_height <= ARK.ratio_max
    assert 14 < to_width <= width * factor
    assert 14 < to_height <= height * factor


def test_the_sides_come_from_the_limit_on_pixels() -> None:
    """The example of the documents: 48 million pixels become just under 36 million."""
    plan = plan_fit(replace(PLAIN, width=8_000, height=6_000), ARK)
    assert (plan.width, plan.height) == (6_928, 5_196)
    assert plan.changes == ("made smaller: 8000x6000 → 6928x5196 to stay under 36,000,000 pixels",)


def test_the_longest_side_may_be_the_limit() -> None:
    """Where the side binds more than the pixels, the message names the side."""
    plan = plan_fit(replace(PLAIN, width=6_000, height=3_000), replace(ARK, max_side=3_000))
    assert (plan.width, plan.height) == (3_000, 1_500)
    assert "longest side within 3,000 pixels" in plan.changes[0]


def test_the_ratio_is_that_of_the_upright_picture() -> None:
    """A picture that lies on its side is judged as it will be sent."""
    tall = replace(PLAIN, width=3_000, height=1_000, orientation=6)
    plan = plan_fit(tall, replace(ARK, ratio_min=1 / 3, ratio_max=1.0))
    assert (plan.width, plan.height) == (1_000, 3_000)
    with pytest.raises(SourceError, match="1000x3000"):
        plan_fit(tall, replace(ARK, ratio_min=0.5))


def test_bounds_are_inclusive_but_the_smallest_side() -> None:
    """Exactly 1:3, exactly the pixels, exactly the bytes pass; exactly 14 pixels do not."""
    exact = replace(PLAIN, width=6_000, height=6_000, byte_count=10_000_000)
    assert plan_fit(exact, ARK).is_untouched
    assert plan_fit(replace(PLAIN, width=15, height=45), ARK).is_untouched
    assert not plan_fit(replace(exact, byte_count=10_000_001), ARK).is_untouched
    assert not plan_fit(replace(exact, width=6_001), ARK).is_untouched
    with pytest.raises(SourceError, match="more than 14 on each side") as caught:
        plan_fit(replace(PLAIN, width=40, height=14), ARK)
    assert "40x14" in caught.value.message
    with pytest.raises(SourceError, match=r"3\.07 times") as caught:
        plan_fit(replace(PLAIN, width=46, height=15), ARK)
    assert "0.333 to 3" in caught.value.message
    assert "Crop it" in caught.value.advice


@pytest.mark.parametrize(
    "change",
    [
        {"orientation": 3},
        {"mode": "CMYK"},
        {"mode": "P"},
        {"mode": "1"},
        {"mode": "LA"},
        {"mode": "I;16", "bit_depth": 16},
        {"bit_depth": 16},
        {"is_animated": True},
        {"media_type": "image/webp"},
        {"media_type": "image/gif", "mode": "P"},
        {"byte_count": 10_000_001},
        {"width": 50_000, "height": 40_000},
    ],
)
def test_what_a_model_cannot_take_as_it_is_is_touched(change: dict[str, object]) -> None:
    """Each single thing that stands in the way makes a plan."""
    plan = plan_fit(replace(PLAIN, **change), ARK)  # type: ignore[arg-type]  # any of its fields
    assert not plan.is_untouched


@pytest.mark.parametrize(
    "change",
    [
        {"mode": "L"},
        {"media_type": "image/png"},
        {"media_type": "image/png", "mode": "RGBA", "has_alpha": True},
        {"media_type": "image/png", "mode": "L", "bit_depth": 4},
    ],
)
def test_what_a_model_takes_is_left_alone(change: dict[str, object]) -> None:
    """Grey, PNG and PNG with transparency pass untouched where PNG is taken."""
    plan = plan_fit(replace(PLAIN, **change), ARK)  # type: ignore[arg-type]  # any of its fields
    assert plan.is_untouched
    assert plan.changes == ()


def test_a_gif_passes_where_gif_is_taken() -> None:
    """The newer limits of protocols.md 2.4 take GIF: a still one passes, a moving one does not."""
    limits = replace(ARK, formats=("image/jpeg", "image/png", "image/gif"))
    still = replace(PLAIN, media_type="image/gif", mode="P")
    assert plan_fit(still, limits).is_untouched
    assert not plan_fit(replace(still, is_animated=True), limits).is_untouched


def test_limits_must_name_a_format_that_can_be_written() -> None:
    """Limits without JPEG and PNG, or whose ratios exclude a square, are a mistake."""
    with pytest.raises(ValueError, match="image/webp"):
        replace(ARK, formats=("image/webp",))
    with pytest.raises(ValueError, match="leave no room"):
        replace(ARK, ratio_min=1.5)


def test_bytes_are_named_in_decimal_units() -> None:
    """10,000,000 bytes are 10 MB, as the providers count."""
    assert [in_words(count) for count in (412, 84_000, 10_000_000, 12_345_678)] == [
        "412 B",
        "84 KB",
        "10 MB",
        "12.3 MB",
    ]


@pytest.mark.parametrize(
    ("size", "to", "scale"),
    [
        ((8_000, 6_000), (4_000, 3_000), 2),
        ((8_000, 6_000), (4_001, 3_000), 1),
        ((8_001, 6_001), (4_001, 3_001), 2),
        ((8_000, 6_000), (1_000, 750), 8),
        ((8_000, 6_000), (999, 749), 8),
        ((8_000, 6_000), (1_001, 750), 4),
        ((20, 20), (20, 20), 1),
    ],
)
def test_decoding_scales_as_far_as_it_can(
    size: tuple[int, int], to: tuple[int, int], scale: int
) -> None:
    """The scale of decoding is the nearest that leaves at least what is wanted."""
    assert dct_scale(size, to) == scale


@pytest.mark.parametrize(
    ("size", "to"),
    [
        ((8_000, 8_000), (6_000, 6_000)),
        ((8_100, 8_100), (4_050, 4_050)),
        ((12_000, 8_000), (6_000, 4_000)),
        ((20_000, 12_500), (7_589, 4_743)),
    ],
)
def test_a_huge_jpeg_is_scaled_further_than_it_must_be(
    size: tuple[int, int], to: tuple[int, int]
) -> None:
    """A JPEG that would fill the memory when decoded whole is decoded at half its size.

    Goes red without `decodable_size`.
    """
    plan = plan_fit(replace(PLAIN, width=size[0], height=size[1]), ARK)
    assert (plan.width, plan.height) == to


def test_a_huge_jpeg_that_is_turned_says_why_it_is_smaller() -> None:
    """Where no limit of the model asks for it, the change names the memory."""
    turned = replace(PLAIN, width=12_000, height=8_000, orientation=6)
    plan = plan_fit(turned, replace(ARK, max_pixels=100_000_000))
    assert (plan.width, plan.height) == (4_000, 6_000)
    assert plan.changes[-1].endswith("4000x6000 to decode it in the memory there is")
