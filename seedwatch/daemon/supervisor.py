"""Starts everything in the right order, keeps it going, and stops it in two phases."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import Final

import structlog

from seedwatch.children import Children
from seedwatch.config.effective import Settings
from seedwatch.daemon import lockfile, reloading
from seedwatch.daemon.heartbeat import Heartbeat, ServiceManager
from seedwatch.daemon.maintenance import SpoolCopies
from seedwatch.daemon.memory import share_one_heap
from seedwatch.daemon.reloading import ConfigWatch
from seedwatch.daemon.shift import Shift
from seedwatch.daemon.signals import INTERRUPTED, Stop
from seedwatch.errors import StoreError
from seedwatch.inbox.lease import Leases
from seedwatch.inbox.observers import Observers
from seedwatch.outbox.spool import Spool
from seedwatch.store import DATABASE
from seedwatch.store.base import StoreUnavailable, TaskStore
from seedwatch.store.sqlite import SqliteStore
from seedwatch.texts import say
from seedwatch.worker.older_copy import distrust_older_copy
from seedwatch.worker.recovery import recover

FINE, FAILED, UNFINISHED = 0, 1, 3
_IDLE_LOOK_S: Final = 0.1
_BUSY_LOOK_S: Final = 0.013
"""while a folder looks: one that looks as often as we do would else be seen at work for ever"""

log = structlog.get_logger()


async def run_daemon(
    settings: Settings, *, until_idle: bool = False, children: Children | None = None
) -> int:
    """Work until a signal comes, or (with `until_idle`) until nothing is left to do.

    `children` are processes to decode in that stay afterwards; else it has its own.

    Returns the exit code: 0, 3 (finished, but tasks of this run are neither done nor cancelled),
    130 (Ctrl-C).

    Raises:
        AnotherDaemon: this state directory has an owner.
        StoreError: the database cannot be used.
    """
    lock = lockfile.own(settings.state_dir)
    share_one_heap()
    decoders = children or Children()
    try:
        given_up = threading.Event()
        store = await _opened(settings, given_up)
        try:
            queue_id = (await store.last_seen()).queue_id
            manager = ServiceManager.of(os.environ)
            with Heartbeat(manager):
                daemon = _Daemon(
                    settings,
                    store,
                    queue_id,
                    given_up,
                    decoders,
                    manager,
                    until_idle=until_idle,
                )
                code = await daemon.run()
            await store.end_life()
            return code
        finally:
            await store.close()
    finally:
        if decoders is not children:
            decoders.close()
        lock.release()


async def _opened(settings: Settings, given_up: threading.Event) -> SqliteStore:
    try:
        return await SqliteStore.open(settings.state_dir / DATABASE, given_up=given_up)
    except StoreUnavailable:
        raise
    except StoreError as error:  # what was paid for is not lost with the database: say where it is
        spool = Spool(settings.state_dir / "spool")
        left = len(spool.attempts()) if spool.directory.is_dir() else 0
        if not left:
            raise
        told = say("daemon.left_in_spool", count=left, path=spool.directory)
        raise StoreError(error.message, advice=f"{error.advice} {told}".strip()) from error


class _Daemon:
    """One run."""

    def __init__(
        self,
        settings: Settings,
        store: TaskStore,
        queue_id: str,
        given_up: threading.Event,
        children: Children,
        manager: ServiceManager,
        *,
        until_idle: bool,
    ) -> None:
        self._store = store
        self._manager = manager
        self._queue_id = queue_id
        self._given_up = given_up
        """set: what cannot be recorded by now, as the database is locked, is not waited for"""
        self._until_idle = until_idle
        self._spool = Spool(settings.state_dir / "spool")
        self._stop = Stop()
        self._config = ConfigWatch(settings)
        self._observers = Observers()
        self._leases = Leases(settings.state_dir)
        self._children = children
        self._shift = Shift(
            settings,
            store,
            self._spool,
            queue_id,
            children,
            until_idle=until_idle,
            leases=self._leases,
        )
        self._copies = SpoolCopies(self._shift.place, self._is_busy)
        self._leaving: list[Shift] = []
        """earlier ones that still carry something on"""
        self._is_handing_over = False

    async def run(self) -> int:
        self._stop.listen()
        await asyncio.to_thread(self._spool.prepare)
        why = await distrust_older_copy(self._shift.place)
        await recover(self._shift.place)
        if why is not None:
            self._shift.is_doubted = True
            await self._store.distrust((), (), why)  # what was at work in the copy is ready by now
        await self._shift.prepare()
        mark = await self._store.mark()
        await self._work()
        if self._stop.by_hand:
            return INTERRUPTED
        if self._until_idle and await self._store.unfinished_since(mark):
            return UNFINISHED
        return FINE

    async def _work(self) -> None:
        keeping = asyncio.create_task(self._leases.keep())
        try:
            async with asyncio.TaskGroup() as group:
                await self._shift.try_suspects(self._stop.event, group)
                self._shift.begin(group, self._observers, self._copies, self._is_busy)
                group.create_task(self._reload(group), name="reloading")
                if self._until_idle:
                    group.create_task(self._stop_when_idle(), name="idle")
                names = [folder.name for folder in self._shift.settings.folders]
                log.info("daemon.started", folders=", ".join(names))
                self._manager.tell("READY=1")
                await self._stop.event.wait()
                await self._drain()
        except* StoreError as broken:
            log.exception("daemon.broke")
            raise broken.exceptions[0] from None
        finally:
            for shift in (*self._leaving, self._shift):
                shift.end()
                await shift.close()
            keeping.cancel()
        if self._until_idle:
            await self._copies.finish()
        await self._leases.release()
        log.info("daemon.stopped")

    def _is_busy(self) -> bool:
        return any(shift.is_busy for shift in (*self._leaving, self._shift))

    async def _drain(self) -> None:
        """Phase one is over: nothing new is sent. Wait for what is paid for, then let go."""
        grace_s = self._shift.settings.grace_s
        log.info("daemon.stopping", grace_s=grace_s)
        self._manager.tell("STOPPING=1")
        shifts = (*self._leaving, self._shift)
        for shift in shifts:
            shift.end()
        await asyncio.gather(*(shift.drain(grace_s) for shift in shifts))
        self._given_up.set()

    async def _stop_when_idle(self) -> None:
        """Set the stop once nothing can happen by itself any more (contract.md 2)."""
        pause_s = _IDLE_LOOK_S
        while not self._stop.event.is_set():
            await asyncio.sleep(pause_s)
            pause_s = _BUSY_LOOK_S if self._shift.is_looking else _IDLE_LOOK_S
            if not self._is_handing_over and await self._shift.is_idle():
                self._stop.event.set()

    # --- another configuration -----------------------------------------------------------------

    async def _reload(self, group: asyncio.TaskGroup) -> None:
        """Look for changes of config.yaml; a shift by the new one begins, or nothing happens."""
        stopping = self._stop.event
        while not stopping.is_set():
            await reloading.until(stopping)
            settings = await self._config.changed()
            if settings is None:
                continue
            try:
                following = Shift(
                    settings,
                    self._store,
                    self._spool,
                    self._queue_id,
                    self._children,
                    until_idle=self._until_idle,
                    leases=self._leases,
                    before=self._shift,
                )
            except OSError as error:  # a certificate file, for example
                self._config.refuse([str(error)])
                continue
            self._config.accept(settings)
            self._is_handing_over = True
            await self._hand_over(following, group)
            self._is_handing_over = False

    async def _hand_over(self, following: Shift, group: asyncio.TaskGroup) -> None:
        """The shift at work takes nothing further; the following one begins."""
        before = self._shift
        before.end()
        await before.handed_over()
        await following.prepare()
        if self._stop.event.is_set():
            await following.close(before)
            return
        self._leaving.append(before)
        self._shift = following
        following.begin(group, self._observers, self._copies, self._is_busy)
        group.create_task(self._see_off(before), name="the shift before")

    async def _see_off(self, shift: Shift) -> None:
        await shift.finish(self._shift)
        self._leaving.remove(shift)
        await shift.close(self._shift, *self._leaving)
        at_work = (self._shift, *self._leaving)
        await self._leases.release({inbox for shift in at_work for inbox in shift.inboxes})
