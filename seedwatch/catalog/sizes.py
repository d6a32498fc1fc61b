"""Turns a size in neutral terms into a provider's spelling, or says what would be legal."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

_EXACT = re.compile(r"([1-9][0-9]{0,5})x([1-9][0-9]{0,5})")
_RATIO = re.compile(r"([1-9][0-9]{0,3}):([1-9][0-9]{0,3})")
_TIER = re.compile(r"[1-9](\.5)?K|[1-9][0-9]{2,3}p")
_TIMES = str.maketrans({"×": "x", "X": "x", "*": "x", "：": ":", "k": "K", "P": "p"})
_SQUARE = "1:1"
AUTO = "auto"
_AUTO_WORDS = frozenset({AUTO, "adaptive"})
SizeKind = Literal["tier", "ratio", "exact", "auto"]
ExactProblem = Literal["shape", "side", "too_small", "too_large", "step"]


@dataclass(frozen=True, slots=True)
class Ratios:
    """The ratios that a model takes in a wire field of their own (`field`), as it spells them.

    `auto` leaves the shape to the model ("" : it cannot be left), `default` is what is sent where
    neither a rule nor `auto` says one ("" : nothing).
    """

    names: tuple[str, ...]
    auto: str = ""
    default: str = ""
    field: str = "size"


@dataclass(frozen=True, slots=True)
class SizeRules:
    """Which sizes a model takes (protocols.md 2.3, 3.6, 10); pixel counts are width x height.

    `default`, `auto` and `tiers` are wire spellings; without `pixels` no WIDTHxHEIGHT is taken but
    those of `table` (tier -> ratio -> WIDTHxHEIGHT). Where the wire has no tiers, one of the table
    stands for its square. Both sides are multiples of `step`, at most `max_side`. With `ratios`
    the model takes the ratio in one field and the tier in another (`shapes`), and `default` is that
    of the tier.
    """

    tiers: tuple[str, ...]
    default: str
    auto: str = ""
    ratio_tier: str = ""
    pixels: tuple[int, int] | None = None
    ratio: tuple[Fraction, Fraction] | None = None
    table: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    step: int = 1
    max_side: int | None = None
    ratios: Ratios | None = None


@dataclass(frozen=True, slots=True)
class SizeProblem:
    """Why a size is refused, and the nearest ones that are not (in neutral spelling)."""

    kind: ExactProblem | Literal["spelling", "tier", "ratio", "both", "exact"]
    given: str
    nearest: tuple[str, ...] = ()


def normal_size(text: str) -> str:
    """One spelling for each size: `2k` is `2K`, `2048×1024` is `2048x1024`."""
    text = "".join(text.split())
    return AUTO if text.lower() in _AUTO_WORDS else text.translate(_TIMES)


def kind_of(size: str) -> SizeKind | None:
    """What a normal size says; None where it says nothing we know."""
    if size == AUTO:
        return "auto"
    if _TIER.fullmatch(size):
        return "tier"
    if _RATIO.fullmatch(size):
        return "ratio"
    return "exact" if _EXACT.fullmatch(size) else None


def wire_size(rules: SizeRules, size: str | None, resolution: str | None) -> str | SizeProblem:
    """The provider's spelling of `size` (tier, ratio, WIDTHxHEIGHT, auto or None).

    `resolution` is the tier of a ratio. No size, or auto, leaves the shape to the model.
    """
    size = normal_size(size) if size else AUTO
    tier = normal_size(resolution) if resolution else ""
    refused = _misread(rules, size, tier)
    if refused is not None:
        return refused
    match kind_of(size):
        case "exact":
            return _exact(rules, size)
        case "ratio":
            return _ratio(rules, size, tier or rules.ratio_tier)
        case "tier":
            return _tier(rules, size)
        case _:
            return _tier(rules, tier) if tier else rules.auto or rules.default


def _misread(rules: SizeRules, size: str, tier: str) -> SizeProblem | None:
    """What is no size at all, or says two things at once."""
    kind = kind_of(size)
    if kind is None:
        return SizeProblem("spelling", size, _examples(rules))
    if tier and kind_of(tier) != "tier":
        return SizeProblem("spelling", tier, _tiers(rules))
    if tier and (kind == "exact" or (kind == "tier" and tier != size)):
        return SizeProblem("both", f"{size}, {tier}", (size,))
    return None


def pixel_bound(rules: SizeRules, wire: str) -> int | None:
    """The most pixels a picture of this wire size is documented to have; None: not known."""
    exact = _EXACT.fullmatch(wire)
    if exact:
        return int(exact[1]) * int(exact[2])
    counts = [pixel_bound(rules, entry) or 0 for entry in rules.table.get(wire, {}).values()]
    return max(counts, default=None)


def _tier(rules: SizeRules, tier: str) -> str | SizeProblem:
    if tier in rules.tiers:
        return tier
    square = {} if rules.tiers else rules.table.get(tier, {})
    if _SQUARE in square:
        return square[_SQUARE]
    wanted = float(tier[:-1])
    nearest = sorted(_tiers(rules), key=lambda known: abs(float(known[:-1]) - wanted))
    return SizeProblem("tier", tier, tuple(nearest) or _examples(rules))


def _ratio(rules: SizeRules, ratio: str, tier: str) -> str | SizeProblem:
    table = rules.table.get(tier)
    if table is None:
        kind: Literal["tier", "exact"] = "tier" if rules.table else "exact"
        return SizeProblem(kind, tier or ratio, _tiers(rules) or _examples(rules))
    wanted = _as_fraction(ratio)
    for known, exact in table.items():
        if _as_fraction(known) == wanted:
            return exact
    nearest = sorted(table, key=lambda known: abs(math.log(_as_fraction(known) / wanted)))
    return SizeProblem("ratio", ratio, tuple(nearest[:3]))


def _exact(rules: SizeRules, size: str) -> str | SizeProblem:
    if rules.pixels is None:
        return size if size in _listed(rules) else SizeProblem("exact", size, _examples(rules))
    width, height = map(int, size.split("x"))
    kind = _misfit(rules, width, height)
    if kind is None:
        return size
    shape = Fraction(width, height)
    if rules.ratio:
        shape = min(max(shape, rules.ratio[0]), rules.ratio[1])
    return SizeProblem(kind, size, _near(rules, shape, width * height))


def _misfit(rules: SizeRules, width: int, height: int) -> ExactProblem | None:
    """Why this WIDTHxHEIGHT is refused, if it is."""
    low, high = rules.pixels or (1, width * height)
    if rules.ratio and not rules.ratio[0] <= Fraction(width, height) <= rules.ratio[1]:
        return "shape"
    if rules.max_side and max(width, height) > rules.max_side:
        return "side"
    if not low <= width * height <= high:
        return "too_small" if width * height < low else "too_large"
    return "step" if width % rules.step or height % rules.step else None


def _listed(rules: SizeRules) -> tuple[str, ...]:
    """Every WIDTHxHEIGHT of the table."""
    return tuple(dict.fromkeys(exact for row in rules.table.values() for exact in row.values()))


def _near(rules: SizeRules, shape: Fraction, pixel_count: int) -> tuple[str, ...]:
    """Legal sizes near a shape and a pixel count: one of that shape, one from the table."""
    low, high = rules.pixels or (pixel_count, pixel_count)
    pixel_count = min(max(pixel_count, low), high)
    made = [_of_shape(rules, shape, pixel_count)]
    if rules.step > 1:
        made = sorted(
            _on_grid(rules, shape, pixel_count),
            key=lambda entry: _distance(entry, shape, pixel_count),
        )
    entries = sorted(_listed(rules), key=lambda entry: _distance(entry, shape, pixel_count))
    return tuple(dict.fromkeys([*made[:1], *entries[:1]]))


def _on_grid(rules: SizeRules, shape: Fraction, pixel_count: int) -> Iterator[str]:
    """Legal sizes about so large whose sides are multiples of the step."""
    width = math.sqrt(pixel_count * shape)
    most = rules.max_side or math.inf
    width *= min(1.0, most / width, most / (width / shape))
    for right, down in itertools.product(range(-2, 3), repeat=2):
        wide = (round(width / rules.step) + right) * rules.step
        high = (round(width / shape / rules.step) + down) * rules.step
        if min(wide, high) > 0 and _misfit(rules, wide, high) is None:
            yield f"{wide}x{high}"


def _of_shape(rules: SizeRules, shape: Fraction, pixel_count: int) -> str:
    low, high = rules.pixels or (pixel_count, pixel_count)
    width = max(1, round(math.sqrt(pixel_count * shape)))
    height = max(1, round(width / shape))
    if rules.ratio:  # rounding must not push the shape over its limit
        height = max(height, math.ceil(width / rules.ratio[1]))
        height = min(height, math.floor(width / rules.ratio[0]))
    while width * height < low:
        width, height = _stepped(rules, width, height, 1)
    while width * height > high:
        width, height = _stepped(rules, width, height, -1)
    return f"{width}x{height}"


def _stepped(rules: SizeRules, width: int, height: int, step: int) -> tuple[int, int]:
    """One pixel more or less on a side, where the shape allows it, else on both."""
    for wide, high in ((width + step, height), (width, height + step)):
        if rules.ratio is None or rules.ratio[0] <= Fraction(wide, high) <= rules.ratio[1]:
            return wide, high
    return width + step, height + step


def _distance(entry: str, shape: Fraction, pixel_count: int) -> float:
    width, height = map(int, entry.split("x"))
    by_shape = abs(math.log(Fraction(width, height) / shape))
    return by_shape + abs(math.log(width * height / pixel_count)) / 4


def _as_fraction(ratio: str) -> Fraction:
    width, height = map(int, ratio.split(":"))
    return Fraction(width, height)


def _tiers(rules: SizeRules) -> tuple[str, ...]:
    return rules.tiers or tuple(rules.table)


def _examples(rules: SizeRules) -> tuple[str, ...]:
    auto = (AUTO,) if rules.auto or not rules.table else ()
    if rules.pixels is None:
        return (*rules.tiers, *_listed(rules), *auto)
    if rules.table:
        exact = rules.table[rules.ratio_tier]["16:9"]
        return (*rules.tiers, "16:9", exact)
    return (*rules.tiers, *auto)
