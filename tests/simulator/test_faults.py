"""Each fault does on the wire what its name says, and bills what contract.md 5 says."""

from __future__ import annotations

import base64
import binascii
import http.client
import json
import re
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from seedwatch.simulator import RunningSimulator
from tests.simulator.calls import (
    GENERATIONS,
    SMALL,
    V4_0,
    download,
    generate,
    group,
    opened,
)


def _post(sim: RunningSimulator, name: str, **args: Any) -> None:
    sim.post_faults([{"when": {"provider": "ark"}, "do": name, "args": args}])


def _billed(sim: RunningSimulator) -> int:
    return sum(row["images_billed"] for row in sim.ledger())


def _sent(sim: RunningSimulator) -> socket.socket:
    """A generation on a bare socket, its answer still unread."""
    body = json.dumps({"model": V4_0, "prompt": "x", "size": SMALL}).encode()
    head = (
        f"POST {GENERATIONS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer key\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    host, port = urlsplit(sim.url).netloc.split(":")
    connection = socket.create_connection((host, int(port)), timeout=20)
    connection.sendall(head.encode() + body)
    return connection


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, "BadRequest", "InvalidParameter"),
        (401, "Unauthorized", "AuthenticationError"),
        (402, "Forbidden", "AccountOverdueError"),
        (403, "Forbidden", "AccountOverdueError"),
        (404, "NotFound", "InvalidEndpointOrModel.NotFound"),
        (429, "TooManyRequests", "ModelAccountIpmRateLimitExceeded"),
        (500, "InternalServerError", "InternalServiceError"),
        (503, "InternalServerError", "InternalServiceError"),
        (529, "InternalServerError", "InternalServiceError"),
    ],
)
def test_a_status_has_the_body_of_the_service(
    sim: RunningSimulator, status: int, kind: str, code: str
) -> None:
    """status: the error envelope that belongs to the code; nothing is billed."""
    _post(sim, "status", code=status)
    reply = generate(sim.url)
    assert (reply.status, reply.error["type"], reply.error["code"]) == (status, kind, code)
    assert reply.headers["x-request-id"] in reply.error["message"]
    assert sim.ledger() == []


@pytest.mark.parametrize("status", [408, 502, 504, 524])
def test_gateway_statuses_have_no_error_object(sim: RunningSimulator, status: int) -> None:
    """408, 502, 504 and 52x come from the gateway: plain text, nothing about the call."""
    _post(sim, "status", code=status)
    reply = generate(sim.url)
    assert (reply.status, reply.headers["content-type"]) == (status, "text/plain")
    assert b"{" not in reply.body


def test_a_status_takes_its_own_body_and_headers(sim: RunningSimulator) -> None:
    """args.body (object or text) and args.headers replace what the code would bring."""
    _post(sim, "status", code=429, body={"a": 1}, headers={"Retry-After": 3, "server": "own"})
    reply = generate(sim.url)
    assert (reply.status, reply.json()) == (429, {"a": 1})
    assert (reply.headers["retry-after"], reply.headers["server"]) == ("3", "own")
    sim.reset()
    _post(sim, "status", code=502, body="<html>", headers={"Content-Type": "text/html"})
    reply = generate(sim.url)
    assert (reply.body, reply.headers["content-type"]) == (b"<html>", "text/html")
    sim.reset()
    _post(sim, "status", code=204, body="ignored")
    assert (generate(sim.url).status, generate(sim.url).body) == (204, b"")


@pytest.mark.parametrize("billed", [False, True])
@pytest.mark.parametrize("name", ["status", "html_200", "malformed_json", "reset_before_billing"])
def test_refusals_bill_only_on_demand(sim: RunningSimulator, name: str, billed: bool) -> None:
    """The four refusals of contract.md 5 bill nothing unless args.billed is true."""
    _post(sim, name, billed=billed)
    if name == "reset_before_billing":
        with pytest.raises(ConnectionResetError):
            generate(sim.url)
    else:
        generate(sim.url)
    assert _billed(sim) == int(billed)


def test_a_reset_is_a_reset(sim: RunningSimulator) -> None:
    """reset_after_billing: the row is there, the client gets a TCP reset instead of an end."""
    _post(sim, "reset_after_billing")
    connection = _sent(sim)
    with connection, pytest.raises(ConnectionResetError):
        connection.recv(1)
    assert _billed(sim) == 1


def test_a_delay_adds_to_the_latency(sim: RunningSimulator) -> None:
    """delay: the answer comes later by its seconds; several add up."""
    _post(sim, "delay", seconds=0.2)
    _post(sim, "delay", seconds=0.1)
    started_at = time.monotonic()
    assert generate(sim.url).status == 200
    assert 0.3 <= time.monotonic() - started_at < 2


def test_a_stall_bills_and_keeps_silent(sim: RunningSimulator) -> None:
    """stall: the row is there, but no byte of an answer comes until the client goes."""
    _post(sim, "stall")
    with _sent(sim) as connection:
        while not sim.ledger():
            time.sleep(0.01)
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    assert _billed(sim) == 1


def test_a_stall_of_some_seconds_answers_in_the_end(sim: RunningSimulator) -> None:
    """Stall with seconds: the answer comes after them."""
    _post(sim, "stall", seconds=0.2)
    started_at = time.monotonic()
    assert generate(sim.url).status == 200
    assert time.monotonic() - started_at >= 0.2


@pytest.mark.parametrize("sent_bytes", [None, 0, 10, 10**6])
def test_a_truncated_answer_is_shorter_than_announced(
    sim: RunningSimulator, sent_bytes: int | None
) -> None:
    """truncate: Content-Length promises more than the socket delivers; it is billed."""
    _post(sim, "truncate", **({} if sent_bytes is None else {"bytes": sent_bytes}))
    with _sent(sim) as connection:
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    announced = int(re.search(rb"content-length: (\d+)", head)[1])  # type: ignore[index]  # an error is the point
    expected = {None: announced // 2, 10**6: announced - 1}.get(sent_bytes, sent_bytes)
    assert len(body) == expected
    assert _billed(sim) == 1


def test_a_cut_without_a_stream_breaks_the_chunks(sim: RunningSimulator) -> None:
    """stream_cut on a call that is not streamed ends a chunked body without its last chunk."""
    _post(sim, "stream_cut")
    with pytest.raises(http.client.IncompleteRead):
        generate(sim.url)
    assert _billed(sim) == 1


def test_a_captive_portal_answers_html(sim: RunningSimulator) -> None:
    """html_200: status 200 with a page instead of JSON."""
    _post(sim, "html_200")
    reply = generate(sim.url)
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert reply.body.startswith(b"<!DOCTYPE html>")


def test_malformed_json_is_whole_but_wrong(sim: RunningSimulator) -> None:
    """malformed_json: all announced bytes arrive, and they are not JSON."""
    _post(sim, "malformed_json")
    reply = generate(sim.url)
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.body.startswith(b"{")
    with pytest.raises(json.JSONDecodeError):
        reply.json()


def test_empty_data_is_charged_without_a_picture(sim: RunningSimulator) -> None:
    """empty_data: 200 without members, yet usage and ledger count the picture."""
    _post(sim, "empty_data")
    answer = generate(sim.url).json()
    assert answer["data"] == []
    assert answer["usage"]["generated_images"] == _billed(sim) == 1


@pytest.mark.parametrize(
    ("args", "kinds", "billed"),
    [
        ({}, ["url", "url", "error"], 2),
        ({"keep": 1}, ["url", "error", "error"], 1),
        ({"keep": 1, "code": "InternalServiceError"}, ["url", "error"], 1),
        ({"keep": 9}, ["url", "url", "url"], 3),
    ],
)
def test_a_partial_group_has_errors_as_members(
    sim: RunningSimulator, args: dict[str, Any], kinds: list[str], billed: int
) -> None:
    """partial_group: lost pictures are errors in their places; an internal error stops the rest."""
    _post(sim, "partial_group", **args)
    answer = generate(sim.url, **group(3)).json()
    assert ["url" if "url" in member else "error" for member in answer["data"]] == kinds
    assert all(set(m["error"]) == {"code", "message"} for m in answer["data"] if "error" in m)
    assert answer["usage"]["generated_images"] == _billed(sim) == billed
    assert "error" not in answer


def test_a_group_that_failed_as_a_whole_says_so_at_the_top(sim: RunningSimulator) -> None:
    """partial_group with keep 0: an error at the top level as well, nothing billed."""
    _post(sim, "partial_group", keep=0)
    answer = generate(sim.url).json()
    assert answer["error"] == answer["data"][0]["error"]
    assert answer["usage"]["generated_images"] == _billed(sim) == 0


def test_a_moderated_picture_is_refused_and_free(sim: RunningSimulator) -> None:
    """moderated: 400 with the output filter's code, or the one given; no row."""
    _post(sim, "moderated")
    reply = generate(sim.url)
    assert (reply.status, reply.error["code"]) == (400, "OutputImageSensitiveContentDetected")
    sim.reset()
    _post(sim, "moderated", code="InputTextSensitiveContentDetected")
    assert generate(sim.url).error["code"] == "InputTextSensitiveContentDetected"
    assert sim.ledger() == []


@pytest.mark.parametrize("kind", ["url", "b64_json"])
def test_bad_base64_cannot_be_decoded(sim: RunningSimulator, kind: str) -> None:
    """bad_base64: the member carries text that no strict decoder takes, whatever was asked."""
    _post(sim, "bad_base64")
    (member,) = generate(sim.url, response_format=kind).members
    with pytest.raises(binascii.Error):
        base64.b64decode(member["b64_json"], validate=True)


@pytest.mark.parametrize(
    ("name", "message"), [("url_expired", "Request has expired"), ("url_403", "Access Denied")]
)
def test_refused_links_stay_refused(sim: RunningSimulator, name: str, message: str) -> None:
    """url_expired, url_403: every download of the generation is a 403, others are not touched."""
    sim.post_faults([{"when": {"nth": 1}, "do": name}])
    refused, fine = (generate(sim.url).members[0]["url"] for _ in range(2))
    for _ in range(2):
        reply = download(refused)
        assert (reply.status, reply.json()["Message"]) == (403, message)
    assert download(fine).status == 200


def test_a_download_fault_may_pass(sim: RunningSimulator) -> None:
    """args.downloads: only so many downloads fail, the next one succeeds."""
    _post(sim, "url_403", downloads=2)
    link = generate(sim.url).members[0]["url"]
    assert [download(link).status for _ in range(3)] == [403, 403, 200]


def test_a_link_may_redirect(sim: RunningSimulator) -> None:
    """redirect: the link answers 302 to the place given."""
    _post(sim, "redirect", to="http://169.254.169.254/latest/meta-data/")
    reply = download(generate(sim.url).members[0]["url"])
    assert (reply.status, reply.headers["location"]) == (
        302,
        "http://169.254.169.254/latest/meta-data/",
    )


@pytest.mark.parametrize("kind", ["url", "b64_json"])
def test_a_result_may_not_be_an_image(sim: RunningSimulator, kind: str) -> None:
    """not_an_image: the bytes are no picture, though the type says so."""
    _post(sim, "not_an_image")
    (member,) = generate(sim.url, response_format=kind).members
    content = (
        download(member["url"]).body if kind == "url" else base64.b64decode(member["b64_json"])
    )
    assert content.startswith(b"This is not an image")


def test_a_result_may_have_another_size(sim: RunningSimulator) -> None:
    """wrong_size: the picture is smaller than the answer says, or of the size given."""
    _post(sim, "wrong_size")
    member = generate(sim.url).members[0]
    assert member["size"] == "1280x720"
    assert opened(download(member["url"]).body).size == (640, 360)
    sim.reset()
    _post(sim, "wrong_size", size="50x40")
    assert opened(download(generate(sim.url).members[0]["url"]).body).size == (50, 40)


@pytest.mark.parametrize("kind", ["url", "b64_json"])
def test_a_result_may_be_oversized(sim: RunningSimulator, kind: str) -> None:
    """Oversized with bytes: a picture with so much behind it that it reaches that size."""
    _post(sim, "oversized", bytes=3_000_000)
    (member,) = generate(sim.url, response_format=kind).members
    content = (
        download(member["url"]).body if kind == "url" else base64.b64decode(member["b64_json"])
    )
    assert len(content) == 3_000_000
    assert content[:2] == b"\xff\xd8"


def test_a_result_may_never_end(sim: RunningSimulator) -> None:
    """Oversized without bytes goes on until the reader leaves, and the server lives on."""
    _post(sim, "oversized")
    link = generate(sim.url).members[0]["url"]
    connection = http.client.HTTPConnection(urlsplit(link).netloc, timeout=20)
    connection.request("GET", link.partition(urlsplit(link).netloc)[2])
    response = connection.getresponse()
    assert response.getheader("content-length") is None
    assert len(response.read(20_000_000)) == 20_000_000
    response.close()
    connection.close()
    assert generate(sim.url, prompt="after").status == 200
