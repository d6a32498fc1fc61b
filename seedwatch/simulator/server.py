"""Runs the simulator on a socket: port 0 picks a free one, SIGTERM ends it within 2 s."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import uvicorn

from seedwatch.simulator.app import build_app
from seedwatch.simulator.wire import BreakableConnection
from seedwatch.simulator.world import World, open_world

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8765
DEFAULT_LATENCY_S = 0.2
_GRACE_S = 1
"""Answers under way get this long after SIGTERM; 2 s are promised for the whole end."""


def serve(
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    latency_s: float = DEFAULT_LATENCY_S,
    ledger_path: Path | None = None,
) -> None:
    """Run the simulator until SIGTERM; prints `listening on URL` to stderr once it is ready.

    Raises:
        OSError: the address cannot be bound, or the ledger file not be opened.
        LedgerDamagedError: the ledger file holds something that is not a ledger row.
        KeyboardInterrupt: it was ended by SIGINT.
    """
    world = open_world(latency_s=latency_s, ledger_path=ledger_path)
    try:
        listener = bind(host, port)
        url = url_of(listener)
        server = SimulatorServer(world, lambda: _say(f"listening on {url}"))
        asyncio.run(server.serve(sockets=[listener]))
    finally:
        world.close()
    if server.is_interrupted:
        raise KeyboardInterrupt


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 picks a free one.

    Raises:
        OSError: the host is unknown or the port taken.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = found[0]
    return socket.create_server(address[:2], family=family, backlog=1024)


def url_of(listener: socket.socket) -> str:
    """The URL under which a listening socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class SimulatorServer(uvicorn.Server):
    """uvicorn with our signals: a stop is a normal end, and stalled calls do not delay it."""

    def __init__(self, world: World, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                build_app(world),
                http=BreakableConnection,
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                # X-Forwarded-For would let anybody claim to be on loopback.
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
        self.is_interrupted = False
        self._world = world
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then tell."""
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let answers under way finish, end stalled ones, close every connection."""
        self._world.stopping.set()
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        # Closing a transport takes a round of the loop.
        await asyncio.sleep(0)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal without raising it again afterwards, as the base class would."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Note what ended the server."""
        self.is_interrupted = self.is_interrupted or sig == signal.SIGINT
        super().handle_exit(sig, frame)
