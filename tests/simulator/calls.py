"""Small HTTP calls for the tests, on the standard library only: the client code is not used."""

from __future__ import annotations

import base64
import http.client
import io
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from PIL import Image

GENERATIONS = "/ark/api/v3/images/generations"
V4_5 = "doubao-seedream-4-5-251128"
V4_0 = "doubao-seedream-4-0-250828"
LITE = "doubao-seedream-5-0-260128"
PRO = "doubao-seedream-5-0-pro-260628"
FLASH = "doubao-seedream-5-0-flash-260915"
T2I = "doubao-seedream-3-0-t2i-250415"
SEEDEDIT = "doubao-seededit-3-0-i2i-250628"
SMALL = "1280x720"
"""The least pixels that 4.0, pro and flash take: quick to draw."""


@dataclass(frozen=True)
class Reply:
    """An HTTP answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, str]:
        error: dict[str, str] = self.json()["error"]
        return error

    @property
    def members(self) -> list[dict[str, Any]]:
        members: list[dict[str, Any]] = self.json()["data"]
        return members


def call(
    url: str,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Reply:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        content = response.read()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, names, content)
    finally:
        connection.close()


def generate(url: str, *, key: str = "key", **fields: Any) -> Reply:
    """A generation on the Ark surface; a small 4.0 picture unless the fields say otherwise."""
    body = {"model": V4_0, "prompt": "a fox", "size": SMALL, **fields}
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    return call(url, "POST", GENERATIONS, json.dumps(body).encode(), headers)


def group(count: int) -> dict[str, Any]:
    """The fields that ask for a group."""
    return {
        "sequential_image_generation": "auto",
        "sequential_image_generation_options": {"max_images": count},
    }


def download(link: str) -> Reply:
    """GET a result link exactly as it was given."""
    parts = urlsplit(link)
    return call(link, "GET", f"{parts.path}?{parts.query}")


def opened(content: bytes) -> Image.Image:
    """A fully decoded picture."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def encoded(image: Image.Image, kind: str = "png") -> bytes:
    """The file content of a picture."""
    stored = io.BytesIO()
    image.save(stored, kind)
    return stored.getvalue()


def data_uri(content: bytes, kind: str = "png") -> str:
    """File content as Ark takes it."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def plain(color: str = "red", size: tuple[int, int] = (64, 64)) -> str:
    """A one-coloured PNG as a data URI."""
    return data_uri(encoded(Image.new("RGB", size, color)))
