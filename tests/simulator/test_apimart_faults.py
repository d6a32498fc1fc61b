"""APIMart: idempotency keys, and faults of calls, tasks and downloads."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from seedwatch.simulator import RunningSimulator
from tests.simulator.apimart_calls import (
    VIDEOS,
    pixels,
    poll,
    polled,
    submit,
    submitted,
    uploaded,
)
from tests.simulator.calls import Reply, download
from tests.simulator.video_calls import LATENCY_S, timed_simulator

KEY = {"Idempotency-Key": "job-1:attempt-1"}


def _post(simulator: RunningSimulator, name: str, **args: Any) -> None:
    simulator.post_faults([{"do": name, "args": args}])


def _id(reply: Reply) -> str:
    task_id: str = reply.json()["data"][0]["task_id"]
    return task_id


def _billed(simulator: RunningSimulator) -> list[int]:
    return [row["images_billed"] for row in simulator.ledger()]


def test_a_replayed_key_finds_its_task(sim: RunningSimulator) -> None:
    """The same key and body: the same task, marked as replayed, without a second row."""
    first, second = (submit(sim.url, headers=KEY) for _ in range(2))
    assert _id(first) == _id(second)
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert _billed(sim) == [1]


def test_another_body_under_the_same_key_is_a_conflict(sim: RunningSimulator) -> None:
    """409 for another body or path; other accounts and other keys start their own tasks."""
    first = submit(sim.url, headers=KEY)
    assert submit(sim.url, prompt="a cat", headers=KEY).status == 409
    assert submit(sim.url, VIDEOS, headers=KEY).status == 409
    assert submit(sim.url, size="7:1", headers=KEY).status == 409
    other = submit(sim.url, headers={**KEY, "Authorization": "Bearer other"})
    fresh = submit(sim.url, headers={"Idempotency-Key": "job-2"})
    assert len({_id(first), _id(other), _id(fresh)}) == 3
    assert _billed(sim) == [1, 1, 1]


@pytest.mark.parametrize("key", ["", "two words", "x" * 192, "schl\u00fcssel"])
def test_a_key_has_a_form(sim: RunningSimulator, key: str) -> None:
    """1 to 191 visible ASCII characters without a space."""
    reply = submit(sim.url, headers={"Idempotency-Key": key})
    assert (reply.status, reply.error["param"]) == (400, "Idempotency-Key")


def test_a_refused_submit_leaves_its_key_free(sim: RunningSimulator) -> None:
    """After a 400 or an unbilled fault the key starts a task as if it were new."""
    assert submit(sim.url, size="7:1", headers=KEY).status == 400
    sim.post_faults([{"do": "status", "args": {"code": 502}, "times": 1}])
    assert submit(sim.url, headers=KEY).status == 502
    assert _billed(sim) == []
    reply = submit(sim.url, headers=KEY)
    assert "idempotency-replayed" not in reply.headers
    assert _billed(sim) == [1]


def test_a_lost_answer_is_found_by_its_key(sim: RunningSimulator) -> None:
    """After reset_after_billing the same request gets the task that was paid."""
    sim.post_faults([{"do": "reset_after_billing", "times": 1}])
    with pytest.raises(ConnectionResetError):
        submit(sim.url, headers=KEY)
    reply = submit(sim.url, headers=KEY)
    assert reply.headers["idempotency-replayed"] == "true"
    assert poll(sim.url, _id(reply)).status == 200
    assert _billed(sim) == [1]


def test_faults_of_the_call_act_on_replays_too(sim: RunningSimulator) -> None:
    """A replay is a call like any other: it can be cut, refused or late, but never billed."""
    submit(sim.url, headers=KEY)
    for name in ("status", "malformed_json", "html_200"):
        sim.post_faults([{"do": name, "args": {"billed": True}, "times": 1}])
        submit(sim.url, headers=KEY)
    sim.post_faults([{"do": "reset_after_billing", "times": 1}])
    with pytest.raises(ConnectionResetError):
        submit(sim.url, headers=KEY)
    assert submit(sim.url, headers=KEY).status == 200
    assert _billed(sim) == [1]


def test_the_same_key_at_once_starts_one_task(sim: RunningSimulator) -> None:
    """Ten equal submits at the same moment: one task, one row.

    Breaks if the key is not looked up again after the body was checked.
    """
    picture = uploaded(sim.url, pixels(size=(2000, 2000)))
    replies: list[Reply] = []

    def one() -> None:
        replies.append(submit(sim.url, image_urls=[picture], headers=KEY))

    threads = [threading.Thread(target=one) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({_id(reply) for reply in replies}) == 1
    assert sum("idempotency-replayed" in reply.headers for reply in replies) == 9
    assert _billed(sim) == [1]


def test_a_replay_needs_its_pictures_no_more() -> None:
    """The uploads of a task may have ended when its submit is repeated."""
    with timed_simulator() as (simulator, clock):
        link = uploaded(simulator.url, pixels())
        first = submit(simulator.url, image_urls=[link], headers=KEY)
        clock.now += 73 * 3600
        assert _id(submit(simulator.url, image_urls=[link], headers=KEY)) == _id(first)


def test_a_lost_task_is_replayed_all_the_same(sim: RunningSimulator) -> None:
    """task_lost: polls know nothing of it, its key still does; a later task changes neither."""
    sim.post_faults([{"do": "task_lost", "times": 1}])
    lost = _id(submit(sim.url, headers=KEY))
    submitted(sim.url, prompt="another")
    assert poll(sim.url, lost).status == 404
    assert _id(submit(sim.url, headers=KEY)) == lost
    assert _billed(sim) == [1, 1]


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({}, {"code": 500, "type": "server_error"}),
        ({"code": "429"}, {"code": 429, "type": "rate_limit_error"}),
        ({"code": "upstream_error"}, {"code": 400, "type": "upstream_error"}),
        ({"message": "broken"}, {"code": 500, "type": "server_error", "message": "broken"}),
    ],
)
def test_a_task_may_fail(args: dict[str, Any], error: dict[str, Any]) -> None:
    """task_failed: data.error with code, message and type; it costs nothing."""
    with timed_simulator() as (simulator, clock):
        _post(simulator, "task_failed", **args)
        task_id = submitted(simulator.url)
        clock.now += LATENCY_S / 2
        assert polled(simulator.url, task_id)["status"] == "processing"
        clock.now += LATENCY_S
        task = polled(simulator.url, task_id)
        assert _billed(simulator) == [0]
    assert (task["status"], task["cost"]) == ("failed", 0)
    assert "result" not in task
    assert {name: task["error"][name] for name in error} == error
    assert set(task["error"]) == {"code", "message", "type"}


def test_a_stuck_task_never_ends() -> None:
    """task_stuck: processing for ever, at 99 percent."""
    with timed_simulator() as (simulator, clock):
        _post(simulator, "task_stuck")
        task_id = submitted(simulator.url)
        clock.now += 3 * 86_400
        task = polled(simulator.url, task_id)
        assert (task["status"], task["progress"]) == ("processing", 99)


def test_moderation_comes_before_or_after(sim: RunningSimulator) -> None:
    """moderated: an Input… code refuses the submit, any other lets the task fail, for free."""
    with timed_simulator(0) as (simulator, _):
        simulator.post_faults([{"do": "moderated", "args": {"code": "Input"}, "times": 1}])
        assert submit(simulator.url).status == 400
        _post(simulator, "moderated")
        task = polled(simulator.url, submitted(simulator.url))
        assert (task["status"], task["error"]["code"]) == ("failed", 400)
        assert simulator.ledger() == []


@pytest.mark.parametrize(
    ("name", "args", "made"),
    [
        ("partial_group", {}, 2),
        ("partial_group", {"keep": 1}, 1),
        ("empty_data", {}, 0),
    ],
)
def test_a_group_may_come_short(name: str, args: dict[str, Any], made: int) -> None:
    """partial_group: fewer pictures, fewer billed. empty_data: none, yet all are billed."""
    with timed_simulator(0) as (simulator, _):
        _post(simulator, name, **args)
        task = polled(simulator.url, submitted(simulator.url, n=3))
        assert task["status"] == "completed"
        assert len(task["result"]["images"]) == made
        assert _billed(simulator) == [made or 3]


@pytest.mark.parametrize(
    ("name", "args", "statuses"),
    [
        ("url_403", {"downloads": 1}, [403, 200]),
        ("url_expired", {}, [403, 403]),
        ("redirect", {"to": "http://203.0.113.1/x"}, [302, 302]),
        ("not_an_image", {}, [200, 200]),
    ],
)
def test_faults_of_results_act_on_the_downloads(
    name: str, args: dict[str, Any], statuses: list[int]
) -> None:
    """They act on the links of the generation that they matched, and on no other."""
    with timed_simulator(0) as (simulator, _):
        simulator.post_faults([{"do": name, "args": args, "when": {"nth": 1}}])
        faulty, fine = (
            polled(simulator.url, submitted(simulator.url))["result"]["images"][0]["url"][0]
            for _ in range(2)
        )
        assert [download(faulty).status for _ in range(2)] == statuses
        assert download(fine).headers["content-type"] == "image/jpeg"


def test_faults_choose_by_provider_and_path(sim: RunningSimulator) -> None:
    """`when` tells APIMart's pictures from its videos."""
    when = {"provider": "apimart", "path": "/videos/"}
    sim.post_faults([{"do": "status", "args": {"code": 503}, "when": when}])
    assert submit(sim.url).status == 200
    assert submit(sim.url, VIDEOS, model="doubao-seedance-2.0").status == 503


def test_a_delay_is_of_the_answer(sim: RunningSimulator) -> None:
    """delay: the id comes late."""
    _post(sim, "delay", seconds=0.2)
    started_at = time.monotonic()
    submitted(sim.url)
    assert 0.2 <= time.monotonic() - started_at < 2
