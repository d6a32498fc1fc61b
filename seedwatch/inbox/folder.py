"""The watch over one inbox: wakes, looks, waits until inputs are whole, has their jobs opened."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import chain, islice
from typing import Final, TypeVar

import structlog

from seedwatch.config.effective import FolderSettings, Settings
from seedwatch.errors import StoreError
from seedwatch.inbox.contents import Contents
from seedwatch.inbox.events import EventSource
from seedwatch.inbox.inspection import Inspected, NotInspected, Wanted
from seedwatch.inbox.intake import Intake
from seedwatch.inbox.known import KnownFiles
from seedwatch.inbox.looks import Look, Pulse
from seedwatch.inbox.reports import MOST_IGNORED, Reporter
from seedwatch.inbox.rulebook import RuleBook
from seedwatch.inbox.scanner import Scanner
from seedwatch.inbox.settling import Settling
from seedwatch.inbox.shares import DEADLINE_S, Health, Share, failing, while_beating
from seedwatch.media.inspect import Incomplete
from seedwatch.paths import Root
from seedwatch.records import RelPath
from seedwatch.store.base import FolderReport, TaskStore
from seedwatch.texts import say
from seedwatch.threads import RootThreads

log = structlog.get_logger()
Told = TypeVar("Told")

IDLE_SETTLE_MAX_S: Final = 10.0
"""With `--until-idle`, files that are not whole are waited for no longer (contract.md 2)."""
_SHORTEST_S: Final = 0.05
_SHARE_OF_TIME: Final = 3
"""A look that took t is followed by a pause of this many t."""
_AWAY_FIRST_S: Final = 5.0
_AWAY_LONGEST_S: Final = 60.0
_AT_A_TIME: Final = 500
_MOST_READY: Final = 4096


class FolderWatch:
    """One folder's intake; everything but `wake` belongs to the event loop's thread."""

    def __init__(
        self,
        folder: FolderSettings,
        settings: Settings,
        store: TaskStore,
        *,
        until_idle: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = folder.name
        self.rescan_s = folder.rescan_s
        self._folder = folder
        self._store = store
        self._clock = clock
        self._root = Root(folder.inbox)
        self._share = Share(self._root, folder.name, settings.state_dir, store)
        self._scanner = Scanner(str(folder.inbox))
        self._book = RuleBook(folder, settings, self._root)
        longest = min(folder.settle_max_s, IDLE_SETTLE_MAX_S if until_idle else float("inf"))
        self._settling = Settling(folder.settle_s, longest)
        self._contents = Contents(self._book, self._scanner, self._settling)
        self._intake = Intake(folder, store, settings.language)
        self._known = KnownFiles(folder.name, store)
        self._reporter = Reporter(store)
        self._looks = RootThreads(folder.name, 2, DEADLINE_S)
        self._scans = RootThreads(f"{folder.name}:scan", 2)
        self._events = EventSource(folder, self.wake)
        self._awake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._health = Health("unavailable")
        self._adopted = ""
        self._known_count = 0
        self._cold_count: int | None = None
        self._must_rescan = False
        self._has_looked = False
        self._away_s = 0.0
        self._look_took_s = 0.0
        self._ticked_at = float("-inf")
        self._is_busy = False
        self.changed = asyncio.Event()
        """set whenever `is_stopped` is another than before; whoever waits for it clears it"""

    # --- for the daemon ----------------------------------------------------------------------

    @property
    def is_stopped(self) -> bool:
        """Whether nothing of this folder may be claimed: its root is away, its rule broken."""
        return self._health.state != "ok" or self._book.is_stopped

    @property
    def is_idle(self) -> bool:
        """Whether nothing is on its way into the queue that would come by itself."""
        if not self._has_looked or self._is_busy or self._awake.is_set():
            return False
        if self._health.state != "ok":
            return True
        return not len(self._settling) and self._book.due_at() is None

    def wake(self) -> None:
        """Look now; may be called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._awake.set)

    def rescan(self) -> None:
        """List everything again and compare it with the store, as soon as possible."""
        self._must_rescan = True
        self.wake()

    async def run(self, stopping: asyncio.Event) -> None:
        """Watch until `stopping` is set.

        Raises:
            StoreError: the database is broken.
        """
        self._loop = asyncio.get_running_loop()
        stop = asyncio.create_task(stopping.wait())
        try:
            while not stopping.is_set():
                self._awake.clear()
                self._is_busy = True
                began = self._clock()
                was_stopped = self.is_stopped
                next_at = await self._guarded_round(began)
                self._is_busy = False
                if self.is_stopped != was_stopped:
                    self.changed.set()
                pause_s = max(_SHORTEST_S, self._look_took_s * _SHARE_OF_TIME)
                await asyncio.wait({stop}, timeout=max(0.0, began + pause_s - self._clock()))
                await self._sleep_until(next_at, stop)
            await self._reporter.flush()
        finally:
            stop.cancel()
            self._events.stop()
            self._intake.readers.close()

    async def _sleep_until(self, at: float, stop: asyncio.Task[bool]) -> None:
        awake = asyncio.create_task(self._awake.wait())
        try:
            await asyncio.wait(
                {awake, stop},
                timeout=max(0.0, at - self._clock()),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            awake.cancel()

    # --- one round ---------------------------------------------------------------------------

    async def _guarded_round(self, now: float) -> float:
        """One round; returns when the next one is due. Faults of the root or of ours end it."""
        try:
            return await self._round(now)
        except StoreError:
            raise
        except OSError as error:  # a silence is one, too
            return await self._be_away(failing(str(self._folder.inbox), error))
        except Exception:
            log.exception("folder.broke", folder=self.name)
            return await self._be_away(Health("unavailable", say("inbox.broke"), is_failing=True))

    async def _round(self, now: float) -> float:
        health = await self._share.check(self._looks)
        if health.state != "ok":
            return await self._be_away(health)
        self._health, self._away_s = health, 0.0
        await self._begin_if_new()
        count = self._scanner.directory_count
        await self._events.keep_alive(health.key, count, self._looks, now)
        is_rescan, self._must_rescan = self._must_rescan, False
        is_tick = now >= self._ticked_at + self._folder.poll_interval_s
        sources = self._contents.to_read(now, _MOST_READY, is_all=is_tick)
        rules = self._book.files() if is_tick else []
        look = await self._look(sources, rules, is_full=is_rescan)
        if look is None:
            self._must_rescan |= is_rescan
            return now  # ask how the root is
        if is_tick:
            self._ticked_at = now
        await self._take_over(look, now)
        if is_rescan:
            await self._compare_with_store(now)
        await self._sort(now)
        is_more = await self._accept(sources, look)
        if not self._contents.cold:
            await self._share.first_listing_recorded()
        self._has_looked = True
        await self._report()
        return now if is_more else self._next_at()

    def _next_at(self) -> float:
        times = (
            self._ticked_at + self._folder.poll_interval_s,
            self._settling.next_at(),
            self._book.due_at(),
            self._reporter.due_at,
            self._events.next_look(self._clock()),
        )
        return min(at for at in times if at is not None)

    async def _be_away(self, health: Health) -> float:
        """The root cannot be used: claim nothing of it, count nothing as gone, ask again."""
        self._health = health
        self._has_looked = True
        self._events.stop()
        await self._report()
        if not health.is_failing:
            return self._clock() + self._folder.poll_interval_s
        self._away_s = min(max(self._away_s * 2, _AWAY_FIRST_S), _AWAY_LONGEST_S)
        return self._clock() + self._away_s

    async def _report(self) -> None:
        """Say in `status` how the folder is."""
        broken = self._book.broken()
        is_ok = self._health.state == "ok"
        message = self._health.message or "\n".join(rule.problems for rule in broken)
        left_alone = chain(self._contents.obstacles.items(), self._contents.ignored.items())
        report = FolderReport(
            self.name,
            str(self._folder.inbox),
            self._events.watch,
            "rule-error" if is_ok and broken else self._health.state,
            message or self._events.note,
            self._contents.waiting_count,
            tuple(islice(left_alone, MOST_IGNORED)),
        )
        await self._reporter.publish(report, self._clock())

    async def _begin_if_new(self) -> None:
        """Start from nothing where the root was adopted just now, or for the first time here."""
        adoption = self._share.adoption
        if adoption is None or adoption.marker_id == self._adopted:
            return
        self._adopted = adoption.marker_id
        self._cold_count = None
        self._scanner.clear()
        self._contents.clear()
        self._book.clear()
        await self._known.load(self._scans)
        self._contents.known_members(self._known.parts)

    # --- looking -----------------------------------------------------------------------------

    async def _look(
        self, sources: list[RelPath], rules: list[RelPath], *, is_full: bool
    ) -> Look | None:
        """Look, and remember it; None: the root was not itself when it was looked at."""
        began = self._clock()
        pulse = Pulse()
        wanted = [member for source in sources for member in self._settling.members(source)]
        hints = self._events.take_hints()
        look = await while_beating(
            lambda: self._scans.call(
                self._scanner.look,
                began,
                is_full=is_full,
                hints=[*hints, *rules],
                wanted=wanted,
                is_known=self._known.is_known if self._known.is_loaded else None,
                pulse=pulse,
            ),
            pulse,
        )
        self._look_took_s = self._clock() - began
        found_any = look.changed or look.gone or look.known
        if found_any and (await self._share.check(self._looks)).state != "ok":
            self._events.give_back(hints)
            return None
        self._scanner.commit(look)
        if len(look.changed) > _AT_A_TIME:
            self._events.still_busy(began)
        return look

    async def _take_over(self, look: Look, now: float) -> None:
        gone = self._contents.absorb(look, now)
        if self._known.is_loaded:  # the first look
            adoption = self._share.adoption
            if adoption is not None and not adoption.is_complete:
                self._contents.cold = set(self._contents.fresh)
                self._known_count = len(look.known)
            gone += self._known.missing(self._scanner)
            self._known.forget()
        for start in range(0, len(gone), _AT_A_TIME):
            part = gone[start : start + _AT_A_TIME]
            count = await self._store.source_gone(self.name, part)
            if count:
                log.info("sources.gone", folder=self.name, tasks=count)

    async def _compare_with_store(self, now: float) -> None:
        """Find files that lie there without a job, whatever the reason (edge-cases.md, 2.6)."""
        known = await self._known.paths()
        strays = await self._scans.call(self._contents.strays, known)
        self._contents.reconsider(strays, now)

    # --- sorting -----------------------------------------------------------------------------

    async def _sort(self, now: float) -> None:
        """Read the rules that fresh files fall under, then sort the files, a few at a time."""
        wanted = [where for where in self._book.unresolved() if self._book.quiet_at(where) <= now]
        if wanted:
            self._book.accept(await self._looks.call(self._book.resolve, wanted))
        await self._tell_rule_errors()
        paths = iter(list(self._contents.fresh))
        while part := list(islice(paths, _AT_A_TIME)):
            self._contents.sort(part)
            await asyncio.sleep(0)

    async def _tell_rule_errors(self) -> None:
        """Keep `rule.yaml.error.txt` beside every rule.yaml that is wrong, and only there."""
        write, remove = self._book.untold()
        for broken in write:
            await self._try(self._book.write_error, broken)
        for directory in remove:
            await self._try(self._book.remove_error, directory)

    async def _try(self, work: Callable[[Told], None], told: Told) -> None:
        """Do what is only for convenience; a root that refuses it is found out elsewhere."""
        try:
            await self._looks.call(work, told)
        except OSError as error:
            log.warning("folder.broke", folder=self.name, why=str(error))

    # --- taking ------------------------------------------------------------------------------

    async def _accept(self, sources: list[RelPath], look: Look) -> bool:
        """Read and record what has settled; True: there may be more to take at once."""
        now = self._clock()
        ready = []
        for wanted in self._contents.ready(sources, look, now):
            ready.append(wanted)
            if not len(ready) % _AT_A_TIME:
                await asyncio.sleep(0)
            if len(ready) == _MOST_READY:
                break
        if not ready:
            return False
        if self._cold_count is None:  # what is no input by its name has been sorted out by now
            self._cold_count = self._known_count + len(self._contents.cold)
        opened = await self._intake.accept(ready, self._decide, self._is_cold)
        for job in opened:
            self._contents.taken(job.source)
        if opened:
            count = sum(len(job.tasks) for job in opened)
            log.info("jobs.opened", folder=self.name, jobs=len(opened), tasks=count)
        return len(ready) == _MOST_READY

    def _decide(self, wanted: Wanted, found: Inspected | NotInspected) -> bool:
        """Whether a job is opened for what was read; else it is waited for, or left alone."""
        now = self._clock()
        if isinstance(found, NotInspected):
            if found.trouble == "foreign":
                self._contents.ignore(wanted.path, found.why)
            elif not self._settling.postpone(wanted.path, found.why, now):
                self._contents.ignore(wanted.path, found.why, is_for_good=False)
            return False
        if isinstance(found.error, Incomplete):
            return not self._settling.postpone(wanted.path, found.error.message, now)
        return True

    def _is_cold(self, wanted: Wanted) -> bool:
        """Whether it lay there at the adoption, with more than `cold_start` others."""
        most = self._folder.cold_start
        if most is None or self._contents.cold.isdisjoint(wanted.members):
            return False
        return self._cold_count is not None and self._cold_count > most
