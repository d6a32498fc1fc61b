"""ark_images: the request bodies are those of the vendor's own samples, field by field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seedwatch.catalog import find_model
from seedwatch.errors import Rejected
from seedwatch.providers.base import Order, Picture, Reply
from seedwatch.providers.bodies import DataUri, JsonBody
from seedwatch.providers.protocols.ark_images import ArkImages
from seedwatch.records import Generation
from tests.unit import made

SAMPLES = Path(__file__).parents[1] / "data" / "request-samples.json"
ONE, TWO = DataUri("image/jpeg", b"first picture"), DataUri("image/PNG", b"second picture")
URIS = [
    "data:image/jpeg;base64,Zmlyc3QgcGljdHVyZQ==",
    "data:image/png;base64,c2Vjb25kIHBpY3R1cmU=",
]
PRO, FLASH = "doubao-seedream-5-0-pro-260628", "doubao-seedream-5-0-flash-260915"
LITE, FOUR_FIVE = "doubao-seedream-5-0-260128", "doubao-seedream-4-5-251128"
T2I, EDIT = "doubao-seedream-3-0-t2i-250415", "doubao-seededit-3-0-i2i-250628"

SEEDREAM_4 = {"size": "2K", "watermark": True}
GENERATIONS: dict[str, tuple[Generation, list[Picture]]] = {
    "ark-text-single": (made.generation(**SEEDREAM_4), []),
    "ark-text-group": (made.generation(**SEEDREAM_4, group=4), []),
    "ark-edit-two-references": (
        made.generation(**SEEDREAM_4, mode="image-to-image"),
        [ONE, TWO],
    ),
    "ark-references-to-group": (
        made.generation(**SEEDREAM_4, mode="image-to-image", group=3),
        [ONE, TWO],
    ),
}


def _sent(generation: Generation, pictures: list[Picture]) -> Any:
    """The body as it goes over the wire."""
    model = find_model("ark", generation.model)
    return json.loads(b"".join(JsonBody(ArkImages().fields(model, generation, pictures)).pieces()))


def _samples() -> dict[str, Any]:
    samples = json.loads(SAMPLES.read_text(encoding="utf-8"))
    return {sample["name"]: sample for sample in samples if sample["provider"] == "ark"}


def test_there_is_a_generation_for_every_sample() -> None:
    """The four Ark samples of the vendor's guide are all here."""
    assert set(_samples()) == set(GENERATIONS)


@pytest.mark.parametrize("name", GENERATIONS)
def test_the_body_is_that_of_the_sample(name: str) -> None:
    """Field by field, nothing more and nothing less; picture URLs become data URIs in order."""
    expected = dict(_samples()[name]["body"])
    if "image" in expected:
        assert len(expected["image"]) == len(URIS)
        expected["image"] = URIS
    assert _sent(*GENERATIONS[name]) == expected


@pytest.mark.parametrize("name", GENERATIONS)
def test_it_goes_where_the_sample_goes(name: str) -> None:
    """Method and path are those of the sample; the base URL ends in /api/v3."""
    generation, pictures = GENERATIONS[name]
    order = Order(find_model("ark", generation.model), generation, pictures, "0" * 32)
    exchange, sample = ArkImages().request(order), _samples()[name]
    assert exchange.method == sample["method"]
    assert "/api/v3" + exchange.path == sample["path"]
    assert exchange.body is not None
    assert exchange.body.content_type == "application/json"
    assert json.loads(b"".join(exchange.body.pieces())) == _sent(generation, pictures)


def test_one_reference_is_sent_alone() -> None:
    """One picture is a text, not a list of one, and says nothing of sequences."""
    body = _sent(made.generation(mode="image-to-image"), [ONE])
    assert body["image"] == URIS[0]
    assert "sequential_image_generation" not in body


def test_a_url_is_sent_as_it_is() -> None:
    """A reference that the provider fetches itself is not touched."""
    url = "https://host/a%2Fb.png?x=1&y=%20"
    body = _sent(made.generation(mode="image-to-image"), [url, ONE])
    assert body["image"] == [url, URIS[0]]


@pytest.mark.parametrize("model", [PRO, FLASH, LITE, FOUR_FIVE, made.MODEL, T2I, EDIT, "ep-2026"])
def test_what_is_always_sent(model: str) -> None:
    """Size, response_format and watermark are always explicit (protocols.md 12.3)."""
    body = _sent(made.generation(model=model), [])
    assert body["watermark"] is False
    assert body["response_format"] == "url"
    assert body["size"]
    assert set(body) == {"model", "prompt", "size", "response_format", "watermark"}


@pytest.mark.parametrize("model", [PRO, FLASH, T2I, EDIT, "ep-2026"])
@pytest.mark.parametrize("pictures", [[], [ONE, TWO]])
def test_models_without_groups_get_no_word_of_them(model: str, pictures: list[Picture]) -> None:
    """Even "disabled" is a 400 on 5.0 pro: the fields are not sent at all (2.2)."""
    body = _sent(made.generation(model=model, group=4), pictures)
    assert not [name for name in body if name.startswith("sequential")]


EXTRAS = {
    "seed": 7,
    "negative_prompt": "blur",
    "guidance_scale": 2.5,
    "output_format": "png",
    "stream": True,
    "layer_decomposition": True,
    "background": "opaque",
    "optimize_prompt_options": {"mode": "standard"},
    "tools": [{"type": "web_search"}],
    "n": 2,
    "quality": "high",
    "unheard_of": 1,
}
KNOWN = {
    PRO: {
        *("negative_prompt", "output_format", "layer_decomposition", "background"),
        "optimize_prompt_options",
    },
    FLASH: {
        *("seed", "negative_prompt", "output_format", "layer_decomposition", "background"),
        "optimize_prompt_options",
    },
    LITE: {"output_format", "optimize_prompt_options", "tools", "stream"},
    FOUR_FIVE: {"optimize_prompt_options", "stream"},
    made.MODEL: {"optimize_prompt_options", "stream"},
    T2I: {"seed", "guidance_scale"},
    EDIT: {"seed", "guidance_scale"},
    "ep-2026": set(),
}


@pytest.mark.parametrize("model", KNOWN)
def test_only_fields_the_model_knows_are_sent(model: str) -> None:
    """Each further field goes to the models that take it and to no other (2.2, 12.1).

    Red when options are merged into the body unchecked.
    """
    options = {
        name: value for name, value in EXTRAS.items() if name not in {"seed", "negative_prompt"}
    }
    generation = made.generation(model=model, seed=7, negative_prompt="blur", options=options)
    body = _sent(generation, [])
    always = {"model", "prompt", "size", "response_format", "watermark"}
    assert set(body) - always == KNOWN[model]
    assert {name: body[name] for name in KNOWN[model]} == {
        name: EXTRAS[name] for name in KNOWN[model]
    }


def test_the_name_is_sent_as_the_rule_spells_it() -> None:
    """An alias or endpoint id is what the account knows: it is not translated."""
    for name in ("seedream-4-0-250828", "ep-20260101-abcde"):
        assert _sent(made.generation(model=name), [])["model"] == name


@pytest.mark.parametrize(
    ("size", "resolution", "sent"),
    [
        ("2k", None, "2K"),
        ("2048x2048", None, "2048x2048"),
        ("16:9", "1K", "1280x720"),
        ("auto", None, "2K"),
        (None, "4K", "4K"),
    ],
)
def test_sizes_in_neutral_terms(size: str | None, resolution: str | None, sent: str) -> None:
    """Tier, exact, ratio and auto become what the service takes (2.3, 10)."""
    assert _sent(made.generation(size=size, resolution=resolution), [])["size"] == sent


def test_an_impossible_size_is_refused_before_anything_is_sent() -> None:
    """What the service would refuse is refused here."""
    with pytest.raises(Rejected):
        _sent(made.generation(size="100x100"), [])


def test_a_refusal_is_its_class() -> None:
    """An answer that is not 2xx is the error that it is."""
    reply = Reply(400, {}, b'{"error": {"code": "InvalidParameter", "message": "size"}}')
    error = ArkImages().refusal(reply)
    assert isinstance(error, Rejected)
    assert "size" in error.message
