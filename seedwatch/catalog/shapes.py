"""Sizes of models that take a ratio and a resolution in two wire fields (protocols.md 3.2, 4.2)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from seedwatch.catalog.sizes import AUTO, Ratios, SizeProblem, SizeRules, kind_of, normal_size
from seedwatch.records import Scene


@dataclass(frozen=True, slots=True)
class Shape:
    """A ratio and a resolution in the provider's spelling; empty: the field is not sent.

    `field` is what the provider calls the ratio.
    """

    ratio: str
    resolution: str
    field: str = "size"

    @property
    def wire_fields(self) -> dict[str, str]:
        """What is sent."""
        both = {self.field: self.ratio, "resolution": self.resolution}
        return {name: value for name, value in both.items() if value}


def wire_shape(rules: SizeRules, size: str | None, resolution: str | None) -> Shape | SizeProblem:
    """The two wire fields of a neutral `size` (ratio, tier, auto or None) and `resolution`.

    No size leaves the shape to the model where it can choose. WIDTHxHEIGHT is refused: such
    models make what their own table says.
    """
    assert rules.ratios is not None
    ratio, tier = normal_size(size or ""), normal_size(resolution or "")
    refused = _misread(rules, ratio, tier)
    if refused is not None:
        return refused
    if kind_of(ratio) == "tier":
        ratio, tier = "", ratio
    known = {normal_size(spelling): spelling for spelling in rules.tiers}
    if tier and tier not in known:
        return SizeProblem("tier", tier, rules.tiers or examples(rules))
    found = _ratio(rules.ratios, ratio)
    if isinstance(found, SizeProblem):
        return found
    return Shape(found, known[tier] if tier else rules.default, rules.ratios.field)


def _misread(rules: SizeRules, size: str, tier: str) -> SizeProblem | None:
    """What is no ratio and no tier, or says two things at once."""
    kind = kind_of(size) if size else "auto"
    if kind is None or kind == "exact":
        return SizeProblem("exact" if kind else "spelling", size, examples(rules))
    if tier and kind_of(tier) != "tier":
        return SizeProblem("spelling", tier, rules.tiers)
    if tier and kind == "tier" and tier != size:
        return SizeProblem("both", f"{size}, {tier}", (size,))
    return None


def _ratio(ratios: Ratios, ratio: str) -> str | SizeProblem:
    if not ratio:
        return ratios.auto or ratios.default
    if ratio == AUTO:
        return ratios.auto or SizeProblem("ratio", AUTO, ratios.names)
    wanted = _fraction(ratio)
    for known in ratios.names:
        if _fraction(known) == wanted:
            return known
    nearest = sorted(ratios.names, key=lambda known: abs(math.log(_fraction(known) / wanted)))
    return SizeProblem("ratio", ratio, tuple(nearest[:3]) or (AUTO,))


def _fraction(ratio: str) -> Fraction:
    width, height = map(int, ratio.split(":"))
    return Fraction(width, height)


def examples(rules: SizeRules) -> tuple[str, ...]:
    """Sizes that are legal, in neutral spelling."""
    assert rules.ratios is not None
    auto = (AUTO,) if rules.ratios.auto else ()
    return (*rules.ratios.names[:3], *auto, *rules.tiers)


def with_ratios(rules: SizeRules, by_scene: Mapping[Scene, Ratios], scene: Scene) -> SizeRules:
    """The rules as they are for one kind of input."""
    ratios = by_scene.get(scene)
    return rules if ratios is None else replace(rules, ratios=ratios)
