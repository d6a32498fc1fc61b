"""What the catalog says of OpenAI's and DMXAPI's models, against protocols.md and the simulator."""

from __future__ import annotations

import itertools
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch.catalog import Model, SizeProblem, find_model, price_bound, provider_named, timeout_s
from seedwatch.records import Money
from seedwatch.simulator import dmxapi_models, openai_models
from seedwatch.simulator.fields import Fields
from seedwatch.simulator.gpt_inputs import MAX_BYTES, MAX_IMAGES
from seedwatch.simulator.gpt_models import GptRules
from seedwatch.simulator.gpt_sizes import drawn_size
from seedwatch.simulator.openai_errors import OpenAiRefusal, invalid

RULES: list[tuple[str, str, GptRules]] = [
    *(("openai", name, rules) for name, rules in openai_models.MODELS.items()),
    *(("dmxapi", name, rules) for name, rules in dmxapi_models.GPT.items()),
]
OTHER_KEYS = {"model", "prompt", "n", "size", "image"}
"""fields that rules set by keys of their own"""

every_model = pytest.mark.parametrize(("provider", "name", "rules"), RULES)


def _is_taken(rules: GptRules, size: str) -> bool:
    """Whether the simulated service takes this size."""
    try:
        drawn_size(Fields({"size": size}, invalid), rules, ())
    except OpenAiRefusal:
        return False
    return True


def test_catalog_and_simulator_know_the_same_models() -> None:
    """Every spelling of protocols.md 6.2 and 5.1, and no other; the dead ones are said to be so."""
    known = provider_named("openai").models
    assert set(known) == set(openai_models.MODELS) | openai_models.DEAD
    assert {name for name in known if known[name].state == "ended"} == openai_models.DEAD
    known = provider_named("dmxapi").models
    assert set(known) == {*dmxapi_models.GPT, *dmxapi_models.SEEDREAM}
    assert {name for name in known if known[name].state == "ended"} == dmxapi_models.DEAD


@pytest.mark.parametrize("provider", ["openai", "dmxapi"])
def test_ended_models_say_since_when(provider: str) -> None:
    """protocols.md 5.3 and 6.2."""
    ended = {
        name: found.retired_on
        for name, found in provider_named(provider).models.items()
        if found.state == "ended"
    }
    assert all(date.fromisoformat(day) for day in ended.values())
    assert (ended["gpt-image-1"], ended["dall-e-3"]) == ("2026-10-23", "2026-05-12")


@every_model
def test_fields_are_those_of_the_simulator(provider: str, name: str, rules: GptRules) -> None:
    """In each call exactly the fields that the model takes there (protocols.md 5.3, 6.2)."""
    fields = find_model(provider, name).fields
    alone = {field for field, known in fields.items() if "text" in (known.scenes or ("text",))}
    edits = {
        field
        for field, known in fields.items()
        if "references" in (known.scenes or ("references",))
    }
    assert alone == rules.generation_fields - OTHER_KEYS
    if rules.edit_fields:
        untold = {"mask"} if provider == "dmxapi" else set()  # protocols.md 5 is silent
        assert edits == rules.edit_fields - OTHER_KEYS - untold


@every_model
def test_values_and_counts_are_those_of_the_simulator(
    provider: str, name: str, rules: GptRules
) -> None:
    """Quality, fidelity, pictures at once, length of prompts, modes."""
    found = find_model(provider, name)
    assert set(found.fields["quality"].values) == set(rules.qualities)
    fidelity = found.fields.get("input_fidelity")
    assert set(fidelity.values if fidelity else ()) == set(rules.fidelities)
    assert (found.max_group, found.max_prompt) == (rules.max_count, rules.max_prompt)
    assert ("image-to-image" in found.modes) == bool(rules.edit_fields)
    assert found.max_references == (MAX_IMAGES if rules.edit_fields else 0)
    assert found.max_references_plus_group >= (found.max_references and found.max_group + 16)
    assert found.limits.max_bytes < MAX_BYTES
    assert not found.takes_urls


@every_model
def test_every_size_of_the_table_is_taken(provider: str, name: str, rules: GptRules) -> None:
    """What a ratio or a tier turns into is a size the model takes, near what was asked for."""
    found = find_model(provider, name)
    assert _is_taken(rules, found.sizes.default)
    for tier, row in found.sizes.table.items():
        square = found.wire_size(tier, None)
        assert isinstance(square, str)
        assert _is_taken(rules, square)
        for ratio, exact in row.items():
            assert _is_taken(rules, exact), (tier, ratio)
            assert found.wire_size(ratio, tier) == found.wire_size(exact, None) == exact
            width, height = map(int, exact.split("x"))
            wide, high = map(int, ratio.split(":"))
            assert width / height == pytest.approx(wide / high, rel=0.04)


sides = st.one_of(st.integers(1, 5000), st.integers(1, 260).map(lambda n: n * 16))


@given(st.sampled_from(RULES), sides, sides)
def test_exact_sizes_are_taken_as_the_simulator_takes_them(
    of_model: tuple[str, str, GptRules], width: int, height: int
) -> None:
    """A size is refused here if and only if it is there, and what is named instead is legal.

    Red when a bound, the step of 16 or the longest side differs by one.
    """
    provider, name, rules = of_model
    found = find_model(provider, name)
    size = f"{width}x{height}"
    wire = found.wire_size(size, None)
    assert (wire == size) == _is_taken(rules, size)
    if isinstance(wire, SizeProblem):
        assert wire.nearest
        for near in wire.nearest:
            spelt = found.wire_size(near, None)
            assert isinstance(spelt, str)
            assert _is_taken(rules, spelt)


@pytest.mark.parametrize(
    ("size", "resolution", "kind", "nearest"),
    [
        ("1000x1000", None, "step", ("1008x1008", "1024x1024")),
        ("3856x2160", None, "side", None),
        ("3840x3840", None, "too_large", ("2880x2880",)),
        ("512x512", None, "too_small", None),
        ("4000x1000", None, "shape", None),
        ("3K", None, "tier", ("2K", "4K", "1K")),
        ("5:4", None, "ratio", ("4:3", "3:2", "1:1")),
        ("2K", "4K", "both", ("2K",)),
    ],
)
def test_refused_sizes_of_gpt_image_2(
    size: str, resolution: str | None, kind: str, nearest: tuple[str, ...] | None
) -> None:
    """The reason is told, and what would be legal."""
    problem = find_model("openai", "gpt-image-2").wire_size(size, resolution)
    assert isinstance(problem, SizeProblem)
    assert problem.kind == kind
    assert nearest is None or problem.nearest == nearest


def _bound(name: str, size: str, **options: str) -> Money | None:
    return price_bound(find_model("openai", name), size=size, options=options)


@pytest.mark.parametrize(
    ("name", "small", "large"),
    [
        ("gpt-image-1-mini", (5_000, 11_000, 36_000), (6_000, 15_000, 52_000)),
        ("gpt-image-1.5", (9_000, 34_000, 133_000), (13_000, 50_000, 200_000)),
    ],
)
def test_prices_follow_quality_and_size(
    name: str, small: tuple[int, ...], large: tuple[int, ...]
) -> None:
    """protocols.md 11, in millionths of a dollar; what is left open may be the dearest."""
    for quality, one, other in zip(("low", "medium", "high"), small, large, strict=True):
        assert _bound(name, "1024x1024", quality=quality) == Money(one, "USD")
        for size in ("1536x1024", "1024x1536", "auto"):
            assert _bound(name, size, quality=quality) == Money(other, "USD")
    assert _bound(name, "auto", quality="auto") == _bound(name, "auto") == Money(large[2], "USD")
    assert _bound(name, "1024x1024") == Money(small[2], "USD")
    three = price_bound(find_model("openai", name), 3, size="1024x1024", options={"quality": "low"})
    assert three == Money(3 * small[0], "USD")


def test_other_prices_are_not_known() -> None:
    """No price of a newer model, and none of the relay, is documented."""
    priced = {"gpt-image-1.5", "gpt-image-1-mini"}
    for provider, name in itertools.chain(
        (("openai", name) for name in provider_named("openai").models),
        (("dmxapi", name) for name in provider_named("dmxapi").models),
    ):
        found = price_bound(find_model(provider, name))
        assert (found is not None) == (provider == "openai" and name in priced)


@pytest.mark.parametrize("name", ["doubao-seedream-4-5-251128", "doubao-seedream-4-0-250828"])
def test_seedream_at_the_relay_is_that_of_ark(name: str) -> None:
    """Groups, references, exact sizes and modes agree; it has fewer tiers and fields (5.2)."""
    ours, arks = find_model("dmxapi", name), find_model("ark", name)
    same = ("modes", "max_group", "max_references", "max_references_plus_group", "limits")
    assert all(getattr(ours, fact) == getattr(arks, fact) for fact in same)
    assert (ours.sizes.pixels, ours.sizes.ratio) == (arks.sizes.pixels, arks.sizes.ratio)
    assert set(ours.sizes.tiers) <= set(arks.sizes.tiers)
    assert set(ours.fields) <= set(arks.fields)
    assert ours.result_lifetime_s == arks.result_lifetime_s == 86_400


def _unknown(provider: str) -> Model:
    return find_model(provider, "never-heard-of")


@pytest.mark.parametrize("provider", ["openai", "dmxapi"])
def test_an_unknown_model_has_sizes_that_every_published_one_takes(provider: str) -> None:
    """A compatible server may know less; what is sent is as plain as can be."""
    found = _unknown(provider)
    assert not found.is_known
    assert found.sizes.default == "1024x1024"
    published = [
        rules
        for owner, name, rules in RULES
        if owner == provider and find_model(owner, name).state == "published"
    ]
    listed = re.findall(r"\d+x\d+", str(dict(found.sizes.table)))
    assert listed
    assert all(_is_taken(rules, size) for rules in published for size in listed)


def test_how_long_a_call_may_take() -> None:
    """At least as long as the official client waits (6.5), with or without a group."""
    gpt = find_model("openai", "gpt-image-2")
    assert [timeout_s(gpt, count) for count in (1, 10)] == [600, 600]
    relayed = find_model("dmxapi", "gpt-image-1.5")
    assert [timeout_s(relayed, count) for count in (1, 10)] == [600, 900]
