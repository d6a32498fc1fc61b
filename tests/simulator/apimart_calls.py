"""Calls of APIMart's surface."""

from __future__ import annotations

import json
from typing import Any

from PIL import Image

from tests.simulator.calls import Reply, call, encoded
from tests.simulator.openai_calls import BOUNDARY

MOUNT = "/apimart/v1"
IMAGES = f"{MOUNT}/images/generations"
VIDEOS = f"{MOUNT}/videos/generations"
UPLOADS = f"{MOUNT}/uploads/images"
V4_5 = "doubao-seedance-4-5"
LITE = "doubao-seedream-5-0-lite"
SEEDANCE_1_0 = "doubao-seedance-1-0-pro-fast"
SEEDANCE_1_5 = "doubao-seedance-1-5-pro"
SEEDANCE_2_0 = "doubao-seedance-2.0"
VERSION = {"X-APIMart-Response-Version": "2026-07-27"}
_KEY = {"Authorization": "Bearer key"}


def submit(
    url: str, path: str = IMAGES, headers: dict[str, str] | None = None, **fields: Any
) -> Reply:
    """A submit; of a picture of Seedream 4.5 unless the arguments say otherwise."""
    body = {"model": V4_5, "prompt": "a fox", **fields}
    content = {name: value for name, value in body.items() if value is not ...}
    return call(url, "POST", path, json.dumps(content).encode(), {**_KEY, **(headers or {})})


def submitted(url: str, path: str = IMAGES, **fields: Any) -> str:
    """The id of a task that was accepted."""
    reply = submit(url, path, **fields)
    assert reply.status == 200, reply.body
    task_id: str = reply.json()["data"][0]["task_id"]
    return task_id


def video(url: str, model: str = SEEDANCE_2_0, **fields: Any) -> Reply:
    """A submit of a video."""
    return submit(url, VIDEOS, model=model, **fields)


def poll(url: str, task_id: str) -> Reply:
    """GET a task."""
    return call(url, "GET", f"{MOUNT}/tasks/{task_id}", headers=_KEY)


def polled(url: str, task_id: str) -> dict[str, Any]:
    """The task as GET shows it."""
    reply = poll(url, task_id)
    assert reply.status == 200, reply.body
    answer = reply.json()
    assert answer["code"] == 200
    task: dict[str, Any] = answer["data"]
    return task


def read(url: str, path: str) -> Reply:
    """GET below the mount."""
    return call(url, "GET", f"{MOUNT}{path}", headers=_KEY)


def upload(
    url: str, content: bytes, filename: str = "photo.png", name: str = "file", key: str = "key"
) -> Reply:
    """POST one file of a form."""
    head = (
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
        f'name="{name}"; filename="{filename}"\r\nContent-Type: image/png\r\n\r\n'
    )
    body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    headers = {"Authorization": f"Bearer {key}", "Content-Type": kind}
    return call(url, "POST", UPLOADS, body, headers)


def uploaded(url: str, content: bytes) -> str:
    """The URL of an upload that was accepted."""
    reply = upload(url, content)
    assert reply.status == 200, reply.body
    link: str = reply.json()["url"]
    return link


def pixels(color: str = "red", size: tuple[int, int] = (320, 320), kind: str = "png") -> bytes:
    """A one-coloured picture."""
    return encoded(Image.new("RGB", size, color), kind)
