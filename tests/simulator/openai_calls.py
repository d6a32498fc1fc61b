"""Calls to the surfaces of OpenAI's shape; multipart bodies are written out by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from tests.simulator.calls import Reply, call, encoded

OPENAI = "/openai/v1"
GPT_1_5 = "gpt-image-1.5"
MINI = "gpt-image-1-mini"
GPT_2 = "gpt-image-2"
GPT_2_5 = "gpt-image-2.5-flare"
GPT_2_6 = "gpt-image-2.6-flare"
RED = encoded(Image.new("RGB", (96, 64), "red"))
BLUE = encoded(Image.new("RGB", (96, 64), "blue"), "jpeg")
GLASS = encoded(Image.new("RGBA", (96, 64), (0, 0, 0, 0)))
BOUNDARY = "----simulated-boundary"


@dataclass(frozen=True)
class Upload:
    """One file part."""

    name: str
    content: bytes = RED
    kind: str | None = "image/png"


def create(url: str, *, key: str = "key", surface: str = OPENAI, **fields: Any) -> Reply:
    """A generation; of gpt-image-1.5 unless the fields say otherwise."""
    body = {"model": GPT_1_5, "prompt": "a fox", **fields}
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    path = f"{surface}/images/generations"
    return call(url, "POST", path, json.dumps(body).encode(), headers)


def edit(
    url: str, files: Sequence[Upload] = (Upload("image"),), *, surface: str = OPENAI, **texts: Any
) -> Reply:
    """An edit; of gpt-image-1.5 unless the texts say otherwise; None leaves a text out."""
    given = {"model": GPT_1_5, "prompt": "a fox", **texts}
    parts = [(name, str(text)) for name, text in given.items() if text is not None]
    return send_form(url, form(parts, files), surface=surface)


def send_form(
    url: str, body: bytes, *, content_type: str | None = None, surface: str = OPENAI
) -> Reply:
    """A body to the endpoint of edits, as it is."""
    kind = content_type or f"multipart/form-data; boundary={BOUNDARY}"
    headers = {"Authorization": "Bearer key", "Content-Type": kind}
    return call(url, "POST", f"{surface}/images/edits", body, headers)


def form(texts: Sequence[tuple[str, str]], files: Sequence[Upload]) -> bytes:
    """A multipart body: the texts, then the files."""
    parts = [_part(name, "", text.encode()) for name, text in texts]
    for file in files:
        kind = "" if file.kind is None else f"\r\nContent-Type: {file.kind}"
        parts.append(_part(file.name, f'; filename="a.bin"{kind}', file.content))
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def _part(name: str, rest: str, content: bytes) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{rest}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def events(body: bytes) -> Iterator[tuple[str, Any]]:
    """Name and content of each event of a stream; the end mark is a text without a name."""
    for frame in body.decode().split("\n\n")[:-1]:
        name, _, content = frame.rpartition("\n")
        content = content.removeprefix("data: ")
        yield name.removeprefix("event: "), content if content == "[DONE]" else json.loads(content)
