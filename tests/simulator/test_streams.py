"""stream: true answers with server-sent events, in Ark's order and timing."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from seedwatch.simulator import RunningSimulator
from tests.simulator.calls import (
    GENERATIONS,
    SMALL,
    V4_0,
    V4_5,
    download,
    generate,
    group,
    opened,
)

LATENCY_S = 0.6


def _events(body: bytes) -> Iterator[tuple[str, Any]]:
    for frame in body.decode().split("\n\n")[:-1]:
        name, _, content = frame.rpartition("\n")
        content = content.removeprefix("data: ")
        yield name.removeprefix("event: "), content if content == "[DONE]" else json.loads(content)


def test_pictures_come_one_by_one_then_the_end() -> None:
    """Headers wait for the first picture; then one event per picture, completed, [DONE]."""
    body = {"model": V4_0, "prompt": "x", "size": SMALL, "stream": True, **group(3)}
    with RunningSimulator(latency_s=LATENCY_S) as simulator:
        connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=20)
        started_at = time.monotonic()
        connection.request("POST", GENERATIONS, json.dumps(body), {"Authorization": "Bearer key"})
        response = connection.getresponse()
        times_s = [time.monotonic() - started_at]
        lines = []
        while line := response.readline():
            if line.startswith(b"event:"):
                times_s.append(time.monotonic() - started_at)
            lines.append(line)
        connection.close()
        events = list(_events(b"".join(lines)))
        first = opened(download(events[0][1]["url"]).body)
    partial = "image_generation.partial_succeeded"
    assert response.getheader("content-type") == "text/event-stream; charset=utf-8"
    assert [name for name, _ in events] == [*[partial] * 3, "image_generation.completed", ""]
    assert [event["image_index"] for _, event in events[:3]] == [0, 1, 2]
    assert all(event["type"] == name for name, event in events[:4])
    assert set(events[0][1]) == {"type", "model", "created", "image_index", "url", "size"}
    assert first.size == (1280, 720)
    assert events[3][1]["usage"]["generated_images"] == 3
    assert events[4][1] == "[DONE]"
    assert times_s[0] >= LATENCY_S / 3
    assert times_s[1] < times_s[3] - LATENCY_S / 3
    assert times_s[3] >= LATENCY_S


def test_parameter_errors_stay_json(sim: RunningSimulator) -> None:
    """A wrong parameter with stream: true is an ordinary 400 in JSON."""
    reply = generate(sim.url, stream=True, size="1x1")
    assert (reply.status, reply.headers["content-type"]) == (400, "application/json")
    assert reply.error["param"] == "size"


def test_base64_streams_too(sim: RunningSimulator) -> None:
    """With b64_json each event carries the picture itself."""
    events = list(_events(generate(sim.url, stream=True, response_format="b64_json").body))
    assert "b64_json" in events[0][1]
    assert "url" not in events[0][1]


def test_a_failed_picture_is_an_event_of_its_own(sim: RunningSimulator) -> None:
    """partial_group: the lost pictures are partial_failed events, only the others are billed."""
    sim.post_faults([{"when": {}, "do": "partial_group", "args": {"keep": 1}}])
    events = list(_events(generate(sim.url, stream=True, **group(3)).body))
    assert [name.rpartition(".")[2] for name, _ in events] == [
        "partial_succeeded",
        "partial_failed",
        "partial_failed",
        "completed",
        "",
    ]
    assert events[1][1]["error"]["code"] == "OutputImageSensitiveContentDetected"
    assert events[3][1]["usage"]["generated_images"] == 1
    assert sim.ledger()[0]["images_billed"] == 1


def test_a_cut_stream_ends_in_the_middle(sim: RunningSimulator) -> None:
    """stream_cut: the pictures before the cut arrive, the end of the body never does."""
    sim.post_faults([{"do": "stream_cut", "args": {"after": 2}}])
    with pytest.raises(http.client.IncompleteRead) as caught:
        generate(sim.url, stream=True, **group(3))
    events = list(_events(caught.value.partial))
    assert [event["image_index"] for _, event in events] == [0, 1]
    assert sim.ledger()[0]["images_billed"] == 3


def test_an_empty_stream_still_ends_properly(sim: RunningSimulator) -> None:
    """empty_data: no picture event at all, then completed and [DONE]."""
    sim.post_faults([{"do": "empty_data"}])
    events = list(_events(generate(sim.url, model=V4_5, size="2K", stream=True).body))
    assert [name for name, _ in events] == ["image_generation.completed", ""]


@pytest.mark.parametrize("fault", ["reset_after_billing", "reset_before_billing"])
def test_resets_break_streams_too(sim: RunningSimulator, fault: str) -> None:
    """A reset comes before the first byte of a stream; it is billed or not as its name says."""
    sim.post_faults([{"do": fault}])
    with pytest.raises(ConnectionResetError):
        generate(sim.url, stream=True)
    assert len(sim.ledger()) == (fault == "reset_after_billing")


def test_streams_may_be_framed_over_many_lines(sim: RunningSimulator) -> None:
    """ark.stream_framing: the same event on one line, as many `data:` lines, or without them."""
    frames = {}
    for framing in ("one-line", "multi-line", "broken"):
        sim.move_switches({"ark.stream_framing": framing})
        body = generate(sim.url, stream=True, response_format="b64_json").body.decode()
        name, *lines = body.split("\n\n")[1].split("\n")
        assert name == "event: image_generation.completed"
        frames[framing] = lines
    assert len(frames["one-line"]) == 1
    assert all(line.startswith("data: ") for line in frames["multi-line"])
    assert [line.startswith("data: ") for line in frames["broken"]][:2] == [True, False]
    for lines in frames.values():
        told = json.loads("".join(line.removeprefix("data: ") for line in lines))
        assert told["usage"]["generated_images"] == 1
