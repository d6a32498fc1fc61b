"""What APIMart's surface refuses, and in which words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from PIL import Image

from seedwatch.simulator import RunningSimulator
from tests.simulator.apimart_calls import (
    IMAGES,
    LITE,
    SEEDANCE_1_0,
    SEEDANCE_1_5,
    SEEDANCE_2_0,
    VIDEOS,
    pixels,
    submit,
)
from tests.simulator.calls import Reply, call, data_uri, encoded

RED = data_uri(pixels())
_WEBP = data_uri(encoded(Image.new("RGB", (64, 64)), "webp"), "webp")
_STRIP = data_uri(pixels(size=(20, 61)))
_LARGE = f"data:image/png;base64,{'A' * (15 * 1024 * 1024)}"
_URL = "https://nowhere.invalid/a.png"

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"model": ...}, "model"),
    ({"model": 7}, "model"),
    ({"prompt": ...}, "prompt"),
    ({"prompt": "  "}, "prompt"),
    ({"prompt": 7}, "prompt"),
    ({"size": "5:4"}, "size"),
    ({"size": "2048x2048"}, "size"),
    ({"size": "auto"}, "size"),
    ({"model": LITE, "size": "9:21"}, "size"),
    ({"resolution": "1K"}, "resolution"),
    ({"resolution": "2k"}, "resolution"),
    ({"model": LITE, "resolution": "4K"}, "resolution"),
    ({"n": "1"}, "n"),
    ({"n": 0}, "n"),
    ({"n": 16}, "n"),
    ({"n": True}, "n"),
    ({"model": LITE, "n": 5}, "n"),
    ({"model": "gpt-image-2", "n": 2}, "n"),
    ({"model": "gpt-image-1-official", "n": 5}, "n"),
    ({"n": 15, "image_urls": [_URL]}, "n"),
    ({"n": 1, "image_urls": [_URL] * 15}, "image_urls"),
    ({"model": "gpt-image-1-official", "image_urls": [_URL] * 16}, "image_urls"),
    ({"image_urls": _URL}, "image_urls"),
    ({"image_urls": [7]}, "image_urls[0]"),
    ({"image_urls": [_URL, "fox.png"]}, "image_urls[1]"),
    ({"image_urls": ["data:image/png,abc"]}, "image_urls[0]"),
    ({"image_urls": ["data:image/png;base64,abc%"]}, "image_urls[0]"),
    ({"image_urls": [_WEBP]}, "image_urls[0]"),
    ({"image_urls": [_STRIP]}, "image_urls[0]"),
    ({"image_urls": [_LARGE]}, "image_urls[0]"),
    ({"watermark": "no"}, "watermark"),
    ({"sequential_image_generation": "on"}, "sequential_image_generation"),
    ({"sequential_image_generation_options": 3}, "sequential_image_generation_options"),
    ({"sequential_image_generation_options": {"max_images": 16}}, "max_images"),
    ({"optimize_prompt_options": {"mode": "slow"}}, "mode"),
    ({"model": LITE, "output_format": "webp"}, "output_format"),
]


@pytest.mark.parametrize(("fields", "param"), REFUSED)
def test_wrong_pictures_are_refused(
    sim: RunningSimulator, fields: dict[str, Any], param: str
) -> None:
    """A 400 with code, message, type and the field; nothing is billed."""
    reply = submit(sim.url, **fields)
    error = reply.json()["error"]
    assert (reply.status, error["code"], error["param"]) == (400, 400, param)
    assert error["type"] == "invalid_request_error"
    assert sim.ledger() == []


TAKEN: list[dict[str, Any]] = [
    {"n": 15},
    {"n": 1, "image_urls": [RED] * 14},
    {"size": "auto", "image_urls": [_URL]},
    {"optimize_prompt_options": {"mode": "fast"}, "watermark": True},
    {"output_format": "webp", "quality": "high", "unknown": 1},
    {"n": None, "size": None, "image_urls": None},
    {"model": "gpt-image-2", "image_urls": [_WEBP] * 16},
]


@pytest.mark.parametrize("fields", TAKEN)
def test_limits_and_unknown_fields_are_taken(sim: RunningSimulator, fields: dict[str, Any]) -> None:
    """Values at their limits are taken, null is absent, fields of other models are ignored."""
    reply = submit(sim.url, **fields)
    assert reply.status == 200, reply.body


REFUSED_VIDEOS: list[tuple[str, dict[str, Any], str]] = [
    (SEEDANCE_1_0, {"duration": 1}, "duration"),
    (SEEDANCE_1_0, {"duration": 13}, "duration"),
    (SEEDANCE_1_5, {"duration": 3}, "duration"),
    (SEEDANCE_2_0, {"duration": 16}, "duration"),
    (SEEDANCE_2_0, {"duration": "5"}, "duration"),
    (SEEDANCE_1_0, {"aspect_ratio": "adaptive"}, "aspect_ratio"),
    (SEEDANCE_2_0, {"size": "9:21"}, "size"),
    (SEEDANCE_2_0, {"resolution": "1080p"}, "resolution"),
    (SEEDANCE_1_5, {"audio": "yes"}, "audio"),
    (SEEDANCE_2_0, {"generate_audio": 1}, "generate_audio"),
    (SEEDANCE_2_0, {"return_last_frame": "x"}, "return_last_frame"),
    (SEEDANCE_2_0, {"seed": 1.5}, "seed"),
    (SEEDANCE_2_0, {"tools": ["web_search"]}, "tools"),
    (SEEDANCE_2_0, {"prompt": ...}, "prompt"),
    (SEEDANCE_1_0, {"prompt": ..., "image_urls": [RED]}, "prompt"),
    (SEEDANCE_1_0, {"image_urls": [RED] * 3}, "image_urls"),
    (SEEDANCE_2_0, {"image_urls": [RED] * 10}, "image_urls"),
    (SEEDANCE_2_0, {"image_urls": [_STRIP]}, "image_urls[0]"),
    (SEEDANCE_2_0, {"video_urls": [_URL] * 4}, "video_urls"),
    (SEEDANCE_2_0, {"audio_urls": ["data:audio/wav;base64,AAAA"]}, "audio_urls[0]"),
    (SEEDANCE_2_0, {"audio_urls": _URL}, "audio_urls"),
    (SEEDANCE_2_0, {"image_with_roles": [{"url": RED, "role": "x"}]}, "image_with_roles[0].role"),
    (SEEDANCE_2_0, {"image_with_roles": [{"role": "first_frame"}]}, "image_with_roles[0].url"),
    (SEEDANCE_2_0, {"image_with_roles": ["x"]}, "image_with_roles[0]"),
    (SEEDANCE_2_0, {"image_with_roles": {}}, "image_with_roles"),
]


@pytest.mark.parametrize(("model", "fields", "param"), REFUSED_VIDEOS)
def test_wrong_videos_are_refused(
    sim: RunningSimulator, model: str, fields: dict[str, Any], param: str
) -> None:
    """A 400 that names the field; nothing is billed."""
    reply = submit(sim.url, VIDEOS, model=model, **fields)
    assert (reply.status, reply.error["param"]) == (400, param), reply.body
    assert sim.ledger() == []


def test_data_uris_may_be_refused(sim: RunningSimulator) -> None:
    """apimart.data_uri: pictures have to be uploaded first."""
    assert submit(sim.url, image_urls=[RED]).status == 200
    sim.move_switches({"apimart.data_uri": "refuse"})
    reply = submit(sim.url, image_urls=[RED])
    assert (reply.status, reply.error["param"]) == (400, "image_urls[0]")
    assert "upload" in reply.error["message"]


def _raw(sim: RunningSimulator, body: bytes, key: str = "Bearer key") -> Reply:
    return call(sim.url, "POST", IMAGES, body, {"Authorization": key})


def test_checks_come_in_order(sim: RunningSimulator) -> None:
    """The key before the JSON, the JSON before the model, the model before its fields."""
    assert _raw(sim, b"{", "Bearer invalid").status == 401
    assert _raw(sim, b"{", "key").status == 401
    assert _raw(sim, b'{"model": "doubao-seedance-4-5", "prompt": "x",}').status == 400
    assert _raw(sim, b"[]").status == 400
    unknown = json.dumps({"model": "doubao-seedance-2.0", "n": "x"}).encode()
    assert _raw(sim, unknown).status == 404
    assert _raw(sim, b"{}").status == 400


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "payment_required"),
        (403, "permission_error"),
        (429, "rate_limit_error"),
        (500, "server_error"),
        (502, "bad_gateway"),
    ],
)
def test_every_status_has_its_type(sim: RunningSimulator, status: int, kind: str) -> None:
    """The envelope of protocols.md 4.5, or the older one if the switch says so."""
    sim.post_faults([{"do": "status", "args": {"code": status}}])
    reply = submit(sim.url)
    error = reply.json()["error"]
    assert (reply.status, error["code"], error["type"]) == (status, status, kind)
    sim.move_switches({"apimart.envelope": "success_false"})
    answer = submit(sim.url).json()
    assert answer == {"success": False, "message": error["message"]}
