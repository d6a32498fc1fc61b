"""The simulator refuses what Ark refuses, with Ark's codes, parameters and words."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from PIL import Image

from seedwatch.simulator import RunningSimulator
from tests.simulator.calls import (
    FLASH,
    GENERATIONS,
    LITE,
    PRO,
    SEEDEDIT,
    T2I,
    V4_0,
    V4_5,
    call,
    data_uri,
    encoded,
    generate,
    group,
    plain,
)

WEB = "https://example.com/a.png"
GLASS = data_uri(encoded(Image.new("RGBA", (64, 64), (255, 0, 0, 128))))
HUGE = data_uri(encoded(Image.new("1", (6000, 6001))))
CUT_PNG = encoded(Image.effect_noise((64, 64), 50))[:-200]
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    # fields, param, words of the message
    ({"model": V4_5, "size": "1x1"}, "size", "image size must be at least 3686400 pixels"),
    ({"model": V4_5, "size": "1500x1500"}, "size", "at least 3686400 pixels"),
    ({"model": V4_5, "size": "2560x1439"}, "size", "at least 3686400 pixels"),
    ({"model": V4_5, "size": "4097x4096"}, "size", "at most 16777216 pixels"),
    ({"model": V4_0, "size": "800x800"}, "size", "at least 921600 pixels"),
    ({"model": PRO, "size": "2048x2258"}, "size", "at most 4624220 pixels"),
    ({"model": LITE, "size": "8160x509"}, "size", "ratio must be between 1/16 and 16"),
    ({"model": V4_5, "size": "1K"}, "size", "not supported by the current model"),
    ({"model": V4_5, "size": "3K"}, "size", "not supported by the current model"),
    ({"model": PRO, "size": "4K"}, "size", "not supported by the current model"),
    ({"model": V4_0, "size": "16:9"}, "size", "WIDTHxHEIGHT or one of `1k`, `2k`, `4k`"),
    ({"model": V4_0, "size": "0x900"}, "size", "invalid width"),
    ({"model": V4_0, "size": "auto"}, "size", "not supported by the current model"),
    ({"model": V4_0, "size": 2048}, "size", "a string is expected"),
    ({"model": T2I, "size": "2K"}, "size", "not supported by the current model"),
    ({"model": T2I, "size": "511x512"}, "size", "at least 262144 pixels"),
    ({"model": SEEDEDIT, "size": "1024x1024", "image": WEB}, "size", "not supported"),
    # fields that a model does not have
    (
        {"model": PRO, "size": "1K", "sequential_image_generation": "disabled"},
        "sequential",
        "is not supported by the current model",
    ),
    ({"model": PRO, "size": "1K", "stream": False}, "stream", "not supported"),
    ({"model": PRO, "size": "1K", "tools": [{"type": "web_search"}]}, "tools", "not supported"),
    ({"model": V4_5, "size": "2K", "output_format": "png"}, "output_format", "not supported"),
    ({"model": V4_0, "seed": 1}, "seed", "not supported"),
    ({"model": PRO, "size": "1K", "seed": 1}, "seed", "not supported"),
    ({"model": T2I, "size": "1024x1024", "image": WEB}, "image", "not supported"),
    ({"n": 2}, "n", "not supported"),
    ({"quality": "high"}, "quality", "not supported"),
    # values
    ({"prompt": None}, "prompt", "missing the required parameter"),
    ({"prompt": "  "}, "prompt", "missing the required parameter"),
    ({"prompt": ["x"]}, "prompt", "a string is expected"),
    ({"response_format": "b64"}, "response_format", "`url`, `b64_json`"),
    ({"watermark": "false"}, "watermark", "a boolean is expected"),
    ({"stream": 1}, "stream", "a boolean is expected"),
    ({"model": LITE, "size": "2K", "output_format": "webp"}, "output_format", "`jpeg`, `png`"),
    (
        {"model": V4_5, "size": "2K", "optimize_prompt_options": {"mode": "fast"}},
        "optimize_prompt_options.mode",
        "must be standard",
    ),
    (
        {"optimize_prompt_options": {"thinking": "auto"}},
        "optimize_prompt_options.thinking",
        "not supported",
    ),
    ({"optimize_prompt_options": []}, "optimize_prompt_options", "an object is expected"),
    ({"model": LITE, "size": "2K", "tools": [{"type": "x"}]}, "tools", "web_search"),
    ({"model": FLASH, "size": "1K", "seed": -2}, "seed", "between -1 and 2147483647"),
    (
        {"model": T2I, "size": "1024x1024", "guidance_scale": 11},
        "guidance_scale",
        "between 1 and 10",
    ),
    ({"model": PRO, "size": "1K", "negative_prompt": 1}, "negative_prompt", "a string"),
    ({"model": PRO, "size": "1K", "background": "transparent"}, "background", "one png"),
    (
        {"model": PRO, "size": "1K", "background": "transparent", "image": plain()},
        "background",
        "transparent pixels",
    ),
    (
        {
            "model": PRO,
            "size": "1K",
            "background": "transparent",
            "image": GLASS,
            "output_format": "jpeg",
        },
        "output_format",
        "needs png",
    ),
    ({"model": PRO, "layer_decomposition": True}, "size", "must be `auto` or a tier"),
    (
        {"model": PRO, "size": "auto", "layer_decomposition": True},
        "layer_decomposition",
        "exactly one image",
    ),
    (
        {"model": PRO, "size": "1K", "layer_decomposition": True, "image": plain()},
        "image",
        "between 512 and 6000",
    ),
    ({"model": PRO, "size": "auto"}, "size", "not supported"),
    # groups
    ({"sequential_image_generation": "on"}, "sequential_image_generation", "`auto` or `disabled`"),
    ({"sequential_image_generation": []}, "sequential_image_generation", "`auto` or `disabled`"),
    (group(0), "max_images", "between 1 and 15"),
    (group(16), "max_images", "between 1 and 15"),
    (
        group(3) | {"sequential_image_generation_options": {"max": 3}},
        "options.max",
        "not supported",
    ),
    (group(14) | {"image": [WEB, WEB]}, "max_images", "at most 15 in total"),
    # images
    ({"image": [WEB] * 15}, "image", "at most 14"),
    ({"model": PRO, "size": "1K", "image": [WEB] * 11}, "image", "at most 10"),
    ({"model": SEEDEDIT, "size": "adaptive", "image": [WEB, WEB]}, "image", "at most 1"),
    ({"model": SEEDEDIT, "size": "adaptive"}, "image", "missing the required parameter"),
    ({"image": []}, "image", "must not be empty"),
    ({"image": 7}, "image", "a string or an array of strings"),
    ({"image": [None]}, "image", "a string or an array of strings"),
    ({"image": plain().partition(",")[2]}, "image", "invalid url"),
    ({"image": " https://example.com/a.png"}, "image", "invalid url"),
    ({"image": "ftp://example.com/a.png"}, "image", "invalid url"),
    ({"image": "http://[::1"}, "image", "invalid url"),
    ({"image": ""}, "image", "url is empty"),
    ({"image": plain().replace("image/png", "image/PNG")}, "image", "`PNG` is not supported"),
    ({"image": plain().replace("image/png", "image/jpg")}, "image", "`jpg` is not supported"),
    (
        {"image": plain().replace("image/png", "image/jpeg")},
        "image",
        "is png, not jpeg as declared",
    ),
    ({"image": plain()[:-3] + "!=="}, "image", "invalid base64"),
    ({"image": data_uri(b"not a picture")}, "image", "cannot be decoded"),
    ({"image": data_uri(CUT_PNG)}, "image", "cannot be decoded"),
    ({"image": "data:image/png;base64," + "A" * 42_000_000}, "image", "at most 30 MB"),
    ({"image": plain(size=(14, 64))}, "image", "larger than 14 px"),
    ({"image": plain(size=(15, 241))}, "image", "between 1/16 and 16"),
    ({"image": HUGE}, "image", "at most 36000000"),
]


@pytest.mark.parametrize(("fields", "param", "words"), REFUSED)
def test_wrong_parameters_are_refused(
    sim: RunningSimulator, fields: dict[str, Any], param: str, words: str
) -> None:
    """Each wrong parameter is a 400 that names it, with the request id in message and header."""
    reply = generate(sim.url, **fields)
    error = reply.error
    assert reply.status == 400
    assert set(error) == {"code", "message", "param", "type"}
    assert error["type"] == "BadRequest"
    assert error["code"].startswith(("InvalidParameter", "MissingParameter", "InvalidImageURL"))
    assert param in error["param"]
    assert words in error["message"]
    assert error["message"].endswith(f"Request id: {reply.headers['x-request-id']}")
    assert sim.ledger() == []


ACCEPTED: list[dict[str, Any]] = [
    {"model": V4_5, "size": "2560x1440"},
    {"model": V4_5, "size": "3750x1250"},
    {"model": V4_5, "size": "2k"},
    {"model": V4_5, "size": None, "image": None, "stream": None, "output_format": None},
    {"model": V4_0, "size": "1600x600"},
    {"model": V4_0, "size": "1K", "optimize_prompt_options": {"mode": "fast"}},
    {"model": LITE, "size": "2K", "output_format": "png", "tools": [{"type": "web_search"}]},
    {"model": PRO, "size": "1.5K", "optimize_prompt_options": {"mode": "fast", "thinking": "auto"}},
    {"model": FLASH, "size": "1K", "seed": 7, "negative_prompt": "fog", "optimize_prompt": False},
    {"model": T2I, "size": "512x512", "seed": -1, "guidance_scale": 2.5},
    {"model": SEEDEDIT, "size": "adaptive", "image": plain()},
    {"model": "seedream-4-5-251128", "size": "2K"},
    {"model": "ep-20260101-abcde", "size": "2K"},
    {"sequential_image_generation": "disabled", "image": [WEB, WEB], "watermark": True},
    {"image": plain(size=(15, 240))},
    group(1) | {"image": [WEB] * 14},
]


@pytest.mark.parametrize("fields", ACCEPTED)
def test_legal_requests_are_accepted(sim: RunningSimulator, fields: dict[str, Any]) -> None:
    """Legal requests of every model are generated; null counts as absent."""
    reply = generate(sim.url, **fields)
    assert (reply.status, len(sim.ledger())) == (200, 1), reply.body


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("jpeg", "RGB"), ("png", "P"), ("webp", "RGBA"), ("bmp", "RGB"), ("tiff", "L"), ("gif", "P")],
)
def test_every_decodable_input_format_is_accepted(
    sim: RunningSimulator, kind: str, mode: str
) -> None:
    """All formats of the current page are taken, and their bytes are what the ledger hashes."""
    content = encoded(Image.new(mode, (40, 30)), kind)
    reply = generate(sim.url, image=data_uri(content, kind))
    assert reply.status == 200, reply.body
    assert sim.ledger()[0]["refs"] == [hashlib.sha256(content).hexdigest()]


def test_heic_is_accepted_by_its_boxes(sim: RunningSimulator) -> None:
    """HEIC is judged by its brand and the size in its `ispe` box, which must keep the limits."""

    def heic(width: int, height: int) -> str:
        size = b"ispe" + bytes(4) + width.to_bytes(4) + height.to_bytes(4)
        return data_uri(b"\0\0\0\x18ftypheic" + bytes(12) + size, "heic")

    assert generate(sim.url, image=heic(4000, 3000)).status == 200
    assert "1/16" in generate(sim.url, image=heic(4000, 30)).error["message"]
    without_size = data_uri(b"\0\0\0\x18ftypheic" + bytes(12), "heic")
    assert "decoded" in generate(sim.url, image=without_size).error["message"]


def test_checks_come_in_order(sim: RunningSimulator) -> None:
    """Key before JSON before model before parameters, as protocols.md 8 orders them."""
    no_key = call(sim.url, "POST", GENERATIONS, b"{")
    bearer = {"Authorization": "Bearer key"}
    no_json = call(sim.url, "POST", GENERATIONS, b"{", bearer)
    wrong = {"model": "doubao-seedream-9", "size": "1x1"}
    no_model = call(sim.url, "POST", GENERATIONS, json.dumps(wrong).encode(), bearer)
    assert (no_key.status, no_key.error["code"]) == (401, "AuthenticationError")
    assert (no_json.status, no_json.error["code"]) == (400, "InvalidParameter")
    assert (no_model.status, no_model.error["type"]) == (404, "NotFound")
    assert no_model.error["code"] == "InvalidEndpointOrModel.NotFound"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"model": NaN}',
        b"[" * 100_000,
        b'{"model": ' + b"9" * 5000 + b"}",
        b'{"model": "x",}',
    ],
)
def test_garbage_bodies_are_refused(sim: RunningSimulator, body: bytes) -> None:
    """Whatever is not a JSON object is a 400 in the usual envelope, never a traceback."""
    reply = call(sim.url, "POST", GENERATIONS, body, {"Authorization": "Bearer key"})
    assert reply.status == 400
    assert reply.error["type"] == "BadRequest"
    assert b"Traceback" not in reply.body


def test_the_model_is_required(sim: RunningSimulator) -> None:
    """Without a model the answer is a 400, not a 404."""
    reply = generate(sim.url, model=None)
    assert (reply.status, reply.error["code"]) == (400, "MissingParameter")
    assert reply.error["param"] == "model"


@pytest.mark.parametrize(
    "authorization", [None, "", "key", "Bearer", "Bearer  ", "Basic key", "Bearer my-invalid-key"]
)
def test_wrong_keys_are_refused(sim: RunningSimulator, authorization: str | None) -> None:
    """A missing key, another scheme or a key that holds "invalid" is the measured 401."""
    headers = {} if authorization is None else {"Authorization": authorization}
    body = json.dumps({"model": V4_0, "prompt": "x"}).encode()
    reply = call(sim.url, "POST", GENERATIONS, body, headers)
    assert (reply.status, reply.error["type"]) == (401, "Unauthorized")
    assert reply.headers["x-error-code"] == "AuthN_MissOrInvalidAuthorizationHeader"
    assert "API key" in reply.error["message"]
