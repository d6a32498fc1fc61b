"""What the catalog says of Ark's video models, held against protocols.md 3 and the simulator."""

from __future__ import annotations

from typing import Final

import pytest

from seedwatch.catalog import Model, Shape, SizeProblem, find_model, price_bound, provider_named
from seedwatch.records import Scene
from seedwatch.simulator.ark_video_models import VIDEO_MODELS, VideoRules
from seedwatch.simulator.video_sizes import RATIOS

V2_5: Final = "dreamina-seedance-2-5-260628"
V2_0: Final = "doubao-seedance-2-0-260128"
V1_5: Final = "doubao-seedance-1-5-pro-251215"
V1_0: Final = "doubao-seedance-1-0-pro-250528"
V1_0_FAST: Final = "doubao-seedance-1-0-pro-fast-251015"
SCENES: Final[dict[str, Scene]] = {
    "text": "text",
    "first": "frames",
    "first_last": "frames",
    "references": "references",
}
NOT_OURS: Final = {"model", "content", "resolution", "ratio", "callback_url", "safety_identifier"}
"""fields that rules set by other keys, or that are set for them"""
SEED_UNCLEAR: Final = {"seedance-2-5", "seedance-2-0", "seedance-2-0-fast", "seedance-2-0-mini"}


def model(name: str) -> Model:
    """A model of Ark."""
    return find_model("ark", name)


def _shape(ratio: str, resolution: str) -> Shape:
    return Shape(ratio, resolution, "ratio")


every_model = pytest.mark.parametrize(("name", "rules"), VIDEO_MODELS.items())


def test_catalog_and_simulator_know_the_same_video_models() -> None:
    """Every spelling of protocols.md 3.3, and no other."""
    ours = {
        name
        for name, found in provider_named("ark").models.items()
        if found.protocol == "ark-video"
    }
    assert ours == set(VIDEO_MODELS)
    assert all(model(name).answers == "video" for name in ours)


@every_model
def test_kinds_of_input_are_those_of_the_simulator(name: str, rules: VideoRules) -> None:
    """Frames, references and modes agree (protocols.md 3.3)."""
    found = model(name)
    frames = 2 if "first_last" in rules.scenes else 1 if "first" in rules.scenes else 0
    assert (found.max_frames, found.max_references) == (frames, rules.references[0])
    assert ("text-to-video" in found.modes) == ("text" in rules.scenes)
    assert ("image-to-video" in found.modes) == (frames > 0)
    assert found.max_group == 1
    assert found.max_references_plus_group > max(frames, found.max_references)


@every_model
def test_fields_are_those_of_the_simulator(name: str, rules: VideoRules) -> None:
    """A field that the simulated model refuses is never offered; `seed` of 2.x is unclear."""
    unclear = {"seed"} if rules.family in SEED_UNCLEAR else set()
    assert set(model(name).fields) == rules.allowed_fields - NOT_OURS - unclear


@every_model
def test_ranges_are_those_of_the_simulator(name: str, rules: VideoRules) -> None:
    """Seconds and service tiers by model (protocols.md 3.2)."""
    found = model(name)
    low, high = rules.durations
    seconds = found.fields["duration"]
    taken = [value for value in range(-3, 40) if seconds.allows(value)]
    assert taken == [*([-1] if rules.may_choose_duration else []), *range(low, high + 1)]
    tiers = ("default", "flex") if rules.has_flex else ("default",)
    assert found.fields["service_tier"].values == tiers
    expiry = found.fields["execution_expires_after"]
    assert [expiry.allows(value) for value in (3599, 3600, 259_200, 259_201)] == [0, 1, 1, 0]


@every_model
def test_sizes_are_those_of_the_simulator(name: str, rules: VideoRules) -> None:
    """Resolutions, ratios and their pixels (protocols.md 3.6); each pair is said as it is."""
    found = model(name)
    assert found.sizes.tiers == tuple(rules.sizes)
    assert found.sizes.default == rules.default_resolution
    for tier, row in rules.sizes.items():
        for ratio, (width, height) in row.items():
            assert found.sizes.table[tier][ratio] == f"{width}x{height}"
            assert found.wire_shape(ratio, tier, scene="references") == _shape(ratio, tier)
    assert found.sizes.ratios is not None
    assert found.sizes.ratios.names == RATIOS


@every_model
@pytest.mark.parametrize(("theirs", "scene"), SCENES.items())
def test_defaults_are_those_of_the_simulator(
    name: str, rules: VideoRules, theirs: str, scene: Scene
) -> None:
    """Without a size the documented defaults are said outright."""
    is_wide = theirs == "text" and not rules.is_adaptive_by_default
    expected = _shape("16:9" if is_wide else "adaptive", rules.default_resolution)
    if theirs in rules.scenes:
        assert model(name).wire_shape(None, None, scene=scene) == expected


def test_ratios_depend_on_the_input() -> None:
    """1.0 from words takes no adaptive, 2.5 from frames nothing else (protocols.md 3.2)."""
    assert model(V1_0).wire_shape("auto", None, scene="frames") == _shape("adaptive", "1080p")
    assert model(V1_0).wire_shape("auto", None, scene="text") == SizeProblem(
        "ratio", "auto", RATIOS
    )
    assert model(V2_5).wire_shape("16:9", None, scene="text") == _shape("16:9", "720p")
    assert model(V2_5).wire_shape("16:9", None, scene="frames") == SizeProblem(
        "ratio", "16:9", ("auto",)
    )
    scenes: list[Scene] = ["frames", "references"]
    assert model(V2_5).size_problem("16:9", None, {}, scenes) is None
    assert model(V2_5).size_problem("16:9", None, {}, ["frames"]) is not None


@pytest.mark.parametrize(
    ("size", "resolution", "expected"),
    [
        ("9:16", "4K", _shape("9:16", "4k")),
        ("18:32", "1080P", _shape("9:16", "1080p")),
        ("480p", None, _shape("adaptive", "480p")),
        ("480p", "480p", _shape("adaptive", "480p")),
        ("adaptive", "480p", _shape("adaptive", "480p")),
        ("480p", "720p", SizeProblem("both", "480p, 720p", ("480p",))),
        ("1:1", "2K", SizeProblem("tier", "2K", ("480p", "720p", "1080p", "4k"))),
        ("2:1", None, SizeProblem("ratio", "2:1", ("16:9", "21:9", "4:3"))),
        (
            "huge",
            None,
            SizeProblem(
                "spelling", "huge", ("16:9", "4:3", "1:1", "auto", "480p", "720p", "1080p", "4k")
            ),
        ),
        (
            "1280x720",
            None,
            SizeProblem(
                "exact", "1280x720", ("16:9", "4:3", "1:1", "auto", "480p", "720p", "1080p", "4k")
            ),
        ),
        ("1:1", "wide", SizeProblem("spelling", "wide", ("480p", "720p", "1080p", "4k"))),
    ],
)
def test_sizes_of_videos_are_said_in_two_fields(
    size: str, resolution: str | None, expected: Shape | SizeProblem
) -> None:
    """Neutral spellings become the wire's; what cannot be had names what can."""
    assert model(V2_0).wire_shape(size, resolution) == expected


def test_drafts_are_made_in_480p_only() -> None:
    """protocols.md 3.2, `draft`."""
    draft = {"draft": True}
    for name in (V1_5, V2_5):
        assert model(name).wire_shape(None, None, draft) == _shape("adaptive", "480p")
        assert isinstance(model(name).wire_shape(None, "720p", draft), SizeProblem)
    (need,) = model(V1_5).fields["return_last_frame"].needs
    assert (need.field, need.values, need.when) == ("draft", (False,), True)
    assert not model(V2_5).fields["return_last_frame"].needs


def test_the_last_frame_is_one_more_result() -> None:
    """`return_last_frame: true` gives the video, then a picture."""
    assert model(V1_0).output_count(1) == 1
    assert model(V1_0).output_count(1, {"return_last_frame": True}) == 2
    assert model(V1_0).output_count(1, {"return_last_frame": False, "other": True}) == 1


def test_frames_are_counted_in_fours() -> None:
    """29 to 289, of the form 25 + 4n; of 1.0 pro and 1.0 pro fast only."""
    for name in (V1_0, V1_0_FAST):
        field = model(name).fields["frames"]
        assert [n for n in range(20, 300) if field.allows(n)] == list(range(29, 290, 4))
    assert not model(V1_5).knows("frames")


def test_pictures_for_videos_have_limits_of_their_own() -> None:
    """protocols.md 3.4, at its strictest reading."""
    limits = model(V2_0).limits
    assert (limits.min_side_exclusive, limits.max_side) == (299, 6000)
    assert limits.max_bytes < 30_000_000
    assert 0.4 < limits.ratio_min < 0.41
    assert 2.49 < limits.ratio_max < 2.5
    assert model(V2_0).max_request_bytes == 64_000_000
    assert model("doubao-seedream-4-5-251128").limits.max_side is None


def test_no_price_is_made_up_for_videos() -> None:
    """Tokens are documented, the price of one is not (protocols.md 3.5, 11)."""
    assert all(price_bound(model(name)) is None for name in VIDEO_MODELS)


@pytest.mark.parametrize(("count", "most"), [(1, 29_999_999), (2, 23_803_392), (30, 1_586_892)])
def test_pictures_share_the_bytes_of_a_request(count: int, most: int) -> None:
    """64 MB for a whole request, base64 and all (protocols.md 3.4); no share where none is told."""
    limits = model(V2_5).input_limits(count)
    assert limits.max_bytes == most
    assert most * 4 / 3 * count < 64_000_000
    seedream = model("doubao-seedream-4-5-251128")
    assert seedream.input_limits(count) == seedream.limits
