"""What arrives in one inbox: looked for, sorted, waited for, and taken into the queue."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from itertools import chain, islice
from typing import Final, TypeVar

import structlog

from seedwatch.children import Children
from seedwatch.config.effective import FolderSettings, Settings
from seedwatch.inbox.contents import Contents
from seedwatch.inbox.inspection import Inspected, NotInspected, Wanted
from seedwatch.inbox.intake import Intake
from seedwatch.inbox.known import KnownFiles
from seedwatch.inbox.looks import Look
from seedwatch.inbox.rulebook import RuleBook
from seedwatch.inbox.scanner import Scanner
from seedwatch.inbox.settling import Settling
from seedwatch.media.inspect import Incomplete
from seedwatch.paths import Root
from seedwatch.pulse import OwnPulse
from seedwatch.records import RelPath
from seedwatch.store.base import Adoption, TaskStore
from seedwatch.threads import RootThreads

log = structlog.get_logger()
Told = TypeVar("Told")

_AT_A_TIME: Final = 500
_MOST_READY: Final = 4096
_MOST_ON_THE_WAY: Final = 16_384
"""of a million files that lie there, so many are waited for at once; not counting those that are
not whole, as they may wait for long"""
_WARM_S: Final = 3.0
"""so long before it is due a process is started to read it"""


class Arrivals:
    """The state of one inbox between looks; everything belongs to the event loop's thread."""

    def __init__(
        self,
        folder: FolderSettings,
        settings: Settings,
        store: TaskStore,
        children: Children,
        settle_max_s: float,
        clock: Callable[[], float],
        root: Root,
        threads: RootThreads,
    ) -> None:
        self.name = folder.name
        self._folder = folder
        self._store = store
        self._clock = clock
        self.scanner = Scanner(str(folder.inbox))
        self.book = RuleBook(folder, settings, root)
        self.settling = Settling(folder.settle_s, settle_max_s)
        self.contents = Contents(self.book, self.scanner, self.settling)
        self._intake = Intake(folder, store, children)
        self._known = KnownFiles(folder.name, store)
        self._threads = threads
        self._known_count = 0
        self._cold_count: int | None = None
        self._has_more = False
        """fresh files wait to be sorted until some of those that settle are taken"""
        self.look_took_s = 0.0

    # --- questions -----------------------------------------------------------------------------

    @property
    def are_over(self) -> bool:
        """Whether nothing is on its way that would come by itself."""
        return not len(self.settling) and not self._has_more and self.book.due_at() is None

    def next_at(self) -> float | None:
        """When something is due, by the clock; None: nothing is."""
        has_room = self.settling.whole_count < _MOST_ON_THE_WAY
        more_at = self._clock() if self._has_more and has_room else None
        times = (self.settling.next_at(), self.book.due_at(), more_at)
        return min((at for at in times if at is not None), default=None)

    def left_alone(self, limit: int) -> tuple[tuple[RelPath, str], ...]:
        """Some of the files that are no inputs, and why."""
        left = chain(self.contents.obstacles.items(), self.contents.ignored.items())
        return tuple(islice(left, limit))

    async def begin(self) -> None:
        """Start from nothing: the inbox was adopted just now, or is seen for the first time."""
        self._cold_count = None
        self._has_more = False
        self.scanner.clear()
        self.contents.clear()
        self.book.clear()
        await self._known.load(self._threads)
        self.contents.known_members(self._known.parts)

    # --- one round -------------------------------------------------------------------------------

    async def take(
        self,
        adoption: Adoption | None,
        hints: Collection[RelPath],
        is_ours: Callable[[], Awaitable[bool]],
        *,
        is_rescan: bool,
        is_tick: bool,
    ) -> Look | None:
        """Look once, and bring what has settled into the queue; returns the look.

        `is_ours` asks whether the root is the right one: what was seen of another one does not
        count, and None is returned. A tick reads all that is on its way again, not only what is
        due; a rescan lists everything and compares it with the store.
        """
        now = self._clock()
        sources = self.contents.to_read(now, _MOST_READY, is_all=is_tick)
        rules = self.book.files() if is_tick else []
        look = await self._look(sources, [*hints, *rules], is_ours, is_full=is_rescan)
        if look is None:
            return None
        await self._take_over(look, adoption, now)
        if is_rescan:
            await self._compare_with_store(now)
        await self._sort(now)
        if self.settling.is_picture_due(now + _WARM_S):
            await self._intake.readers.warm()
        await self._accept(sources, look)
        return look

    async def _look(
        self,
        sources: list[RelPath],
        hints: Collection[RelPath],
        is_ours: Callable[[], Awaitable[bool]],
        *,
        is_full: bool,
    ) -> Look | None:
        """Look, and remember it; None: the root was not itself when it was looked at."""
        began = self._clock()
        wanted = [member for source in sources for member in self.settling.members(source)]
        look = await self._threads.call(
            self.scanner.look,
            began,
            is_full=is_full,
            hints=hints,
            wanted=wanted,
            is_known=self._known.is_known if self._known.is_loaded else None,
            pulse=OwnPulse(),
        )
        self.look_took_s = self._clock() - began
        found_any = look.changed or look.gone or look.known
        if found_any and not await is_ours():
            return None
        self.scanner.commit(look)
        return look

    async def _take_over(self, look: Look, adoption: Adoption | None, now: float) -> None:
        absorbed: dict[RelPath, None] = {}
        for count, sources in enumerate(self.contents.absorb(look, now), 1):
            absorbed.update(dict.fromkeys(sources))
            if not count % _AT_A_TIME:
                await asyncio.sleep(0)
        gone = list(absorbed)
        if self._known.is_loaded:  # the first look
            if adoption is not None and not adoption.is_complete:
                self.contents.cold = set(self.contents.fresh)
                self._known_count = len(look.known)
            gone += self._known.missing(self.scanner)
            self._known.forget()
        for start in range(0, len(gone), _AT_A_TIME):
            part = gone[start : start + _AT_A_TIME]
            count = await self._store.source_gone(self.name, part)
            if count:
                log.info("sources.gone", folder=self.name, tasks=count)

    async def _compare_with_store(self, now: float) -> None:
        """Find files that lie there without a job, whatever the reason (edge-cases.md, 2.6)."""
        known = await self._known.paths(self._threads)
        strays = await self._threads.call(self.contents.strays, known)
        self.contents.reconsider(strays, now)

    # --- sorting -----------------------------------------------------------------------------

    async def _sort(self, now: float) -> None:
        """Read the rules that fresh files fall under, then sort the files, a few at a time."""
        wanted = [where for where in self.book.unresolved() if self.book.quiet_at(where) <= now]
        if wanted:
            self.book.accept(await self._threads.call(self.book.resolve, wanted))
        await self._tell_rule_errors()
        paths = iter(list(self.contents.fresh))
        self._has_more = False
        while part := list(islice(paths, _AT_A_TIME)):
            if self.settling.whole_count >= _MOST_ON_THE_WAY:
                self._has_more = True
                return
            self.contents.sort(part)
            await asyncio.sleep(0)

    async def _tell_rule_errors(self) -> None:
        """Keep `rule.yaml.error.txt` beside every rule.yaml that is wrong, and only there."""
        write, remove = self.book.untold()
        for broken in write:
            await self._try(self.book.write_error, broken)
        for directory in remove:
            await self._try(self.book.remove_error, directory)

    async def _try(self, work: Callable[[Told], None], told: Told) -> None:
        """Do what is only for convenience; a root that refuses it is found out elsewhere."""
        try:
            await self._threads.call(work, told)
        except OSError as error:
            log.warning("folder.broke", folder=self.name, why=str(error))

    # --- taking ------------------------------------------------------------------------------

    async def _accept(self, sources: list[RelPath], look: Look) -> None:
        """Read and record what has settled; more than fits into one round stays due."""
        now = self._clock()
        ready = []
        for wanted in self.contents.ready(sources, look, now):
            ready.append(wanted)
            if not len(ready) % _AT_A_TIME:
                await asyncio.sleep(0)
            if len(ready) == _MOST_READY:
                break
        if not ready:
            return
        if self._cold_count is None:  # what is no input by its name has been sorted out by now
            self._cold_count = self._known_count + len(self.contents.cold)
        opened = await self._intake.accept(ready, self._decide, self._is_cold)
        for job in opened:
            self.contents.taken(job.source)
        if opened:
            count = sum(len(job.tasks) for job in opened)
            log.info("jobs.opened", folder=self.name, jobs=len(opened), tasks=count)

    def _decide(self, wanted: Wanted, found: Inspected | NotInspected) -> bool:
        """Whether a job is opened for what was read; else it is waited for, or left alone."""
        now = self._clock()
        if isinstance(found, NotInspected):
            if found.trouble == "foreign":
                self.contents.ignore(wanted.path, found.why)
            elif not self.settling.postpone(wanted.path, found.why, now):
                self.contents.ignore(wanted.path, found.why, is_for_good=False)
            return False
        if isinstance(found.error, Incomplete):
            return not self.settling.postpone(wanted.path, found.error.message, now)
        return True

    def _is_cold(self, wanted: Wanted) -> bool:
        """Whether it lay there at the adoption, with more than `cold_start` others."""
        most = self._folder.cold_start
        if most is None or self.contents.cold.isdisjoint(wanted.members):
            return False
        return self._cold_count is not None and self._cold_count > most
