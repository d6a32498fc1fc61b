"""Serves GET /files/…: the files behind result links."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Final

from starlette.types import Receive, Scope, Send

from seedwatch.simulator.results import NOT_AN_IMAGE, Delivery, LinkRefused
from seedwatch.simulator.wire import Answer, Exchange
from seedwatch.simulator.world import World

_JSON: Final = ("Content-Type", "application/json")
_FILLING: Final = bytes(64 * 1024)


class ResultFiles:
    """The ASGI application mounted at /files."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange = Exchange(scope, receive, send)
        if scope["method"] not in {"GET", "HEAD"}:
            await exchange.reply(_refusal(LinkRefused(405, "MethodNotAllowed", "GET or HEAD only")))
            return
        query = scope["query_string"].decode("latin-1")
        found = self._world.results.look_up(exchange.path, query)
        if isinstance(found, LinkRefused):
            await exchange.reply(_refusal(found))
        elif found.fault == "redirect":
            await exchange.reply(Answer(302, b"", (("Location", str(found.args["to"])),)))
        else:
            await self._deliver(exchange, found)

    async def _deliver(self, exchange: Exchange, found: Delivery) -> None:
        kind = ("Content-Type", found.drawing.media_type)
        if found.fault == "not_an_image":
            await exchange.reply(Answer(200, NOT_AN_IMAGE, (kind,)))
            return
        content = await self._world.draw(self._world.pictures.draw, found.drawing)
        if found.fault == "oversized":
            await exchange.start(200, (kind,))
            await self._pour(exchange, content, found.args.get("bytes"))
            return
        etag = hashlib.md5(content, usedforsecurity=False).hexdigest()
        await exchange.reply(Answer(200, content, (kind, ("ETag", f'"{etag}"'))))

    async def _pour(self, exchange: Exchange, content: bytes, size: int | None) -> None:
        """Send the file and zeros behind it: `size` bytes in all, or without end."""
        await exchange.write(content[:size])
        sent = len(content[:size])
        while size is None or sent < size:
            if exchange.is_gone or self._world.stopping.is_set():
                await exchange.cut()
                return
            filling = _FILLING if size is None else _FILLING[: size - sent]
            await exchange.write(filling)
            await asyncio.sleep(0)  # a quick reader must not keep the loop from everybody else
            sent += len(filling)
        await exchange.finish()


def _refusal(refused: LinkRefused) -> Answer:
    # The real body is not known (protocols.md 8); this is the shape of object stores of its kind.
    body = json.dumps({"Code": refused.code, "Message": refused.message}).encode("ascii")
    return Answer(refused.status, body, (_JSON,))
