"""Faults at OpenAI's surface: its own error bodies, and no answer but inline ones."""

from __future__ import annotations

import base64
import binascii
import http.client
import json
from typing import Any

import pytest

from seedwatch.simulator import RunningSimulator
from tests.simulator.calls import generate, opened
from tests.simulator.openai_calls import Upload, create, edit


def _post(sim: RunningSimulator, name: str, **args: Any) -> None:
    sim.post_faults([{"when": {"provider": "openai"}, "do": name, "args": args}])


def _billed(sim: RunningSimulator) -> int:
    return sum(row["images_billed"] for row in sim.ledger())


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, "invalid_request_error", None),
        (401, "invalid_request_error", "invalid_api_key"),
        (403, "invalid_request_error", None),
        (404, "invalid_request_error", "model_not_found"),
        (409, "invalid_request_error", None),
        (429, "requests", "rate_limit_exceeded"),
        (500, "server_error", "server_error"),
        (503, "overloaded", "overloaded"),
    ],
)
def test_a_status_has_the_body_of_the_service(
    sim: RunningSimulator, status: int, kind: str, code: str | None
) -> None:
    """status: the error envelope that belongs to the code; nothing is billed."""
    _post(sim, "status", code=status)
    reply = create(sim.url)
    assert (reply.status, reply.error["type"], reply.error["code"]) == (status, kind, code)
    assert reply.headers["x-request-id"].startswith("req_")
    assert sim.ledger() == []


@pytest.mark.parametrize("status", [408, 502, 504, 524])
def test_gateway_statuses_have_no_error_object(sim: RunningSimulator, status: int) -> None:
    """408, 502, 504 and 52x come from a gateway: plain text, nothing about the call."""
    _post(sim, "status", code=status)
    reply = create(sim.url)
    assert (reply.status, reply.headers["content-type"]) == (status, "text/plain")


def test_a_status_takes_headers_for_retries(sim: RunningSimulator) -> None:
    """args.headers bring Retry-After, retry-after-ms and x-should-retry; args.body a quota."""
    headers = {"Retry-After": 7, "retry-after-ms": "6500", "x-should-retry": "false"}
    body = {"error": {"message": "m", "type": "insufficient_quota", "code": "insufficient_quota"}}
    _post(sim, "status", code=429, headers=headers, body=body)
    reply = create(sim.url)
    assert (reply.headers["retry-after"], reply.headers["retry-after-ms"]) == ("7", "6500")
    assert (reply.headers["x-should-retry"], reply.json()) == ("false", body)


@pytest.mark.parametrize("kind", ["image_generation_user_error", "invalid_request_error"])
def test_a_moderated_picture_is_refused_and_free(sim: RunningSimulator, kind: str) -> None:
    """moderated: 400 moderation_blocked; the type beside it is a switch."""
    sim.move_switches({"openai.moderation_type": kind})
    _post(sim, "moderated")
    reply = edit(sim.url)
    error = reply.error
    assert (reply.status, error["code"], error["type"]) == (400, "moderation_blocked", kind)
    sim.reset()
    _post(sim, "moderated", code="content_policy_violation")
    assert create(sim.url).error["code"] == "content_policy_violation"
    assert sim.ledger() == []


@pytest.mark.parametrize(("args", "count"), [({}, 2), ({"keep": 1}, 1), ({"keep": 9}, 3)])
def test_a_partial_group_has_fewer_pictures(
    sim: RunningSimulator, args: dict[str, Any], count: int
) -> None:
    """partial_group: the lost pictures are simply not there, and are not billed."""
    _post(sim, "partial_group", **args)
    reply = create(sim.url, n=3)
    assert len(reply.members) == _billed(sim) == count
    assert all(set(member) == {"b64_json"} for member in reply.members)


def test_a_group_that_failed_as_a_whole_is_refused(sim: RunningSimulator) -> None:
    """partial_group with keep 0 is the refusal of the content filter."""
    _post(sim, "partial_group", keep=0)
    reply = create(sim.url, n=2)
    assert (reply.status, reply.error["code"]) == (400, "moderation_blocked")
    assert _billed(sim) == 0


def test_empty_data_is_charged_without_a_picture(sim: RunningSimulator) -> None:
    """empty_data: 200 without members, billed."""
    _post(sim, "empty_data")
    assert create(sim.url, n=2).members == []
    assert _billed(sim) == 2


def test_broken_answers_are_broken(sim: RunningSimulator) -> None:
    """bad_base64, malformed_json, html_200, not_an_image do what they do everywhere."""
    sim.post_faults(
        [
            {"when": {"nth": 1}, "do": "bad_base64"},
            {"when": {"nth": 2}, "do": "malformed_json"},
            {"when": {"nth": 3}, "do": "html_200"},
            {"when": {"nth": 4}, "do": "not_an_image"},
        ]
    )
    with pytest.raises(binascii.Error):
        base64.b64decode(create(sim.url).members[0]["b64_json"], validate=True)
    with pytest.raises(json.JSONDecodeError):
        create(sim.url).json()
    assert create(sim.url).headers["content-type"] == "text/html; charset=utf-8"
    (member,) = create(sim.url).members
    assert base64.b64decode(member["b64_json"]).startswith(b"This is not an image")
    assert [row["n"] for row in sim.ledger()] == [1, 2]


def test_a_picture_may_have_another_size(sim: RunningSimulator) -> None:
    """wrong_size: the answer says one size, the picture has another."""
    _post(sim, "wrong_size", size="48x32")
    answer = create(sim.url).json()
    image = opened(base64.b64decode(answer["data"][0]["b64_json"]))
    assert (answer["size"], image.size) == ("1024x1024", (48, 32))


@pytest.mark.parametrize("name", ["reset_after_billing", "reset_before_billing"])
def test_resets_tell_nothing(sim: RunningSimulator, name: str) -> None:
    """A reset breaks an edit before its first byte; it is billed or not as its name says."""
    _post(sim, name)
    with pytest.raises(ConnectionResetError):
        edit(sim.url, [Upload("image")])
    assert _billed(sim) == (name == "reset_after_billing")


@pytest.mark.parametrize("name", ["truncate", "stream_cut"])
def test_short_answers_are_billed(sim: RunningSimulator, name: str) -> None:
    """truncate, stream_cut: the body ends early."""
    _post(sim, name)
    with pytest.raises(http.client.IncompleteRead):
        create(sim.url)
    assert _billed(sim) == 1


def test_faults_of_one_provider_spare_the_other(sim: RunningSimulator) -> None:
    """when.provider and when.path tell the surfaces and their endpoints apart."""
    _post(sim, "status", code=500)
    assert (create(sim.url).status, generate(sim.url).status) == (500, 200)
    sim.reset()
    sim.post_faults([{"when": {"path": "/edits"}, "do": "status"}])
    assert (create(sim.url).status, edit(sim.url).status) == (200, 500)
