"""Measures the queue: whole lives, eight workers, batches, and a million finished rows."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from seedwatch.store.sqlite import SqliteStore
from tests.bench.queue_lives import (
    LEASE_S,
    Do,
    add_finished,
    drain,
    go,
    live,
    new_jobs,
    room,
    touch,
)
from tests.bench.queue_peers import Huey, Plain

ROUNDS = 5
WORKERS = 8
MUST_LIFE, MUST_WORKERS, MUST_BATCH, MUST_DEPTH = 0.5, 2.0, 0.3, 0.8

Row = dict[str, object]
Measure = Callable[[int], Awaitable[float]]


def run(scale: float = 1.0, parent: Path | None = None) -> Iterator[Row]:
    """One row for each limit; rates are per second.

    Args:
        scale: of all counts; 1 takes some minutes, 0.01 two seconds.
        parent: a directory on a real disk, for files that are deleted afterwards; the current one.
    """
    for case in (lives, workers, batches, depth):
        with tempfile.TemporaryDirectory(prefix=".bench-queue-", dir=parent or Path()) as folder:
            yield from asyncio.run(case(Path(folder), scale))


async def _compare(count: int, ours: Measure, limit: Measure) -> tuple[float, float]:
    """Medians of both rates over rounds that take turns, each of `count` tasks."""
    rates: dict[Measure, list[float]] = {ours: [], limit: []}
    for number in range(ROUNDS + 1):
        for side in (ours, limit) if number % 2 else (limit, ours):
            seconds = await side(count)
            if number:  # the first round warms up
                rates[side].append(count / seconds)
    return statistics.median(rates[ours]), statistics.median(rates[limit])


async def _timed(call: Awaitable[object]) -> float:
    started = time.perf_counter()
    await call
    return time.perf_counter() - started


def _row(case: str, limit: str, must: float, rates: tuple[float, float], **more: object) -> Row:
    ours, theirs = rates
    return {
        "bench": "queue",
        "case": case,
        "limit": limit,
        "rounds": ROUNDS,
        "ours_per_s": round(ours, 1),
        "limit_per_s": round(theirs, 1),
        "ratio": round(ours / theirs, 3),
        "must": must,
        "ok": ours / theirs >= must,
        **more,
    }


async def lives(folder: Path, scale: float) -> list[Row]:
    """A task's whole life, one after the other: eight commits on either side."""
    store = await SqliteStore.open(folder / "ours" / "queue.db")
    plain = Plain(folder / "plain" / "queue.db")
    rounds = iter(range(10**6))

    async def ours(count: int) -> float:
        jobs = new_jobs(f"life-{next(rounds)}", count)
        return await _timed(live(store, jobs))

    async def limit(count: int) -> float:
        jobs = new_jobs(f"life-{next(rounds)}", count)
        return await _timed(asyncio.to_thread(plain.live, jobs))

    rates = await _compare(max(5, int(200 * scale)), ours, limit)
    plain.close()
    await store.close()
    return [_row("whole life", "plain apsw, the same 8 commits", MUST_LIFE, rates, commits=8)]


async def workers(folder: Path, scale: float) -> list[Row]:
    """Eight workers that take and finish tasks: two commits each; then with all six of ours."""
    store = await SqliteStore.open(folder / "ours" / "queue.db")
    huey = Huey(folder / "huey" / "huey.db")
    rounds = iter(range(10**6))
    rows = []
    cases: dict[str, Do] = {"claim and complete": touch, "all 6 commits": go}
    for case, do in cases.items():

        async def ours(count: int, do: Do = do) -> float:
            await store.open_jobs(new_jobs(f"work-{next(rounds)}", count))
            return await _timed(drain(store, WORKERS, do))

        async def limit(count: int) -> float:
            huey.fill(count)
            return await _timed(asyncio.to_thread(huey.drain, WORKERS))

        rates = await _compare(max(16, int(1000 * scale)), ours, limit)
        rows.append(
            _row(f"8 workers, {case}", "huey, SQLite, fsync, 8 threads", MUST_WORKERS, rates)
        )
    huey.close()
    await store.close()
    return rows


async def batches(folder: Path, scale: float) -> list[Row]:
    """Jobs opened 1,000 in a commit."""
    store = await SqliteStore.open(folder / "ours" / "queue.db")
    plain = Plain(folder / "plain" / "queue.db")
    rounds = iter(range(10**6))

    async def ours(count: int) -> float:
        jobs = new_jobs(f"open-{next(rounds)}", count)
        return await _timed(store.open_jobs(jobs))

    async def limit(count: int) -> float:
        jobs = new_jobs(f"open-{next(rounds)}", count)
        return await _timed(asyncio.to_thread(plain.open_jobs, jobs))

    rates = await _compare(max(50, int(1000 * scale)), ours, limit)
    plain.close()
    await store.close()
    return [_row("open 1,000 jobs at once", "plain executemany", MUST_BATCH, rates)]


async def depth(folder: Path, scale: float) -> list[Row]:
    """Claims beside a million finished tasks, and beside a thousand."""
    few, many = max(10, int(1000 * scale)), max(1000, int(1_000_000 * scale))
    stores = []
    for finished in (many, few):
        path = folder / str(finished) / "queue.db"
        store = await SqliteStore.open(path)
        await asyncio.to_thread(add_finished, path, finished)
        stores.append(store)
    rounds = iter(range(10**6))

    async def claims(store: SqliteStore, count: int) -> float:
        await store.open_jobs(new_jobs(f"depth-{next(rounds)}", count))

        async def take() -> None:
            for _ in range(count):
                await store.claim(room(1), LEASE_S)

        return await _timed(take())

    rates = await _compare(
        max(20, int(500 * scale)),
        lambda count: claims(stores[0], count),
        lambda count: claims(stores[1], count),
    )
    for store in stores:
        await store.close()
    return [
        _row(f"claim beside {many:,} finished", f"beside {few:,}", MUST_DEPTH, rates, finished=many)
    ]
