"""What the catalog says of APIMart's models, held against protocols.md 4.2 and the simulator."""

from __future__ import annotations

from typing import Final

import pytest

from seedwatch.catalog import Model, Shape, SizeProblem, find_model, price_bound, provider_named
from seedwatch.records import Scene
from seedwatch.simulator.apimart_models import IMAGE_MODELS, ImageRules
from seedwatch.simulator.apimart_video_models import VIDEO_MODELS, VideoRules

SEEDREAM: Final = "doubao-seedance-4-5"
GPT: Final = {"gpt-image-2", "gpt-image-2-official", "gpt-image-1-official"}


def model(name: str) -> Model:
    """A model of APIMart."""
    return find_model("apimart", name)


every_image_model = pytest.mark.parametrize(("name", "rules"), IMAGE_MODELS.items())
every_video_model = pytest.mark.parametrize(("name", "rules"), VIDEO_MODELS.items())


def test_catalog_and_simulator_know_the_same_models() -> None:
    """Every spelling of protocols.md 4.2, pictures and videos, and no other."""
    found = provider_named("apimart").models
    by_kind = {
        kind: {name for name, known in found.items() if known.answers == kind}
        for kind in ("picture", "video")
    }
    assert by_kind["picture"] == set(IMAGE_MODELS)
    assert by_kind["video"] == set(VIDEO_MODELS)


def test_the_seedance_spelling_is_a_picture_model() -> None:
    """Conflict 2: the word says nothing; it is sent as it was written."""
    for spelling in (SEEDREAM, "Doubao-Seedream-4.5", "doubao-seedream-4.5", "doubao-seedream-4-5"):
        found = model(spelling)
        assert (found.id, found.name, found.answers) == (SEEDREAM, spelling, "picture")
        assert found.protocol == "apimart-images"


@every_image_model
def test_pictures_stay_within_the_simulators_limits(name: str, rules: ImageRules) -> None:
    """Counts, ratios, resolutions and input limits are never wider than what is accepted."""
    found = model(name)
    assert found.max_references <= rules.max_references
    assert found.max_group <= rules.max_count
    if rules.max_together is not None:
        assert found.max_references_plus_group == rules.max_together
    assert found.sizes.ratios is not None
    assert set(found.sizes.ratios.names) <= set(rules.ratios)
    assert set(found.sizes.tiers) <= set(rules.table)
    assert found.limits.max_bytes <= rules.inputs.max_bytes
    assert (found.max_frames, found.supports_groups) == (0, rules.max_count > 1)


@pytest.mark.parametrize("name", sorted(set(IMAGE_MODELS) - GPT))
def test_sizes_of_seedream_are_those_of_the_simulator(name: str) -> None:
    """Every ratio with every resolution, said as it is, comes to the documented pixels (10)."""
    found, rules = model(name), IMAGE_MODELS[name]
    assert found.sizes.default == next(iter(rules.table))
    assert found.sizes.ratios is not None
    assert set(found.sizes.ratios.names) == set(rules.ratios)
    for tier in found.sizes.tiers:
        for ratio, (width, height) in rules.table[tier].items():
            assert found.wire_shape(ratio, tier) == Shape(ratio, tier)
            assert found.sizes.table[tier][ratio] == f"{width}x{height}"


@pytest.mark.parametrize(
    ("name", "size", "resolution", "scene", "expected"),
    [
        (SEEDREAM, None, None, "text", Shape("1:1", "2K")),
        (SEEDREAM, None, None, "references", Shape("auto", "2K")),
        (SEEDREAM, "4k", None, "references", Shape("auto", "4K")),
        (SEEDREAM, "16:9", "4K", "text", Shape("16:9", "4K")),
        (SEEDREAM, "auto", None, "references", Shape("auto", "2K")),
        (SEEDREAM, "1:1", "1K", "text", SizeProblem("tier", "1K", ("2K", "4K"))),
        ("gpt-image-2", None, None, "text", Shape("", "")),
        ("gpt-image-2", "2:3", None, "references", Shape("2:3", "")),
        ("doubao-seedance-2.0", None, None, "frames", Shape("adaptive", "480p")),
        ("doubao-seedance-1-5-pro", None, None, "text", Shape("", "", "aspect_ratio")),
        ("doubao-seedance-1-5-pro", "1:1", "720p", "text", Shape("1:1", "720p", "aspect_ratio")),
        ("unheard-of", None, None, "text", Shape("", "")),
    ],
)
def test_sizes_become_the_vendors_two_fields(
    name: str, size: str | None, resolution: str | None, scene: Scene, expected: object
) -> None:
    """`auto` needs pictures; what has no documented default is left out (protocols.md 4.2)."""
    assert model(name).wire_shape(size, resolution, scene=scene) == expected


def test_what_cannot_be_had_names_what_can() -> None:
    """No auto from words, no 9:21 of the lite model, no WIDTHxHEIGHT at all."""
    found = model(SEEDREAM).wire_shape("auto", None, scene="text")
    assert isinstance(found, SizeProblem)
    assert found.nearest[0] == "1:1"
    found = model("doubao-seedream-5-0-lite").wire_shape("9:21", None)
    assert isinstance(found, SizeProblem)
    assert found.nearest[0] == "9:16"
    assert isinstance(model(SEEDREAM).wire_shape("2048x2048", None), SizeProblem)


@every_video_model
def test_videos_stay_within_the_simulators_limits(name: str, rules: VideoRules) -> None:
    """Ratios by their field, resolutions, seconds, sound, pictures (protocols.md 4.2)."""
    found = model(name)
    assert found.sizes.ratios is not None
    assert found.sizes.ratios.field == rules.ratio_field
    assert bool(found.sizes.ratios.auto) == rules.is_adaptive
    assert set(found.sizes.tiers) == set(rules.resolutions)
    low, high = rules.durations
    taken = [second for second in range(50) if found.fields["duration"].allows(second)]
    assert (taken[-1], taken[0] in {low, 5}) == (high, True)
    assert max(found.max_frames, found.max_references) <= rules.references[0]
    sound = {"audio", "generate_audio"} & set(found.fields)
    assert sound == ({rules.audio_field} if rules.audio_field else set())


def test_tasks_are_asked_for_as_documented() -> None:
    """protocols.md 4.3: 10 s first, 4 s step; links may be gone after 24 h."""
    found = model(SEEDREAM)
    assert (found.poll_first_s, found.poll_every_s, found.task_limit_s) == (10, 4, 86_400)
    assert found.result_lifetime_s == 86_400


def test_no_price_is_made_up() -> None:
    """A task tells afterwards what it cost, in no named currency (protocols.md 4.3, 11)."""
    names = [*IMAGE_MODELS, *VIDEO_MODELS, "unheard-of"]
    assert all(price_bound(model(name)) is None for name in names)


def test_an_unknown_model_makes_pictures_with_the_strictest_limits() -> None:
    """What every listed one accepts; nothing that one of them refuses is sent."""
    found = model("unheard-of")
    listed = [model(name) for name in IMAGE_MODELS]
    assert not found.is_known
    assert found.max_references <= min(known.max_references for known in listed)
    assert (found.max_group, dict(found.fields)) == (1, {})
