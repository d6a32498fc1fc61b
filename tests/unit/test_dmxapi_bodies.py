"""dmxapi: the request bodies are those of the relay's own samples, field by field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seedwatch.catalog import find_model
from seedwatch.errors import Rejected
from seedwatch.providers.base import Exchange, Order, Picture
from seedwatch.providers.bodies import DataUri
from seedwatch.providers.registry import protocol_named
from seedwatch.simulator.multipart import read_form
from tests.unit import made

SAMPLES = Path(__file__).parents[1] / "data" / "request-samples.json"
SEEDREAM, EDIT = "doubao-seedream-4-5-251128", "doubao-seededit-3-0-i2i-250628"
GPT, DALL_E = "gpt-image-1.5", "dall-e-3"
ONE, TWO = DataUri("image/JPEG", b"first picture"), DataUri("image/png", b"second picture")
URL = "https://ark-project.tos-cn-beijing.volces.com/doc_image/seedream4_imageToimage.png"
AUTO = {"background": "auto", "moderation": "auto", "output_format": "png", "quality": "auto"}

RULES: dict[str, tuple[dict[str, Any], list[Picture]]] = {
    "dmxapi-seedream-url": ({"model": SEEDREAM, "size": "2K"}, [URL]),
    "dmxapi-seedream-base64": ({"model": SEEDREAM, "size": "2K", "watermark": True}, [ONE]),
    "dmxapi-gpt-image": ({"model": GPT, "size": "1024x1536", "options": AUTO}, []),
}


def _exchange(pictures: list[Picture], **rule: Any) -> Exchange:
    generation = made.generation(**rule)
    model = find_model("dmxapi", generation.model)
    return protocol_named(model.protocol).request(Order(model, generation, pictures, "0" * 32))


def _json(pictures: list[Picture], **rule: Any) -> Any:
    exchange = _exchange(pictures, **rule)
    assert exchange.body is not None
    assert (exchange.method, exchange.path) == ("POST", "/images/generations")
    return json.loads(b"".join(exchange.body.pieces()))


def _samples() -> dict[str, Any]:
    samples = json.loads(SAMPLES.read_text(encoding="utf-8"))
    return {sample["name"]: sample for sample in samples if sample["provider"] == "dmxapi"}


def test_there_is_a_rule_for_every_sample() -> None:
    """The three samples of DMXAPI's documents are all here."""
    assert set(_samples()) == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_the_body_is_that_of_the_sample(name: str) -> None:
    """Field by field, nothing more and nothing less; the base URL ends in /v1."""
    rule, pictures = RULES[name]
    sample = _samples()[name]
    expected = dict(sample["body"])
    if str(expected.get("image", "")).startswith("data:"):
        expected["image"] = "data:image/jpeg;base64,Zmlyc3QgcGljdHVyZQ=="
    assert _json(pictures, **rule) == expected
    assert "/v1" + _exchange(pictures, **rule).path == sample["path"]


def test_seedream_is_asked_as_at_ark() -> None:
    """Groups, several references and options have Ark's fields; `stream` is said outright (5.2)."""
    assert _json([ONE, TWO], model=SEEDREAM, group=3, options={"stream": True}) == {
        "model": SEEDREAM,
        "prompt": "PROMPT",
        "image": [
            "data:image/jpeg;base64,Zmlyc3QgcGljdHVyZQ==",
            "data:image/png;base64,c2Vjb25kIHBpY3R1cmU=",
        ],
        "size": "2K",
        "response_format": "url",
        "watermark": False,
        "sequential_image_generation": "auto",
        "sequential_image_generation_options": {"max_images": 3},
        "stream": True,
    }


def test_seededit_takes_one_picture_and_the_word_adaptive() -> None:
    """It knows neither groups nor streams."""
    body = _json([ONE], model=EDIT)
    assert set(body) == {"model", "prompt", "image", "size", "response_format", "watermark"}
    assert body["size"] == "adaptive"


def test_gpt_says_n_and_size_always() -> None:
    """The relay's page calls both required (conflict 18); nothing else is made up."""
    assert _json([], model=GPT) == {"model": GPT, "prompt": "PROMPT", "n": 1, "size": "auto"}
    assert _json([], model=DALL_E)["size"] == "1024x1024"
    assert _json([], model="never-heard-of") == {
        "model": "never-heard-of",
        "prompt": "PROMPT",
        "n": 1,
        "size": "1024x1024",
    }


def test_dall_e_3_has_fields_of_its_own() -> None:
    """Style and response_format are dall-e-3's only (5.3)."""
    options = {"quality": "hd", "style": "natural", "response_format": "b64_json"}
    assert _json([], model=DALL_E, options=options | AUTO | {"quality": "hd"}) == {
        "model": DALL_E,
        "prompt": "PROMPT",
        "n": 1,
        "size": "1024x1024",
        **options,
    }
    assert "style" not in _json([], model=GPT, options=options)
    assert "response_format" not in _json([], model=GPT, options=options)


def test_an_edit_repeats_the_part_image() -> None:
    """Several pictures of a gpt-image model are parts of one name (5.1)."""
    exchange = _exchange([ONE, TWO], model="gpt-image-1-mini", options=AUTO)
    assert exchange.path == "/images/edits"
    assert exchange.body is not None
    form = read_form(exchange.body.content_type, b"".join(exchange.body.pieces()))
    assert [(file.name, file.kind, file.content) for file in form.files] == [
        ("image", "image/jpeg", b"first picture"),
        ("image", "image/png", b"second picture"),
    ]
    assert dict(form.texts) == {
        "model": "gpt-image-1-mini",
        "prompt": "PROMPT",
        "n": "1",
        "size": "auto",
        "background": "auto",
        "output_format": "png",
        "quality": "auto",
    }


def test_an_edit_takes_no_address() -> None:
    """A gpt-image edit sends files; Seedream takes an address."""
    with pytest.raises(Rejected):
        _exchange([URL], model=GPT)
    assert _json([URL], model=SEEDREAM)["image"] == URL
