"""A server in front of the simulator that answers some requests itself, as a test scripts it."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from seedwatch.simulator import RunningSimulator

Scripted = tuple[int, bytes]
Script = Callable[[str, str], Scripted | None]
"""What to answer to a method and a path; None: what the simulator says."""

Changed = Callable[[dict[str, Any]], dict[str, Any]]
"""What to make of the JSON that the simulator answers to a submit."""


class Front:
    """Listens on a port of its own while the `with` block runs; `seen` are all requests."""

    def __init__(
        self, simulator: RunningSimulator, script: Script, *, changed: Changed | None = None
    ) -> None:
        self.simulator = simulator
        self.seen: list[tuple[str, str]] = []
        front, host = self, urlsplit(simulator.url).netloc

        class _Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - likewise
                """Say nothing."""

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                front.seen.append((self.command, self.path))
                status, content = script(self.command, self.path) or self._forwarded(body)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def _forwarded(self, body: bytes) -> Scripted:
                connection = http.client.HTTPConnection(host, timeout=30)
                try:
                    connection.request(self.command, self.path, body or None, dict(self.headers))
                    reply = connection.getresponse()
                    content = reply.read().replace(f"http://{host}".encode(), front.url.encode())
                    if changed is not None and self.command == "POST":
                        content = json.dumps(changed(json.loads(content))).encode()
                    return reply.status, content
                finally:
                    connection.close()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
