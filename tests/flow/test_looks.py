"""Looks at work are free: whatever one of them brings, the next may bring the result."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from seedwatch.simulator.clips import Clip
from tests.flow.conftest import Studio
from tests.flow.test_ark_videos import QUICK, TEXT

LOOKS = ((200, b"<html>a proxy's page</html>"), (200, b'{"id": "cgt-1", "status": "pondering"}'))


@contextmanager
def moody(*looks: tuple[int, bytes]) -> Iterator[tuple[str, list[str]]]:
    """A service that answers looks like this, one after the other, and then that it is done."""
    asked: list[str] = []
    left = list(looks)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append("POST")
            self._answer(200, b'{"id": "cgt-1"}')

        def do_GET(self) -> None:
            if self.path == "/film.mp4":
                self._answer(200, Clip(64, 36, 24, "a fox", "m").drawn())
                return
            asked.append("GET")
            self._answer(*(left.pop(0) if left else (200, self._done())))

        def _done(self) -> bytes:
            link = {"video_url": f"http://{self.headers['Host']}/film.mp4"}
            return json.dumps({"id": "cgt-1", "status": "succeeded", "content": link}).encode()

        def _answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.fault(72)
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look[0]}-{look[1][:12]!r}")
def test_a_look_that_says_nothing_is_repeated(studio: Studio, look: tuple[int, bytes]) -> None:
    """Half an answer, a proxy's page, an unknown word: the task waits on and is paid for once.

    Red where an unreadable look is taken for a lost submit.
    """
    with moody(look) as (url, asked):
        workspace = studio(rule=TEXT, account=QUICK | {"base_url": url})
        (workspace.inbox / "a.txt").write_text("a fox")
        assert workspace.run() == 0
        assert workspace.states() == {"done": 1}
    assert asked == ["POST", "GET", "GET"]


def test_a_last_frame_that_does_not_come_is_missed(studio: Studio) -> None:
    """Asked for, paid for, not there: the video is delivered, and the list says what is missing."""
    with moody() as (url, _):
        rule = {**TEXT, "options": {"return_last_frame": True}}
        workspace = studio(rule=rule, account=QUICK | {"base_url": url})
        (workspace.inbox / "a.txt").write_text("a fox")
        assert workspace.run() == 0
    assert [path.name for path in workspace.results()] == ["a_1-1.mp4"]
    told = json.loads((workspace.outbox / "a_1.set.json").read_text())
    assert (told["expected"], [gap["n"] for gap in told["missing"]]) == (2, [2])
    assert workspace.rows("SELECT reason FROM tasks") == [("partial",)]
