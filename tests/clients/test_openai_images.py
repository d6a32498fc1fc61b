"""OpenAI images: the bodies are those of the vendor's own client, field by field."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import openai
import pytest

from seedwatch.catalog import find_model
from seedwatch.providers.base import Exchange, Order, Picture
from seedwatch.providers.bodies import DataUri
from seedwatch.providers.protocols.openai_images import OpenAiImages
from seedwatch.simulator.multipart import read_form
from tests.clients.recording import Recorded
from tests.unit import made

BASE = "https://openai.invalid/v1"
ONE, TWO = DataUri("image/jpeg", b"first\r\n--picture"), DataUri("image/png", b"second picture")
FILES = [("a.jpg", ONE.content, "image/jpeg"), ("b.png", TWO.content, "image/png")]
GPT_2, FLARE, GPT_1_5 = "gpt-image-2", "gpt-image-2.5-flare", "gpt-image-1.5"
WEBP = {"output_format": "webp", "output_compression": 50, "background": "transparent"}
STREAM = {"stream": True, "partial_images": 2}
SVG = {"output_format": "svg", "svg": {"model": "m", "reasoning": {"effort": "low"}}}

# model, keys of the rule, pictures, keywords of the client
MODES: dict[str, tuple[str, dict[str, Any], list[Picture], dict[str, Any]]] = {
    "text": (GPT_2, {}, [], {"size": "auto"}),
    "text, exact size": (GPT_2, {"size": "2048x1152"}, [], {"size": "2048x1152"}),
    "three at once": (GPT_1_5, {"group": 3}, [], {"size": "auto", "n": 3}),
    "text, webp": (GPT_2, {"options": WEBP}, [], {"size": "auto", **WEBP}),
    "text, finer": (FLARE, {"options": {"quality": "max"}}, [], {"size": "auto", "quality": "max"}),
    "text, moderation": (
        GPT_1_5,
        {"options": {"moderation": "low"}},
        [],
        {"size": "auto", "moderation": "low"},
    ),
    "text, streamed": (GPT_2, {"options": STREAM}, [], {"size": "auto", **STREAM}),
    "text, svg": (GPT_2, {"options": SVG}, [], {"size": "auto", "extra_body": SVG}),
    "edit": (GPT_2, {}, [ONE], {"size": "auto", "image": FILES[0]}),
    "edit of two": (GPT_2, {}, [ONE, TWO], {"size": "auto", "image": FILES}),
    "edit, three at once": (
        GPT_1_5,
        {"group": 3, "options": {"input_fidelity": "high", "user": "u"}},
        [ONE],
        {"size": "auto", "n": 3, "image": FILES[0], "input_fidelity": "high", "user": "u"},
    ),
    "edit, webp": (GPT_2, {"options": WEBP}, [ONE], {"size": "auto", "image": FILES[0], **WEBP}),
    "edit, streamed": (
        GPT_2,
        {"options": STREAM},
        [ONE, TWO],
        {"size": "auto", "image": FILES, **STREAM},
    ),
    "edit with a mask": (
        GPT_2,
        {"options": {"mask": TWO, "user": "u"}},
        [ONE],
        {"size": "auto", "image": FILES[0], "mask": FILES[1], "user": "u"},
    ),
    "edit, svg": (
        GPT_2,
        {"options": SVG},
        [ONE],
        {"size": "auto", "image": FILES[0], "extra_body": SVG},
    ),
}


def _ours(mode: str) -> Exchange:
    model, of_rule, pictures, _ = MODES[mode]
    generation = made.generation(model=model, prompt="a fox\n\u72d0", **of_rule)
    return OpenAiImages().request(
        Order(find_model("openai", model), generation, pictures, "0" * 32)
    )


def _theirs(mode: str) -> Recorded:
    model, _, pictures, of_client = MODES[mode]
    recorded = Recorded({"created": 1, "data": []})
    http: Any = recorded.client()  # the library's own types name a twin of httpx
    with openai.OpenAI(base_url=BASE, api_key="k", max_retries=0, http_client=http) as client:
        call: Callable[..., object] = client.images.edit if pictures else client.images.generate
        call(model=model, prompt="a fox\n\u72d0", **of_client)
    return recorded


@pytest.mark.parametrize("mode", [mode for mode in MODES if not MODES[mode][2]])
def test_a_generation_is_that_of_the_vendors_client(mode: str) -> None:
    """The same request made with the vendor's library has the same fields at the same path."""
    exchange, recorded = _ours(mode), _theirs(mode)
    assert exchange.body is not None
    assert json.loads(b"".join(exchange.body.pieces())) == recorded.fields
    assert str(recorded.request.url) == BASE + exchange.path
    assert recorded.request.method == exchange.method


@pytest.mark.parametrize("mode", [mode for mode in MODES if MODES[mode][2]])
def test_an_edit_is_that_of_the_vendors_client(mode: str) -> None:
    """The form has the same texts and files of the same names, types and bytes, in this order."""
    exchange, recorded = _ours(mode), _theirs(mode)
    assert exchange.body is not None
    ours = read_form(exchange.body.content_type, b"".join(exchange.body.pieces()))
    theirs = read_form(recorded.request.headers["Content-Type"], recorded.request.content)
    assert sorted(ours.texts) == sorted(theirs.texts)
    assert [(file.name, file.kind, file.content) for file in ours.files] == [
        (file.name, file.kind, file.content) for file in theirs.files
    ]
    assert str(recorded.request.url) == BASE + exchange.path
