"""The answers of OpenAI's surface: shape, sizes, formats, books."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from typing import Any

import pytest
from PIL import Image

from seedwatch.simulator import RunningSimulator
from tests.simulator.calls import call, encoded, opened
from tests.simulator.openai_calls import (
    GPT_1_5,
    GPT_2,
    GPT_2_5,
    OPENAI,
    RED,
    Upload,
    create,
    edit,
)


def _picture(member: dict[str, Any]) -> Image.Image:
    return opened(base64.b64decode(member["b64_json"], validate=True))


def test_an_answer_has_the_shape_of_openai(sim: RunningSimulator) -> None:
    """created, what was used, data and usage are as in protocols.md 6.3."""
    before = int(time.time())
    reply = create(sim.url, prompt="a fox in the snow")
    answer = reply.json()
    assert before <= answer.pop("created") <= time.time()
    (member,) = answer.pop("data")
    assert answer == {
        "background": "opaque",
        "output_format": "png",
        "quality": "high",
        "size": "1024x1024",
        "usage": {
            "input_tokens": 5,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": 5},
            "output_tokens": 4160,
            "total_tokens": 4165,
        },
    }
    assert set(member) == {"b64_json"}
    assert (_picture(member).format, _picture(member).size) == ("PNG", (1024, 1024))
    assert re.fullmatch(r"req_[0-9a-f]{32}", reply.headers["x-request-id"])
    assert reply.headers["content-type"] == "application/json"


def test_a_row_tells_everything(sim: RunningSimulator) -> None:
    """The ledger has one row with the size as asked for and the pictures asked for."""
    reply = create(sim.url, key="my-key", size="auto", n=3)
    (row,) = sim.ledger()
    del row["at"]
    assert row == {
        "n": 1,
        "provider": "openai",
        "path": f"{OPENAI}/images/generations",
        "model": GPT_1_5,
        "prompt": "a fox",
        "size": "auto",
        "images_billed": 3,
        "refs": [],
        "idempotency_key": None,
        "request_id": reply.headers["x-request-id"],
        "key_sha256": hashlib.sha256(b"my-key").hexdigest(),
    }
    contents = {member["b64_json"] for member in reply.members}
    assert len(contents) == 3


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_the_output_format_is_honoured(sim: RunningSimulator, kind: str) -> None:
    """The bytes are of the format asked for, and the answer names it."""
    answer = create(sim.url, output_format=kind, size="1024x1536").json()
    image = _picture(answer["data"][0])
    assert ((image.format or "").lower(), image.size) == (kind, (1024, 1536))
    assert (answer["output_format"], answer["size"]) == (kind, "1024x1536")


@pytest.mark.parametrize("kind", ["png", "webp"])
def test_a_transparent_background_is_transparent(sim: RunningSimulator, kind: str) -> None:
    """background: transparent has transparent pixels in both formats that can."""
    answer = create(sim.url, background="transparent", output_format=kind).json()
    image = _picture(answer["data"][0])
    assert (answer["background"], image.mode) == ("transparent", "RGBA")
    assert image.getpixel((0, 0))[3] == 0  # type: ignore[index]  # a tuple in RGBA


def test_compression_makes_smaller_files(sim: RunningSimulator) -> None:
    """output_compression 10 weighs less than 90."""
    light, heavy = (
        len(create(sim.url, output_format="jpeg", output_compression=value).body)
        for value in (10, 90)
    )
    assert light < heavy


@pytest.mark.parametrize("size", ["1536x864", "3840x2160", "1024x640", "1536x512"])
def test_free_sizes_are_drawn_exactly(sim: RunningSimulator, size: str) -> None:
    """gpt-image-2 takes any WIDTHxHEIGHT within its limits."""
    answer = create(sim.url, model=GPT_2, size=size, output_format="jpeg").json()
    width, height = _picture(answer["data"][0]).size
    assert f"{width}x{height}" == answer["size"] == size


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((90, 60), "1536x1024"), ((60, 90), "1024x1536"), ((64, 64), "1024x1024")],
)
def test_auto_follows_the_first_image(
    sim: RunningSimulator, shape: tuple[int, int], expected: str
) -> None:
    """An edit of size auto has the named size nearest in shape to its first image."""
    content = encoded(Image.new("RGB", shape, "red"))
    assert edit(sim.url, [Upload("image", content)]).json()["size"] == expected


def test_quality_decides_the_tokens(sim: RunningSimulator) -> None:
    """Each quality costs more than the one before, in proportion to the pixels."""
    costs = [
        create(sim.url, quality=quality).json()["usage"]["output_tokens"]
        for quality in ("low", "medium", "high")
    ]
    assert costs == sorted(set(costs))
    assert create(sim.url, size="1536x1024").json()["usage"]["output_tokens"] == 6240


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"safety_identifier": "a", "user": "b"}, "a"),
        ({"safety_identifier": "", "user": "b"}, "b"),
        ({"safety_identifier": None}, None),
    ],
)
def test_the_safety_identifier_is_repeated(
    sim: RunningSimulator, fields: dict[str, Any], told: str | None
) -> None:
    """The answer repeats whom the request named, the newer field first."""
    assert create(sim.url, **fields).json().get("safety_identifier") == told


def test_an_edit_derives_from_its_input(sim: RunningSimulator) -> None:
    """The colour of the input is in the result."""
    (member,) = edit(sim.url, [Upload("image", RED)]).members
    red, _, blue = _picture(member).convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]  # a tuple in RGB
    assert red > blue + 60


def test_rate_limit_headers_may_be_missing(sim: RunningSimulator) -> None:
    """openai.ratelimit_headers: whether an answer names the limits; a 429 has nothing left."""
    assert create(sim.url).headers["x-ratelimit-remaining-requests"] == "499"
    sim.post_faults([{"do": "status", "args": {"code": 429}, "times": 1}])
    assert create(sim.url).headers["x-ratelimit-remaining-requests"] == "0"
    sim.move_switches({"openai.ratelimit_headers": "no"})
    assert not [name for name in create(sim.url).headers if name.startswith("x-ratelimit")]


def test_models_are_listed(sim: RunningSimulator) -> None:
    """GET /models lists what is served, and only for a valid key."""
    reply = call(sim.url, "GET", f"{OPENAI}/models", headers={"Authorization": "Bearer key"})
    names = [model["id"] for model in reply.members]
    assert GPT_2_5 in names
    assert "dall-e-3" not in names
    assert call(sim.url, "GET", f"{OPENAI}/models").status == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "images/generations", 405), ("POST", "images/variations", 404), ("GET", "", 404)],
)
def test_other_paths_are_refused_in_its_shape(
    sim: RunningSimulator, method: str, path: str, status: int
) -> None:
    """Whatever is not served has OpenAI's error object too."""
    reply = call(sim.url, method, f"{OPENAI}/{path}", headers={"Authorization": "Bearer key"})
    assert (reply.status, reply.error["type"]) == (status, "invalid_request_error")
