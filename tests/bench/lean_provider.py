"""A provider as lean as can be, so that a benchmark measures clients: fixed latency, one picture.

It speaks just enough of Ark's images API over plain asyncio streams. Prints its port when ready.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from base64 import b64encode

from PIL import Image

RESULT_BYTES = 2_000_000
LARGE_BYTES, LARGE_COUNT = 20_000_000, 15


def large_picture() -> bytes:
    """A PNG of about 20 MB: noise does not compress."""
    kept = io.BytesIO()
    Image.frombytes("RGB", (2500, 2667), os.urandom(2500 * 2667 * 3)).save(
        kept, "PNG", compress_level=0
    )
    return kept.getvalue()


def picture() -> bytes:
    """A JPEG of about 2 MB."""
    noise = Image.effect_noise((1448, 1448), 90)
    for quality in range(80, 100):
        kept = io.BytesIO()
        noise.save(kept, "JPEG", quality=quality)
        if kept.tell() >= RESULT_BYTES * 0.9:
            break
    content = kept.getvalue()
    return content + b"\0" * max(0, RESULT_BYTES - len(content))


class LeanProvider:
    """Answers every POST after the latency with a URL, every GET with the picture."""

    def __init__(self, latency_s: float) -> None:
        self.latency_s = latency_s
        self.content = picture()
        self.large = b""
        self.port = 0

    async def serve(self) -> None:
        """Listen on a free port until the standard input is closed."""
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, limit=1 << 20)
        self.port = server.sockets[0].getsockname()[1]
        print(self.port, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(high=4 << 20)
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = 0
        for line in head.split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        body = await reader.readexactly(length)
        if b'"b64_json"' in body:
            await self._answer_large(writer)
        elif head.startswith(b"get"):
            await self._answer(writer, b"image/jpeg", self.content)
        else:
            await asyncio.sleep(self.latency_s)
            url = f"http://127.0.0.1:{self.port}/files/0_0.jpeg"
            answer = {
                "model": "m",
                "created": 1,
                "data": [{"url": url, "size": "1448x1448"}],
                "usage": {"generated_images": 1, "output_tokens": 1, "total_tokens": 1},
            }
            await self._answer(writer, b"application/json", json.dumps(answer).encode())
        return b"connection: close" not in head

    async def _answer_large(self, writer: asyncio.StreamWriter) -> None:
        """Fifteen pictures as base64 in one JSON answer, as they come from a real service."""
        if not self.large:
            self.large = b64encode(large_picture())
        places = [b'{"b64_json":"%b"}' % self.large] * LARGE_COUNT
        start, end = b'{"model":"m","created":1,"data":[', b'],"usage":{"generated_images":15}}'
        length = len(start) + sum(map(len, places)) + LARGE_COUNT - 1 + len(end)
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        writer.write(head % length + start)
        for number, place in enumerate(places):
            writer.write((b"," if number else b"") + place)
            await writer.drain()
        writer.write(end)
        await writer.drain()

    async def _answer(self, writer: asyncio.StreamWriter, kind: bytes, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n"
        writer.write(head % (kind, len(body)))
        writer.write(body)
        await writer.drain()


if __name__ == "__main__":
    asyncio.run(LeanProvider(float(sys.argv[1])).serve())
