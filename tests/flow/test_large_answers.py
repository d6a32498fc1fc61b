"""An answer of 15 large pictures as base64, from the socket to the outbox, in flat memory."""

from __future__ import annotations

import os
import shutil
import struct
import threading
import tracemalloc
import zlib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.flow.conftest import Studio

COUNT = 15
SIDE = 1450
"""of a picture of noise: 6 MB as PNG"""


def _picture() -> bytes:
    """A PNG whose pixels do not compress, written by hand: quicker than to draw it."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    row = 1 + 3 * SIDE
    noise = os.urandom(row * SIDE)
    pixels = b"".join(b"\0" + noise[at + 1 : at + row] for at in range(0, row * SIDE, row))
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    signature = b"\x89PNG\r\n\x1a\n"
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels, 0)) + chunk(b"IEND", b"")
    return signature + body


def _write(path: Path, text: bytes, *, is_streamed: bool) -> None:
    frame = b'data: {"type":"image_generation.partial_succeeded","image_index":%d,"b64_json":"%b"}'
    with path.open("wb") as file:
        file.write(b"" if is_streamed else b'{"data":[')
        for n in range(COUNT):
            if is_streamed:
                file.write(frame % (n, text) + b"\n\n")
            else:
                file.write((b"," if n else b"") + b'{"b64_json":"' + text + b'"}')
        last = b'data: {"type":"image_generation.completed"}\n\ndata: [DONE]\n\n'
        file.write(last if is_streamed else b"]}")


@contextmanager
def _serving(answer: Path) -> Iterator[str]:
    """A server that sends this file to whoever posts; its own memory stays small."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(answer.stat().st_size))
            self.end_headers()
            with answer.open("rb") as file:
                shutil.copyfileobj(file, self.wfile, 1 << 16)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("is_streamed", [False, True])
def test_fifteen_large_pictures_cost_less_than_two(studio: Studio, is_streamed: bool) -> None:
    """Peak memory grows by less than twice one picture (issue 3, done when 3).

    Red when the answer, an event, or one of its texts is read at once.
    """
    options = {"response_format": "b64_json", "stream": is_streamed}
    rule = {"mode": "text-to-image", "prompt": "{text}", "group": COUNT, "options": options}
    workspace = studio(rule=rule)
    answer = workspace.base / "answer"
    picture = _picture()
    _write(answer, b64encode(picture), is_streamed=is_streamed)
    picture_bytes = len(picture)
    del picture
    (workspace.inbox / "one.txt").write_text("noise\n")
    with _serving(answer) as url:
        workspace.account["base_url"] = url
        workspace.configure()
        tracemalloc.start()
        try:
            assert workspace.run() == 0
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert len(workspace.results()) == COUNT
    assert workspace.torn_results() == []
    assert peak < 2 * picture_bytes
