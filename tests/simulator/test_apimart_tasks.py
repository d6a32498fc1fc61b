"""APIMart: a submit starts a task, polls show it, its results can be fetched."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from PIL import Image, ImageStat

from seedwatch.simulator import RunningSimulator
from tests.simulator.apimart_calls import (
    IMAGES,
    LITE,
    MOUNT,
    SEEDANCE_1_0,
    SEEDANCE_1_5,
    SEEDANCE_2_0,
    V4_5,
    VERSION,
    VIDEOS,
    pixels,
    poll,
    polled,
    read,
    submit,
    submitted,
    uploaded,
    video,
)
from tests.simulator.boxes import opened_movie
from tests.simulator.calls import call, data_uri, download, opened
from tests.simulator.video_calls import LATENCY_S, timed_simulator


def _links(task: dict[str, Any], kind: str = "images") -> list[str]:
    found: list[str] = []
    for entry in task["result"][kind]:
        found += [entry["url"]] if isinstance(entry["url"], str) else entry["url"]
    return found


def _color(image: Image.Image) -> tuple[float, ...]:
    return tuple(ImageStat.Stat(image.convert("RGB")).mean)


def test_a_submit_answers_with_an_array(sim: RunningSimulator) -> None:
    """Without the version header: code and a list with status and task_id."""
    reply = submit(sim.url)
    (entry,) = reply.json()["data"]
    assert set(reply.json()) == {"code", "data"}
    assert entry["status"] == "submitted"
    assert re.fullmatch(r"task_01[0-9A-Z]{24}", entry["task_id"])
    assert "x-apimart-response-version" not in reply.headers


def test_the_version_header_changes_the_answer(sim: RunningSimulator) -> None:
    """With it: an object with id and status, a request id, and the version in the headers."""
    reply = submit(sim.url, headers=VERSION)
    answer = reply.json()
    assert set(answer) == {"data", "request_id"}
    assert answer["data"]["object"] == "generation.task"
    assert answer["data"]["status"] == "pending"
    assert reply.headers["x-apimart-response-version"] == "2026-07-27"
    assert polled(sim.url, answer["data"]["id"])["id"] == answer["data"]["id"]


@pytest.mark.parametrize(("form", "kind"), [("array", list), ("object", dict)])
def test_the_form_of_the_answer_may_be_fixed(sim: RunningSimulator, form: str, kind: type) -> None:
    """apimart.answer_form: one of the forms, whatever the header says."""
    sim.move_switches({"apimart.answer_form": form})
    for headers in ({}, VERSION):
        assert isinstance(submit(sim.url, headers=headers).json()["data"], kind)


def test_a_task_is_pending_then_processed_then_completed() -> None:
    """The states follow the clock; the fields are those of protocols.md 4.3."""
    with timed_simulator() as (simulator, clock):
        started_at = int(clock.now)
        task_id = submitted(simulator.url)
        pending = polled(simulator.url, task_id)
        clock.now += LATENCY_S / 2
        processing = polled(simulator.url, task_id)
        clock.now += LATENCY_S / 2
        done = polled(simulator.url, task_id)
    assert pending == {
        "id": task_id,
        "status": "pending",
        "progress": 0,
        "created": started_at,
        "estimated_time": 100,
    }
    assert processing == {**pending, "status": "processing", "progress": 50}
    (entry,) = done.pop("result")["images"]
    assert done == {
        **pending,
        "status": "completed",
        "progress": 100,
        "completed": started_at + 100,
        "actual_time": 100,
        "cost": 0.035,
        "credits_cost": 0.35,
    }
    assert entry["expires_at"] == started_at + 100 + 86_400
    assert len(entry["url"]) == 1
    assert f"/files/apimart/seedream-4-5/{task_id}_0.jpeg?" in entry["url"][0]


def test_the_poll_takes_a_language(sim: RunningSimulator) -> None:
    """?language= is taken."""
    task_id = submitted(sim.url)
    assert read(sim.url, f"/tasks/{task_id}?language=zh").status == 200


TABLE: list[tuple[str, dict[str, Any], tuple[int, int], str]] = [
    (V4_5, {}, (2048, 2048), "JPEG"),
    (V4_5, {"size": "16:9"}, (2560, 1440), "JPEG"),
    (V4_5, {"size": "9:21"}, (1296, 3024), "JPEG"),
    (V4_5, {"size": "4:3", "resolution": "4K"}, (4694, 3520), "JPEG"),
    ("Doubao-Seedream-4.5", {"size": "3:2"}, (2496, 1664), "JPEG"),
    ("doubao-seedream-4.5", {"size": "2:3"}, (1664, 2496), "JPEG"),
    ("doubao-seedream-4-5", {"size": "21:9"}, (3024, 1296), "JPEG"),
    ("doubao-seedance-4-0", {"size": "16:9", "resolution": "1K"}, (1280, 720), "JPEG"),
    (LITE, {"size": "16:9"}, (2848, 1600), "JPEG"),
    (LITE, {"size": "3:4", "resolution": "3K", "output_format": "png"}, (2592, 3456), "PNG"),
    ("gpt-image-2", {"size": "3:2"}, (1248, 832), "PNG"),
    ("gpt-image-2-official", {"resolution": "2k"}, (2048, 2048), "PNG"),
    ("gpt-image-1-official", {"size": "2:3", "output_format": "webp"}, (1024, 1536), "WEBP"),
]


@pytest.mark.parametrize(("model", "fields", "size", "kind"), TABLE)
def test_ratio_and_resolution_mean_the_sizes_of_the_table(
    model: str, fields: dict[str, Any], size: tuple[int, int], kind: str
) -> None:
    """The file has exactly the pixels of its ratio and resolution."""
    with timed_simulator(0) as (simulator, _):
        task_id = submitted(simulator.url, model=model, **fields)
        image = opened(download(_links(polled(simulator.url, task_id))[0]).body)
    assert (image.size, image.format) == (size, kind)


def test_auto_follows_the_first_reference() -> None:
    """size: auto takes the ratio nearest to the first picture."""
    with timed_simulator(0) as (simulator, _):
        link = uploaded(simulator.url, pixels(size=(160, 90)))
        task_id = submitted(simulator.url, size="auto", image_urls=[link])
        image = opened(download(_links(polled(simulator.url, task_id))[0]).body)
    assert image.size == (2560, 1440)


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 3},
        {
            "sequential_image_generation": "auto",
            "sequential_image_generation_options": {"max_images": 3},
        },
    ],
)
def test_several_pictures_come_from_one_task(fields: dict[str, Any]) -> None:
    """N, or auto with max_images: as many links, all different; all of them are billed."""
    with timed_simulator(0) as (simulator, _):
        task = polled(simulator.url, submitted(simulator.url, size="1:1", **fields))
        contents = {download(link).body for link in _links(task)}
        (row,) = simulator.ledger()
    assert (len(contents), row["images_billed"], task["cost"]) == (3, 3, 0.105)
    assert [len(entry["url"]) for entry in task["result"]["images"]] == [1, 1, 1]


def test_max_images_counts_only_with_auto(sim: RunningSimulator) -> None:
    """Without auto the options are not looked at."""
    submit(sim.url, sequential_image_generation_options={"max_images": 3})
    assert sim.ledger()[0]["images_billed"] == 1


@pytest.mark.parametrize(
    ("several", "form", "shapes"),
    [
        ("images", "array", [1, 1]),
        ("images", "string", ["str", "str"]),
        ("urls", "array", [2]),
        ("urls", "string", [2]),
    ],
)
def test_links_may_be_grouped_and_plain(several: str, form: str, shapes: list[Any]) -> None:
    """apimart.several, apimart.url_form: many entries or many urls; a list or a text."""
    with timed_simulator(0) as (simulator, _):
        simulator.move_switches({"apimart.several": several, "apimart.url_form": form})
        task = polled(simulator.url, submitted(simulator.url, n=2))
    urls = [entry["url"] for entry in task["result"]["images"]]
    assert [len(url) if isinstance(url, list) else type(url).__name__ for url in urls] == shapes
    assert len(_links(task)) == 2


def test_links_live_as_long_as_the_switch_says() -> None:
    """apimart.expiry_s moves expires_at and the end of the link."""
    with timed_simulator() as (simulator, clock):
        simulator.move_switches({"apimart.expiry_s": 259_200})
        task_id = submitted(simulator.url)
        clock.now += LATENCY_S
        entry = polled(simulator.url, task_id)["result"]["images"][0]
        assert entry["expires_at"] == int(clock.now) + 259_200
        clock.now += 259_199
        assert download(entry["url"][0]).status == 200
        clock.now += 2
        assert download(entry["url"][0]).status == 403


def test_a_row_per_accepted_submit(sim: RunningSimulator) -> None:
    """The ledger has the ratio, and references hashed by their bytes, uploaded or inline."""
    red, blue = pixels("red"), pixels("blue")
    urls = [uploaded(sim.url, red), data_uri(blue), "https://nowhere.invalid/a.png"]
    submit(sim.url, size="3:4", image_urls=urls, n=2, headers={"Idempotency-Key": "k-1"})
    submit(sim.url, size="3:5")
    (row,) = sim.ledger()
    assert (row["provider"], row["path"], row["model"]) == ("apimart", IMAGES, V4_5)
    assert (row["prompt"], row["size"], row["images_billed"]) == ("a fox", "3:4", 2)
    assert row["idempotency_key"] == "k-1"
    assert row["key_sha256"] == hashlib.sha256(b"key").hexdigest()
    assert row["refs"] == [
        hashlib.sha256(content).hexdigest()
        for content in (red, blue, b"https://nowhere.invalid/a.png")
    ]


def test_pictures_derive_from_their_references() -> None:
    """Uploads are side by side in the picture, in their order."""
    with timed_simulator(0) as (simulator, _):
        urls = [uploaded(simulator.url, pixels(color)) for color in ("red", "blue")]
        task = polled(simulator.url, submitted(simulator.url, image_urls=urls))
        image = opened(download(_links(task)[0]).body)
    left, right = (_color(image.crop((x, 0, x + 1024, 1000))) for x in (0, 1024))
    assert left[0] > left[2] + 60
    assert right[2] > right[0] + 60


VIDEO_TABLE: list[tuple[str, dict[str, Any], tuple[int, int], float]] = [
    (SEEDANCE_2_0, {}, (864, 496), 5),
    (SEEDANCE_2_0, {"size": "9:16", "resolution": "720p", "duration": 4}, (720, 1280), 4),
    (SEEDANCE_1_0, {"duration": 2, "resolution": "720p"}, (1248, 704), 2),
    ("doubao-seedance-1-0-pro-quality", {"aspect_ratio": "1:1", "duration": 2}, (1440, 1440), 2),
    (SEEDANCE_1_5, {"aspect_ratio": "3:4", "audio": False}, (834, 1112), 5),
]


@pytest.mark.parametrize(("model", "fields", "size", "duration_s"), VIDEO_TABLE)
def test_videos_are_what_was_asked_for(
    model: str, fields: dict[str, Any], size: tuple[int, int], duration_s: float
) -> None:
    """videos/generations: result.videos with a file of that size and length; one is billed."""
    with timed_simulator(0) as (simulator, _):
        task = polled(simulator.url, submitted(simulator.url, VIDEOS, model=model, **fields))
        reply = download(_links(task, "videos")[0])
        (row,) = simulator.ledger()
    movie = opened_movie(reply.body)
    assert reply.headers["content-type"] == "video/mp4"
    assert (movie.size, movie.duration_s) == (size, duration_s)
    assert (row["path"], row["images_billed"]) == (VIDEOS, 1)


def test_videos_begin_and_end_with_their_frames() -> None:
    """Roles name first and last frame; adaptive takes the shape of the first."""
    with timed_simulator(0) as (simulator, _):
        urls = [uploaded(simulator.url, pixels(color, (300, 400))) for color in ("red", "blue")]
        frames = [
            {"url": url, "role": role}
            for url, role in zip(urls, ("first_frame", "last_frame"), strict=True)
        ]
        task_id = submitted(
            simulator.url,
            VIDEOS,
            model=SEEDANCE_2_0,
            prompt=...,
            size="adaptive",
            image_with_roles=frames,
        )
        movie = opened_movie(download(_links(polled(simulator.url, task_id), "videos")[0]).body)
        rows = simulator.ledger()
    first, last = (_color(movie.frame(i).crop((0, 40, 560, 370))) for i in (0, 119))
    assert movie.size == (560, 752)
    assert first[0] > first[2] + 60
    assert last[2] > last[0] + 60
    assert len(rows[0]["refs"]) == 2


def test_the_balance_falls_with_every_picture() -> None:
    """Both calls tell what is left and what was used; failed tasks cost nothing."""
    with timed_simulator() as (simulator, clock):
        before = read(simulator.url, "/balance").json()
        submitted(simulator.url, n=2)
        simulator.post_faults([{"do": "task_failed", "when": {"nth": 1}}])
        failed = submitted(simulator.url)
        clock.now += LATENCY_S
        after = read(simulator.url, "/user/balance").json()
        assert polled(simulator.url, failed)["cost"] == 0
    assert set(after) == {
        "success",
        "message",
        "remain_balance",
        "remain_credits",
        "used_balance",
        "used_credits",
        "unlimited_quota",
    }
    assert (before["used_balance"], after["used_balance"], after["used_credits"]) == (0, 0.07, 0.7)
    assert before["remain_balance"] - after["remain_balance"] == pytest.approx(0.07)


def test_an_empty_account_is_refused(sim: RunningSimulator) -> None:
    """apimart.balance: every submit is a 402, nothing is billed, the balance says 0."""
    sim.move_switches({"apimart.balance": "empty"})
    reply = submit(sim.url)
    assert (reply.status, reply.error["type"]) == (402, "payment_required")
    assert reply.json()["error"]["code"] == 402
    assert submit(sim.url, size="7:1").status == 400
    assert sim.ledger() == []
    assert read(sim.url, "/balance").json()["remain_balance"] == 0


def test_models_are_listed(sim: RunningSimulator) -> None:
    """GET /models: {data: [{id, …}]}."""
    ids = [model["id"] for model in read(sim.url, "/models").json()["data"]]
    assert {V4_5, LITE, SEEDANCE_2_0} <= set(ids)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/images/generations", 405),
        ("POST", "/tasks/task_1", 405),
        ("GET", "/tasks/task_1", 404),
        ("GET", "/tasks/", 404),
        ("POST", "/tasks/batch", 405),
        ("GET", "/nothing", 404),
    ],
)
def test_unknown_paths_and_tasks_are_errors_of_apimart(
    sim: RunningSimulator, method: str, path: str, status: int
) -> None:
    """What does not exist is an error in APIMart's own form."""
    reply = call(sim.url, method, f"{MOUNT}{path}", headers={"Authorization": "Bearer key"})
    assert reply.status == status
    assert reply.json()["error"]["code"] == status


def test_tasks_of_other_services_are_unknown(sim: RunningSimulator) -> None:
    """A task belongs to the service that started it."""
    task_id = submitted(sim.url)
    headers = {"Authorization": "Bearer key"}
    path = f"/ark/api/v3/contents/generations/tasks/{task_id}"
    assert call(sim.url, "GET", path, headers=headers).status == 404
    assert poll(sim.url, task_id).status == 200
    assert video(sim.url).status == 200
