"""DMXAPI refuses in the relay's envelope, what it finds itself and what comes from behind it."""

from __future__ import annotations

import http.client
from typing import Any

import pytest
from PIL import Image

from seedwatch.simulator import RunningSimulator
from tests.simulator.calls import SEEDEDIT, V4_0, V4_5, call, data_uri, encoded, group, plain
from tests.simulator.dmxapi_calls import DALL_E, DMXAPI, GPT_1, gpt, seedream
from tests.simulator.openai_calls import GPT_2, Upload, edit, send_form

WEBP = data_uri(encoded(Image.new("RGB", (64, 64)), "webp"), "webp")
HEAVY = data_uri(encoded(Image.new("RGB", (64, 64))).ljust(10 * 1024 * 1024 + 1, b"\0"))

SEEDREAM_REFUSED: list[tuple[dict[str, Any], str, str]] = [
    # fields, param, words of the message
    ({"model": V4_5, "size": "1500x1500"}, "size", "at least 3686400 pixels"),
    ({"model": V4_5, "size": "1K"}, "size", "not supported"),
    ({"prompt": None}, "prompt", "missing the required parameter"),
    ({"model": V4_5, "size": "2K", "optimize_prompt_options": {"mode": "fast"}}, "mode", "stand"),
    ({"n": 2}, "n", "not supported"),
    ({"output_format": "png"}, "output_format", "not supported"),
    ({"model": SEEDEDIT, "size": "adaptive", "image": plain(), "seed": 1}, "seed", "not supported"),
    (group(15) | {"image": plain()}, "max_images", "at most 15 in total"),
    # the older page of input limits
    ({"image": WEBP}, "image", "`webp` is not supported"),
    ({"image": plain(size=(15, 46))}, "image", "between 1/3 and 3"),
    ({"image": HEAVY}, "image", "at most 10 MB"),
    ({"image": plain(size=(14, 14))}, "image", "larger than 14 px"),
]


@pytest.mark.parametrize(("fields", "param", "words"), SEEDREAM_REFUSED)
def test_wrong_seedream_parameters_are_passed_on(
    sim: RunningSimulator, fields: dict[str, Any], param: str, words: str
) -> None:
    """Ark's code and message arrive in the relay's envelope; nothing is billed."""
    reply = seedream(sim.url, **fields)
    error = reply.error
    assert (reply.status, error["type"]) == (400, "rix_api_error")
    assert error["code"].startswith(("InvalidParameter", "MissingParameter"))
    assert param in error["param"]
    assert words in error["message"]
    assert f"(request id: {reply.headers['x-rixapi-request-id']})" in error["message"]
    assert sim.ledger() == []


GPT_REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"n": None}, "n", "Missing required"),
    ({"size": None}, "size", "Missing required"),
    ({"n": 11}, "n", "between 1 and 10"),
    ({"size": "2K"}, "size", "must be one of"),
    ({"prompt": "x" * 32_001}, "prompt", "at most 32000"),
    ({"response_format": "b64_json"}, "response_format", "Unknown parameter"),
    ({"stream": True}, "stream", "Unknown parameter"),
    ({"quality": "max"}, "quality", "must be one of"),
    ({"output_compression": 50}, "output_compression", "only supported"),
    ({"background": "transparent", "output_format": "jpeg"}, "background", "needs output_format"),
    ({"model": None}, "model", "Missing required"),
    ({"model": DALL_E, "n": 2}, "n", "between 1 and 1"),
    ({"model": DALL_E, "size": "1024x1536"}, "size", "must be one of"),
    ({"model": DALL_E, "size": "auto"}, "size", "must be one of"),
    ({"model": DALL_E, "prompt": "x" * 4001}, "prompt", "at most 4000"),
    ({"model": DALL_E, "quality": "high"}, "quality", "`standard`, `hd`"),
    ({"model": DALL_E, "background": "opaque"}, "background", "Unknown parameter"),
    ({"model": DALL_E, "style": "calm"}, "style", "`vivid`, `natural`"),
]


@pytest.mark.parametrize(("fields", "param", "words"), GPT_REFUSED)
def test_wrong_gpt_parameters_are_passed_on(
    sim: RunningSimulator, fields: dict[str, Any], param: str, words: str
) -> None:
    """OpenAI's code and message arrive in the relay's envelope; nothing is billed."""
    reply = gpt(sim.url, **fields)
    assert (reply.status, reply.error["type"]) == (400, "rix_api_error")
    assert reply.error["param"] == param
    assert words in reply.error["message"]
    assert sim.ledger() == []


def test_n_and_size_may_be_optional(sim: RunningSimulator) -> None:
    """dmxapi.n_and_size optional: OpenAI's defaults stand in for them."""
    sim.move_switches({"dmxapi.n_and_size": "optional"})
    assert len(gpt(sim.url, n=None, size=None).members) == 1


@pytest.mark.parametrize("model", ["doubao-seedream-9", GPT_2, "dall-e-2"])
def test_unknown_models_have_no_channel(sim: RunningSimulator, model: str) -> None:
    """A model that nothing serves is a 503 model_not_found, in both endpoints."""
    for reply in (gpt(sim.url, model=model), edit(sim.url, surface=DMXAPI, model=model)):
        error = reply.error
        assert (reply.status, error["code"]) == (503, "model_not_found")
        assert (error["type"], "param" in error) == ("new_api_error", False)
        assert "无可用渠道(distributor)" in error["message"]


def test_dead_models_may_have_no_channel(sim: RunningSimulator) -> None:
    """dmxapi.dead_models refuse: what OpenAI shut down is gone here too."""
    assert gpt(sim.url, model=GPT_1).status == 200
    sim.move_switches({"dmxapi.dead_models": "refuse"})
    assert [gpt(sim.url, model=model).status for model in (GPT_1, DALL_E)] == [503, 503]
    assert gpt(sim.url).status == 200


@pytest.mark.parametrize("model", [DALL_E, V4_0])
def test_some_models_edit_nothing(sim: RunningSimulator, model: str) -> None:
    """dall-e-3 and Seedream have no edits: 400 Model not support."""
    reply = edit(sim.url, surface=DMXAPI, model=model)
    assert (reply.status, reply.error["code"]) == (400, "")
    assert "Model not support" in reply.error["message"]


@pytest.mark.parametrize("authorization", [None, "", "Bearer ", "sk-", "Bearer sk-", "a b"])
def test_wrong_keys_are_refused(sim: RunningSimulator, authorization: str | None) -> None:
    """No key, an empty one or one with a space is the 401 of the reports."""
    reply = seedream(sim.url, authorization=authorization)
    assert (reply.status, reply.error["code"]) == (401, "")
    assert "Invalid Token (request id: " in reply.error["message"]
    assert reply.error["type"] == "rix_api_error"
    assert seedream(sim.url, authorization="sk-invalid").status == 401


def test_garbage_is_refused_in_the_same_envelope(sim: RunningSimulator) -> None:
    """Bodies that are no JSON or no form, and other paths, have the relay's error object."""
    bearer = {"Authorization": "key"}
    path = f"{DMXAPI}/images/generations"
    replies = [
        call(sim.url, "POST", path, b'{"model": "x",}', bearer),
        send_form(sim.url, b"{}", content_type="application/json", surface=DMXAPI),
        call(sim.url, "POST", f"{DMXAPI}/videos", b"{}", bearer),
        call(sim.url, "GET", path, None, bearer),
    ]
    assert [reply.status for reply in replies] == [400, 400, 404, 405]
    assert {reply.error["type"] for reply in replies} == {"rix_api_error"}


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, "rix_api_error", ""),
        (401, "rix_api_error", ""),
        (403, "rix_api_error", "insufficient_quota"),
        (404, "rix_api_error", "ModelNotOpen"),
        (429, "rix_api_error", None),
        (500, "new_api_error", None),
        (503, "new_api_error", "model_not_found"),
    ],
)
def test_a_status_has_the_body_of_the_relay(
    sim: RunningSimulator, status: int, kind: str, code: str | None
) -> None:
    """status: the error body that belongs to the code; nothing is billed."""
    sim.post_faults([{"when": {"provider": "dmxapi"}, "do": "status", "args": {"code": status}}])
    for reply in (seedream(sim.url), gpt(sim.url)):
        assert (reply.status, reply.error["type"], reply.error["code"]) == (status, kind, code)
    assert sim.ledger() == []


def test_the_status_of_the_quota_is_a_switch(sim: RunningSimulator) -> None:
    """dmxapi.quota_status 429: a used-up quota looks like a rate limit but for its code."""
    sim.move_switches({"dmxapi.quota_status": "429"})
    sim.post_faults([{"when": {"nth": 1}, "do": "status", "args": {"code": 429}}])
    sim.post_faults([{"when": {"nth": 2}, "do": "status", "args": {"code": 403}}])
    assert seedream(sim.url).error["code"] == "insufficient_quota"
    assert seedream(sim.url).error["code"] == ""


def test_a_gateway_tells_nothing(sim: RunningSimulator) -> None:
    """502, 504 and their kind are plain text."""
    sim.post_faults([{"do": "status", "args": {"code": 504}}])
    assert seedream(sim.url).headers["content-type"] == "text/plain"


@pytest.mark.parametrize("place", ["code", "message"])
def test_the_code_from_behind_may_hide_in_the_message(sim: RunningSimulator, place: str) -> None:
    """dmxapi.upstream_code: the filter's code stands in `code`, or only in the message."""
    sim.move_switches({"dmxapi.upstream_code": place})
    sim.post_faults([{"do": "moderated"}])
    told = (seedream(sim.url).error, gpt(sim.url).error)
    codes = ("OutputImageSensitiveContentDetected", "moderation_blocked")
    for error, code in zip(told, codes, strict=True):
        assert error["code"] == (code if place == "code" else "")
        assert (code in error["message"]) == (place == "message")
    assert sim.ledger() == []


def test_a_partial_group_is_passed_on(sim: RunningSimulator) -> None:
    """Seedream has errors in their places, gpt-image has fewer pictures."""
    sim.post_faults([{"do": "partial_group", "args": {"keep": 1}}])
    assert [list(member) for member in seedream(sim.url, **group(3)).members] == [
        ["url"],
        ["error"],
        ["error"],
    ]
    assert len(gpt(sim.url, n=3).members) == 1
    assert [row["images_billed"] for row in sim.ledger()] == [1, 1]
    sim.reset()
    sim.post_faults([{"do": "partial_group", "args": {"keep": 0}}])
    assert seedream(sim.url).error["code"] == "OutputImageSensitiveContentDetected"
    assert gpt(sim.url).error["code"] == "moderation_blocked"


def test_a_slow_relay_bills_and_drops_the_line(sim: RunningSimulator) -> None:
    """The picture was made and billed upstream; the client learns nothing or a part."""
    sim.post_faults([{"when": {"nth": 1}, "do": "reset_after_billing"}])
    sim.post_faults([{"when": {"nth": 2}, "do": "truncate"}])
    with pytest.raises(ConnectionResetError):
        seedream(sim.url)
    with pytest.raises(http.client.IncompleteRead):
        edit(sim.url, [Upload("image")], surface=DMXAPI)
    assert [row["images_billed"] for row in sim.ledger()] == [1, 1]


def test_download_faults_reach_links_of_dall_e(sim: RunningSimulator) -> None:
    """url_expired acts on the link of the generation it matched."""
    sim.post_faults([{"when": {"prompt_contains": "late"}, "do": "url_expired"}])
    late, fine = (
        gpt(sim.url, model=DALL_E, prompt=prompt).members[0]["url"] for prompt in ("late", "x")
    )
    statuses = [call(sim.url, "GET", link.removeprefix(sim.url)).status for link in (late, fine)]
    assert statuses == [403, 200]
