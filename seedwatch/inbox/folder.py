"""The watch over one inbox: wakes, looks, waits until inputs are whole, has their jobs opened."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Final

import structlog

from seedwatch.children import Children
from seedwatch.config.effective import FolderSettings, Settings
from seedwatch.errors import StoreError
from seedwatch.inbox.arrivals import Arrivals
from seedwatch.inbox.events import EventSource
from seedwatch.inbox.health import Broke, Refused, Silent
from seedwatch.inbox.lease import BEAT_S, Lease, Leases
from seedwatch.inbox.observers import Observers
from seedwatch.inbox.reports import MOST_IGNORED, Reporter
from seedwatch.inbox.shares import DEADLINE_S, Share
from seedwatch.outbox.roots import Roots
from seedwatch.store.base import FolderReport, TaskStore
from seedwatch.threads import RootThreads

log = structlog.get_logger()

IDLE_SETTLE_MAX_S: Final = 10.0
"""With `--until-idle`, files that are not whole are waited for no longer (contract.md 2)."""
_PLACES: Final = 4
"""Threads for one inbox: usually one works, and those beyond are for what hangs."""
_SHORTEST_S: Final = 0.05
_EVENT_S: Final = 2.0
"""An event that did not come so long after its cause does not come at all."""
_SHARE_OF_TIME: Final = 3
"""A look that took t is followed by a pause of this many t."""


class FolderWatch:
    """One folder's intake; everything but `wake` belongs to the event loop's thread."""

    def __init__(
        self,
        folder: FolderSettings,
        settings: Settings,
        store: TaskStore,
        children: Children,
        *,
        until_idle: bool = False,
        clock: Callable[[], float] = time.monotonic,
        observers: Observers | None = None,
        roots: Roots | None = None,
        lease: Lease | None = None,
    ) -> None:
        self.name = folder.name
        self.rescan_s = folder.rescan_s
        self._folder = folder
        self._clock = clock
        roots = roots or Roots.at(folder.inbox_root, folder.outbox, folder.done, folder.failed)
        lease = lease or Leases(settings.state_dir).of(folder.inbox)
        self._share = Share(roots, folder.name, settings.state_dir, store, lease)
        longest_s = min(folder.settle_max_s, IDLE_SETTLE_MAX_S if until_idle else float("inf"))
        self._looks = RootThreads(folder.name, _PLACES, DEADLINE_S)
        self._arrivals = Arrivals(
            folder, settings, store, children, longest_s, clock, roots.inbox, self._looks
        )
        self._reporter = Reporter(store)
        self._events = EventSource(folder, self.wake, observers)
        self._awake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._adopted = ""
        self._must_rescan = False
        self._has_looked = False
        self._ticked_at = float("-inf")
        self._is_busy = False
        self.changed = asyncio.Event()
        """set whenever `is_stopped` is another than before; whoever waits for it clears it"""

    # --- for the daemon ----------------------------------------------------------------------

    @property
    def is_stopped(self) -> bool:
        """Whether nothing of this folder may be claimed: its root is away, its rule broken."""
        is_away = not (self._share.health.is_usable and self._share.lease.is_fresh)
        return is_away or self._arrivals.book.is_stopped

    @property
    def is_idle(self) -> bool:
        """Whether nothing is on its way into the queue that would come by itself."""
        if not self._has_looked or self._is_busy or self._awake.is_set():
            return False
        if not self._share.health.is_usable:
            return not self._share.lease.is_undecided
        return self._arrivals.are_over

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
        waker = asyncio.create_task(self._wake_when(stopping))
        beating = asyncio.create_task(self._keep_lease(stopping))
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
                await self._until(self._awake, next_at)
                pause_s = max(_SHORTEST_S, self._arrivals.look_took_s * _SHARE_OF_TIME)
                await self._until(stopping, began + pause_s)
            await self._reporter.flush()
        finally:
            waker.cancel()
            beating.cancel()
            self._events.stop()

    async def _wake_when(self, stopping: asyncio.Event) -> None:
        await stopping.wait()
        self._awake.set()

    async def _keep_lease(self, stopping: asyncio.Event) -> None:
        """See to it that the lease beats, however long a look takes, and that its beats are heard.

        Usually a round beats in passing; here only if none came to it.
        """
        lease = self._share.lease
        while not stopping.is_set():
            beats, heard = lease.beat_count, self._events.own_count
            await self._until(stopping, self._clock() + BEAT_S)
            was_stopped = self.is_stopped
            if lease.is_overdue:
                await self._share.beat(self._looks)
            if self.is_stopped != was_stopped:
                self.changed.set()
                self.wake()
            await self._until(stopping, self._clock() + _EVENT_S)
            heard_now = self._events.own_count
            if lease.beat_count != beats and None not in (heard, heard_now):
                self._events.heard(is_heard=heard != heard_now, now=self._clock())

    async def _until(self, event: asyncio.Event, at: float) -> None:
        """Wait for the event, but no longer than until `at`."""
        left_s = at - self._clock()
        if left_s <= 0:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(left_s):
                await event.wait()

    # --- one round ---------------------------------------------------------------------------

    async def _guarded_round(self, now: float) -> float:
        """One round; returns when the next one is due. Faults of the root or of ours end it."""
        try:
            if await self._is_as_before():
                self._ticked_at = now
                return self._next_at()
            return await self._round(now)
        except StoreError:
            raise
        except TimeoutError:
            self._share.conclude(Silent())
        except OSError as error:
            self._share.conclude(Refused(error))
        except Exception:
            log.exception("folder.broke", folder=self.name)
            self._share.conclude(Broke())
        return await self._be_away()

    async def _round(self, now: float) -> float:
        health = await self._share.check(self._looks)
        if health.is_usable:
            health = await self._share.check_targets(self._looks)
        adoption = self._share.adoption
        if not health.is_usable or adoption is None:
            return await self._be_away()
        if adoption.marker_id != self._adopted:
            self._adopted = adoption.marker_id
            await self._arrivals.begin()
        count = self._arrivals.scanner.directory_count
        await self._events.keep_alive(health.key, count, self._looks, now)
        is_rescan, self._must_rescan = self._must_rescan, False
        is_tick = now >= self._ticked_at + self._folder.poll_interval_s
        hints = self._events.take_hints()
        look = await self._arrivals.take(
            adoption, hints, self._is_ours, is_rescan=is_rescan, is_tick=is_tick
        )
        if look is None:
            self._must_rescan |= is_rescan
            self._events.give_back(hints)
            return now  # ask how the root is
        if is_tick:
            self._ticked_at = now
        self._events.went_by(len(look.changed), now)
        if not self._arrivals.contents.cold:
            await self._share.first_listing_recorded()
        self._has_looked = True
        await self._report()
        return self._next_at()

    @property
    def _is_calm(self) -> bool:
        """Whether whatever comes would be told of by events, and nothing is under way."""
        arrivals = self._arrivals
        is_over = arrivals.are_over and not arrivals.scanner.needs_another_look()
        return is_over and self._events.is_heard and self._reporter.due_at is None

    @property
    def _tick_s(self) -> float:
        """How often is looked unasked: as seldom as the lease allows where it is calm."""
        poll_s = self._folder.poll_interval_s
        return max(poll_s, BEAT_S) if self._is_calm else poll_s

    async def _is_as_before(self) -> bool:
        """Whether there is nothing to do, found out by one step in place of a whole round."""
        if self._must_rescan or not self._is_calm or self._events.has_hints:
            return False
        scanner = self._arrivals.scanner
        return await self._looks.call(self._share.is_as_before, scanner.is_unmoved)

    async def _is_ours(self) -> bool:
        return (await self._share.check(self._looks)).is_usable

    def _next_at(self) -> float:
        times = (
            self._ticked_at + self._tick_s,
            self._arrivals.next_at(),
            self._reporter.due_at,
            self._events.next_look(self._clock()),
        )
        return min(at for at in times if at is not None)

    async def _be_away(self) -> float:
        """The root cannot be used: claim nothing of it, count nothing as gone, ask again."""
        self._has_looked = True
        self._events.stop()
        await self._report()
        again_s = self._share.health.again_s
        return self._clock() + (self._folder.poll_interval_s if again_s is None else again_s)

    async def _report(self) -> None:
        """Say in `status` how the folder is."""
        arrivals, health = self._arrivals, self._share.health
        broken = arrivals.book.broken() if health.is_usable else []
        message = health.message if not health.is_usable else ""
        report = FolderReport(
            self.name,
            str(self._folder.inbox),
            self._events.watch,
            "rule-error" if broken else health.told,
            message
            or "\n".join(rule.problems for rule in broken)
            or health.message
            or self._events.note,
            arrivals.contents.waiting_count,
            arrivals.left_alone(MOST_IGNORED),
        )
        await self._reporter.publish(report, self._clock())
