"""From the drop to the queue: a burst, single files, one rescan, and the loop's lag throughout.

The real watch over a real folder with events, the real store; the pictures are small JPEGs. The
burst runs with `settle: 0s`, because the limit is about the work and not about waiting; it is
timed from the start of the process that moves the files in to the commit that records the last.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import logging
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import structlog
from PIL import Image

from seedwatch.children import Children
from seedwatch.config.settings import load_settings
from seedwatch.inbox.folder import FolderWatch
from seedwatch.inbox.scanner import Scanner
from seedwatch.records import NewJob, RelPath
from seedwatch.store.sqlite import SqliteStore

BURST, SINGLES, UNCHANGED, ROUNDS = 10_000, 100, 100_000, 3
MUST_BURST, MUST_LATE_S, MUST_RESCAN, MUST_LAG_S = 1.5, 0.5, 1.5, 0.1
SETTLE_S = 0.5
_SIDES = (160, 120)
_TICK_S = 0.005
_PATIENCE_S = 120.0

MOVER = """\
import os, sys
for name in os.listdir(sys.argv[1]):
    os.rename(os.path.join(sys.argv[1], name), os.path.join(sys.argv[2], name))
"""
CONFIG = """\
accounts:
  ark: {{provider: ark, key: none}}
folders:
  - name: bench
    inbox: inbox
    watch: events
    settle: {settle_ms}ms
    cold_start: unlimited
    burst: unlimited
    rule: {{account: ark, mode: image-to-image, model: doubao-seedream-4-5-251128,
           prompt: make it white, size: 2K}}
"""


def run(scale: float = 1.0, rounds: int = ROUNDS) -> Iterator[dict[str, object]]:
    """Four rows; `scale` below 1 makes everything smaller (the limits then mean little)."""
    lags: list[float] = []
    with _silence():
        yield _burst(max(1, int(BURST * scale)), rounds, lags)
        yield _singles(max(1, int(SINGLES * scale)), lags)
        yield _rescan(max(1, int(UNCHANGED * scale)), rounds, lags)
    p99 = _p99(lags)
    yield {
        "bench": "intake",
        "case": "event-loop lag throughout",
        "samples": len(lags),
        "p99_s": round(p99, 4),
        "longest_s": round(max(lags), 4),
        "must_p99_s": MUST_LAG_S,
        "ok": p99 < MUST_LAG_S,
    }


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """No log lines between the rows."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        yield
    finally:
        structlog.configure(**before)


def _p99(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]


def _burst(count: int, rounds: int, lags: list[float]) -> dict[str, object]:
    """Many pictures moved in at once, beside a loop that only reads, hashes and decodes them."""
    plain, ours, missed = [], [], 0
    for _ in range(rounds):
        with _workspace(settle_s=0.0) as folder:
            names = _make_pictures(folder / "made", count)
            plain.append(_timed(partial(_plain, folder / "made", names)))
            taken, wall_s = asyncio.run(_drop_all(folder, names, lags))
            ours.append(wall_s)
            missed += count - len(taken & set(names))
    ratio = statistics.median(a / b for a, b in zip(ours, plain, strict=True))
    return {
        "bench": "intake",
        "case": f"burst of {count} pictures of {_SIDES[0]}x{_SIDES[1]}",
        "rounds": rounds,
        "seedwatch_s": round(statistics.median(ours), 3),
        "plain_loop_s": round(statistics.median(plain), 3),
        "ratio": round(ratio, 3),
        "must": MUST_BURST,
        "missed": missed,
        "ok": ratio <= MUST_BURST and not missed,
    }


def _plain(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        content = (folder / name).read_bytes()
        hashlib.sha256(content).hexdigest()
        with Image.open(io.BytesIO(content)) as image:
            image.load()


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


async def _drop_all(
    folder: Path, names: Sequence[str], lags: list[float]
) -> tuple[set[RelPath], float]:
    async with _watching(folder, lags) as recorder:
        began = time.perf_counter()
        mover = await asyncio.create_subprocess_exec(
            sys.executable, "-c", MOVER, folder / "made", folder / "inbox"
        )
        await recorder.until(len(names))
        await mover.wait()
        return set(recorder.at), time.perf_counter() - began


def _move_in(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        (folder / "made" / name).rename(folder / "inbox" / name)


def _singles(count: int, lags: list[float]) -> dict[str, object]:
    """Pictures that come one by one, each timed from its drop to its commit."""
    with _workspace(settle_s=SETTLE_S) as folder:
        names = _make_pictures(folder / "made", count)
        waits = asyncio.run(_drop_singly(folder, names, lags))
    p99 = _p99(waits)
    return {
        "bench": "intake",
        "case": f"{count} single files, settle {SETTLE_S} s",
        "median_s": round(statistics.median(waits), 3),
        "p99_s": round(p99, 3),
        "must_p99_s": SETTLE_S + MUST_LATE_S,
        "ok": p99 <= SETTLE_S + MUST_LATE_S,
    }


async def _drop_singly(folder: Path, names: Sequence[str], lags: list[float]) -> list[float]:
    chance = random.Random(7)
    dropped: dict[str, float] = {}
    async with _watching(folder, lags) as recorder:
        for name in names:
            dropped[name] = time.perf_counter()
            _move_in(folder, [name])
            await asyncio.sleep(chance.uniform(0.02, 0.1))
        await recorder.until(len(names))
        return [recorder.at[name] - at for name, at in dropped.items()]


def _rescan(count: int, rounds: int, lags: list[float]) -> dict[str, object]:
    """A full listing of files that did not change, beside bare scandir and stat."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=".") as name:
        for number in range(count):
            Path(name, f"IMG_{number:06d}.jpg").touch()
        scanner = Scanner(str(Path(name).absolute()))
        scanner.commit(scanner.look(0.0))
        pairs = asyncio.run(_look_in_turns(scanner, rounds * 3, lags))
    ratio = statistics.median(ours / bare for ours, bare in pairs)
    return {
        "bench": "intake",
        "case": f"rescan of {count} unchanged files",
        "rounds": len(pairs),
        "seedwatch_s": round(statistics.median(ours for ours, _ in pairs), 4),
        "bare_s": round(statistics.median(bare for _, bare in pairs), 4),
        "ratio": round(ratio, 3),
        "must": MUST_RESCAN,
        "ok": ratio <= MUST_RESCAN,
    }


async def _look_in_turns(
    scanner: Scanner, rounds: int, lags: list[float]
) -> list[tuple[float, float]]:
    pairs = []
    async with _lag_measured(lags):
        for number in range(rounds):
            bare = await asyncio.to_thread(_timed, partial(_bare, scanner.root))
            ours = await asyncio.to_thread(_timed, partial(_look, scanner, number + 10.0))
            pairs.append((ours, bare))
    return pairs


def _bare(root: str) -> int:
    count = 0
    with os.scandir(root) as entries:
        for entry in entries:
            entry.stat(follow_symlinks=False)
            count += 1
    return count


def _look(scanner: Scanner, now: float) -> None:
    look = scanner.look(now, is_full=True)
    assert not look.changed
    assert not look.gone
    scanner.commit(look)


# --- the stage ---------------------------------------------------------------------------------


class Recorder(SqliteStore):
    """The real store, which also takes down when each source was committed."""

    at: dict[RelPath, float]

    async def open_jobs(self, jobs: Sequence[NewJob]) -> list[int | None]:
        """Record, then note the time."""
        ids = await super().open_jobs(jobs)
        now = time.perf_counter()
        self.at.update((job.source.path, now) for job in jobs)
        self.grew.set()
        return ids

    async def until(self, count: int) -> None:
        """Wait until so many sources are recorded."""
        async with asyncio.timeout(_PATIENCE_S):
            while len(self.at) < count:
                self.grew.clear()
                await self.grew.wait()

    grew: asyncio.Event


@contextlib.contextmanager
def _workspace(settle_s: float) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=".")).absolute()
    try:
        (folder / "inbox").mkdir()
        (folder / "made").mkdir()
        (folder / "state").mkdir()
        config = CONFIG.format(settle_ms=int(settle_s * 1000))
        (folder / "config.yaml").write_text(config)
        yield folder
    finally:
        shutil.rmtree(folder)


def _make_pictures(folder: Path, count: int) -> list[str]:
    """Small photographs-like JPEGs, each with bytes of its own."""
    noise = Image.effect_noise(_SIDES, 40).convert("RGB")
    names = []
    for number in range(count):
        noise.putpixel((number % _SIDES[0], number // _SIDES[0] % _SIDES[1]), (number % 256, 0, 0))
        names.append(f"IMG_{number:05d}.jpg")
        noise.save(folder / names[-1], quality=85)
    return names


@contextlib.asynccontextmanager
async def _watching(folder: Path, lags: list[float]) -> AsyncIterator[Recorder]:
    """A watch that has adopted the inbox and waits for drops."""
    settings = load_settings(folder / "config.yaml")
    store = await Recorder.open(folder / "state" / "queue.db")
    assert isinstance(store, Recorder)
    store.at, store.grew = {}, asyncio.Event()
    children = Children()
    watch = FolderWatch(settings.folders[0], settings, store, children)
    stopping = asyncio.Event()
    running = asyncio.create_task(watch.run(stopping))
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while not watch.is_idle:  # noqa: ASYNC110 - a question, not an event, for the daemon, too
                await asyncio.sleep(0.01)
        async with _lag_measured(lags):
            yield store
    finally:
        stopping.set()
        await running
        children.close()
        await store.close()


@contextlib.asynccontextmanager
async def _lag_measured(lags: list[float]) -> AsyncIterator[None]:
    async def tick() -> None:
        while True:
            due = time.perf_counter() + _TICK_S
            await asyncio.sleep(_TICK_S)
            lags.append(max(0.0, time.perf_counter() - due))

    ticking = asyncio.create_task(tick())
    try:
        yield
    finally:
        ticking.cancel()
