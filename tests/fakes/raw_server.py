"""A TCP server that answers HTTP requests byte by byte as a test scripts it.

It knows nothing of the client's library: what it records is what came over the wire.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came: names of headers in lower case, `connection` counts from 1."""

    connection: int
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Play = Callable[[asyncio.StreamWriter], Awaitable[None]]
Script = bytes | Play


def response(
    status: int = 200,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    length: int | None = None,
) -> bytes:
    """A whole answer; `length` lies about the body."""
    told = {"content-length": str(len(body) if length is None else length)} | dict(headers or {})
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status} Words\r\n{lines}\r\n".encode() + body


def then_reset(*, after: bytes = b"") -> Play:
    """Send some bytes, then a TCP reset."""

    async def play(writer: asyncio.StreamWriter) -> None:
        writer.write(after)
        await writer.drain()
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return play


def then_silence(*, after: bytes = b"") -> Play:
    """Send some bytes, then nothing until the client gives up."""

    async def play(writer: asyncio.StreamWriter) -> None:
        writer.write(after)
        await writer.drain()
        await writer.wait_closed()

    return play


def drop_by_drop(content: bytes, pause_s: float) -> Play:
    """Send a byte at a time."""

    async def play(writer: asyncio.StreamWriter) -> None:
        for at in range(len(content)):
            writer.write(content[at : at + 1])
            await writer.drain()
            await asyncio.sleep(pause_s)

    return play


class RawServer:
    """Answers the n-th request with the n-th script; the last one repeats.

    After bytes that are a whole answer the connection stays open for the next request, as long as
    `keeps_alive` says so. `reads_body` False: the script plays as soon as the headers are there.
    """

    def __init__(
        self,
        *scripts: Script,
        tls: ssl.SSLContext | None = None,
        keeps_alive: bool = True,
        reads_body: bool = True,
        speaks_first: bytes = b"",
    ) -> None:
        self.scripts = list(scripts) or [response()]
        self.received: list[Received] = []
        self.has_received = asyncio.Event()
        self.connection_count = 0
        self._tls = tls
        self._keeps_alive = keeps_alive
        self._reads_body = reads_body
        self._speaks_first = speaks_first
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:PORT`, or https."""
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._connected, "127.0.0.1", 0, ssl=self._tls, limit=1 << 20
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        self.connection_count += 1
        number = self.connection_count
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
                while await self._exchange(number, reader, writer):
                    continue
        except asyncio.CancelledError:
            return  # the test is over; asyncio would report a cancelled callback as an error
        finally:
            self._serving.discard(task)
            with contextlib.suppress(ConnectionError):
                writer.close()

    async def _exchange(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if self._speaks_first:
            writer.write(self._speaks_first)
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        length = int(headers.get("content-length", "0"))
        body = await reader.readexactly(length) if self._reads_body else b""
        method, target, _ = first.split(" ")
        self.received.append(Received(number, method, target, headers, body))
        self.has_received.set()
        script = self.scripts[min(len(self.received), len(self.scripts)) - 1]
        if isinstance(script, bytes):
            writer.write(script)
            await writer.drain()
            return self._keeps_alive
        await script(writer)
        return False
