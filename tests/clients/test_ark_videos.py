"""Ark videos: the bodies and paths are those of the vendor's own client, field by field."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from volcenginesdkarkruntime import Ark

from seedwatch.catalog import find_model
from seedwatch.providers.base import Exchange, Order, Picture, Wanted
from seedwatch.providers.bodies import DataUri
from seedwatch.providers.protocols.ark_video import ArkVideo
from seedwatch.records import Handle, Reference
from tests.clients.recording import Recorded
from tests.unit import made

BASE = "https://ark.invalid/api/v3"
KEY = "a" * 32
V2_5, V2_0 = "dreamina-seedance-2-5-260628", "doubao-seedance-2-0-260128"
V1_5, V1_0 = "doubao-seedance-1-5-pro-251215", "doubao-seedance-1-0-pro-250528"
ONE, TWO = DataUri("image/jpeg", b"first picture"), DataUri("image/PNG", b"second picture")
URIS = [
    "data:image/jpeg;base64,Zmlyc3QgcGljdHVyZQ==",
    "data:image/png;base64,c2Vjb25kIHBpY3R1cmU=",
]
OWN, BRAND = Reference("source", "a.png", "0"), Reference("rule", "/b.png", "1")
TEXT = {"type": "text", "text": "a fox"}


def _image(url: str, role: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}, "role": role}


MODES: dict[str, tuple[str, dict[str, Any], list[Picture], dict[str, Any]]] = {
    "text": (
        V1_0,
        {"mode": "text-to-video", "resolution": "720p", "seed": 11},
        [],
        {"content": [TEXT], "resolution": "720p", "ratio": "16:9", "seed": 11},
    ),
    "first frame": (
        V1_0,
        {"references": (OWN,), "options": {"frames": 29, "camera_fixed": True}},
        [ONE],
        {
            "content": [TEXT, _image(URIS[0], "first_frame")],
            "resolution": "1080p",
            "ratio": "adaptive",
            "frames": 29,
            "camera_fixed": True,
        },
    ),
    "first and last frame": (
        V1_5,
        {
            "references": (OWN, OWN),
            "size": "9:16",
            "options": {"duration": -1, "service_tier": "flex", "return_last_frame": True},
        },
        [ONE, TWO],
        {
            "content": [TEXT, _image(URIS[0], "first_frame"), _image(URIS[1], "last_frame")],
            "resolution": "720p",
            "ratio": "9:16",
            "duration": -1,
            "service_tier": "flex",
            "return_last_frame": True,
        },
    ),
    "references": (
        V2_5,
        {
            "references": (BRAND, OWN),
            "size": "1:1",
            "watermark": True,
            "options": {
                "omni_reference_task_type": "reference",
                "output_format": "mov",
                "generate_audio": False,
                "priority": 3,
                "execution_expires_after": 7200,
                "draft": False,
                "tools": [{"type": "web_search"}],
            },
        },
        [ONE, TWO],
        {
            "content": [TEXT, *(_image(uri, "reference_image") for uri in URIS)],
            "resolution": "720p",
            "ratio": "1:1",
            "watermark": True,
            "omni_reference_task_type": "reference",
            "output_format": "mov",
            "generate_audio": False,
            "priority": 3,
            "execution_expires_after": 7200,
            "draft": False,
            "tools": [{"type": "web_search"}],
        },
    ),
}


@pytest.mark.parametrize("mode", MODES)
def test_the_body_is_that_of_the_vendors_client(mode: str) -> None:
    """The same task created with the vendor's library has the same fields at the same path."""
    model, of_rule, pictures, of_client = MODES[mode]
    told = {"mode": "image-to-video"} | of_rule
    generation = made.generation(model=model, prompt="a fox", **told)
    exchange = ArkVideo().request(Order(find_model("ark", model), generation, pictures, KEY))
    theirs = Recorded({"id": "cgt-1"})
    always = {"watermark": False, "safety_identifier": KEY}
    with Ark(base_url=BASE, api_key="k", max_retries=0, http_client=theirs.client()) as client:
        client.content_generation.tasks.create(model=model, **{**always, **of_client})
    assert exchange.body is not None
    assert json.loads(b"".join(exchange.body.pieces())) == theirs.fields
    (request,) = theirs.requests
    assert (request.method, str(request.url)) == (exchange.method, BASE + exchange.path)


def test_the_free_calls_are_those_of_the_vendors_client() -> None:
    """Get, list and delete: the same methods, paths and query names."""
    theirs = Recorded({"id": "cgt-1", "total": 0, "items": []})
    with Ark(base_url=BASE, api_key="k", max_retries=0, http_client=theirs.client()) as client:
        tasks = client.content_generation.tasks
        tasks.get(task_id="cgt-1")
        tasks.delete(task_id="cgt-1")
        tasks.list(page_num=2, page_size=500, model=V2_0, service_tier="default")
    protocol, handle = ArkVideo(), Handle("remote", "cgt-1")
    ours = [
        protocol.poll(handle),
        protocol.cancel(handle),
        protocol.look_up(Wanted(KEY, V2_0, None, 0.0), 2),
    ]
    assert [_said(exchange) for exchange in ours] == [_heard(call) for call in theirs.requests]


def _said(exchange: Exchange) -> tuple[str, str, set[tuple[str, str]]]:
    url = urlsplit(BASE + exchange.path)
    return exchange.method, url.path, set(parse_qsl(url.query))


def _heard(request: httpx.Request) -> tuple[str, str, set[tuple[str, str]]]:
    return request.method, request.url.path, set(parse_qsl(request.url.query.decode()))
