"""One request on its socket: reading it whole, answering it, or breaking it as faults ask."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

BODY_LIMIT: Final = 200 * 1024 * 1024
_TRANSPORT: Final = "seedwatch.transport"
_PIECE: Final = 256 * 1024


class BodyTooLargeError(ValueError):
    """The request's body is beyond its limit; the rest of it was not read."""


class ClientGoneError(ConnectionError):
    """The client went away before its request was whole; nobody waits for an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer; Content-Length is added when it is sent."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


class BreakableConnection(H11Protocol):
    """uvicorn's HTTP/1.1 connection that lets the application reach its own transport.

    Resets and short bodies need the socket, and ASGI has no word for it: the transport travels
    in the scope's extensions.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base class does
        """Wrap the application for this connection."""
        super().connection_made(transport)
        app: ASGIApp = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = {_TRANSPORT: {"transport": transport}}
            await app(scope, receive, send)

        self.app = with_transport


def transport_of(scope: Scope) -> asyncio.Transport:
    """The transport under a request that came through a BreakableConnection."""
    transport = scope["extensions"][_TRANSPORT]["transport"]
    assert isinstance(transport, asyncio.Transport)
    return transport


class Exchange:
    """One request and whatever becomes of it; every way to end it is one method."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.started_at = asyncio.get_running_loop().time()
        self._receive = receive
        self._send = send
        self._transport = transport_of(scope)

    @property
    def path(self) -> str:
        """The whole path, mount included."""
        path: str = self.scope["path"]
        return path

    @property
    def is_gone(self) -> bool:
        """Whether the connection is closed or closing."""
        return self._transport.is_closing()

    def header(self, name: str) -> str | None:
        """The first header of this (lowercase) name."""
        wanted = name.encode("ascii")
        headers: list[tuple[bytes, bytes]] = self.scope["headers"]
        return next((v.decode("latin-1") for n, v in headers if n == wanted), None)

    @property
    def origin(self) -> str:
        """Scheme and host as the client wrote them, so that result links lead back here."""
        host = self.header("host")
        if not host:
            server = self.scope["server"]
            host = f"{server[0]}:{server[1]}"
        return f"{self.scope['scheme']}://{host}"

    async def read_body(self, limit: int = BODY_LIMIT) -> bytes:
        """The whole request body.

        Raises:
            BodyTooLargeError: more than `limit` bytes, announced or sent.
            ClientGoneError: the connection ended first.
        """
        announced = self.header("content-length") or "0"
        if announced.isdecimal() and int(announced) > limit:
            raise BodyTooLargeError
        body, is_whole = bytearray(), False
        while not is_whole:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            body += message.get("body", b"")
            is_whole = not message.get("more_body", False)
            if len(body) > limit:
                raise BodyTooLargeError
        return bytes(body)

    async def reply(self, answer: Answer) -> None:
        """Send a whole answer."""
        length = ("Content-Length", str(len(answer.body)))
        has_body = answer.status not in {204, 304}
        headers = (*answer.headers, length) if has_body else answer.headers
        await self.start(answer.status, headers)
        await self.write(answer.body if has_body else b"")
        await self.finish()

    async def start(self, status: int, headers: tuple[tuple[str, str], ...]) -> None:
        """Send status and headers; without Content-Length the body goes out in chunks."""
        raw = [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in headers]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def write(self, body: bytes) -> None:
        """Send a part of the body."""
        for i in range(0, len(body), _PIECE):
            await self._send(_body(body[i : i + _PIECE], has_more=True))

    async def finish(self) -> None:
        """End the answer properly."""
        await self._send(_body(b"", has_more=False))

    async def cut(self) -> None:
        """Close after what was sent so far, in the middle of the answer."""
        self._transport.close()
        await self._until_gone()

    async def reset(self) -> None:
        """Break the connection with a TCP reset: the client learns nothing."""
        raw = self._transport.get_extra_info("socket")
        # Linger on, zero seconds: close() then sends RST instead of FIN.
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        with contextlib.suppress(OSError):  # already closed by the other side
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._transport.abort()
        await self._until_gone()

    async def hold(self, seconds: float | None, stopping: asyncio.Event) -> bool:
        """Say nothing until the client goes, the time is over or the server stops.

        Returns:
            True if the client is still there and the time is over.
        """
        waits = {
            asyncio.ensure_future(self._until_gone()),
            asyncio.ensure_future(stopping.wait()),
        }
        done, pending = await asyncio.wait(
            waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        for wait in pending:
            wait.cancel()
        await asyncio.wait(waits)
        return not done

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            continue


def _body(body: bytes, *, has_more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": has_more}


def guarded(app: ASGIApp) -> ASGIApp:
    """The application, ending a request that the stopping server cancels without an outcry."""

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            # uvicorn would answer 500 and log a traceback; the client just sees the connection end.
            transport_of(scope).abort()

    return run
