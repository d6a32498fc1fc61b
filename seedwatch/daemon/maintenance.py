"""Housekeeping by the clock: leases that are over, rows and spool files past their time."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from seedwatch.daemon import memory
from seedwatch.outbox.parts import parts_in, remove_unchanged
from seedwatch.paths import Identity, Root
from seedwatch.records import RelPath
from seedwatch.worker.recovery import decide
from seedwatch.worker.workplace import Folder, Workplace

KEEP_S = 30 * 86400.0
"""how long finished jobs stay in `tasks` (their sidecars stay for ever)"""
_REAP_S = 60
_PRUNE_S = 3600
_COPIES_S = 120
_BUDGETS_S = 30
_REST_S = 30

log = structlog.get_logger()


class SpoolSweep:
    """Removes spool files of attempts that no row needs, once they were unneeded twice.

    While the rows are read another attempt may begin, or keep its request before its row is
    written: its files must not go by what was read before.
    """

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._spare: set[str] = set()

    async def run(self) -> int:
        """Look once; returns how many files were removed."""
        spool = self._place.spool
        spare = spool.attempts() - await self._place.store.spool_names()
        spare -= await self._unheard_of(spare)
        removed = spool.sweep(spare & self._spare)
        self._spare = spare
        return removed

    async def _unheard_of(self, attempts: set[str]) -> frozenset[str]:
        """Paid answers of this month that the queue does not know: it is an older copy of itself.

        Of its own it forgets none before they are older than that.
        """
        young = self._place.spool.answered_since(self._place.clock() - KEEP_S)
        return await self._place.store.unknown_attempts(attempts & young)


class PartSweep:
    """Removes temporary files that a kill left in a folder.

    Folders are listed once, after the start: only a kill leaves such files. What bears the same
    name, size and times an hour later is being written by nobody, whatever the clock of a share
    says.
    """

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._seen: list[tuple[Folder, Root, dict[RelPath, Identity]]] | None = None

    async def run(self) -> int:
        """Look the first time, remove the second; returns how many files were removed."""
        if self._seen is None:
            self._seen = []
            for folder in self._place.folders.values():
                for root in (folder.roots.inbox, *folder.roots.targets):
                    with contextlib.suppress(TimeoutError):  # a share that hangs
                        parts = await folder.threads.call(parts_in, root)
                        self._seen.append((folder, root, parts))
            return 0
        count, seen, self._seen = 0, self._seen, []
        for folder, root, parts in seen:
            with contextlib.suppress(TimeoutError):
                count += await folder.threads.call(remove_unchanged, root, parts)
        return count


class SpoolCopies:
    """Gives delivered results and their safety copies bytes of their own, when there is time.

    While results come in they share them: writing each twice at once would cost the most just then
    (docs/decisions/0009).
    """

    def __init__(self, place: Workplace, is_busy: Callable[[], bool]) -> None:
        self._place = place
        self._is_busy = is_busy
        self._waiting: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Part those of the last look, busy or not; all the others as long as nothing else runs."""
        waiting = self._waiting & self._place.spool.shared
        self._waiting = frozenset(self._place.spool.shared)
        for name in [*waiting, *(self._waiting - waiting)]:
            if name not in waiting and self._is_busy():
                return
            await self._part(name)

    async def finish(self) -> None:
        """Part all that are left."""
        for name in frozenset(self._place.spool.shared):
            await self._part(name)

    async def _part(self, name: str) -> None:
        try:
            await self._place.local.call(self._place.spool.part, name)
        except OSError as error:
            log.warning("copy.postponed", file=name, why=str(error))


def schedule(
    place: Workplace,
    rescans: Sequence[tuple[str, float, Callable[[], None]]],
    free_held: Callable[[], Awaitable[object]],
    copies: SpoolCopies,
    is_busy: Callable[[], bool],
) -> AsyncIOScheduler:
    """A started scheduler; `rescans` are (folder, seconds between, what asks for a rescan).

    `free_held` looks for held tasks whose budgets have room again; `is_busy` says whether tasks are
    carried on.
    """
    scheduler = AsyncIOScheduler(timezone=UTC)
    defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}

    sweep, parts = SpoolSweep(place), PartSweep(place)

    async def reap() -> None:
        await decide(await place.store.reap(), place)

    async def prune() -> None:
        jobs = await place.store.prune(KEEP_S)
        files = await sweep.run() + await parts.run()
        if jobs or files:
            log.info("rows.pruned", jobs=jobs, files=files)

    async def rest() -> None:
        if not is_busy():
            await place.store.rest()
            await place.local.call(memory.give_back)

    def every(seconds: float, work: Callable[[], Awaitable[object] | None], name: str) -> None:
        scheduler.add_job(work, "interval", seconds=seconds, id=name, **defaults)

    every(_REAP_S, reap, "reap")
    every(_BUDGETS_S, free_held, "budgets")
    every(_COPIES_S, copies.run, "copies")
    every(_REST_S, rest, "rest")
    every(_PRUNE_S, prune, "prune")
    scheduler.modify_job("prune", next_run_time=datetime.now(UTC) + timedelta(seconds=30))
    for folder, rescan_s, ask in rescans:
        every(rescan_s, ask, f"rescan:{folder}")
    scheduler.start()
    return scheduler
