"""500 recorded prompts through the daemon, beside a bare client and a script with the SDK.

All three make the same requests to the same lean provider and write and sync the same files
(picture and sidecar). Each runs in a process of its own, taking turns; the daemon is timed from
its first claim to its last completed task, as its own event rows tell.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import apsw

COUNT, IN_FLIGHT, LATENCY_S = 500, 50, 0.2
ROUNDS = 3
MUST_RATIO, MUST_RSS_MB = 2.0, 120.0
SIDES = ("seedwatch", "bare", "openai")


def run(count: int = COUNT, rounds: int = ROUNDS) -> Iterator[dict[str, object]]:
    """One row: wall of the three, ratios, peak memory of the daemon."""
    seen: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
    # Kept to the end: ext4 looks long for a free inode where files were removed a moment ago, and
    # whoever comes next would pay for it.
    with tempfile.TemporaryDirectory(prefix="bench-", dir=".") as folder, lean_provider() as port:
        for n in range(rounds):
            for side in SIDES:
                seen[side].append(_child(side, port, count, Path(folder) / f"{side}-{n}"))
    wall = {side: statistics.median(r["wall_s"] for r in seen[side]) for side in SIDES}
    paired = [
        ours["wall_s"] / bare["wall_s"]
        for ours, bare in zip(seen["seedwatch"], seen["bare"], strict=True)
    ]
    ratio = statistics.median(paired)
    rss_mb = max(r["peak_mb"] for r in seen["seedwatch"])
    yield {
        "bench": "end_to_end",
        "case": f"{count} prompts, {IN_FLIGHT} in flight, {LATENCY_S} s, 2 MB",
        "rounds": rounds,
        **{f"{side}_s": round(wall[side], 3) for side in SIDES},
        "ideal_s": round(count * LATENCY_S / IN_FLIGHT, 3),
        "ratio_to_bare": round(ratio, 3),
        "must": MUST_RATIO,
        "ratio_to_openai": round(wall["seedwatch"] / wall["openai"], 3),
        "must_openai": 1.0,
        "peak_mb": round(rss_mb, 1),
        "must_peak_mb": MUST_RSS_MB,
        "ok": ratio <= MUST_RATIO and wall["seedwatch"] < wall["openai"] and rss_mb < MUST_RSS_MB,
    }


@contextlib.contextmanager
def lean_provider() -> Iterator[int]:
    """The provider in a process of its own; gives its port."""
    command = [sys.executable, "-m", "tests.bench.lean_provider", str(LATENCY_S)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield int(process.stdout.readline())
        process.stdin.close()


def _child(side: str, port: int, count: int, folder: Path) -> dict[str, float]:
    folder.mkdir()
    os.sync()  # what the one before left to be written is not its burden
    command = [sys.executable, "-m", "tests.bench.end_to_end", side, str(port), str(count)]
    done = subprocess.run([*command, str(folder)], check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


CONFIG = """\
state_dir: ./state
accounts:
  lean: {{provider: ark, base_url: "http://127.0.0.1:{port}/ark/api/v3", key: none,
         concurrency: {in_flight}}}
folders:
  - name: prompts
    inbox: prompts/inbox
    settle: 200ms
    cold_start: unlimited
    rule: {{account: lean, mode: text-to-image, model: doubao-seedream-4-5-251128,
           prompt: "{{text}}", size: 2K}}
"""


def seedwatch(port: int, count: int, folder: Path) -> float:
    """Drop one prompt file and let the daemon work until it is done."""
    from seedwatch import logs  # noqa: PLC0415 - the other sides do not carry it
    from seedwatch.config.settings import load_settings  # noqa: PLC0415 - as above
    from seedwatch.daemon.supervisor import run_daemon  # noqa: PLC0415 - as above

    (folder / "prompts" / "inbox").mkdir(parents=True)
    lines = "\n".join(f"a photograph of subject number {n}" for n in range(count))
    (folder / "prompts" / "inbox" / "prompts.txt").write_text(lines)
    config = folder / "config.yaml"
    config.write_text(CONFIG.format(port=port, in_flight=IN_FLIGHT))
    with Path(os.devnull).open("w") as nowhere:
        logs.set_up(nowhere)
        code = asyncio.run(run_daemon(load_settings(config), until_idle=True))
    assert code == 0, code
    results = list((folder / "prompts" / "outbox").glob("*.jpeg"))
    assert len(results) == count, len(results)
    rows = apsw.Connection(str(folder / "state" / "queue.db"), flags=apsw.SQLITE_OPEN_READONLY)
    first, last = next(
        rows.execute(
            "SELECT min(at) FILTER (WHERE name = 'task.claimed'),"
            " max(at) FILTER (WHERE name = 'task.completed') FROM events"
        )
    )
    return float(last - first)


def _keep(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        os.fsync(file.fileno())


def bare(port: int, count: int, folder: Path) -> float:
    """Plain asyncio streams: POST, GET, write and sync; nothing else."""
    started = time.perf_counter()
    asyncio.run(_bare(port, count, folder))
    return time.perf_counter() - started


async def _bare(port: int, count: int, folder: Path) -> None:
    places = asyncio.Semaphore(IN_FLIGHT)
    with ThreadPoolExecutor(8) as pool:

        async def one(n: int) -> None:
            async with places:
                fields = {
                    "model": "doubao-seedream-4-5-251128",
                    "prompt": f"a photograph of subject number {n}",
                    "size": "2K",
                    "response_format": "url",
                    "watermark": False,
                }
                answer = json.loads(await _call(port, "POST", json.dumps(fields).encode()))
                content = await _call(port, "GET", b"")
                loop = asyncio.get_running_loop()
                sidecar = json.dumps({"asked": fields, "answer": answer}).encode()
                path = folder / f"{n}.jpeg"
                await loop.run_in_executor(pool, _keep, path, content)
                await loop.run_in_executor(pool, _keep, folder / f"{n}.jpeg.json", sidecar)

        await asyncio.gather(*(one(n) for n in range(count)))


async def _call(port: int, method: str, body: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4 << 20)
    head = f"{method} /x HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n"
    writer.write(head.encode() + b"connection: close\r\n\r\n" + body)
    answer = await reader.readuntil(b"\r\n\r\n")
    length = int(answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    content = await reader.readexactly(length)
    writer.close()
    return content


def openai(port: int, count: int, folder: Path) -> float:
    """A script as a careful user writes it: the vendor's client and streamed httpx downloads."""
    started = time.perf_counter()
    asyncio.run(_openai(port, count, folder))
    return time.perf_counter() - started


async def _openai(port: int, count: int, folder: Path) -> None:
    import httpx  # noqa: PLC0415 - the other sides do not carry it
    from openai import AsyncOpenAI  # noqa: PLC0415 - as above

    limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
    base_url = f"http://127.0.0.1:{port}/ark/api/v3"
    places = asyncio.Semaphore(IN_FLIGHT)
    async with (
        AsyncOpenAI(api_key="x", base_url=base_url, max_retries=0) as client,
        httpx.AsyncClient(trust_env=False, limits=limits) as downloads,
    ):

        async def one(n: int) -> None:
            async with places:
                prompt = f"a photograph of subject number {n}"
                size: Any = "2K"
                answer = await client.images.generate(
                    model="doubao-seedream-4-5-251128",
                    prompt=prompt,
                    size=size,
                    response_format="url",
                    extra_body={"watermark": False},
                )
                assert answer.data
                assert answer.data[0].url
                with (folder / f"{n}.jpeg").open("wb", buffering=0) as file:
                    async with downloads.stream("GET", answer.data[0].url) as response:
                        async for piece in response.aiter_raw():
                            file.write(piece)
                    await asyncio.to_thread(os.fsync, file.fileno())
                told = json.dumps({"prompt": prompt}).encode()
                await asyncio.to_thread(_keep, folder / f"{n}.jpeg.json", told)

        await asyncio.gather(*(one(n) for n in range(count)))


def _main(side: str, port: int, count: int, folder: Path) -> None:
    wall_s = {"seedwatch": seedwatch, "bare": bare, "openai": openai}[side](port, count, folder)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall_s": wall_s, "peak_mb": peak_mb}))


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
