"""Faults on a surface with tasks: those of the call, of the task, and of its downloads."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

import pytest

from seedwatch.simulator import RunningSimulator
from tests.simulator.boxes import opened_movie
from tests.simulator.calls import download
from tests.simulator.video_calls import (
    LATENCY_S,
    create,
    created,
    delete,
    listed,
    show,
    shown,
    timed_simulator,
)


def _post(simulator: RunningSimulator, name: str, **args: Any) -> None:
    simulator.post_faults([{"do": name, "args": args}])


def _billed(simulator: RunningSimulator) -> list[int]:
    return [row["images_billed"] for row in simulator.ledger()]


def _total(simulator: RunningSimulator) -> int:
    simulator.move_switches({"ark.lists_per_s": 0})
    total: int = listed(simulator.url).json()["total"]
    return total


@pytest.mark.parametrize(
    ("name", "args", "status"),
    [
        ("status", {"code": 503}, 503),
        ("status", {"code": 429, "headers": {"Retry-After": "3"}}, 429),
        ("html_200", {}, 200),
        ("malformed_json", {}, 200),
    ],
)
@pytest.mark.parametrize("is_billed", [False, True])
def test_a_refused_call_starts_a_task_only_if_billed(
    sim: RunningSimulator, name: str, args: dict[str, Any], status: int, is_billed: bool
) -> None:
    """The client gets no id; with `billed` the task runs all the same, and the list shows it."""
    _post(sim, name, **args, billed=is_billed)
    reply = create(sim.url)
    assert reply.status == status
    if status == 200:
        with pytest.raises(json.JSONDecodeError):
            reply.json()
    assert (_billed(sim), _total(sim)) == (([1], 1) if is_billed else ([], 0))


@pytest.mark.parametrize(
    ("name", "rows"), [("reset_before_billing", []), ("reset_after_billing", [1])]
)
def test_a_reset_comes_before_or_after_the_start(
    sim: RunningSimulator, name: str, rows: list[int]
) -> None:
    """After billing the task is there, and only the list can tell its id."""
    _post(sim, name)
    with pytest.raises(ConnectionResetError):
        create(sim.url)
    assert (_billed(sim), _total(sim)) == (rows, len(rows))


def test_a_truncated_answer_belongs_to_a_started_task(sim: RunningSimulator) -> None:
    """truncate: a part of the id arrives; the task runs."""
    _post(sim, "truncate", bytes=10)
    with pytest.raises(http.client.IncompleteRead) as caught:
        create(sim.url)
    assert len(caught.value.partial) == 10
    assert (_billed(sim), _total(sim)) == ([1], 1)


@pytest.mark.parametrize("name", ["delay", "stall"])
def test_a_delay_delays_the_answer_not_the_task(sim: RunningSimulator, name: str) -> None:
    """Delay and stall: the id comes later; by then the task has ended."""
    _post(sim, name, seconds=0.2)
    started_at = time.monotonic()
    task_id = created(sim.url)
    assert 0.2 <= time.monotonic() - started_at < 2
    assert shown(sim.url, task_id)["status"] == "succeeded"


def test_a_stuck_task_never_ends_by_itself() -> None:
    """task_stuck: it runs until it is given up."""
    with timed_simulator() as (simulator, clock):
        _post(simulator, "task_stuck")
        task_id = created(simulator.url, execution_expires_after=3600)
        clock.now += 3599
        assert shown(simulator.url, task_id)["status"] == "running"
        assert delete(simulator.url, task_id).status == 400
        clock.now += 1
        assert shown(simulator.url, task_id)["status"] == "expired"
        assert _billed(simulator) == [1]


def test_a_lost_task_is_unknown(sim: RunningSimulator) -> None:
    """task_lost: billed and answered, but no call finds it."""
    _post(sim, "task_lost")
    task_id = created(sim.url)
    assert (show(sim.url, task_id).status, delete(sim.url, task_id).status) == (404, 404)
    assert (_billed(sim), _total(sim)) == ([1], 0)


@pytest.mark.parametrize(
    ("args", "code", "message", "billed"),
    [
        ({}, "InternalServiceError", "The service encountered", [0]),
        ({"code": "OutputVideoSensitiveContentDetected"}, "OutputVideoSens", "", [0]),
        ({"code": "X", "message": "broken"}, "X", "broken", [0]),
        ({"billed": True}, "InternalServiceError", "The service", [1]),
    ],
)
def test_a_task_may_fail(args: dict[str, Any], code: str, message: str, billed: list[int]) -> None:
    """task_failed: it runs, then has an error instead of content; the row says nothing was made."""
    with timed_simulator() as (simulator, clock):
        _post(simulator, "task_failed", **args)
        task_id = created(simulator.url)
        clock.now += LATENCY_S / 2
        assert shown(simulator.url, task_id)["status"] == "running"
        clock.now += LATENCY_S
        task = shown(simulator.url, task_id)
        assert (task["status"], task["content"]) == ("failed", None)
        assert task["error"]["code"].startswith(code)
        assert task["error"]["message"].startswith(message)
        assert _billed(simulator) == billed


def test_moderation_refuses_an_input_at_once_and_an_output_at_the_end() -> None:
    """moderated: an Input… code is a 400 of the call, any other one an error of the task."""
    with timed_simulator() as (simulator, clock):
        simulator.post_faults(
            [
                {
                    "do": "moderated",
                    "args": {"code": "InputImageSensitiveContentDetected.PrivacyInformation"},
                    "times": 1,
                }
            ]
        )
        reply = create(simulator.url)
        assert reply.status == 400
        assert reply.error["code"] == "InputImageSensitiveContentDetected.PrivacyInformation"
        _post(simulator, "moderated")
        task_id = created(simulator.url)
        clock.now += LATENCY_S
        error = shown(simulator.url, task_id)["error"]
        assert error["code"] == "OutputVideoSensitiveContentDetected"
        assert simulator.ledger() == []


def test_a_task_may_succeed_with_nothing(sim: RunningSimulator) -> None:
    """empty_data: succeeded and billed, but there is no link."""
    with timed_simulator(0) as (simulator, _):
        _post(simulator, "empty_data")
        task = shown(simulator.url, created(simulator.url))
        assert (task["status"], task["content"], _billed(simulator)) == ("succeeded", {}, [1])


def test_a_single_video_is_no_group(sim: RunningSimulator) -> None:
    """partial_group leaves a video alone unless nothing at all is to be kept."""
    with timed_simulator(0) as (simulator, _):
        simulator.post_faults([{"do": "partial_group", "times": 1}])
        task = shown(simulator.url, created(simulator.url, return_last_frame=True))
        assert set(task["content"]) == {"video_url", "last_frame_url"}
        _post(simulator, "partial_group", keep=0)
        task = shown(simulator.url, created(simulator.url))
        assert (task["status"], _billed(simulator)) == ("failed", [1, 0])


@pytest.mark.parametrize(
    ("name", "args", "status"),
    [
        ("url_expired", {}, 403),
        ("url_403", {}, 403),
        ("redirect", {"to": "http://203.0.113.1/x"}, 302),
        ("not_an_image", {}, 200),
        ("oversized", {"bytes": 3_000_000}, 200),
    ],
)
def test_faults_of_results_act_on_the_downloads(
    name: str, args: dict[str, Any], status: int
) -> None:
    """The task succeeds; the file behind its link is refused, elsewhere, no video or too large."""
    with timed_simulator(0) as (simulator, _):
        _post(simulator, name, **args)
        link = shown(simulator.url, created(simulator.url))["content"]["video_url"]
        reply = download(link)
    assert reply.status == status
    if name == "not_an_image":
        assert reply.body.startswith(b"This is not")
    if name == "oversized":
        assert (len(reply.body), reply.body[4:8]) == (3_000_000, b"ftyp")


def test_a_video_may_have_another_size() -> None:
    """wrong_size: the file is smaller than the task says, its last frame too."""
    with timed_simulator(0) as (simulator, _):
        _post(simulator, "wrong_size", size="320x180")
        task = shown(simulator.url, created(simulator.url, return_last_frame=True))
        movie = opened_movie(download(task["content"]["video_url"]).body)
    assert movie.size == (320, 180)
    assert task["resolution"] == "480p"
