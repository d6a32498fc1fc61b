"""POST /images/edits of OpenAI: parts, files, masks, texts."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from PIL import Image

from seedwatch.simulator import RunningSimulator
from tests.simulator.calls import call, encoded
from tests.simulator.openai_calls import (
    BLUE,
    GLASS,
    GPT_2,
    GPT_2_5,
    MINI,
    OPENAI,
    RED,
    Upload,
    create,
    edit,
    form,
    send_form,
)

WEBP = encoded(Image.new("RGB", (96, 64), "green"), "webp")
CUT = encoded(Image.effect_noise((64, 64), 50))[:-200]
ONE = [Upload("image")]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_references_are_hashed_in_order_the_mask_last(sim: RunningSimulator) -> None:
    """A row has the files' sha256 as they came; the mask is last wherever its part stood."""
    files = [
        Upload("mask", GLASS),
        Upload("image[]", RED),
        Upload("image[]", BLUE, "image/jpeg"),
        Upload("image[]", WEBP, "image/webp"),
    ]
    reply = edit(sim.url, files, size="1024x1024", n=2)
    (row,) = sim.ledger()
    assert row["refs"] == [_digest(content) for content in (RED, BLUE, WEBP, GLASS)]
    assert (row["path"], row["size"]) == (f"{OPENAI}/images/edits", "1024x1024")
    assert row["images_billed"] == len(reply.members) == 2
    assert reply.json()["usage"]["input_tokens_details"]["image_tokens"] == 3 * 320


REFUSED: list[tuple[list[Upload], dict[str, Any], str, str]] = [
    # files, texts, param, words of the message
    ([], {}, "image", "Missing required"),
    ([Upload("mask", GLASS)], {}, "image", "Missing required"),
    ([Upload("image"), Upload("image")], {}, "image", "use 'image[]'"),
    ([Upload("image[]")] * 17, {}, "image", "at most 16"),
    ([*ONE, Upload("picture")], {}, "picture", "Unknown parameter"),
    ([Upload("image", kind="application/octet-stream")], {}, "image", "unsupported mimetype"),
    ([Upload("image", kind=None)], {}, "image", "application/octet-stream"),
    ([Upload("image", kind="image/bmp")], {}, "image", "unsupported mimetype"),
    ([Upload("image", encoded(Image.new("RGB", (9, 9)), "bmp"))], {}, "image", "`bmp`"),
    ([Upload("image", CUT)], {}, "image", "cannot be decoded"),
    ([Upload("image", b"")], {}, "image", "cannot be decoded"),
    ([Upload("image", RED.ljust(50 * 1024 * 1024, b"\0"))], {}, "image", "smaller than 50 MB"),
    ([*ONE, Upload("mask", GLASS.ljust(4 * 1024 * 1024, b"\0"))], {}, "mask", "than 4 MB"),
    ([*ONE, Upload("mask", RED)], {}, "mask", "alpha channel"),
    ([*ONE, Upload("mask", WEBP, "image/webp")], {}, "mask", "a PNG"),
    (
        [*ONE, Upload("mask", encoded(Image.new("RGBA", (64, 96))))],
        {},
        "mask",
        "size of the first image",
    ),
    ([*ONE, Upload("mask", GLASS), Upload("mask", GLASS)], {}, "mask", "Duplicate"),
    ([*ONE, Upload("markup", GLASS)], {}, "markup", "Unknown parameter"),
    (
        [*ONE, Upload("markup", GLASS), Upload("mask", GLASS)],
        {"model": GPT_2_5},
        "markup",
        "combined with `mask`",
    ),
    (
        [*ONE, Upload("markup", encoded(Image.new("RGBA", (96, 64), "red")))],
        {"model": GPT_2_5},
        "markup",
        "transparent pixels",
    ),
    ([], {"image": "https://example.com/a.png"}, "image", "a file is expected"),
    (ONE, {"prompt": None}, "prompt", "Missing required"),
    (ONE, {"prompt": ""}, "prompt", "Missing required"),
    (ONE, {"model": None}, "model", "Missing required"),
    (ONE, {"n": "11"}, "n", "between 1 and 10"),
    (ONE, {"n": "two"}, "n", "between 1 and 10"),
    (ONE, {"n": "1" * 5000}, "n", "between 1 and 10"),
    (ONE, {"stream": "True"}, "stream", "a boolean is expected"),
    (ONE, {"moderation": "low"}, "moderation", "Unknown parameter"),
    (ONE, {"svg[model]": "x"}, "svg", "only supported"),
    (ONE, {"model": GPT_2, "input_fidelity": "low"}, "input_fidelity", "Unknown parameter"),
    (ONE, {"model": MINI, "input_fidelity": "high"}, "input_fidelity", "must be one of `low`"),
    (ONE, {"response_format": "b64_json"}, "response_format", "Unknown parameter"),
]


@pytest.mark.parametrize(("files", "texts", "param", "words"), REFUSED)
def test_wrong_parts_are_refused(
    sim: RunningSimulator, files: list[Upload], texts: dict[str, Any], param: str, words: str
) -> None:
    """Each wrong part is a 400 that names it; nothing is billed."""
    reply = edit(sim.url, files, **texts)
    assert reply.status == 400
    assert (reply.error["type"], reply.error["param"]) == ("invalid_request_error", param)
    assert words in reply.error["message"]
    assert sim.ledger() == []


ACCEPTED: list[tuple[list[Upload], dict[str, Any]]] = [
    (ONE, {"n": "2", "size": "auto", "quality": "low", "output_format": "webp"}),
    (ONE, {"output_format": "jpeg", "output_compression": "50", "stream": "false"}),
    (ONE, {"size": "", "n": "", "background": "", "user": "u"}),
    (ONE, {"input_fidelity": "high"}),
    ([*ONE, Upload("mask", encoded(Image.new("RGBA", (96, 64), "red")))], {}),
    ([Upload("image[]")] * 16, {"model": GPT_2, "size": "1536x864"}),
    ([*ONE, Upload("markup", GLASS)], {"model": GPT_2_5, "quality": "max"}),
]


@pytest.mark.parametrize(("files", "texts"), ACCEPTED)
def test_legal_edits_are_accepted(
    sim: RunningSimulator, files: list[Upload], texts: dict[str, Any]
) -> None:
    """Numbers and truth values come as texts, and an empty text counts as absent."""
    reply = edit(sim.url, files, **texts)
    assert (reply.status, len(sim.ledger())) == (200, 1), reply.body


def test_a_scalar_may_come_once_only(sim: RunningSimulator) -> None:
    """A text part that comes twice is a 400 that names it."""
    body = form([("model", GPT_2), ("prompt", "a"), ("prompt", "b")], ONE)
    reply = send_form(sim.url, body)
    assert (reply.status, reply.error["param"]) == (400, "prompt")


def test_what_is_not_multipart_is_refused(sim: RunningSimulator) -> None:
    """JSON, or a body without its frame, is a 400 in the usual envelope."""
    json_body = json.dumps({"model": GPT_2, "prompt": "x", "images": []}).encode()
    for kind, body in (("application/json", json_body), (None, b"no frame")):
        reply = send_form(sim.url, body, content_type=kind)
        assert (reply.status, reply.error["type"]) == (400, "invalid_request_error")
        assert "multipart" in reply.error["message"]


def test_other_switches_of_edits(sim: RunningSimulator) -> None:
    """Octet streams and the moderation level are taken if the switches say so."""
    sim.move_switches({"openai.octet_stream": "accept", "openai.edit_moderation": "accept"})
    files = [Upload("image", kind=None)]
    assert edit(sim.url, files, moderation="low").status == 200
    assert edit(sim.url, files, moderation="off").error["param"] == "moderation"


def test_dead_models_edit_nothing(sim: RunningSimulator) -> None:
    """A model that was shut down is a 404 here too, before any part is looked at."""
    reply = edit(sim.url, [], model="gpt-image-1")
    assert (reply.status, reply.error["code"]) == (404, "model_not_found")


def test_a_generation_takes_no_form(sim: RunningSimulator) -> None:
    """The endpoint of generations reads JSON whatever the content type says."""
    headers = {"Authorization": "Bearer key", "Content-Type": "multipart/form-data; boundary=x"}
    path = f"{OPENAI}/images/generations"
    assert call(sim.url, "POST", path, form([], ONE), headers).status == 400
    assert create(sim.url).status == 200
