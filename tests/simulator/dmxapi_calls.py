"""Calls to the DMXAPI surface."""

from __future__ import annotations

import json
from typing import Any

from tests.simulator.calls import SMALL, V4_0, Reply, call
from tests.simulator.openai_calls import GPT_1_5

DMXAPI = "/dmxapi/v1"
DALL_E = "dall-e-3"
GPT_1 = "gpt-image-1"


def seedream(url: str, *, authorization: str | None = "Bearer key", **fields: Any) -> Reply:
    """A Seedream generation; a small 4.0 picture unless the fields say otherwise."""
    return _post(url, {"model": V4_0, "prompt": "a fox", "size": SMALL, **fields}, authorization)


def gpt(url: str, **fields: Any) -> Reply:
    """A gpt-image generation; of gpt-image-1.5 unless the fields say otherwise."""
    body = {"model": GPT_1_5, "prompt": "a fox", "n": 1, "size": "1024x1024", **fields}
    return _post(url, body, "Bearer key")


def _post(url: str, body: dict[str, Any], authorization: str | None) -> Reply:
    headers = {"Content-Type": "application/json"}
    if authorization is not None:
        headers["Authorization"] = authorization
    content = json.dumps(body).encode()
    return call(url, "POST", f"{DMXAPI}/images/generations", content, headers)
