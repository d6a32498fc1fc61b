"""What all surfaces of one simulator share: clock, ledger, faults, switches, tasks, results."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import ParamSpec, TypeVar

from seedwatch.simulator.faults import FaultTable
from seedwatch.simulator.ledger import Ledger
from seedwatch.simulator.pictures import PictureMaker
from seedwatch.simulator.rates import Rates
from seedwatch.simulator.results import ResultStore
from seedwatch.simulator.switches import Switches
from seedwatch.simulator.tasks import TaskStore

P = ParamSpec("P")
T = TypeVar("T")

Clock = Callable[[], float]
"""Seconds since 1970 (UTC); injectable so that tests can let a day pass."""


@dataclass(slots=True)
class World:
    """One running simulator.

    Checking and drawing have threads of their own, so that fifty pictures waiting to be drawn
    do not keep the next request from being read.
    """

    latency_s: float
    clock: Clock
    ledger: Ledger
    faults: FaultTable
    pictures: PictureMaker
    results: ResultStore
    tasks: TaskStore
    rates: Rates
    switches: Switches = field(default_factory=Switches)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _checking: Executor = field(default_factory=lambda: ThreadPoolExecutor(4, "sim-check"))
    _drawing: Executor = field(
        default_factory=lambda: ThreadPoolExecutor((os.cpu_count() or 1) + 1, "sim-draw")
    )

    async def check(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run short CPU work (parsing, checking a reference) beside the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._checking, lambda: work(*args, **kwargs))

    async def draw(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run drawing work beside the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._drawing, lambda: work(*args, **kwargs))

    async def reset(self) -> None:
        """Forget faults, tasks, rates and ledger; put the switches back."""
        self.faults.clear()
        self.switches.reset()
        self.tasks.clear()
        self.rates.clear()
        await self.ledger.clear()

    def close(self) -> None:
        """Let the threads go and close the ledger's file; waits for no drawing."""
        self._checking.shutdown(wait=False, cancel_futures=True)
        self._drawing.shutdown(wait=False, cancel_futures=True)
        self.ledger.close()


def open_world(
    *, latency_s: float = 0.2, ledger_path: Path | None = None, clock: Clock = time.time
) -> World:
    """Assemble a world; an existing ledger file is read and continued.

    Raises:
        OSError: the ledger file cannot be opened.
        LedgerDamagedError: the ledger file holds something that is not a ledger row.
    """
    return World(
        latency_s=latency_s,
        clock=clock,
        ledger=Ledger(ledger_path),
        faults=FaultTable(random.Random()),  # noqa: S311 - chance of a fault, not a secret
        pictures=PictureMaker(),
        results=ResultStore(clock),
        tasks=TaskStore(clock),
        rates=Rates(clock),
    )
