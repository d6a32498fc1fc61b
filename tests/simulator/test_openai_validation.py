"""OpenAI's surface refuses what OpenAI refuses, and names the parameter."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seedwatch.simulator import RunningSimulator
from tests.simulator.calls import call
from tests.simulator.openai_calls import GPT_1_5, GPT_2, GPT_2_5, GPT_2_6, MINI, OPENAI, create

REFUSED: list[tuple[dict[str, Any], str, str]] = [
    # fields, param, words of the message
    ({"prompt": None}, "prompt", "Missing required"),
    ({"prompt": "  "}, "prompt", "Missing required"),
    ({"prompt": ["x"]}, "prompt", "a string is expected"),
    ({"prompt": "x" * 32_001}, "prompt", "at most 32000 characters"),
    ({"model": None}, "model", "Missing required"),
    ({"model": 2}, "model", "a string is expected"),
    ({"n": 0}, "n", "between 1 and 10"),
    ({"n": 11}, "n", "between 1 and 10"),
    ({"n": "2"}, "n", "between 1 and 10"),
    ({"n": True}, "n", "between 1 and 10"),
    ({"n": 1.0}, "n", "between 1 and 10"),
    # sizes
    ({"size": "1536x864"}, "size", "`1024x1024`, `1536x1024`, `1024x1536`, `auto`"),
    ({"size": "2K"}, "size", "must be one of"),
    ({"size": 1024}, "size", "a string is expected"),
    ({"model": MINI, "size": "1536x864"}, "size", "must be one of"),
    ({"model": GPT_2_6, "size": "1536x864"}, "size", "must be one of"),
    ({"model": GPT_2, "size": "16:9"}, "size", "WIDTHxHEIGHT"),
    ({"model": GPT_2, "size": "0x1024"}, "size", "WIDTHxHEIGHT"),
    ({"model": GPT_2, "size": "1024X1024"}, "size", "WIDTHxHEIGHT"),
    ({"model": GPT_2, "size": "1530x1024"}, "size", "divisible by 16"),
    ({"model": GPT_2, "size": "1024x1000"}, "size", "divisible by 16"),
    ({"model": GPT_2, "size": "3088x1024"}, "size", "between 1:3 and 3:1"),
    ({"model": GPT_2, "size": "512x1552"}, "size", "between 1:3 and 3:1"),
    ({"model": GPT_2, "size": "3856x1600"}, "size", "at most 3840x2160"),
    ({"model": GPT_2_5, "size": "3840x2176"}, "size", "at most 3840x2160"),
    ({"model": GPT_2_5, "size": "800x800"}, "size", "at least 655360 pixels"),
    # what a model does not have
    ({"quality": "xhigh"}, "quality", "`auto`, `low`, `medium`, `high`"),
    ({"model": GPT_2, "quality": "max"}, "quality", "must be one of"),
    ({"quality": "hd"}, "quality", "must be one of"),
    ({"response_format": "b64_json"}, "response_format", "Unknown parameter"),
    ({"style": "vivid"}, "style", "Unknown parameter"),
    ({"image": "data:image/png;base64,x"}, "image", "Unknown parameter"),
    ({"input_fidelity": "low"}, "input_fidelity", "Unknown parameter"),
    ({"watermark": False}, "watermark", "Unknown parameter"),
    # values
    ({"background": "white"}, "background", "`auto`, `opaque`, `transparent`"),
    ({"background": "transparent", "output_format": "jpeg"}, "background", "`png` or `webp`"),
    ({"output_format": "jpg"}, "output_format", "must be one of"),
    ({"output_format": "gif"}, "output_format", "needs access"),
    ({"output_format": "svg", "svg": {"model": "x"}}, "output_format", "needs access"),
    ({"frame_count": 4}, "frame_count", "only supported with output_format `gif`"),
    ({"frame_duration_ms": 200}, "frame_duration_ms", "only supported"),
    ({"svg": {"model": "x"}}, "svg", "only supported with output_format `svg`"),
    ({"output_compression": 50}, "output_compression", "only supported with `webp` and `jpeg`"),
    ({"output_format": "webp", "output_compression": 101}, "output_compression", "0 and 100"),
    ({"moderation": "off"}, "moderation", "`auto`, `low`"),
    ({"complexity": "none"}, "complexity", "must be one of"),
    ({"stream": "true"}, "stream", "a boolean is expected"),
    ({"stream": True, "partial_images": 4}, "partial_images", "between 0 and 3"),
    ({"user": 7}, "user", "a string is expected"),
]


@pytest.mark.parametrize(("fields", "param", "words"), REFUSED)
def test_wrong_parameters_are_refused(
    sim: RunningSimulator, fields: dict[str, Any], param: str, words: str
) -> None:
    """Each wrong parameter is a 400 in OpenAI's envelope that names it; nothing is billed."""
    reply = create(sim.url, **fields)
    error = reply.error
    assert reply.status == 400
    assert list(error) == ["message", "type", "param", "code"]
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert words in error["message"]
    assert reply.headers["x-request-id"].startswith("req_")
    assert sim.ledger() == []


ACCEPTED: list[dict[str, Any]] = [
    {"n": 10, "size": "1024x1024", "output_format": "jpeg", "output_compression": 0},
    {"n": None, "size": None, "background": None, "response_format": None, "seed": None},
    {"prompt": "狐" * 32_000},
    {"model": GPT_2_5, "quality": "max", "size": "2048x2048", "output_format": "jpeg"},
    {"model": GPT_2, "background": "transparent", "complexity": "low", "moderation": "low"},
    {"model": "gpt-image-2.5-sunburst-2026-09-08", "quality": "xhigh"},
    {"model": "gpt-image-2.6-sunburst"},
    {"model": "chatgpt-image-latest", "user": "u"},
    {"model": MINI, "stream": False, "partial_images": 2},
]


@pytest.mark.parametrize("fields", ACCEPTED)
def test_legal_requests_are_accepted(sim: RunningSimulator, fields: dict[str, Any]) -> None:
    """Legal requests of every model are generated; null counts as absent."""
    reply = create(sim.url, **fields)
    assert (reply.status, len(sim.ledger())) == (200, 1), reply.body


@pytest.mark.parametrize("model", ["gpt-image-1", "dall-e-3", "dall-e-2", "gpt-image-9"])
def test_dead_and_unknown_models_are_not_found(sim: RunningSimulator, model: str) -> None:
    """A model that was shut down is gone like one that never was."""
    reply = create(sim.url, model=model, n=99)
    assert (reply.status, reply.error["code"]) == (404, "model_not_found")
    assert sim.ledger() == []


def test_dead_models_may_be_a_wrong_parameter(sim: RunningSimulator) -> None:
    """openai.dead_model 400: the shut-down models only."""
    sim.move_switches({"openai.dead_model": "400"})
    reply = create(sim.url, model="dall-e-3")
    assert (reply.status, reply.error["param"]) == (400, "model")
    assert create(sim.url, model="gpt-image-9").status == 404


def test_free_sizes_of_2_6_may_be_taken(sim: RunningSimulator) -> None:
    """openai.sizes_2_6 free: 2.6 takes WIDTHxHEIGHT like 2 and 2.5; others stay as they are."""
    sim.move_switches({"openai.sizes_2_6": "free"})
    assert create(sim.url, model=GPT_2_6, size="1536x864").json()["size"] == "1536x864"
    assert create(sim.url, model=GPT_1_5, size="1536x864").status == 400


def test_checks_come_in_order(sim: RunningSimulator) -> None:
    """Key before JSON before model before parameters, as protocols.md 8 orders them."""
    path = f"{OPENAI}/images/generations"
    no_key = call(sim.url, "POST", path, b"{")
    bearer = {"Authorization": "Bearer key"}
    no_json = call(sim.url, "POST", path, b'{"model": "x",}', bearer)
    wrong = json.dumps({"model": "gpt-image-9", "size": "1x1"}).encode()
    no_model = call(sim.url, "POST", path, wrong, bearer)
    assert (no_key.status, no_key.error["code"]) == (401, "invalid_api_key")
    assert (no_json.status, no_json.error["type"]) == (400, "invalid_request_error")
    assert (no_model.status, no_model.error["code"]) == (404, "model_not_found")


@pytest.mark.parametrize(
    "authorization", [None, "", "key", "Bearer", "Bearer  ", "Basic key", "Bearer my-invalid-key"]
)
@pytest.mark.parametrize("path", ["images/generations", "images/edits"])
def test_wrong_keys_are_refused(
    sim: RunningSimulator, authorization: str | None, path: str
) -> None:
    """A missing key, another scheme or a key that holds "invalid" is a 401 that hides the key."""
    headers = {} if authorization is None else {"Authorization": authorization}
    reply = call(sim.url, "POST", f"{OPENAI}/{path}", b"{}", headers)
    assert (reply.status, reply.error["code"]) == (401, "invalid_api_key")
    assert b"my-invalid" not in reply.body
