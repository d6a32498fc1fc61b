"""Takes settled inputs: reads them in the root's threads, admits them, opens their jobs."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Final, Literal

import structlog

from seedwatch.children import Children
from seedwatch.config.effective import FolderSettings
from seedwatch.inbox.admission import Past, admit
from seedwatch.inbox.contents import Ready
from seedwatch.inbox.inspection import Inspected, NotInspected, Wanted
from seedwatch.inbox.readers import Readers
from seedwatch.inbox.shares import DEADLINE_S
from seedwatch.junk import ERROR_SUFFIX
from seedwatch.kill_points import reached
from seedwatch.paths import Root
from seedwatch.records import NewJob, PastJob, RelPath
from seedwatch.store.base import TaskStore
from seedwatch.threads import RootThreads

log = structlog.get_logger()

Decide = Callable[[Wanted, Inspected | NotInspected], bool]
"""Told what reading an input gave; True: open a job for it (which may be one that failed)."""

Hold = Literal["cold-start", "burst"]

_MOST_RECORDING: Final = 2
"""Chunks on their way into the store at a time; it groups their commits."""


class Intake:
    """The way of a folder's settled inputs into the store."""

    def __init__(self, folder: FolderSettings, store: TaskStore, children: Children) -> None:
        self.folder = folder
        self.store = store
        self.done = Root(folder.done)
        self.failed = Root(folder.failed)
        self.readers = Readers(folder.inbox_root, folder.name, children)
        self._retired = RootThreads(f"{folder.name}:retired", 2, DEADLINE_S)

    async def accept(
        self, ready: Sequence[Ready], decide: Decide, cold: Callable[[Wanted], bool]
    ) -> list[NewJob]:
        """Read and record inputs in order of arrival; returns the jobs that are now in the store.

        While a chunk is being recorded the next ones are read. `cold` tells which inputs have to
        be held because they lay there when the inbox was adopted.
        """
        opened: list[NewJob] = []
        recording: deque[asyncio.Task[list[NewJob]]] = deque()
        room = await self._burst_room()
        try:
            async with aclosing(self._read_ahead(ready)) as chunks:
                async for chunk, found in chunks:
                    chosen = [
                        (one, inspected)
                        for one, inspected in zip(chunk, found, strict=True)
                        if decide(one.wanted, inspected) and isinstance(inspected, Inspected)
                    ]
                    jobs, past = await self._admit(chosen, room, cold)
                    room -= len(jobs)
                    recording.append(asyncio.create_task(self._record(jobs, past)))
                    if len(recording) > _MOST_RECORDING:
                        opened += await recording.popleft()
            while recording:
                opened += await recording.popleft()
        finally:
            for task in recording:
                task.cancel()
        return opened

    async def _read_ahead(
        self, ready: Sequence[Ready]
    ) -> AsyncGenerator[tuple[Sequence[Ready], list[Inspected | NotInspected]], None]:
        """The inputs chunk by chunk, in order, the next chunks being read meanwhile."""
        are_many = self.readers.are_many(len(ready))
        most_ahead = self.readers.chunks_ahead(len(ready))
        ahead: deque[tuple[Sequence[Ready], asyncio.Task[list[Inspected | NotInspected]]]] = deque()
        at = 0

        def start_reading() -> None:
            nonlocal at
            while at < len(ready) and len(ahead) < most_ahead:
                chunk = ready[at : at + self.readers.pace.chunk]
                at += len(chunk)
                wanted = [one.wanted for one in chunk]
                reading = self.readers.read(wanted, is_one_of_many=are_many)
                ahead.append((chunk, asyncio.create_task(reading)))

        try:
            start_reading()
            while ahead:
                chunk, reading = ahead.popleft()
                found = await reading
                start_reading()
                yield chunk, found
        finally:
            for _, reading in ahead:
                reading.cancel()

    # --- recording -----------------------------------------------------------------------------

    async def _admit(
        self,
        chosen: Sequence[tuple[Ready, Inspected]],
        room: float,
        cold: Callable[[Wanted], bool],
    ) -> tuple[list[NewJob], dict[RelPath, Past]]:
        """The jobs of a chunk (those beyond `room` are held), and what came before them."""
        if not chosen:
            return [], {}
        past = await self._pasts([inspected.source.path for _, inspected in chosen])
        holds: list[Hold | None] = [
            "cold-start" if cold(one.wanted) else "burst" if n >= room else None
            for n, (one, _) in enumerate(chosen)
        ]
        if any(one.wanted.kind == "lines" for one, _ in chosen):  # with 20,000 lines, maybe
            return await asyncio.to_thread(_jobs, chosen, past, holds), past
        return _jobs(chosen, past, holds), past

    async def _record(self, jobs: list[NewJob], past: dict[RelPath, Past]) -> list[NewJob]:
        """Put jobs into the store; cards of sources that are back from failed/ disappear then."""
        if not jobs:
            return []
        await self._give_up_grown_sets(jobs, past)
        reached("intake.admitted")
        await self.store.open_jobs(jobs)
        reached("intake.opened")
        await self._remove_cards(past.values())
        return jobs

    async def _burst_room(self) -> float:
        """How many more jobs may open without a hold."""
        burst = self.folder.burst
        if burst is None:
            return math.inf
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


def _jobs(
    chosen: Sequence[tuple[Ready, Inspected]],
    past: Mapping[RelPath, Past],
    holds: Sequence[Hold | None],
) -> list[NewJob]:
    return [
        admit(inspected, one.resolved, past=past.get(inspected.source.path), hold=hold)
        for (one, inspected), hold in zip(chosen, holds, strict=True)
    ]
