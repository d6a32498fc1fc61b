"""Ark's video tasks: their life, what they show, lists, deletion, the video itself."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from PIL import Image, ImageStat

from seedwatch.simulator import RunningSimulator
from tests.simulator.boxes import opened_movie
from tests.simulator.calls import call, data_uri, download, encoded, opened
from tests.simulator.video_calls import (
    LATENCY_S,
    TASKS,
    V1_0,
    V1_5,
    V2_0,
    V2_5,
    create,
    created,
    delete,
    image,
    listed,
    medium,
    show,
    shown,
    text,
    timed_simulator,
)

_DAY_S = 86_400


def _color(picture: Image.Image) -> tuple[float, ...]:
    width, height = picture.size
    return tuple(ImageStat.Stat(picture.convert("RGB").crop((0, 40, width, height // 2))).mean)


def test_a_task_is_queued_then_runs_then_succeeds() -> None:
    """The states follow the clock; the object has the fields of protocols.md 3.5 at each."""
    with timed_simulator() as (simulator, clock):
        started_at = int(clock.now)
        task_id = created(simulator.url, resolution="720p", ratio="16:9", seed=7)
        assert re.fullmatch(r"cgt-20270115080000-[0-9a-f]{8}", task_id)
        queued = shown(simulator.url, task_id)
        clock.now += LATENCY_S / 2
        running = shown(simulator.url, task_id)
        clock.now += LATENCY_S / 2
        done = shown(simulator.url, task_id)
    assert queued == {
        "id": task_id,
        "model": V1_0,
        "status": "queued",
        "error": None,
        "content": None,
        "created_at": started_at,
        "updated_at": started_at,
        "seed": 7,
        "resolution": "720p",
        "ratio": "16:9",
        "duration": 5,
        "framespersecond": 24,
        "service_tier": "default",
        "execution_expires_after": 172_800,
    }
    assert (running["status"], running["updated_at"]) == ("running", started_at + 20)
    link = done.pop("content").pop("video_url")
    usage = {"completion_tokens": 102_960, "total_tokens": 102_960}
    changed = {"status": "succeeded", "usage": usage, "updated_at": started_at + 100}
    assert done == {name: value for name, value in queued.items() if name != "content"} | changed
    assert f"/files/ark/seedance-1-0-pro/{task_id}.mp4?" in link
    assert "X-Tos-Date=20270115T080140Z" in link


def test_without_latency_the_video_is_there_at_once(sim: RunningSimulator) -> None:
    """The latency of the simulator is the time to the final state, not to the answer."""
    with timed_simulator(0) as (simulator, _):
        assert shown(simulator.url, created(simulator.url))["status"] == "succeeded"


def test_the_video_is_what_was_asked_for(sim: RunningSimulator) -> None:
    """Size, length and format are exact, and the video starts in the colours of its first frame."""
    with timed_simulator(0) as (simulator, _):
        task_id = created(
            simulator.url, text(), image(color="red", size=(480, 360)), duration=3, ratio="adaptive"
        )
        task = shown(simulator.url, task_id)
        reply = download(task["content"]["video_url"])
    movie = opened_movie(reply.body)
    assert (reply.status, reply.headers["content-type"]) == (200, "video/mp4")
    assert (movie.size, movie.duration_s) == ((736, 544), 3)
    assert task["ratio"] == "4:3"
    color = _color(movie.frame(0))
    assert color[0] > color[2] + 60


def test_the_last_frame_may_be_returned() -> None:
    """return_last_frame adds a JPEG in the colours of the last frame."""
    frames = (image("first_frame", "red"), image("last_frame", "blue"))
    with timed_simulator(0) as (simulator, _):
        task_id = created(simulator.url, *frames, return_last_frame=True)
        content = shown(simulator.url, task_id)["content"]
        reply = download(content["last_frame_url"])
        rows = simulator.ledger()
    assert set(content) == {"video_url", "last_frame_url"}
    assert reply.headers["content-type"] == "image/jpeg"
    picture = opened(reply.body)
    assert picture.size == (640, 640)
    assert _color(picture)[2] > _color(picture)[0] + 60
    assert [row["images_billed"] for row in rows] == [1]


@pytest.mark.parametrize(
    ("fields", "size", "tokens"),
    [
        ({}, (864, 480), 48_600),
        ({"duration": 10}, (864, 480), 97_200),
        ({"frames": 29}, (864, 480), 11_745),
        ({"resolution": None}, (1920, 1088), 244_800),
        ({"model": V1_5, "ratio": "21:9"}, (992, 432), 50_220),
        ({"model": V2_0, "resolution": "4k", "ratio": "9:16"}, (2160, 3840), 972_000),
        ({"model": V2_5}, (854, 480), 48_038),
        ({"model": V2_5, "ratio": "3:4", "duration": -1}, (560, 752), 49_350),
    ],
)
def test_sizes_and_tokens_follow_the_tables(
    fields: dict[str, Any], size: tuple[int, int], tokens: int
) -> None:
    """Pixels as in protocols.md 3.6, tokens as in 3.5."""
    with timed_simulator(0) as (simulator, _):
        task = shown(simulator.url, created(simulator.url, **fields))
        movie = opened_movie(download(task["content"]["video_url"]).body)
    assert movie.size == size
    assert task["usage"] == {"completion_tokens": tokens, "total_tokens": tokens}
    assert ("frames" in task, "duration" in task) == ("frames" in fields, "frames" not in fields)


def test_parameters_are_echoed() -> None:
    """What a model knows is shown with its value; what was not asked for with its default."""
    with timed_simulator() as (simulator, _):
        task_id = created(
            simulator.url,
            text(),
            model=V2_5,
            generate_audio=False,
            priority=3,
            output_format="mov",
            tools=[{"type": "web_search"}],
            safety_identifier="tag",
            execution_expires_after=3600,
        )
        task = shown(simulator.url, task_id)
    assert task["ratio"] == "adaptive"
    assert {name: task[name] for name in ("generate_audio", "draft", "priority")} == {
        "generate_audio": False,
        "draft": False,
        "priority": 3,
    }
    assert task["output_format"] == "mov"
    assert task["tools"] == [{"type": "web_search"}]
    assert task["safety_identifier"] == "tag"
    assert task["execution_expires_after"] == 3600


def test_a_row_per_accepted_task() -> None:
    """The ledger has the text, the resolution asked for, and all media hashed in their order."""
    pixels = encoded(Image.new("RGB", (320, 320), "red"))
    entry = {
        "type": "image_url",
        "image_url": {"url": data_uri(pixels)},
        "role": "reference_image",
    }
    with timed_simulator() as (simulator, _):
        reply = create(
            simulator.url,
            medium("video", "https://nowhere.invalid/v.mp4"),
            entry,
            text("a fox --wm true"),
            model=V2_0,
        )
        create(simulator.url, duration=99)
        (row,) = simulator.ledger()
    assert row["request_id"] == reply.headers["x-request-id"]
    assert (row["provider"], row["path"], row["model"]) == ("ark", TASKS, V2_0)
    assert (row["prompt"], row["size"], row["images_billed"]) == ("a fox --wm true", "480p", 1)
    assert row["refs"] == [
        hashlib.sha256(b"https://nowhere.invalid/v.mp4").hexdigest(),
        hashlib.sha256(pixels).hexdigest(),
    ]


def test_a_task_that_takes_too_long_expires() -> None:
    """After execution_expires_after the task is given up, if it has not ended before."""
    with timed_simulator(4000) as (simulator, clock):
        task_id = created(simulator.url, execution_expires_after=3600)
        clock.now += 3599
        assert shown(simulator.url, task_id)["status"] == "running"
        clock.now += 2
        task = shown(simulator.url, task_id)
        assert (task["status"], task["content"]) == ("expired", None)
        assert delete(simulator.url, task_id).json() == {}


def test_records_vanish() -> None:
    """A task is shown for 7 days, a cancelled one for 24 h."""
    with timed_simulator() as (simulator, clock):
        kept, cancelled = created(simulator.url), created(simulator.url)
        assert delete(simulator.url, cancelled).status == 200
        clock.now += _DAY_S - 1
        assert shown(simulator.url, cancelled)["status"] == "cancelled"
        clock.now += 1
        assert show(simulator.url, cancelled).status == 404
        clock.now += 6 * _DAY_S - 1
        assert shown(simulator.url, kept)["status"] == "succeeded"
        clock.now += 1
        reply = show(simulator.url, kept)
        assert (reply.status, reply.error["code"]) == (404, "NotFound.Task")
        assert listed(simulator.url).json() == {"total": 0, "items": []}


def test_deletion_depends_on_the_state() -> None:
    """Queued is cancelled, running and cancelled are refused, ended is forgotten."""
    with timed_simulator() as (simulator, clock):
        first, second = created(simulator.url), created(simulator.url)
        assert (delete(simulator.url, first).status, delete(simulator.url, first).status) == (
            200,
            400,
        )
        assert shown(simulator.url, first)["status"] == "cancelled"
        clock.now += LATENCY_S / 2
        assert delete(simulator.url, second).status == 400
        clock.now += LATENCY_S
        assert shown(simulator.url, first)["status"] == "cancelled"
        assert delete(simulator.url, second).json() == {}
        assert show(simulator.url, second).status == 404
        assert delete(simulator.url, second).status == 404


def test_the_list_has_pages_and_filters() -> None:
    """Newest first; filters add up, task_ids may be repeated, total counts all pages."""
    with timed_simulator() as (simulator, clock):
        simulator.move_switches({"ark.lists_per_s": 0})
        ids = [created(simulator.url) for _ in range(3)]
        other = created(simulator.url, model=V2_0)
        flex = created(simulator.url, service_tier="flex")
        delete(simulator.url, ids[0])

        def found(query: str) -> list[str]:
            answer = listed(simulator.url, query).json()
            return [task["id"] for task in answer["items"]]

        everything = [other, *reversed(ids)]
        assert found("") == everything
        assert found("page_size=3") == everything[:3]
        assert found("page_num=2&page_size=3") == everything[3:]
        assert listed(simulator.url, "page_size=1&page_num=9").json() == {"total": 4, "items": []}
        assert found("filter.status=cancelled") == [ids[0]]
        assert found("filter.status=queued&filter.model=" + V1_0) == [ids[2], ids[1]]
        assert found(f"filter.task_ids={ids[0]}&filter.task_ids={other}") == [other, ids[0]]
        assert found("filter.service_tier=flex") == [flex]
        clock.now += LATENCY_S
        assert found("filter.status=succeeded") == everything[:3]
        simulator.move_switches({"ark.list_order": "oldest", "ark.list_tier": "all"})
        assert found("") == [*ids, other, flex]
        item = listed(simulator.url, f"filter.task_ids={other}").json()["items"][0]
        assert item == shown(simulator.url, other)


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("page_num=0", "page_num"),
        ("page_num=501", "page_num"),
        ("page_size=501", "page_size"),
        ("page_size=x", "page_size"),
        ("filter.status=done", "filter.status"),
    ],
)
def test_wrong_queries_are_refused(sim: RunningSimulator, query: str, param: str) -> None:
    """A page or a status that does not exist is a 400 that names the parameter."""
    reply = listed(sim.url, query)
    assert (reply.status, reply.error["param"]) == (400, param)


def test_the_list_takes_one_call_a_second() -> None:
    """The second list within a second is a 429; other keys and other calls are not touched."""
    with timed_simulator() as (simulator, clock):
        task_id = created(simulator.url)
        assert listed(simulator.url).status == 200
        reply = listed(simulator.url)
        assert (reply.status, reply.error["code"]) == (429, "AccountRateLimitExceeded")
        assert "retry-after" not in reply.headers
        other = call(simulator.url, "GET", TASKS, headers={"Authorization": "Bearer other"})
        assert (other.status, show(simulator.url, task_id).status) == (200, 200)
        clock.now += 1
        assert listed(simulator.url).status == 200
        simulator.reset()
        assert listed(simulator.url).json() == {"total": 0, "items": []}


def test_links_live_a_day_and_a_hundred_downloads() -> None:
    """From the end of the task on 24 h, and 100 downloads of each file."""
    with timed_simulator() as (simulator, clock):
        task_id = created(simulator.url)
        clock.now += LATENCY_S + 10
        link = shown(simulator.url, task_id)["content"]["video_url"]
        path = link.removeprefix(simulator.url)
        statuses = [call(simulator.url, "GET", path).status for _ in range(101)]
        assert statuses == [200] * 100 + [403]
        second = created(simulator.url)
        clock.now += LATENCY_S + _DAY_S - 1
        link = shown(simulator.url, second)["content"]["video_url"]
        assert download(link).status == 200
        clock.now += 2
        assert download(link).json()["Message"] == "Request has expired"


def test_a_draft_is_finished_by_a_second_task() -> None:
    """A finished draft's id stands for its text and frames; others are refused."""
    with timed_simulator() as (simulator, clock):
        draft = created(simulator.url, text("a draft"), image(), model=V1_5, draft=True, duration=4)
        entry = {"type": "draft_task", "draft_task": {"id": draft}}
        early = create(simulator.url, entry, model=V1_5)
        clock.now += LATENCY_S
        task_id = created(simulator.url, entry, model=V1_5, resolution="1080p")
        plain = created(simulator.url, model=V1_5)
        clock.now += LATENCY_S
        task = shown(simulator.url, task_id)
        movie = opened_movie(download(task["content"]["video_url"]).body)
        no_draft = {"type": "draft_task", "draft_task": {"id": plain}}
        refused = create(simulator.url, no_draft, model=V1_5)
    assert (early.status, refused.status) == (400, 400)
    assert early.error["param"] == "content[].draft_task.id"
    assert (task["draft_task_id"], task["draft"], task["duration"]) == (draft, False, 4)
    assert (movie.size, movie.duration_s) == ((1440, 1440), 4)
    assert _color(movie.frame(0))[0] > 100


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("a fox --dur 3 --rt 1:1 --seed 5", {"duration": 3, "ratio": "1:1", "seed": 5}),
        ("a fox --duration 99 --ratio 9:16", {"duration": 5, "ratio": "9:16"}),
        ("a fox --frames 33", {"frames": 33}),
        ("a fox --rs 1080p --fps 16", {"resolution": "480p", "framespersecond": 24}),
        ("--dur 3 a fox", {"duration": 5}),
        ("a fox --zoom 3", {"duration": 5}),
    ],
)
def test_legacy_flags_count_where_the_body_is_silent(words: str, expected: dict[str, Any]) -> None:
    """Flags at the end of the text set fields that the body leaves out; bad ones are ignored."""
    with timed_simulator() as (simulator, _):
        task = shown(simulator.url, created(simulator.url, text(words)))
        assert simulator.ledger()[0]["prompt"] == words
    assert {name: task.get(name) for name in expected} == expected


def test_some_mistakes_show_only_in_the_task() -> None:
    """2.5 accepts a ratio beside a first frame, then fails with TaskTypeConstraint, for free."""
    with timed_simulator() as (simulator, clock):
        task_id = created(simulator.url, text(), image(), model=V2_5, ratio="1:1")
        assert shown(simulator.url, task_id)["status"] == "queued"
        clock.now += LATENCY_S
        task = shown(simulator.url, task_id)
        rows = simulator.ledger()
    assert task["status"] == "failed"
    assert task["error"]["code"] == "InvalidParameter.TaskTypeConstraint"
    assert [row["images_billed"] for row in rows] == [0]


def test_content_may_be_missing_before_success() -> None:
    """ark.video_no_content: null or no field at all until the video is there."""
    with timed_simulator() as (simulator, clock):
        simulator.move_switches({"ark.video_no_content": "missing"})
        task_id = created(simulator.url)
        assert "content" not in shown(simulator.url, task_id)
        clock.now += LATENCY_S
        assert "content" in shown(simulator.url, task_id)


def test_the_safety_identifier_may_stay_untold(sim: RunningSimulator) -> None:
    """ark.safety_echo: whether answers repeat the identifier."""
    for position, is_told in (("yes", True), ("no", False)):
        sim.move_switches({"ark.safety_echo": position})
        answer = create(sim.url, safety_identifier="tag").json()
        assert ("safety_identifier" in answer) is is_told
        assert ("safety_identifier" in shown(sim.url, answer["id"])) is is_told


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", TASKS, 405),
        ("POST", f"{TASKS}/cgt-1", 405),
        ("GET", f"{TASKS}/", 404),
        ("GET", f"{TASKS}/cgt-1/x", 404),
        ("GET", f"{TASKS}/cgt-1", 404),
        ("DELETE", f"{TASKS}/cgt-1", 404),
    ],
)
def test_unknown_tasks_and_methods_are_errors_of_ark(
    sim: RunningSimulator, method: str, path: str, status: int
) -> None:
    """What does not exist is an error in Ark's own form."""
    reply = call(sim.url, method, path, headers={"Authorization": "Bearer key"})
    assert reply.status == status
    assert set(reply.error) == {"code", "message", "param", "type"}


def test_models_of_both_kinds_are_listed(sim: RunningSimulator) -> None:
    """GET /models names the video models too."""
    reply = call(sim.url, "GET", "/ark/api/v3/models", headers={"Authorization": "Bearer key"})
    assert V2_5 in [model["id"] for model in reply.members]
