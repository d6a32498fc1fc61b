"""Changes that a configuration lays over the catalog: what is given counts, the rest stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from seedwatch.catalog import (
    Mistake,
    SizeProblem,
    changed_provider,
    find_model,
    price_bound,
    provider_named,
)
from seedwatch.catalog.facts import Model, Provider
from seedwatch.records import Money

FOUR_FIVE = "doubao-seedream-4-5-251128"
CNY = {"picture": "0.25", "currency": "CNY", "source": "config.yaml"}


def changed(*models: Mapping[str, Any], **more: Any) -> Provider:
    """Ark with these models changed or added."""
    provider, mistakes = changed_provider("ark", "ark", {"models": models, **more})
    assert mistakes == []
    return provider


def mistakes_of(*models: Mapping[str, Any]) -> list[Mistake]:
    """What is wrong with them."""
    return changed_provider("ark", "ark", {"models": models})[1]


def differences(one: Model, other: Model) -> set[str]:
    """The facts in which two models differ."""
    return {name for name in Model.__slots__ if getattr(one, name) != getattr(other, name)}


def test_nothing_changed_is_the_catalog() -> None:
    """Without models the provider is what it was, model by model."""
    assert changed() == provider_named("ark")


def test_given_keys_override() -> None:
    """A known model takes the given keys, under all its names; its other facts stay."""
    provider = changed({"id": FOUR_FIVE, "price": CNY, "state": "retiring"})
    before, after = find_model("ark", FOUR_FIVE), provider.model(FOUR_FIVE.upper())
    assert differences(before, after) == {"price", "state"}
    assert price_bound(after, 2) == Money(500_000, "CNY")
    assert after.price is not None
    assert after.price.basis == "config.yaml"
    for name in before.aliases:
        assert provider.model(name).price == after.price


def test_the_catalog_itself_stays() -> None:
    """Changes are of one configuration: what is asked for without it is as before."""
    before = find_model("ark", FOUR_FIVE)
    changed({"id": FOUR_FIVE, "price": CNY, "limits": {"max_bytes": 1000}})
    changed_provider("relay", "ark", {"models": []})
    provider_named.cache_clear()
    assert find_model("ark", FOUR_FIVE) == before
    assert provider_named("ark").unknown == changed().unknown


def test_a_model_may_be_named_by_an_alias() -> None:
    """Any spelling of a model names it; its id stays."""
    alias = next(m for m in provider_named("ark").models.values() if m.aliases).aliases[0]
    after = changed({"id": alias, "group": 2}).model(alias)
    assert (after.name, after.max_group) == (alias, 2)
    assert after.id == find_model("ark", alias).id


def test_a_new_model_is_like_another() -> None:
    """An endpoint of one's own has the facts of the model behind it, and names of its own."""
    entry = {"id": "ep-1", "like": FOUR_FIVE, "aliases": ["House"], "references": 3}
    provider = changed(entry)
    before, after = find_model("ark", FOUR_FIVE), provider.model("EP-1")
    assert differences(before, after) == {
        "name",
        "id",
        "aliases",
        "title",
        "max_references",
    } - ({"aliases"} if before.aliases == ("House",) else set())
    assert (after.name, after.is_known, after.price) == ("ep-1", True, before.price)
    assert provider.model("house").name == "House"
    assert provider.model(FOUR_FIVE) == before


def test_a_new_model_may_be_like_a_new_one() -> None:
    """Entries are laid over in their order."""
    provider = changed(
        {"id": "a", "like": FOUR_FIVE, "group": 2}, {"id": "b", "like": "a", "price": "unknown"}
    )
    assert (provider.model("b").max_group, provider.model("b").price) == (2, None)


def test_limits_change_as_far_as_they_are_given() -> None:
    """The limits of one model's pictures, not those of the others."""
    provider = changed({"id": FOUR_FIVE, "limits": {"max_bytes": 1000}})
    before, after = find_model("ark", FOUR_FIVE), provider.model(FOUR_FIVE)
    assert (after.limits.max_bytes, after.limits.formats) == (1000, before.limits.formats)
    others = [m for m in provider.models.values() if m.id != FOUR_FIVE]
    assert 1000 not in {model.limits.max_bytes for model in others}


def test_sizes_change_as_far_as_they_are_given() -> None:
    """Other tiers take their tables with them; what is not given stays."""
    sizes = {"tiers": ("2K",), "default": "2K", "pixels": (1_000_000, 2_000_000)}
    before = find_model("ark", FOUR_FIVE)
    after = changed({"id": FOUR_FIVE, "sizes": sizes}).model(FOUR_FIVE)
    assert (after.sizes.tiers, after.sizes.pixels) == (("2K",), (1_000_000, 2_000_000))
    assert (after.wire_size("2K", None), after.wire_size(None, None)) == ("2K", "2K")
    assert after.wire_size("16:9", "2K") == before.wire_size("16:9", "2K")
    assert isinstance(after.wire_size("16:9", "4K"), SizeProblem)
    assert isinstance(after.wire_size("4K", None), SizeProblem)
    assert after.wire_size("1200x1000", None) == "1200x1000"
    assert isinstance(before.wire_size("1200x1000", None), SizeProblem)
    assert after.sizes.ratio == before.sizes.ratio


def test_a_provider_of_ones_own() -> None:
    """It speaks like the other and knows its models, but nobody told its prices."""
    provider, mistakes = changed_provider(
        "relay",
        "openai",
        {
            "title": "a relay",
            "base_url": "https://relay.example/v1",
            "models": [{"id": "gpt-image-1.5", "price": CNY}],
        },
    )
    assert mistakes == []
    assert (provider.name, provider.title) == ("relay", "a relay")
    assert provider.base_url == "https://relay.example/v1"
    assert provider.model("gpt-image-1.5").provider == "relay"
    priced = {model.id for model in provider.models.values() if model.price is not None}
    assert priced == {"gpt-image-1.5"}
    assert {m.protocol for m in provider.models.values()} == {"openai-images"}
    assert provider.model("anything else").is_known is False


def test_a_provider_that_is_not_built() -> None:
    """Nobody can speak like it."""
    with pytest.raises(KeyError):
        changed_provider("relay", "nobody", {})


@pytest.mark.parametrize(
    ("models", "key", "reason", "name"),
    [
        ([{"id": "nothing"}], "id", "unknown_id", "nothing"),
        ([{"id": "x", "like": "nothing"}], "like", "unknown_like", "nothing"),
        ([{"id": FOUR_FIVE, "like": FOUR_FIVE}], "id", "taken", FOUR_FIVE),
        ([{"id": FOUR_FIVE}, {"id": FOUR_FIVE.upper()}], "id", "taken", FOUR_FIVE.upper()),
        (
            [{"id": "x", "like": FOUR_FIVE, "aliases": ["doubao-seedream-4-0-250828"]}],
            "aliases",
            "taken",
            "doubao-seedream-4-0-250828",
        ),
    ],
)
def test_mistakes(models: list[Mapping[str, Any]], key: str, reason: str, name: str) -> None:
    """Each is told with its entry and what would be known."""
    (mistake,) = mistakes_of(*models)
    assert (mistake.index, mistake.key, mistake.reason, mistake.name) == (
        len(models) - 1,
        key,
        reason,
        name,
    )
    assert mistake.reason == "taken" or FOUR_FIVE in mistake.known
