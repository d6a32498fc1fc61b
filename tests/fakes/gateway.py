"""A TCP proxy with toxics, on a thread of its own: what a gateway between us and a service does."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

_LOOK_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Toxics:
    """What happens to each connection but the first `healthy_count` of them."""

    idle_s: float | None = None
    """cut when no byte came for so long"""
    resets: bool = False
    """cut by a TCP reset, not by a plain end"""
    healthy_count: int = 0


class Gateway:
    """Listens on a port of its own while the `with` block runs, and passes everything on."""

    def __init__(self, target_url: str, toxics: Toxics) -> None:
        target = urlsplit(target_url)
        assert target.hostname is not None
        assert target.port is not None
        self._host, self._port = target.hostname, target.port
        self._toxics = toxics
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._end = asyncio.Event()
        self.connection_count = 0
        self.cut_count = 0
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._end.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(_LOOK_S)  # for transports to close

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connection_count += 1
        is_healthy = self.connection_count <= self._toxics.healthy_count
        link = _Link(Toxics() if is_healthy else self._toxics)
        with (
            contextlib.suppress(OSError, asyncio.CancelledError),
            contextlib.ExitStack() as closing,
        ):
            closing.callback(link.close, writer)
            there_reader, there_writer = await asyncio.open_connection(self._host, self._port)
            closing.callback(link.close, there_writer)
            pumps = [
                asyncio.create_task(link.pump(reader, there_writer)),
                asyncio.create_task(link.pump(there_reader, writer)),
            ]
            self.cut_count += await link.watch(pumps)
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)


class _Link:
    """One connection and what becomes of it."""

    def __init__(self, toxics: Toxics) -> None:
        self._toxics = toxics
        self._moved_at = asyncio.get_running_loop().time()
        self._is_cut = False

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while content := await reader.read(1 << 16):
            self._moved_at = asyncio.get_running_loop().time()
            writer.write(content)
            await writer.drain()

    async def watch(self, pumps: list[asyncio.Task[None]]) -> bool:
        """Return when an end has closed, or when the toxics cut; whether they did."""
        idle_s = self._toxics.idle_s
        while not any(pump.done() for pump in pumps):
            await asyncio.sleep(_LOOK_S)
            still_s = asyncio.get_running_loop().time() - self._moved_at
            self._is_cut = self._is_cut or (idle_s is not None and still_s > idle_s)
            if self._is_cut:
                return True
        return False

    def close(self, writer: asyncio.StreamWriter) -> None:
        if self._is_cut and self._toxics.resets:
            connection: socket.socket = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        else:
            writer.close()
