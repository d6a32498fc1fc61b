"""stream: true at OpenAI: previews, then the picture, then nothing or an end mark."""

from __future__ import annotations

import base64
import http.client
import json
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from seedwatch.simulator import RunningSimulator
from tests.simulator.calls import opened
from tests.simulator.openai_calls import GPT_1_5, OPENAI, Upload, create, edit, events

LATENCY_S = 0.6
PARTIAL = "image_generation.partial_image"
COMPLETED = "image_generation.completed"


def _names(body: bytes) -> list[str]:
    return [name for name, _ in events(body)]


def test_previews_come_before_each_picture(sim: RunningSimulator) -> None:
    """Every picture has its partial_image events, numbered from 0, then its completed event."""
    reply = create(sim.url, stream=True, partial_images=2, n=2, output_format="jpeg")
    told = list(events(reply.body))
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert [name for name, _ in told] == [PARTIAL, PARTIAL, COMPLETED] * 2
    assert all(event["type"] == name for name, event in told)
    assert [event.get("partial_image_index") for _, event in told] == [0, 1, None] * 2
    about = {"size", "quality", "background", "output_format"}
    assert set(told[0][1]) == {"type", "b64_json", "partial_image_index", "created_at"} | about
    assert set(told[2][1]) == {"type", "b64_json", "created_at", "usage"} | about
    assert told[2][1]["usage"]["output_tokens"] == 4160
    pictures = [opened(base64.b64decode(event["b64_json"])) for _, event in told]
    assert {picture.size for picture in pictures} == {(1024, 1024)}
    assert len({event["b64_json"] for _, event in told}) == 6
    assert sim.ledger()[0]["images_billed"] == 2


def test_a_stream_without_previews_is_one_event(sim: RunningSimulator) -> None:
    """partial_images 0, the default, sends the picture alone, as the plain answer would."""
    (told,) = events(create(sim.url, stream=True).body)
    assert told[1]["b64_json"] == create(sim.url).members[0]["b64_json"]


def test_edits_have_events_of_their_own(sim: RunningSimulator) -> None:
    """The events of an edit are called image_edit."""
    body = edit(sim.url, [Upload("image")], stream="true", partial_images="1").body
    assert _names(body) == ["image_edit.partial_image", "image_edit.completed"]


def test_the_end_mark_is_a_switch(sim: RunningSimulator) -> None:
    """openai.stream_done: whether [DONE] ends the stream."""
    sim.move_switches({"openai.stream_done": "yes"})
    body = create(sim.url, stream=True).body
    assert _names(body) == [COMPLETED, ""]
    assert body.endswith(b"data: [DONE]\n\n")


def test_previews_are_spread_over_the_latency() -> None:
    """The first preview comes early, the picture at the end."""
    body: dict[str, Any] = {"model": GPT_1_5, "prompt": "x", "stream": True, "partial_images": 2}
    with RunningSimulator(latency_s=LATENCY_S) as simulator:
        connection = http.client.HTTPConnection(urlsplit(simulator.url).netloc, timeout=20)
        headers = {"Authorization": "Bearer key"}
        started_at = time.monotonic()
        connection.request("POST", f"{OPENAI}/images/generations", json.dumps(body), headers)
        response = connection.getresponse()
        times_s = []
        while line := response.readline():
            if line.startswith(b"event:"):
                times_s.append(time.monotonic() - started_at)
        connection.close()
    assert len(times_s) == 3
    assert LATENCY_S / 3 <= times_s[0] < times_s[2] - LATENCY_S / 3
    assert times_s[2] >= LATENCY_S


def test_parameter_errors_stay_json(sim: RunningSimulator) -> None:
    """A wrong parameter with stream: true is an ordinary 400 in JSON."""
    reply = create(sim.url, stream=True, size="1x1")
    assert (reply.status, reply.error["param"]) == (400, "size")


@pytest.mark.parametrize(
    ("args", "names"),
    [
        ({}, [PARTIAL]),
        ({"after": 0}, [PARTIAL]),
        ({"after": 1}, [PARTIAL, COMPLETED]),
    ],
)
def test_a_cut_comes_before_the_picture(
    sim: RunningSimulator, args: dict[str, int], names: list[str]
) -> None:
    """stream_cut: by default the previews arrive and the picture does not; it is billed."""
    sim.post_faults([{"do": "stream_cut", "args": args}])
    with pytest.raises(http.client.IncompleteRead) as caught:
        create(sim.url, stream=True, partial_images=1)
    assert _names(caught.value.partial) == names
    assert sim.ledger()[0]["images_billed"] == 1


def test_a_cut_of_a_group_leaves_the_pictures_before_it(sim: RunningSimulator) -> None:
    """stream_cut without a number lets the first of several pictures through."""
    sim.post_faults([{"do": "stream_cut"}])
    with pytest.raises(http.client.IncompleteRead) as caught:
        create(sim.url, stream=True, n=3)
    assert _names(caught.value.partial) == [COMPLETED]


def test_a_blocked_picture_is_an_error_event(sim: RunningSimulator) -> None:
    """partial_group: the pictures before it, then an error event, then the end."""
    sim.post_faults([{"do": "partial_group", "args": {"keep": 1}}])
    told = list(events(create(sim.url, stream=True, partial_images=1, n=3).body))
    assert [name for name, _ in told] == [PARTIAL, COMPLETED, "error"]
    assert told[2][1]["error"]["code"] == "moderation_blocked"
    assert sim.ledger()[0]["images_billed"] == 1


def test_an_empty_stream_ends_properly(sim: RunningSimulator) -> None:
    """empty_data: a stream without any event, billed."""
    sim.post_faults([{"do": "empty_data"}])
    reply = create(sim.url, stream=True)
    assert (reply.status, reply.body) == (200, b"")
    assert sim.ledger()[0]["images_billed"] == 1
