"""A simulator inside this process, for tests and the demo, with small calls to its controls."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from seedwatch.simulator.server import (
    DEFAULT_HOST,
    DEFAULT_LATENCY_S,
    SimulatorServer,
    bind,
    url_of,
)
from seedwatch.simulator.world import World, open_world

_START_S = 10
_CALL_S = 30


class RunningSimulator:
    """Context manager: a simulator in a thread of its own on a free port.

    Attributes:
        url: `http://127.0.0.1:PORT`, once entered; Ark's surface is at `url + "/ark/api/v3"`.

    Entering raises what `serve` raises; entered again it comes back at the same port.
    """

    url: str

    def __init__(
        self,
        *,
        latency_s: float = DEFAULT_LATENCY_S,
        ledger_path: Path | None = None,
        clock: Callable[[], float] = time.time,
        port: int = 0,
    ) -> None:
        self._latency_s = latency_s
        self._ledger_path = ledger_path
        self._clock = clock
        self._port = port

    def __enter__(self) -> Self:
        world = open_world(
            latency_s=self._latency_s, ledger_path=self._ledger_path, clock=self._clock
        )
        try:
            listener = bind(DEFAULT_HOST, self._port)
        except OSError:
            world.close()
            raise
        self.url = url_of(listener)
        self._port = listener.getsockname()[1]
        ready = threading.Event()
        self._server = SimulatorServer(world, ready.set)
        self._thread = threading.Thread(
            target=_run, args=(self._server, world, listener), name="simulator", daemon=True
        )
        self._thread.start()
        if not ready.wait(_START_S):
            raise TimeoutError("the simulator did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join()

    def ledger(self) -> list[dict[str, Any]]:
        """The ledger's rows (contract.md 5)."""
        rows: list[dict[str, Any]] = self._call("GET", "/_control/ledger")
        return rows

    def post_faults(self, faults: Sequence[dict[str, Any]]) -> None:
        """Add faults to the table.

        Raises:
            ValueError: the simulator refused them; the message is its own.
        """
        self._call("POST", "/_control/faults", list(faults))

    def move_switches(self, switches: dict[str, Any]) -> None:
        """Move switches.

        Raises:
            ValueError: the simulator refused them; the message is its own.
        """
        self._call("POST", "/_control/switches", switches)

    def reset(self) -> None:
        """Forget faults, tasks and ledger; put the switches back."""
        self._call("POST", "/_control/reset")

    def _call(self, method: str, path: str, content: Any = None) -> Any:
        connection = http.client.HTTPConnection(DEFAULT_HOST, self._port, timeout=_CALL_S)
        try:
            connection.request(method, path, None if content is None else json.dumps(content))
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise ValueError(answer["error"])
        return answer


def _run(server: SimulatorServer, world: World, listener: socket.socket) -> None:
    try:
        asyncio.run(server.serve(sockets=[listener]))
    finally:
        world.close()
