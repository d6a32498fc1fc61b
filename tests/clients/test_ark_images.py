"""Ark images: the bodies are those of the vendor's own client, field by field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from volcenginesdkarkruntime import Ark
from volcenginesdkarkruntime.types.images import (
    OptimizePromptOptions,
    SequentialImageGenerationOptions,
)

from seedwatch.catalog import find_model
from seedwatch.providers.base import Order, Picture
from seedwatch.providers.bodies import DataUri
from seedwatch.providers.protocols.ark_images import ArkImages
from tests.clients.recording import Recorded
from tests.unit import made

BASE = "https://ark.invalid/api/v3"
ONE, TWO = DataUri("image/jpeg", b"first picture"), DataUri("image/PNG", b"second picture")
URIS = [
    "data:image/jpeg;base64,Zmlyc3QgcGljdHVyZQ==",
    "data:image/png;base64,c2Vjb25kIHBpY3R1cmU=",
]
PRO, LITE, FOUR_FIVE, FOUR, EDIT = (
    "doubao-seedream-5-0-pro-260628",
    "doubao-seedream-5-0-260128",
    "doubao-seedream-4-5-251128",
    "doubao-seedream-4-0-250828",
    "doubao-seededit-3-0-i2i-250628",
)
_ALWAYS = {"response_format": "url", "watermark": False}

MODES: dict[str, tuple[str, dict[str, Any], list[Picture], dict[str, Any]]] = {
    "text": (FOUR_FIVE, {"size": "2K"}, [], {"size": "2K"}),
    "text to a group": (
        FOUR_FIVE,
        {"size": "4K", "group": 4},
        [],
        {
            "size": "4K",
            "sequential_image_generation": "auto",
            "sequential_image_generation_options": SequentialImageGenerationOptions(max_images=4),
        },
    ),
    "edit": (FOUR, {"size": "1024x1024"}, [ONE], {"size": "1024x1024", "image": URIS[0]}),
    "two references": (
        LITE,
        {"size": "3K"},
        [ONE, TWO],
        {"size": "3K", "image": URIS, "sequential_image_generation": "disabled"},
    ),
    "prompt optimised quickly": (
        FOUR,
        {"size": "2K", "options": {"optimize_prompt_options": {"mode": "fast"}}},
        [],
        {"size": "2K", "optimize_prompt_options": OptimizePromptOptions(mode="fast")},
    ),
    "png": (
        LITE,
        {"size": "2K", "options": {"output_format": "png"}},
        [],
        {"size": "2K", "output_format": "png"},
    ),
    "layers": (
        PRO,
        {"size": "auto", "options": {"layer_decomposition": True}},
        [ONE],
        {"size": "auto", "image": URIS[0], "layer_decomposition": True},
    ),
    "seed and guidance": (
        EDIT,
        {"seed": 42, "options": {"guidance_scale": 5.5}},
        [ONE],
        {"size": "adaptive", "image": URIS[0], "seed": 42, "guidance_scale": 5.5},
    ),
}


@pytest.mark.parametrize("mode", MODES)
def test_the_body_is_that_of_the_vendors_client(mode: str) -> None:
    """The same request made with the vendor's library has the same fields at the same path."""
    model, of_rule, pictures, of_client = MODES[mode]
    generation = made.generation(model=model, prompt="a fox", **of_rule)
    exchange = ArkImages().request(Order(find_model("ark", model), generation, pictures, "0" * 32))
    theirs = Recorded({"data": [], "model": model})
    with Ark(base_url=BASE, api_key="k", max_retries=0, http_client=theirs.client()) as client:
        client.images.generate(model=model, prompt="a fox", **_ALWAYS, **of_client)
    assert exchange.body is not None
    assert json.loads(b"".join(exchange.body.pieces())) == theirs.fields
    (request,) = theirs.requests
    assert (request.method, str(request.url)) == (exchange.method, BASE + exchange.path)
    assert request.headers["Content-Type"] == exchange.body.content_type
