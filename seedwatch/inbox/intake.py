"""Takes settled inputs: reads them in the root's threads, admits them, opens their jobs."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import structlog

from seedwatch.config.effective import FolderSettings
from seedwatch.inbox.admission import Past, admit
from seedwatch.inbox.inspection import Inspected, NotInspected, Wanted, inspect_input
from seedwatch.inbox.scanner import Pulse
from seedwatch.inbox.shares import DEADLINE_S, while_beating
from seedwatch.junk import ERROR_SUFFIX
from seedwatch.kill_points import reached
from seedwatch.paths import Root
from seedwatch.records import NewJob, PastJob, RelPath
from seedwatch.store.base import TaskStore
from seedwatch.texts import say
from seedwatch.threads import RootThreads

log = structlog.get_logger()

Decide = Callable[[Wanted, Inspected | NotInspected], bool]
"""Told what reading an input gave; True: open a job for it (which may be one that failed)."""

_MOST_READERS: Final = min(4, os.cpu_count() or 1)
_LARGE_BYTES: Final = 200_000
_FIRST_CHUNK: Final = 32
_LARGEST_CHUNK: Final = 512
_CHUNK_S: Final = 0.25
_MOST_OPEN: Final = 1000


@dataclass(slots=True)
class Pace:
    """How many inputs to read at a time, and in how many threads; learns from what it saw.

    Decoding large pictures runs side by side; with small ones the threads would only wait for
    each other (the interpreter runs one at a time), so one does it all.
    """

    chunk: int = _FIRST_CHUNK
    readers: int = 1

    def learn(self, count: int, byte_count: int, took_s: float) -> None:
        """Aim at chunks that take `_CHUNK_S`, so that the first inputs of many are soon queued."""
        wanted = int(count * _CHUNK_S / max(took_s, 0.001))
        self.chunk = max(1, min(wanted, self.chunk * 4, _LARGEST_CHUNK))
        self.readers = _MOST_READERS if byte_count > _LARGE_BYTES * count else 1


@dataclass(slots=True)
class _Chunk:
    """Inputs read in one go; what was read of them counts even if the rest hangs."""

    wanted: Sequence[Wanted]
    found: list[Inspected | NotInspected] = field(default_factory=list)
    pulse: Pulse = field(default_factory=Pulse)

    @property
    def byte_count(self) -> int:
        """How much was read."""
        sources = [found.source for found in self.found if isinstance(found, Inspected)]
        return sum(member.byte_count for source in sources for member in source.members)


class Intake:
    """The way of a folder's settled inputs into the store."""

    def __init__(self, folder: FolderSettings, store: TaskStore) -> None:
        self.folder = folder
        self.store = store
        self.root = Root(folder.inbox)
        self.done = Root(folder.done)
        self.failed = Root(folder.failed)
        self.pace = Pace()
        self._readers = RootThreads(folder.name, _MOST_READERS)
        self._retired = RootThreads(f"{folder.name}:retired", 2, DEADLINE_S)

    async def accept(
        self, ready: Sequence[Wanted], decide: Decide, cold: Callable[[Wanted], bool]
    ) -> list[NewJob]:
        """Read and record inputs in order of arrival; returns the jobs that are now in the store.

        While one chunk is being recorded the next one is read. `cold` tells which inputs have to
        be held because they lay there when the inbox was adopted.
        """
        opened: list[NewJob] = []
        at = 0
        reading: asyncio.Task[_Chunk] | None = None
        try:
            while at < len(ready):
                chunk = await (reading or self._inspect(ready, at))
                reading = None
                at += len(chunk.wanted)
                if at < len(ready):
                    reading = asyncio.create_task(self._inspect(ready, at))
                chosen = [
                    (wanted, inspected)
                    for wanted, inspected in zip(chunk.wanted, chunk.found, strict=True)
                    if decide(wanted, inspected) and isinstance(inspected, Inspected)
                ]
                opened += await self._open(chosen, cold)
        finally:
            if reading is not None:
                reading.cancel()
        return opened

    # --- reading -------------------------------------------------------------------------------

    async def _inspect(self, ready: Sequence[Wanted], at: int) -> _Chunk:
        """Read the next inputs, as many as the pace allows."""
        wanted = ready[at : at + self.pace.chunk]
        share = -(-len(wanted) // self.pace.readers)
        parts = [_Chunk(wanted[start : start + share]) for start in range(0, len(wanted), share)]
        began = time.monotonic()
        await asyncio.gather(*(self._read(part) for part in parts))
        whole = _Chunk(wanted, [found for part in parts for found in part.found])
        self.pace.learn(len(wanted), whole.byte_count, time.monotonic() - began)
        return whole

    async def _read(self, part: _Chunk) -> None:
        """Read one part; a file on which the root falls silent, and those after it, come later."""
        try:
            await while_beating(lambda: self._readers.call(self._read_all, part), part.pulse)
        except TimeoutError:
            found = list(part.found)  # the thread may come back to life
            silent = NotInspected("unreadable", say("inbox.silent", path=self.folder.inbox))
            part.found = [*found, *[silent] * (len(part.wanted) - len(found))]

    def _read_all(self, part: _Chunk) -> None:
        found = part.found
        for wanted in part.wanted:
            found.append(inspect_input(self.root, self.folder.name, wanted))
            part.pulse.beat()

    # --- recording -----------------------------------------------------------------------------

    async def _open(
        self, chosen: Sequence[tuple[Wanted, Inspected]], cold: Callable[[Wanted], bool]
    ) -> list[NewJob]:
        if not chosen:
            return []
        past = await self._pasts([inspected.source.path for _, inspected in chosen])
        room = await self._burst_room()
        jobs: list[NewJob] = []
        for wanted, inspected in chosen:
            hold: Literal["cold-start", "burst"] | None = None
            if cold(wanted):
                hold = "cold-start"
            elif room is not None and len(jobs) >= room:
                hold = "burst"
            earlier = past.get(inspected.source.path)
            jobs.append(admit(inspected, wanted.resolved, past=earlier, hold=hold))
        await self._give_up_grown_sets(jobs, past)
        reached("intake.admitted")
        for start in range(0, len(jobs), _MOST_OPEN):
            await self.store.open_jobs(jobs[start : start + _MOST_OPEN])
        reached("intake.opened")
        await self._remove_cards(past.values())
        return jobs

    async def _burst_room(self) -> int | None:
        """How many more jobs may open without a hold; None: any number."""
        burst = self.folder.burst
        if burst is None:
            return None
        return burst.count - await self.store.burst_count(self.folder.name, burst.period_s)

    async def _pasts(self, paths: list[RelPath]) -> dict[RelPath, Past]:
        history = await self.store.history(self.folder.name, paths)
        if not history:
            return {}
        lies_there = await self._where_they_lie(list(history.values()))
        return {path: Past(job, job.job_id in lies_there) for path, job in history.items()}

    async def _where_they_lie(self, jobs: list[PastJob]) -> set[int]:
        """Jobs whose source still lies in done/ or failed/; where nobody can tell, it does."""
        found = set()
        for job in jobs:
            if not job.retired_path or job.outcome not in {"done", "failed"}:
                continue
            root = self.done if job.outcome == "done" else self.failed
            try:
                lies_there = await self._retired.call(root.exists, job.retired_path)
            except (OSError, TimeoutError):
                lies_there = True
            if lies_there:
                found.add(job.job_id)
        return found

    async def _give_up_grown_sets(self, jobs: Iterable[NewJob], past: dict[RelPath, Past]) -> None:
        """Cancel what was not sent of sets that have other pictures now.

        A worker notices members that changed or are missing, but not those that were added.
        """
        changed = [
            job.source.path
            for job in jobs
            if job.source.kind == "set"
            and (earlier := past.get(job.source.path)) is not None
            and earlier.job.outcome == "open"
            and earlier.job.source_sha256 != job.source.sha256
        ]
        if changed:
            await self.store.source_gone(self.folder.name, changed)

    async def _remove_cards(self, pasts: Iterable[Past]) -> None:
        """The card of a source that was moved back from failed/ disappears."""
        for past in pasts:
            if past.job.outcome != "failed" or past.lies_there or not past.job.retired_path:
                continue
            card = past.job.retired_path + ERROR_SUFFIX
            try:
                await self._retired.call(self.failed.unlink, card)
            except (OSError, TimeoutError) as error:
                log.warning("card.kept", folder=self.folder.name, path=card, why=str(error))
