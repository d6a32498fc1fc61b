"""Reads the catalog: one YAML file per provider, once, when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Any, Final

import yaml

from seedwatch.catalog.facts import Field, InputLimits, Model, Price, Provider, TimeLimit
from seedwatch.catalog.sizes import SizeRules
from seedwatch.records import Money

BUILT: Final = ("ark",)
"""Providers that have a catalog file here and a protocol in `providers`."""

TO_COME: Final = ("dmxapi", "apimart", "openai")
"""Names a configuration may use already; folders that need them wait (contract.md 3)."""

PROVIDERS: Final = BUILT + TO_COME
_NO_TASKS: Final = {"first": 0, "every": 0}
"""`poll` of a provider that answers at once; it has no `task_limit` either"""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def provider_named(name: str) -> Provider:
    """The facts of a provider that is built.

    Raises:
        KeyError: it is not built.
    """
    if name not in BUILT:
        raise KeyError(name)
    text = resources.files(__package__).joinpath("models", f"{name}.yaml").read_bytes()
    return _provider(yaml.load(text, Loader=_Loader))  # noqa: S506 - a safe loader, C or Python


def find_model(provider: str, name: str) -> Model:
    """The model of this id or alias, whatever its case; its `name` is the spelling to send.

    A name that is not listed gives a model with the strictest limits and `is_known` False.

    Raises:
        KeyError: the provider is not built.
    """
    facts = provider_named(provider)
    return facts.models.get(name.strip().lower()) or facts.unknown.named(name.strip())


def _provider(raw: Mapping[str, Any]) -> Provider:
    models: dict[str, Model] = {}
    for entry in raw["models"]:
        model = _model(raw, entry)
        for spelling in (model.id, *model.aliases):
            models[spelling.lower()] = model.named(spelling)
    unknown = _model(raw, {"id": "", "title": "", "state": "published", **raw["unknown"]})
    return Provider(
        name=raw["name"],
        title=raw["title"],
        base_url=raw["base_url"],
        base_urls=raw["base_urls"],
        own_fields=raw["own_fields"],
        models=models,
        unknown=unknown,
    )


def _model(provider: Mapping[str, Any], raw: Mapping[str, Any]) -> Model:
    limit, poll = provider["timeout"], provider.get("poll", _NO_TASKS)
    return Model(
        provider=provider["name"],
        protocol=raw.get("protocol", provider["protocol"]),
        name=raw["id"],
        id=raw["id"],
        aliases=tuple(raw.get("aliases", ())),
        title=raw["title"],
        state=raw["state"],
        modes=tuple(raw["modes"]),
        max_references=raw["references"],
        max_group=raw["group"],
        max_references_plus_group=provider["references_plus_group"],
        sizes=_sizes(raw["sizes"]),
        sizes_with={name: _sizes(sizes) for name, sizes in raw.get("sizes_with", {}).items()},
        fields={name: _field(field) for name, field in raw["fields"].items()},
        limits=_limits(provider["limits"]["strict"]),
        wide_limits=_limits(provider["limits"]["wide"]),
        price=_price(raw["price"]) if "price" in raw else None,
        time_limit=TimeLimit(limit["first"], limit["more"], limit["longest"]),
        poll_first_s=poll["first"],
        poll_every_s=poll["every"],
        task_limit_s=provider.get("task_limit", 0),
        result_lifetime_s=provider["result_lifetime"],
        prompt_optional_with=tuple(raw.get("prompt_optional_with", ())),
        layered_with=raw.get("layered_with", ""),
        is_known=bool(raw["id"]),
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
    )


def _both_ways(row: Mapping[str, str]) -> dict[str, str]:
    """A table row with its upright shapes: `4:3` gives `3:4`, turned round."""
    turned = {_swapped(ratio, ":"): _swapped(exact, "x") for ratio, exact in row.items()}
    return {**row, **turned}


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
        fields={name: _field(field) for name, field in raw.get("fields", {}).items()},
        of=_field(raw["of"]) if "of" in raw else None,
        one_picture_when=raw.get("one_picture_when"),
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
    return Price(
        picture=money(raw["picture"]),
        small_picture=money(small["picture"]) if small else None,
        small_pixel_count=small["pixels"] if small else 0,
        further_input=money(raw.get("further_input", "0")),
        layer=money(raw.get("layer", raw["picture"])),
        checked_on=raw["checked"].isoformat(),
        source=raw["source"],
    )
