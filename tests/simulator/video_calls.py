"""Calls of Ark's video surface, and a simulator whose time a test sets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PIL import Image

from seedwatch.simulator import RunningSimulator
from tests.simulator.calls import Reply, call, data_uri, encoded
from tests.simulator.clock import Clock

TASKS = "/ark/api/v3/contents/generations/tasks"
V1_0 = "doubao-seedance-1-0-pro-250528"
V1_0_FAST = "doubao-seedance-1-0-pro-fast-251015"
V1_0_T2V = "doubao-seedance-1-0-lite-t2v-250428"
V1_0_I2V = "doubao-seedance-1-0-lite-i2v-250428"
V1_5 = "doubao-seedance-1-5-pro-251215"
V2_0 = "doubao-seedance-2-0-260128"
V2_0_FAST = "doubao-seedance-2-0-fast-260128"
V2_5 = "dreamina-seedance-2-5-260628"
LATENCY_S = 100.0
_KEY = {"Authorization": "Bearer key"}


@contextmanager
def timed_simulator(latency_s: float = LATENCY_S) -> Iterator[tuple[RunningSimulator, Clock]]:
    """A simulator whose tasks take `latency_s` seconds of a clock that stands still."""
    clock = Clock()
    with RunningSimulator(latency_s=latency_s, clock=clock) as simulator:
        yield simulator, clock


def text(words: str = "a fox") -> dict[str, Any]:
    """A text entry."""
    return {"type": "text", "text": words}


def image(
    role: str | None = "first_frame", color: str = "red", size: tuple[int, int] = (320, 320)
) -> dict[str, Any]:
    """An entry with a one-coloured picture."""
    url = data_uri(encoded(Image.new("RGB", size, color)))
    return {"type": "image_url", "image_url": {"url": url}, "role": role}


def medium(kind: str, url: str = "https://nowhere.invalid/a") -> dict[str, Any]:
    """A reference video or sound by its URL."""
    return {"type": f"{kind}_url", f"{kind}_url": {"url": url}, "role": f"reference_{kind}"}


def create(url: str, *content: dict[str, Any], **fields: Any) -> Reply:
    """Start a task; a small 1.0 pro video of a text unless the arguments say otherwise."""
    body = {
        "model": V1_0,
        "content": list(content) or [text()],
        "resolution": "480p",
        **fields,
    }
    return call(url, "POST", TASKS, json.dumps(body).encode(), _KEY)


def created(url: str, *content: dict[str, Any], **fields: Any) -> str:
    """The id of a task that was accepted."""
    reply = create(url, *content, **fields)
    assert reply.status == 200, reply.body
    task_id: str = reply.json()["id"]
    return task_id


def shown(url: str, task_id: str) -> dict[str, Any]:
    """The task as GET shows it."""
    reply = call(url, "GET", f"{TASKS}/{task_id}", headers=_KEY)
    assert reply.status == 200, reply.body
    task: dict[str, Any] = reply.json()
    return task


def show(url: str, task_id: str) -> Reply:
    """GET a task that may not be there."""
    return call(url, "GET", f"{TASKS}/{task_id}", headers=_KEY)


def delete(url: str, task_id: str) -> Reply:
    """DELETE a task."""
    return call(url, "DELETE", f"{TASKS}/{task_id}", headers=_KEY)


def listed(url: str, query: str = "") -> Reply:
    """GET the list."""
    return call(url, "GET", f"{TASKS}?{query}", headers=_KEY)
