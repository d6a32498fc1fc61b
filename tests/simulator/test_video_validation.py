"""What Ark's video surface refuses, and what it takes, model by model (protocols.md 3.2 to 3.4)."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from PIL import Image

from seedwatch.simulator import RunningSimulator
from tests.simulator.calls import call, data_uri, encoded
from tests.simulator.video_calls import (
    TASKS,
    V1_0,
    V1_0_FAST,
    V1_0_I2V,
    V1_0_T2V,
    V1_5,
    V2_0,
    V2_0_FAST,
    V2_5,
    create,
    image,
    medium,
    shown,
    text,
)

_T: list[dict[str, Any]] = [text()]
_FIRST: list[dict[str, Any]] = [text(), image()]
_BOTH: list[dict[str, Any]] = [image("first_frame"), image("last_frame")]
_REFERENCE = image("reference_image")


def _url(url: str, role: str | None = "first_frame") -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}, "role": role}


def _picture(size: tuple[int, int], kind: str = "png") -> dict[str, Any]:
    return _url(data_uri(encoded(Image.new("RGB", size), kind), kind))


TAKEN: list[tuple[str, list[dict[str, Any]], dict[str, Any]]] = [
    (V1_0, _T, {"frames": 29, "duration": 3}),
    (V1_0, _T, {"frames": 289}),
    (V1_0, _T, {"duration": 2, "resolution": "1080p", "ratio": "21:9"}),
    (V1_0, _T, {"service_tier": "flex", "camera_fixed": True, "seed": -1}),
    (V1_0, _FIRST, {"ratio": "adaptive"}),
    (V1_0, [image(None)], {}),
    (V1_0, _BOTH, {}),
    (V1_0, [image("last_frame"), text(), image("first_frame")], {}),
    (V1_0_FAST, _FIRST, {}),
    (V1_0_T2V, _T, {}),
    (V1_0_I2V, [_REFERENCE] * 4, {}),
    (V1_5, _T, {"ratio": "adaptive", "duration": -1, "generate_audio": False}),
    (V1_5, _T, {"draft": True, "resolution": "480p"}),
    (V2_0, _T, {"resolution": "4k", "priority": 9, "tools": [{"type": "web_search"}]}),
    (V2_0, [_REFERENCE] * 9 + [medium("video")] * 3 + [medium("audio")] * 3, {}),
    (V2_0, [medium("video")], {}),
    (V2_5, [medium("audio")], {}),
    (V2_5, [text(), medium("video")], {"omni_reference_task_type": "edit"}),
    (V2_5, [_REFERENCE] * 30, {"omni_reference_task_type": "reference"}),
    (V2_5, _T, {"duration": 30, "output_format": "mov"}),
    (V2_5, _FIRST, {"ratio": "adaptive"}),
    ("ep-20260101-abcde", _T, {"resolution": "1080p"}),
    (V1_0, _T, {"execution_expires_after": 259_200, "safety_identifier": "x" * 64}),
    (V1_0, _T, {"callback_url": "https://nowhere.invalid/hook", "watermark": True}),
    (V1_0, _T, {"priority": None, "tools": None, "draft": None, "output_format": None}),
    (V1_0, [_picture((750, 300)), text("")], {}),
    (V1_5, [_url("https://nowhere.invalid/a.png")], {}),
    (V1_5, [_url("asset://abc")], {}),
]


@pytest.mark.parametrize(("model", "content", "fields"), TAKEN)
def test_what_a_model_knows_is_taken(
    sim: RunningSimulator, model: str, content: list[dict[str, Any]], fields: dict[str, Any]
) -> None:
    """Each value at its limit, and each scene that a model has, starts a task."""
    reply = create(sim.url, *content, model=model, **fields)
    assert reply.status == 200, reply.body
    assert shown(sim.url, reply.json()["id"])["model"] == model
    assert len(sim.ledger()) == 1


REFUSED: list[tuple[str, list[dict[str, Any]], dict[str, Any], str]] = [
    (V1_0, _T, {"resolution": "4k"}, "resolution"),
    (V2_0_FAST, _T, {"resolution": "1080p"}, "resolution"),
    (V2_5, _T, {"resolution": "4k"}, "resolution"),
    (V1_0, _T, {"resolution": "720P"}, "resolution"),
    (V1_0, _T, {"ratio": "9:21"}, "ratio"),
    (V1_0, _T, {"ratio": "adaptive"}, "ratio"),
    (V1_0, _T, {"duration": 1}, "duration"),
    (V1_0, _T, {"duration": 13}, "duration"),
    (V1_0, _T, {"duration": -1}, "duration"),
    (V1_0, _T, {"duration": "5"}, "duration"),
    (V1_0, _T, {"duration": 5.0}, "duration"),
    (V1_0, _T, {"duration": True}, "duration"),
    (V1_5, _T, {"duration": 3}, "duration"),
    (V2_0, _T, {"duration": 16}, "duration"),
    (V2_5, _T, {"duration": 31}, "duration"),
    (V1_0, _T, {"frames": 30}, "frames"),
    (V1_0, _T, {"frames": 25}, "frames"),
    (V1_0, _T, {"frames": 293}, "frames"),
    (V1_5, _T, {"frames": 29}, "frames"),
    (V1_0_T2V, _T, {"frames": 29}, "frames"),
    (V1_0, _T, {"seed": -2}, "seed"),
    (V1_0, _T, {"seed": 2**31}, "seed"),
    (V2_0, _T, {"camera_fixed": False}, "camera_fixed"),
    (V1_0_I2V, [_REFERENCE], {"camera_fixed": True}, "camera_fixed"),
    (V1_0, _T, {"watermark": "false"}, "watermark"),
    (V1_0, _T, {"generate_audio": False}, "generate_audio"),
    (V2_0, _T, {"output_format": "mp4"}, "output_format"),
    (V2_5, _T, {"output_format": "webm"}, "output_format"),
    (V2_0, _T, {"omni_reference_task_type": "auto"}, "omni_reference_task_type"),
    (V2_5, _T, {"omni_reference_task_type": "edit"}, "omni_reference_task_type"),
    (V2_5, [_REFERENCE], {"omni_reference_task_type": "extend"}, "omni_reference_task_type"),
    (V2_0, _T, {"draft": False}, "draft"),
    (V1_5, _T, {"draft": True, "resolution": "720p"}, "resolution"),
    (V1_5, _T, {"draft": True, "return_last_frame": True}, "return_last_frame"),
    (V2_0, _T, {"service_tier": "flex"}, "service_tier"),
    (V1_0, _T, {"service_tier": "fast"}, "service_tier"),
    (V1_0, _T, {"execution_expires_after": 3599}, "execution_expires_after"),
    (V1_0, _T, {"execution_expires_after": 259_201}, "execution_expires_after"),
    (V1_5, _T, {"priority": 1}, "priority"),
    (V2_0, _T, {"priority": 10}, "priority"),
    (V1_0, _T, {"callback_url": "ftp://x/y"}, "callback_url"),
    (V1_0, _T, {"safety_identifier": "x" * 65}, "safety_identifier"),
    (V1_0, _T, {"safety_identifier": 7}, "safety_identifier"),
    (V1_5, _T, {"tools": [{"type": "web_search"}]}, "tools"),
    (V2_0, _T, {"tools": [{"type": "code"}]}, "tools"),
    (V1_0, _T, {"prompt": "a fox"}, "prompt"),
    (V1_0, [text("  ")], {}, "content.text"),
    (V1_0, [{"type": "text", "text": 7}], {}, "content[0].text"),
    (V1_0, [{"type": "image"}], {}, "content[0].type"),
    (V1_0, [{"type": "image_url", "image_url": "x"}], {}, "content[0].image_url.url"),
    (V1_0, [text(), _url("")], {}, "content[1].image_url.url"),
    (V1_0, [_url("ftp://x/y.png")], {}, "content[0].image_url.url"),
    (V1_0, [_url("data:image/PNG;base64,AAAA")], {}, "content[0].image_url.url"),
    (V1_0, [image("middle_frame")], {}, "content[0].role"),
    (V1_0, [image("last_frame")], {}, "content"),
    (V1_0, [image(None), image(None)], {}, "content"),
    (V1_0, [image("first_frame"), image("first_frame")], {}, "content"),
    (V2_0, [image("first_frame"), _REFERENCE], {}, "content"),
    (V2_0, [*_BOTH, medium("video")], {}, "content"),
    (V1_0_FAST, _BOTH, {}, "content"),
    (V1_0_T2V, _FIRST, {}, "content"),
    (V1_0_I2V, _T, {}, "content"),
    (V1_0, [_REFERENCE], {}, "content"),
    (V1_0_I2V, [_REFERENCE] * 5, {}, "content"),
    (V2_0, [_REFERENCE] * 10, {}, "content"),
    (V2_0, [medium("video")] * 4, {}, "content"),
    (V2_0, [medium("audio")], {}, "content"),
    (V2_5, [image(None)], {}, "content[].role"),
    (V2_0, [medium("video", "data:video/mp4;base64,AAAA")], {}, "content[0].video_url.url"),
    (V2_0, [medium("audio", "data:audio/ogg;base64,AAAA")], {}, "content[0].audio_url.url"),
    (V2_0, [medium("audio", "data:audio/wav;base64,AAAA")], {}, "content[0].audio_url.url"),
    (V1_0, [_picture((299, 320))], {}, "content[0].image_url.url"),
    (V1_0, [_picture((320, 6001))], {}, "content[0].image_url.url"),
    (V1_0, [_picture((751, 300))], {}, "content[0].image_url.url"),
    (V1_0, [{"type": "draft_task", "draft_task": {"id": "cgt-1"}}], {}, "content"),
    (
        V1_5,
        [{"type": "draft_task", "draft_task": {"id": "cgt-1"}}],
        {},
        "content[].draft_task.id",
    ),
    (V1_5, [{"type": "draft_task", "draft_task": {}}], {}, "content[0].draft_task.id"),
]


@pytest.mark.parametrize(("model", "content", "fields", "param"), REFUSED)
def test_what_a_model_does_not_know_is_refused(
    sim: RunningSimulator,
    model: str,
    content: list[dict[str, Any]],
    fields: dict[str, Any],
    param: str,
) -> None:
    """A 400 in Ark's form that names the parameter; nothing is billed, no task is there."""
    reply = create(sim.url, *content, model=model, **fields)
    assert reply.status == 400, reply.body
    assert reply.error["param"] == param
    assert reply.error["message"].rpartition("Request id: ")[2] == reply.headers["x-request-id"]
    assert sim.ledger() == []


@pytest.mark.parametrize(
    ("fields", "content", "code"),
    [
        ({"generate_audio": True}, _T, "InvalidParameter.UnsupportedParameter"),
        (
            {"model": V2_5, "omni_reference_task_type": "edit"},
            _FIRST,
            "InvalidParameter.TaskTypeMismatch",
        ),
        ({}, [_url("")], "InvalidImageURL.EmptyURL"),
        ({}, [_url("nothing")], "InvalidImageURL.InvalidFormat"),
    ],
)
def test_some_refusals_have_codes_of_their_own(
    sim: RunningSimulator, fields: dict[str, Any], content: list[dict[str, Any]], code: str
) -> None:
    """The codes of protocols.md 2.7 that belong to video."""
    assert create(sim.url, *content, **fields).error["code"] == code


def test_heic_is_taken_from_1_5_on(sim: RunningSimulator) -> None:
    """1.5 and later read HEIC, 1.0 does not."""
    ispe = b"\0\0\0\x14ispe\0\0\0\0" + (400).to_bytes(4) + (400).to_bytes(4)
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + ispe
    entry = _url(data_uri(heic, "heic"))
    assert create(sim.url, entry, model=V1_5).status == 200
    assert create(sim.url, entry, model=V1_0).status == 400


def test_sounds_may_be_data(sim: RunningSimulator) -> None:
    """A wav as a data URI is taken beside a picture."""
    uri = f"data:audio/wav;base64,{base64.b64encode(b'RIFF0000WAVE').decode()}"
    assert create(sim.url, _REFERENCE, medium("audio", uri), model=V2_0).status == 200


def test_checks_come_in_order(sim: RunningSimulator) -> None:
    """The key before the JSON, the JSON before the model, the model before its parameters."""

    def refused(body: bytes, key: str = "key") -> tuple[int, str]:
        reply = call(sim.url, "POST", TASKS, body, {"Authorization": f"Bearer {key}"})
        return reply.status, reply.error["param"]

    wrong = json.dumps({"model": "no-such-model", "duration": 99}).encode()
    assert refused(b"{", "invalid") == (401, "")
    assert refused(b'{"model": "m",}') == (400, "")
    assert refused(b"[]") == (400, "")
    assert refused(b"{}") == (400, "model")
    assert refused(wrong) == (404, "model")
    assert refused(json.dumps({"model": V1_0}).encode()) == (400, "content")
    assert refused(json.dumps({"model": V1_0, "content": []}).encode()) == (400, "content")


def test_bodies_over_64_mb_are_refused(sim: RunningSimulator) -> None:
    """The whole request may have 64 MB, announced or sent."""
    headers = {"Authorization": "Bearer key", "Content-Length": str(64 * 1024 * 1024 + 1)}
    assert call(sim.url, "POST", TASKS, b"", headers).status == 413
