"""Sizes: every table entry is legal, worked examples hold, refusals name legal neighbours."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch.catalog import (
    Model,
    SizeProblem,
    SizeRules,
    find_model,
    kind_of,
    normal_size,
    provider_named,
    wire_size,
)
from tests.catalog.test_models import ALL, EDIT, FLASH, FOUR, FOUR_FIVE, LITE, PRO, THREE

LAYERS = {"layer_decomposition": True}


def model(name: str) -> Model:
    """A model of Ark."""
    return find_model("ark", name)


def refused(name: str, size: str | None, resolution: str | None = None) -> SizeProblem:
    """The refusal of a size."""
    found = model(name).wire_size(size, resolution)
    assert isinstance(found, SizeProblem)
    return found


def is_legal(rules: SizeRules, exact: str) -> bool:
    """protocols.md 10.3, written anew: lo <= w*h <= hi and the ratio within its limits."""
    width, height = map(int, exact.split("x"))
    assert rules.pixels is not None
    in_ratio = rules.ratio is None or Fraction(1, 16) <= Fraction(width, height) <= 16
    return rules.pixels[0] <= width * height <= rules.pixels[1] and in_ratio


@pytest.mark.parametrize("name", [*ALL, "ep-unknown"])
def test_every_table_entry_is_legal_for_its_model(name: str) -> None:
    """What a ratio turns into is a size the model takes; nine ratios in every tier."""
    rules = model(name).sizes
    for tier, row in rules.table.items():
        assert len(row) == 9
        for ratio, exact in row.items():
            assert is_legal(rules, exact), (tier, ratio)
            assert model(name).wire_size(ratio, tier) == exact
            assert model(name).wire_size(exact, None) == exact
            width, height = map(int, exact.split("x"))
            wanted_width, wanted_height = map(int, ratio.split(":"))
            assert width / height == pytest.approx(wanted_width / wanted_height, rel=0.04)


@pytest.mark.parametrize(
    ("name", "size", "resolution", "expected"),
    [
        (FOUR_FIVE, "3750x1250", None, "3750x1250"),
        (FOUR, "1600x600", None, "1600x600"),
        (FOUR_FIVE, "2560x1440", None, "2560x1440"),
        (FOUR_FIVE, "5404x3040", None, "5404x3040"),
        (FOUR_FIVE, "4096x4096", None, "4096x4096"),
        (FOUR, "1280x720", None, "1280x720"),
        (FOUR_FIVE, "2k", None, "2K"),
        (FOUR_FIVE, "2K", "2k", "2K"),
        (FOUR_FIVE, None, None, "2K"),
        (FOUR_FIVE, "auto", None, "2K"),
        (FOUR_FIVE, None, "4K", "4K"),
        (FOUR_FIVE, "Auto", "4K", "4K"),
        (FOUR_FIVE, "16:9", None, "2848x1600"),
        (FOUR_FIVE, "32:18", None, "2848x1600"),
        (FOUR_FIVE, "9:16", "4K", "3040x5504"),
        (FOUR_FIVE, "21:9", None, "3136x1344"),
        (FOUR_FIVE, "7:3", None, "3136x1344"),
        (FOUR_FIVE, "2048 × 2048", None, "2048x2048"),
        (LITE, "3K", None, "3K"),
        (LITE, "4:3", "3K", "3456x2592"),
        (PRO, "1.5k", None, "1.5K"),
        (PRO, "16:9", None, "2816x1584"),
        (FLASH, "16：9", "1K", "1424x800"),
        (FOUR, "1:1", "1K", "1024x1024"),
        (THREE, None, None, "1024x1024"),
        (THREE, "16:9", None, "1280x720"),
        (THREE, "2048x2048", None, "2048x2048"),
        (EDIT, None, None, "adaptive"),
        (EDIT, "auto", None, "adaptive"),
    ],
)
def test_sizes_are_spelt_as_the_provider_wants(
    name: str, size: str | None, resolution: str | None, expected: str
) -> None:
    """Worked examples of protocols.md 2.3, 10.1 and 10.3, and the spellings people use."""
    assert model(name).wire_size(size, resolution) == expected


@pytest.mark.parametrize(
    ("name", "size", "resolution", "kind", "nearest"),
    [
        (FOUR_FIVE, "1500x1500", None, "too_small", ("1920x1920", "2048x2048")),
        (FOUR, "800x800", None, "too_small", ("960x960", "1024x1024")),
        (FOUR_FIVE, "2560x1439", None, "too_small", None),
        (FOUR_FIVE, "4736x3552", None, "too_large", None),
        (FOUR_FIVE, "5472x3072", None, "too_large", None),
        (PRO, "4096x4096", None, "too_large", None),
        (FOUR_FIVE, "17x1", None, "shape", None),
        (FOUR_FIVE, "999999x1", None, "shape", None),
        (FOUR_FIVE, "1K", None, "tier", ("2K", "4K")),
        (LITE, "1K", None, "tier", ("2K", "3K", "4K")),
        (PRO, "4K", None, "tier", ("2K", "1.5K", "1K")),
        (THREE, "2K", None, "tier", ("1K",)),
        (FOUR_FIVE, "16:9", "1K", "tier", ("2K", "4K")),
        (FOUR_FIVE, "5:4", None, "ratio", ("4:3", "3:2", "1:1")),
        (FOUR_FIVE, "1:3", None, "ratio", ("9:21", "9:16", "2:3")),
        (FOUR_FIVE, "2K", "4K", "both", ("2K",)),
        (FOUR_FIVE, "2048x2048", "2K", "both", ("2048x2048",)),
        (FOUR_FIVE, "big", None, "spelling", None),
        (FOUR_FIVE, "16:9", "big", "spelling", ("2K", "4K")),
        (FOUR_FIVE, "0x5", None, "spelling", None),
        (FOUR_FIVE, "0:5", None, "spelling", None),
        (EDIT, "2K", None, "tier", ("auto",)),
        (EDIT, "16:9", None, "exact", ("auto",)),
        (EDIT, "1024x1024", None, "exact", ("auto",)),
    ],
)
def test_a_refused_size_names_its_legal_neighbours(
    name: str, size: str, resolution: str | None, kind: str, nearest: tuple[str, ...] | None
) -> None:
    """The reason is told, and every suggestion is one the model takes."""
    found = refused(name, size, resolution)
    assert found.kind == kind
    assert found.nearest
    assert nearest is None or found.nearest == nearest


@pytest.mark.parametrize("name", [PRO, FLASH])
def test_layers_take_tiers_and_auto_only(name: str) -> None:
    """protocols.md 2.3: with layer_decomposition the shape is the input's."""
    found = model(name)
    assert found.wire_size(None, None, LAYERS) == "auto"
    assert found.wire_size("auto", None, LAYERS) == "auto"
    assert found.wire_size("1K", None, LAYERS) == "1K"
    for size in ("2048x2048", "16:9", "4K"):
        assert isinstance(found.wire_size(size, None, LAYERS), SizeProblem)


sides = st.integers(1, 20_000) | st.integers(1, 100)
RULES = [model.sizes for model in provider_named("ark").models.values() if model.sizes.pixels]
RULES.append(provider_named("ark").unknown.sizes)


@given(st.sampled_from(RULES), sides, sides)
def test_exact_sizes_are_taken_if_legal_and_suggestions_always_are(
    rules: SizeRules, width: int, height: int
) -> None:
    """For every WIDTHxHEIGHT: taken if and only if legal, else each neighbour named is legal."""
    size = f"{width}x{height}"
    found = wire_size(rules, size, None)
    if isinstance(found, SizeProblem):
        assert not is_legal(rules, size)
        assert found.nearest
        assert all(is_legal(rules, near) for near in found.nearest)
    else:
        assert (found, is_legal(rules, size)) == (size, True)


@given(st.sampled_from(RULES), st.integers(1, 9999), st.integers(1, 9999))
def test_suggested_ratios_are_taken(rules: SizeRules, width: int, height: int) -> None:
    """A ratio without an entry names up to three that have one."""
    found = wire_size(rules, f"{width}:{height}", None)
    if isinstance(found, SizeProblem):
        assert 1 <= len(found.nearest) <= 3
        assert all(isinstance(wire_size(rules, near, None), str) for near in found.nearest)
    else:
        assert is_legal(rules, found)


@given(st.text(max_size=20), st.none() | st.text(max_size=5))
def test_no_text_crashes_the_sizes(size: str, resolution: str | None) -> None:
    """Whatever is asked for, there is a spelling or a refusal; a normal size stays as it is."""
    normal = normal_size(size)
    assert normal_size(normal) == normal
    assert kind_of(normal) in (None, "tier", "ratio", "exact", "auto")
    for rules in RULES:
        assert wire_size(rules, size, resolution)
