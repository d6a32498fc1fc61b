"""Measures the queue: whole lives, eight workers, batches, and a million finished rows."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import count as counter
from pathlib import Path
from typing import NamedTuple

from seedwatch.records import Claim
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

WORKERS = 8
MUST_LIFE, MUST_WORKERS, MUST_BATCH, MUST_DEPTH = 0.5, 2.0, 0.3, 0.8

Row = dict[str, object]


class Rates(NamedTuple):
    """Medians of what both sides did in a second, and of the ratio of each round."""

    ours: float
    limit: float
    ratio: float
    rounds: int


class Scene(NamedTuple):
    """Where a case runs, and how much of it."""

    folder: Path
    scale: float
    rounds: int

    def part(self, whole: int, least: int) -> int:
        """A count scaled down."""
        return max(least, int(whole * self.scale))


Measure = Callable[[int], Awaitable[float]]


def run(scale: float = 1.0, parent: Path | None = None, rounds: int = 9) -> Iterator[Row]:
    """One row for each limit; rates are per second.

    Args:
        scale: of all counts; 1 takes some minutes, 0.01 two seconds.
        rounds: how often both sides take their turn, after one to warm up.
        parent: a directory on a real disk, for files that are deleted afterwards; the current one.
    """
    for case in (lives, workers, batches, depth):
        with tempfile.TemporaryDirectory(prefix=".bench-queue-", dir=parent or Path()) as folder:
            yield from asyncio.run(case(Scene(Path(folder), scale, rounds)))


async def _compare(rounds: int, count: int, ours: Measure, limit: Measure) -> Rates:
    """Both rates over rounds that take turns, each of `count` tasks.

    The ratio is the median of those of each round, so that a disturbance hits both sides alike.
    """
    rates: dict[Measure, list[float]] = {ours: [], limit: []}
    for number in range(rounds + 1):
        for side in (ours, limit) if number % 2 else (limit, ours):
            seconds = await side(count)
            if number:  # the first round warms up
                rates[side].append(count / seconds)
    pairs = zip(rates[ours], rates[limit], strict=True)
    return Rates(
        ours=statistics.median(rates[ours]),
        limit=statistics.median(rates[limit]),
        ratio=statistics.median(mine / theirs for mine, theirs in pairs),
        rounds=rounds,
    )


async def _timed(call: Awaitable[object]) -> float:
    started = time.perf_counter()
    await call
    return time.perf_counter() - started


def _row(case: str, limit: str, must: float | None, rates: Rates, **more: object) -> Row:
    """`must` None: a figure to know, without a limit."""
    return {
        "bench": "queue",
        "case": case,
        "limit": limit,
        "rounds": rates.rounds,
        "ours_per_s": round(rates.ours, 1),
        "limit_per_s": round(rates.limit, 1),
        "ratio": round(rates.ratio, 3),
        "must": must,
        "ok": must is None or rates.ratio >= must,
        **more,
    }


async def lives(scene: Scene) -> list[Row]:
    """A task's whole life, one after the other: eight commits on either side."""
    store = await SqliteStore.open(scene.folder / "ours" / "queue.db")
    plain = Plain(scene.folder / "plain" / "queue.db")
    turns = counter()

    async def ours(count: int) -> float:
        jobs = new_jobs(f"life-{next(turns)}", count)
        return await _timed(live(store, jobs))

    async def limit(count: int) -> float:
        jobs = new_jobs(f"life-{next(turns)}", count)
        return await _timed(asyncio.to_thread(plain.live, jobs))

    rates = await _compare(scene.rounds, scene.part(200, 5), ours, limit)
    plain.close()
    await store.close()
    return [_row("whole life", "plain apsw, the same 8 commits", MUST_LIFE, rates, commits=8)]


async def workers(scene: Scene) -> list[Row]:
    """Eight workers against huey's: take a task and finish it, two commits on either side.

    Then, without a limit, with all six commits that a paid task needs beside its opening.
    """
    store = await SqliteStore.open(scene.folder / "ours" / "queue.db")
    huey = Huey(scene.folder / "huey" / "huey.db")
    turns = counter()
    rows = []
    cases: list[tuple[str, Do, float | None]] = [
        ("claim and complete", touch, MUST_WORKERS),
        ("all 6 commits", go, None),
    ]
    for case, do, must in cases:

        async def ours(count: int, do: Do = do) -> float:
            await store.open_jobs(new_jobs(f"work-{next(turns)}", count))
            return await _timed(drain(store, WORKERS, do))

        async def limit(count: int) -> float:
            huey.fill(count)
            return await _timed(asyncio.to_thread(huey.drain, WORKERS))

        rates = await _compare(scene.rounds, scene.part(1000, 16), ours, limit)
        rows.append(_row(f"8 workers, {case}", "huey, SQLite, fsync, 8 threads", must, rates))
    huey.close()
    await store.close()
    return rows


async def batches(scene: Scene) -> list[Row]:
    """Jobs opened 1,000 in a commit."""
    store = await SqliteStore.open(scene.folder / "ours" / "queue.db")
    plain = Plain(scene.folder / "plain" / "queue.db")
    turns = counter()

    async def ours(count: int) -> float:
        jobs = new_jobs(f"open-{next(turns)}", count)
        return await _timed(store.open_jobs(jobs))

    async def limit(count: int) -> float:
        jobs = new_jobs(f"open-{next(turns)}", count)
        return await _timed(asyncio.to_thread(plain.open_jobs, jobs))

    rates = await _compare(scene.rounds, scene.part(1000, 50), ours, limit)
    plain.close()
    await store.close()
    return [_row("open 1,000 jobs at once", "plain executemany", MUST_BATCH, rates)]


async def depth(scene: Scene) -> list[Row]:
    """Claims beside a million finished tasks, and beside a thousand."""
    few, many = scene.part(1000, 10), scene.part(1_000_000, 1000)
    stores = []
    for finished in (many, few):
        path = scene.folder / str(finished) / "queue.db"
        store = await SqliteStore.open(path)
        await asyncio.to_thread(add_finished, path, finished)
        stores.append(store)
    turns = counter()

    async def claims(store: SqliteStore, count: int) -> float:
        await store.open_jobs(new_jobs(f"depth-{next(turns)}", count))
        taken: list[Claim] = []

        async def take() -> None:
            for _ in range(count):
                taken.extend(await store.claim(room(1), LEASE_S))

        seconds = await _timed(take())
        assert len(taken) == count
        await asyncio.gather(*[store.complete(claim) for claim in taken])
        return seconds

    rates = await _compare(
        scene.rounds,
        scene.part(500, 20),
        lambda count: claims(stores[0], count),
        lambda count: claims(stores[1], count),
    )
    for store in stores:
        await store.close()
    return [
        _row(f"claim beside {many:,} finished", f"beside {few:,}", MUST_DEPTH, rates, finished=many)
    ]
