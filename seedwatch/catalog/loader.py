"""Reads the catalog: one YAML file per provider, once, when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Any, Final

import yaml

from seedwatch.catalog.facts import InputLimits, Model, Price, Provider, TimeLimit
from seedwatch.catalog.fields import Field, Need
from seedwatch.catalog.sizes import Ratios, SizeRules
from seedwatch.records import Money

PROVIDERS: Final = ("ark", "dmxapi", "apimart", "openai")
"""Names a configuration may use; folders of one that is not built wait (contract.md 3)."""

BUILT: Final = PROVIDERS
"""Those of them that have a catalog file here and a protocol in `providers`; now all do."""

TO_COME: Final = tuple(name for name in PROVIDERS if name not in BUILT)
_NO_TASKS: Final = {"first": 0, "every": 0}
"""`poll` of a provider that answers at once; it has no `task_limit` either"""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def provider_named(name: str) -> Provider:
    """The facts of a provider that is built.

    Raises:
        KeyError: it is not built.
    """
    return provider_of(raw_provider(name))


@cache
def raw_provider(name: str) -> Mapping[str, Any]:
    """The file of a provider as it is written; never changed.

    Raises:
        KeyError: it is not built.
    """
    if name not in BUILT:
        raise KeyError(name)
    text = resources.files(__package__).joinpath("models", f"{name}.yaml").read_bytes()
    raw: Mapping[str, Any] = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    return raw


def find_model(provider: str, name: str) -> Model:
    """The model of this id or alias, whatever its case; its `name` is the spelling to send.

    A name that is not listed gives a model with the strictest limits and `is_known` False.

    Raises:
        KeyError: the provider is not built.
    """
    return provider_named(provider).model(name)


def provider_of(raw: Mapping[str, Any]) -> Provider:
    """The facts of a provider's file."""
    models: dict[str, Model] = {}
    for entry in raw["models"]:
        model = _model(raw, entry)
        for spelling in (model.id, *model.aliases):
            models[spelling] = model.named(spelling)
            models.setdefault(spelling.lower(), models[spelling])
    unknown = _model(raw, {"id": "", "title": "", "state": "published", **raw["unknown"]})
    return Provider(
        name=raw["name"],
        title=raw["title"],
        base_url=raw["base_url"],
        base_urls=raw["base_urls"],
        result_hosts=tuple(raw["result_hosts"]),
        own_fields=raw["own_fields"],
        models=models,
        unknown=unknown,
    )


def _model(provider: Mapping[str, Any], raw: Mapping[str, Any]) -> Model:
    limit, poll = provider["timeout"], provider.get("poll", _NO_TASKS)
    limits = provider["limits"]
    together = raw.get("references_plus_group", provider["references_plus_group"])
    return Model(
        provider=provider["name"],
        protocol=raw.get("protocol", provider["protocol"]),
        name=raw["id"],
        id=raw["id"],
        aliases=tuple(raw.get("aliases", ())),
        title=raw["title"],
        state=raw["state"],
        modes=tuple(raw["modes"]),
        max_frames=raw.get("frames", 0),
        max_references=raw["references"],
        max_group=raw["group"],
        max_references_plus_group=together,
        sizes=_sizes(raw["sizes"]),
        sizes_with={name: _sizes(sizes) for name, sizes in raw.get("sizes_with", {}).items()},
        ratios_in={scene: _ratios(ratios) for scene, ratios in raw.get("ratios_in", {}).items()},
        fields={name: _field(field) for name, field in raw["fields"].items()},
        limits=_limits(limits[raw.get("limits", "strict")]),
        limits_with={
            name: _limits(limits[kind]) for name, kind in raw.get("limits_with", {}).items()
        },
        wide_limits=_limits(limits[raw.get("limits", "wide")]),
        max_request_bytes=raw.get("max_request_bytes", 0),
        price=_price(raw["price"]) if "price" in raw else None,
        time_limit=TimeLimit(limit["first"], limit["more"], limit["longest"]),
        poll_first_s=poll["first"],
        poll_every_s=poll["every"],
        task_limit_s=provider.get("task_limit", 0),
        result_lifetime_s=raw.get("result_lifetime", provider["result_lifetime"]),
        is_prompt_optional=raw.get("prompt") == "optional",
        prompt_optional_with=tuple(raw.get("prompt_optional_with", ())),
        layered_with=raw.get("layered_with", ""),
        is_known=bool(raw["id"]),
        max_prompt=raw.get("max_prompt"),
        takes_urls=raw.get("takes_urls", True),
        retired_on=raw["retired"].isoformat() if "retired" in raw else "",
        charges_in=provider.get("charges_in", ""),
    )


def _sizes(raw: Mapping[str, Any]) -> SizeRules:
    return SizeRules(
        tiers=tuple(raw["tiers"]),
        default=raw["default"],
        auto=raw.get("auto", ""),
        ratio_tier=raw.get("ratio_tier", ""),
        pixels=(raw["pixels"][0], raw["pixels"][1]) if "pixels" in raw else None,
        ratio=_range(raw["ratio"]) if "ratio" in raw else None,
        table={tier: _both_ways(row) for tier, row in raw.get("table", {}).items()},
        step=raw.get("step", 1),
        max_side=raw.get("max_side"),
        ratios=_ratios(raw["ratios"]) if "ratios" in raw else None,
    )


def _ratios(raw: Mapping[str, Any]) -> Ratios:
    return Ratios(
        tuple(raw["names"]), raw.get("auto", ""), raw.get("default", ""), raw.get("field", "size")
    )


def _both_ways(row: Mapping[str, str]) -> dict[str, str]:
    """A table row with its upright shapes: `4:3` gives `3:4` turned round, if that is not there."""
    turned = {_swapped(ratio, ":"): _swapped(exact, "x") for ratio, exact in row.items()}
    return {**row, **{ratio: exact for ratio, exact in turned.items() if ratio not in row}}


def _swapped(pair: str, between: str) -> str:
    return between.join(reversed(pair.split(between)))


def _range(raw: list[str]) -> tuple[Fraction, Fraction]:
    return Fraction(raw[0]), Fraction(raw[1])


def _field(raw: Mapping[str, Any]) -> Field:
    low, high = raw.get("range", (None, None))
    return Field(
        type=raw["type"],
        values=tuple(raw.get("values", ())),
        low=low,
        high=high,
        also=tuple(raw.get("also", ())),
        step=raw.get("step", 1),
        fields={name: _field(field) for name, field in raw.get("fields", {}).items()},
        of=_field(raw["of"]) if "of" in raw else None,
        default=raw.get("default"),
        needs=tuple(
            Need(need["field"], tuple(need["values"]), need.get("when"))
            for need in raw.get("needs", ())
        ),
        one_picture_when=raw.get("one_picture_when"),
        alpha_when=raw.get("alpha_when"),
        scenes=tuple(raw.get("scenes", ())),
        more_outputs=raw.get("more_outputs", 0),
    )


def _limits(raw: Mapping[str, Any]) -> InputLimits:
    low, high = _range(raw["ratio"])
    return InputLimits(
        formats=tuple(raw["formats"]),
        max_bytes=raw["max_bytes"],
        max_pixels=raw["max_pixels"],
        min_side_exclusive=raw["min_side_exclusive"],
        ratio_min=float(low),
        ratio_max=float(high),
        max_side=raw.get("max_side"),
        background=raw["background"],
    )


def _price(raw: Mapping[str, Any]) -> Price:
    def money(amount: str) -> Money:
        return Money(int(Decimal(amount) * 1_000_000), raw["currency"])

    small = raw.get("small")
    by_field, by_value = next(iter(raw.get("by", {"": {}}).items()))
    return Price(
        picture=money(raw["picture"]),
        small_picture=money(small["picture"]) if small else None,
        small_pixel_count=small["pixels"] if small else 0,
        further_input=money(raw.get("further_input", "0")),
        layer=money(raw.get("layer", raw["picture"])),
        checked_on=raw["checked"].isoformat() if "checked" in raw else "",
        source=raw["source"],
        by_field=by_field,
        by_value={value: (money(any_), money(few)) for value, (few, any_) in by_value.items()},
    )
