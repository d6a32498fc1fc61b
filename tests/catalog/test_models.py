"""The catalog says of each model what protocols.md documents."""

from __future__ import annotations

import subprocess
import sys

import pytest

from seedwatch.catalog import (
    BUILT,
    PROVIDERS,
    TO_COME,
    InputLimits,
    Model,
    find_model,
    price_bound,
    provider_named,
    timeout_s,
)
from seedwatch.records import Money

PRO = "doubao-seedream-5-0-pro-260628"
FLASH = "doubao-seedream-5-0-flash-260915"
LITE = "doubao-seedream-5-0-260128"
FOUR_FIVE = "doubao-seedream-4-5-251128"
FOUR = "doubao-seedream-4-0-250828"
THREE = "doubao-seedream-3-0-t2i-250415"
EDIT = "doubao-seededit-3-0-i2i-250628"
ALL = (PRO, FLASH, LITE, FOUR_FIVE, FOUR, THREE, EDIT)
BOTH = ("text-to-image", "image-to-image")


def model(name: str) -> Model:
    """A model of Ark."""
    return find_model("ark", name)


def test_there_is_one_list_of_providers() -> None:
    """Four names, as the contract says, then those that were added; those without a file wait."""
    assert PROVIDERS[:4] == ("ark", "dmxapi", "apimart", "openai")
    assert sorted(BUILT + TO_COME) == sorted(PROVIDERS)
    for name in TO_COME:
        with pytest.raises(KeyError):
            provider_named(name)


def test_the_catalog_lists_every_model_of_the_documents() -> None:
    """protocols.md 2.1: seven families of pictures; videos are in a list of their own."""
    models = provider_named("ark").models.values()
    assert {found.id for found in models if found.answers == "picture"} == set(ALL)
    assert provider_named("ark").base_url == "https://ark.cn-beijing.volces.com/api/v3"


def test_a_running_task_is_asked_for_at_the_documented_times() -> None:
    """protocols.md 3.2, 3.5: after 10 s, then every 20 s, at most as long as Ark keeps it."""
    found = model(PRO)
    assert (found.poll_first_s, found.poll_every_s, found.task_limit_s) == (10, 20, 172_800)
    assert found.answers == "picture"


@pytest.mark.parametrize(
    ("alias", "canonical"),
    [
        ("dola-seedream-5-0-pro-260628", PRO),
        ("doubao-seedream-5.0-pro", PRO),
        ("dola-seedream-5-0-flash-260915", FLASH),
        ("doubao-seedream-5-0-lite-260128", LITE),
        ("seedream-5-0-260128", LITE),
        ("seedream-5-0-lite-260128", LITE),
        ("seedream-4-5-251128", FOUR_FIVE),
        ("seedream-4-0-250828", FOUR),
        ("seedream-3-0-t2i-250415", THREE),
        ("seededit-3-0-i2i-250628", EDIT),
    ],
)
def test_aliases_are_known_and_sent_as_they_are(alias: str, canonical: str) -> None:
    """A regional spelling is the only one its region knows, so it is not replaced."""
    for written in (alias, alias.upper(), f" {alias} "):
        found = model(written)
        assert (found.id, found.name, found.is_known) == (canonical, alias, True)


@pytest.mark.parametrize(
    ("name", "modes", "references", "group", "state"),
    [
        (PRO, BOTH, 10, 1, "published"),
        (FLASH, BOTH, 10, 1, "published"),
        (LITE, BOTH, 14, 15, "published"),
        (FOUR_FIVE, BOTH, 14, 15, "published"),
        (FOUR, BOTH, 14, 15, "published"),
        (THREE, ("text-to-image",), 0, 1, "retiring"),
        (EDIT, ("image-to-image",), 1, 1, "ended"),
    ],
)
def test_capabilities_are_those_of_the_table(
    name: str, modes: tuple[str, ...], references: int, group: int, state: str
) -> None:
    """protocols.md 9 and 2.1, row by row."""
    found = model(name)
    assert (found.modes, found.max_references) == (modes, references)
    assert (found.max_group, found.supports_groups) == (group, group > 1)
    assert (found.state, found.max_references_plus_group) == (state, 15)
    assert found.result_lifetime_s == 86_400


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("watermark", ALL),
        ("response_format", ALL),
        ("output_format", (PRO, FLASH, LITE)),
        ("optimize_prompt_options", (PRO, FLASH, LITE, FOUR_FIVE, FOUR)),
        ("optimize_prompt", (PRO, FLASH)),
        ("tools", (LITE,)),
        ("layer_decomposition", (PRO, FLASH)),
        ("background", (PRO, FLASH)),
        ("stream", (LITE, FOUR_FIVE, FOUR)),
        ("seed", (FLASH, THREE, EDIT)),
        ("guidance_scale", (THREE, EDIT)),
        ("negative_prompt", (PRO, FLASH)),
    ],
)
def test_fields_are_known_where_the_documents_say(field: str, names: tuple[str, ...]) -> None:
    """protocols.md 2.2: a field that a model does not know is a 400 there."""
    assert tuple(name for name in ALL if model(name).knows(field)) == names


def test_values_and_ranges_of_fields() -> None:
    """protocols.md 2.2: modes of prompt optimisation, formats, ranges."""

    def modes(name: str) -> tuple[str, ...]:
        return model(name).fields["optimize_prompt_options"].fields["mode"].values

    assert [modes(name) for name in (PRO, FOUR)] == [("standard", "fast")] * 2
    assert [modes(name) for name in (FLASH, LITE, FOUR_FIVE)] == [("standard",)] * 3
    assert model(PRO).fields["output_format"].values == ("png", "jpeg")
    assert model(FOUR).fields["response_format"].values == ("url", "b64_json")
    seed = model(THREE).fields["seed"]
    assert [seed.allows(value) for value in (-2, -1, 2**31 - 1, 2**31)] == [
        False,
        True,
        True,
        False,
    ]
    scale = model(EDIT).fields["guidance_scale"]
    assert [scale.allows(value) for value in (0.9, 1, 5.5, 10, 10.1)] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_own_fields_cover_what_a_rule_sets_itself() -> None:
    """A rule cannot smuggle a group in by `options`."""
    own = provider_named("ark").own_fields
    unset = {field for field in own if not own[field]}
    assert unset == {"safety_identifier", "callback_url"}
    assert own["sequential_image_generation_options"] == "group"
    assert own["image"] == "references"


def test_input_limits_are_the_strict_set() -> None:
    """protocols.md 2.4 and 7, conflict 7; the wide set is there as data only."""
    assert model(PRO).limits == InputLimits(
        formats=("image/jpeg", "image/png"),
        max_bytes=10_000_000,
        max_pixels=36_000_000,
        min_side_exclusive=14,
        ratio_min=1 / 3,
        ratio_max=3.0,
        max_side=None,
        background="white",
    )
    assert {model(name).limits for name in (*ALL, "ep-1")} == {model(PRO).limits}
    wide = model(PRO).wide_limits
    assert (wide.max_bytes, wide.ratio_min, wide.ratio_max) == (30_000_000, 1 / 16, 16)
    assert len(wide.formats) == 8


def test_an_unknown_model_has_the_strictest_limits() -> None:
    """Nothing it takes would be refused by any listed model of 5.0 and 4.x."""
    found = model("ep-20260101-AbCd")
    assert (found.is_known, found.name, found.id) == (False, "ep-20260101-AbCd", "")
    listed = [model(name) for name in (PRO, FLASH, LITE, FOUR_FIVE, FOUR)]
    assert found.max_references == min(known.max_references for known in listed)
    assert found.max_group == min(known.max_group for known in listed)
    assert all(set(found.fields) <= set(known.fields) for known in listed)
    for known in listed:
        assert set(found.sizes.tiers) <= set(known.sizes.tiers)
        assert known.sizes.pixels is not None
        assert found.sizes.pixels is not None
        assert known.sizes.pixels[0] <= found.sizes.pixels[0]
        assert found.sizes.pixels[1] <= known.sizes.pixels[1]
    assert price_bound(found) is None


@pytest.mark.parametrize(
    ("name", "one"),
    [(PRO, 90_000), (FLASH, 18_000), (LITE, 35_000), (FOUR_FIVE, 40_000), (FOUR, 30_000)],
)
def test_prices_are_those_of_the_table(name: str, one: int) -> None:
    """protocols.md 11, in millionths of a dollar; a group costs its number."""
    assert price_bound(model(name)) == Money(one, "USD")
    assert price_bound(model(name), 4) == Money(4 * one, "USD")
    price = model(name).price
    assert price is not None
    assert (price.checked_on, "BytePlus" in price.source) == ("2026-11-21", True)


def test_a_price_bound_counts_inputs_sizes_and_layers() -> None:
    """5.0 pro: small pictures are cheaper, inputs after the first cost, so does each layer."""
    pro = model(PRO)
    assert price_bound(pro, reference_count=1) == Money(90_000, "USD")
    assert price_bound(pro, reference_count=3) == Money(96_000, "USD")
    assert price_bound(pro, size="1K") == Money(45_000, "USD")
    assert price_bound(pro, size="1.5K") == Money(45_000, "USD")
    assert price_bound(pro, size="2K") == Money(90_000, "USD")
    assert price_bound(pro, size="2048x1152") == Money(45_000, "USD")
    assert price_bound(pro, size="2048x1584") == Money(90_000, "USD")
    layered = price_bound(pro, size="auto", options={"layer_decomposition": True})
    assert layered == Money(90_000 + 16 * 45_000, "USD")
    made = price_bound(pro, 4, size="auto", options={"layer_decomposition": True})
    assert made == Money(90_000 + 3 * 45_000, "USD")
    assert price_bound(model(FLASH), size="1K") == Money(18_000, "USD")
    assert price_bound(model(THREE)) is None


@pytest.mark.parametrize(
    ("group", "seconds"), [(1, 300), (2, 340), (4, 420), (15, 860), (16, 900), (40, 900)]
)
def test_the_time_limit_grows_with_the_group(group: int, seconds: float) -> None:
    """protocols.md 2.8: 5 min + 40 s per further picture, at most 15 min."""
    assert timeout_s(model(FOUR), group) == seconds


def test_layers_take_their_time() -> None:
    """A decomposed picture counts as seventeen."""
    assert timeout_s(model(PRO), options={"layer_decomposition": True}) == 900
    assert timeout_s(model(PRO), options={"layer_decomposition": False}) == 300


def test_a_prompt_may_be_missing_with_layers_only() -> None:
    """protocols.md 2.2, `prompt`."""
    assert model(PRO).needs_prompt()
    assert not model(PRO).needs_prompt({"layer_decomposition": True})
    assert model(LITE).needs_prompt({"layer_decomposition": True})


@pytest.mark.process
def test_the_catalog_is_read_only_when_asked_for() -> None:
    """Importing it opens no file; the first question reads one, in well under 30 ms of work."""
    code = (
        "import seedwatch.catalog as c, time, sys\n"
        "assert c.provider_named.cache_info().currsize == 0\n"
        "t = time.process_time(); c.find_model('ark', 'x'); t = time.process_time() - t\n"
        "assert 'seedwatch.media' not in sys.modules and 'pydantic' not in sys.modules\n"
        "print(t)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 0.15
