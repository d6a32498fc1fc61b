"""A process of its own at the queue: claims until none is left, opens for ever, or spends."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from seedwatch.budgets import Budget, Budgets, Calendar, limits_of
from seedwatch.errors import OverBudget
from seedwatch.store.sqlite import SqliteStore
from tests.store.build import LEASE_S, OOPS, new_job, room, submission

ONE_DOLLAR = Budgets(limits_of("account", "ark", Budget("USD", month=1_000_000)), Calendar("UTC"))


def tell(ids: Iterable[object]) -> None:
    """One line on stdout."""
    sys.stdout.write(" ".join(str(one) for one in ids) + "\n")
    sys.stdout.flush()


async def claim_all(path: Path) -> None:
    """Print the id of every task this process got; begins when it is told to."""
    store = await SqliteStore.open(path, is_checked=False)
    tell(["ready"])
    sys.stdin.readline()
    while claims := await store.claim(room(3), LEASE_S):
        tell(claim.task_id for claim in claims)
        await asyncio.gather(*[store.fail(claim, OOPS, attempt=None) for claim in claims])
    await store.close()


async def open_for_ever(path: Path) -> None:
    """Print the id of every job after its commit was handed back, until killed."""
    store = await SqliteStore.open(path)
    names = (f"{os.getpid()}-{number}.png" for number in range(1_000_000))
    for name in names:
        rows = await asyncio.gather(
            *[store.open_jobs([new_job(f"{letter}-{name}", "x", "y")]) for letter in "abc"]
        )
        tell(job_id for ids in rows for job_id in ids)


async def spend(path: Path) -> None:
    """Sixteen workers submit within one budget until nothing is left to claim.

    Every third submit costs nothing in the end and gives its hold back, every third stays open.
    """
    store = await SqliteStore.open(path, is_checked=False)
    tell(["ready"])
    sys.stdin.readline()

    async def worker() -> None:
        while claims := await store.claim(room(1), LEASE_S):
            (claim,) = claims
            try:
                await store.begin_submit(claim, submission(claim), ONE_DOLLAR)
            except OverBudget:
                await store.hold(claim, "budget", OOPS)
                continue
            if claim.task_id % 3 == 0:
                await store.fail(claim, OOPS, attempt="failed")
            elif claim.task_id % 3 == 1:
                await store.hold(claim, "unsure", OOPS)

    await asyncio.gather(*[worker() for _ in range(16)])
    await store.close()


if __name__ == "__main__":
    verbs = {"claim": claim_all, "open": open_for_ever, "spend": spend}
    asyncio.run(verbs[sys.argv[1]](Path(sys.argv[2])))
