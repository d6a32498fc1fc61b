"""Starts everything in the right order, keeps it going, and stops it in two phases."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from functools import partial

import structlog

from seedwatch.config.effective import Settings
from seedwatch.daemon import lockfile
from seedwatch.daemon.maintenance import SpoolCopies, schedule
from seedwatch.daemon.memory import share_one_heap
from seedwatch.daemon.signals import INTERRUPTED, Stop
from seedwatch.errors import StoreError
from seedwatch.inbox.folder import FolderWatch
from seedwatch.inbox.observers import Observers
from seedwatch.outbox.mounts import Mounts
from seedwatch.outbox.spool import Spool
from seedwatch.store import DATABASE
from seedwatch.store.base import TaskStore
from seedwatch.store.sqlite import SqliteStore
from seedwatch.worker.accounts import Account
from seedwatch.worker.lanes import Lane, first_of
from seedwatch.worker.recovery import recover
from seedwatch.worker.retiring import retire_sources
from seedwatch.worker.spending import free_held
from seedwatch.worker.workplace import Folder, Workplace

FINE, FAILED, UNFINISHED = 0, 1, 3
IDLE_HORIZON_S = 300.0
"""`--until-idle` does not wait for what cannot change by itself within this time"""
_IDLE_LOOK_S = 0.1
_BUSY_LOOK_S = 0.013
"""while a folder looks: one that looks as often as we do would else be seen at work for ever"""
_PAUSES_OF_OUR_OWN = ("auth", "quota", "limited", "model")

log = structlog.get_logger()


async def run_daemon(settings: Settings, *, until_idle: bool = False) -> int:
    """Work until a signal comes, or (with `until_idle`) until nothing is left to do.

    Returns the exit code: 0, 3 (finished, but tasks of this run are neither done nor cancelled),
    130 (Ctrl-C).

    Raises:
        AnotherDaemon: this state directory has an owner.
        StoreError: the database cannot be used.
    """
    lock = lockfile.own(settings.state_dir)
    share_one_heap()
    try:
        given_up = threading.Event()
        store = await SqliteStore.open(settings.state_dir / DATABASE, given_up=given_up)
        try:
            return await _Daemon(settings, store, given_up).run(until_idle=until_idle)
        finally:
            await store.close()
    finally:
        lock.release()


class _Daemon:
    """One run."""

    def __init__(self, settings: Settings, store: TaskStore, given_up: threading.Event) -> None:
        self._settings = settings
        self._store = store
        self._given_up = given_up
        """set: what cannot be recorded by now, as the database is locked, is not waited for"""
        self._spool = Spool(settings.state_dir / "spool")
        self._stop = Stop()
        self._accounts = {
            name: Account.of(account)
            for name, account in settings.accounts.items()
            if account.is_built
        }
        mounts = Mounts(settings.state_dir)
        self._folders = {folder.name: Folder.of(folder, mounts) for folder in settings.folders}
        self._place = Workplace(
            store, self._spool, self._accounts, self._folders, settings.budgets_of
        )
        self._lanes = [
            Lane(account, self._place, self.stopped_folders) for account in self._accounts.values()
        ]
        self._watches: Sequence[FolderWatch] = ()
        self._foreign_folders: frozenset[str] = frozenset()
        self._foreign_accounts: frozenset[str] = frozenset()
        self._freed: set[int] = set()
        """tasks that their budgets let go on while `--until-idle` looked whether it is over"""

    def stopped_folders(self) -> frozenset[str]:
        """Folders that give no claims: away, with a broken rule, or no longer configured."""
        stopped = {watch.name for watch in self._watches if watch.is_stopped}
        return frozenset(stopped | self._foreign_folders)

    async def run(self, *, until_idle: bool) -> int:
        self._stop.listen()
        await asyncio.to_thread(self._spool.prepare)
        await recover(self._place)
        for name in self._accounts:
            await self._store.resume("account", name, states=_PAUSES_OF_OUR_OWN)
        await self._store.resume_models()
        folders, accounts = await self._store.open_names()
        self._foreign_folders = folders - self._folders.keys()
        self._foreign_accounts = accounts - self._accounts.keys()
        await free_held(self._place)
        mark = await self._store.mark()
        observers = Observers()
        self._watches = [
            FolderWatch(
                folder.settings,
                self._settings,
                self._store,
                until_idle=until_idle,
                observers=observers,
                roots=folder.roots,
            )
            for folder in self._folders.values()
        ]
        await self._work(until_idle=until_idle)
        if self._stop.by_hand:
            return INTERRUPTED
        if until_idle and await self._store.unfinished_since(mark):
            return UNFINISHED
        return FINE

    async def _work(self, *, until_idle: bool) -> None:
        stopping = self._stop.event
        rescans = [(watch.name, watch.rescan_s, watch.rescan) for watch in self._watches]
        copies = SpoolCopies(self._place, self._is_busy)
        scheduler = schedule(
            self._place, rescans, partial(free_held, self._place), copies, self._is_busy
        )
        try:
            async with asyncio.TaskGroup() as group:
                for watch in self._watches:
                    group.create_task(watch.run(stopping), name=f"folder {watch.name}")
                    group.create_task(self._wake_lanes(watch), name=f"lanes of {watch.name}")
                    group.create_task(self._rescan(watch), name=f"rescans of {watch.name}")
                for lane in self._lanes:
                    group.create_task(lane.run(stopping, group), name="lane")
                group.create_task(retire_sources(self._place, stopping), name="retiring")
                if until_idle:
                    group.create_task(self._stop_when_idle(), name="idle")
                log.info("daemon.started", folders=", ".join(self._folders))
                await stopping.wait()
                await self._drain()
        except* StoreError as broken:
            log.exception("daemon.broke")
            raise broken.exceptions[0] from None
        finally:
            scheduler.shutdown(wait=False)
            for account in self._accounts.values():
                await account.transport.close()
        if until_idle:
            await copies.finish()
        log.info("daemon.stopped")

    def _is_busy(self) -> bool:
        return any(lane.is_busy for lane in self._lanes)

    async def _wake_lanes(self, watch: FolderWatch) -> None:
        """A folder that came back, or stopped, concerns whoever claims its tasks."""
        while not self._stop.event.is_set():
            await first_of(watch.changed.wait(), self._stop.event.wait())
            watch.changed.clear()
            for lane in self._lanes:
                lane.wake()

    async def _rescan(self, watch: FolderWatch) -> None:
        """A source that changed while it was at work is a new one: look for it now."""
        must_rescan = self._folders[watch.name].must_rescan
        while not self._stop.event.is_set():
            await first_of(must_rescan.wait(), self._stop.event.wait())
            must_rescan.clear()
            watch.rescan()

    async def _drain(self) -> None:
        """Phase one is over: nothing new is sent. Wait for what is paid for, then let go."""
        log.info("daemon.stopping", grace_s=self._settings.grace_s)
        for lane in self._lanes:
            lane.wake()
        await asyncio.gather(*(lane.drain(self._settings.grace_s) for lane in self._lanes))
        self._given_up.set()

    async def _stop_when_idle(self) -> None:
        """Set the stop once nothing can happen by itself any more (contract.md 2)."""
        pause_s = _IDLE_LOOK_S
        while not self._stop.event.is_set():
            await asyncio.sleep(pause_s)
            are_idle = all(watch.is_idle for watch in self._watches)
            pause_s = _IDLE_LOOK_S if are_idle else _BUSY_LOOK_S
            if are_idle and not (
                await self._store.has_work_within(
                    IDLE_HORIZON_S, self.stopped_folders(), self._foreign_accounts
                )
            ):
                freed = await free_held(self._place)
                if freed <= self._freed:  # nobody waits for one that is held again and again
                    self._stop.event.set()
                self._freed |= freed
