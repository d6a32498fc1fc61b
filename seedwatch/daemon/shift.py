"""Everything that works by one reading of config.yaml: accounts and lanes, folders and watches.

A new configuration begins a new shift. The one before takes no further work; what it carries on it
finishes by its own settings, so that a task keeps the rules that it began with (promises.md, P15).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from seedwatch.children import Children
from seedwatch.config.effective import Settings
from seedwatch.daemon import descriptors
from seedwatch.daemon.maintenance import SpoolCopies, schedule
from seedwatch.inbox.folder import FolderWatch
from seedwatch.inbox.lease import Leases
from seedwatch.inbox.observers import Observers
from seedwatch.outbox.mounts import Mounts
from seedwatch.outbox.spool import Spool
from seedwatch.store.base import TaskStore
from seedwatch.worker.accounts import Account
from seedwatch.worker.decoding import Decoding
from seedwatch.worker.lanes import Lane, first_of
from seedwatch.worker.retiring import retire_due, retire_sources
from seedwatch.worker.spending import free_held
from seedwatch.worker.workplace import Folder, Workplace

IDLE_HORIZON_S: Final = 300.0
"""`--until-idle` does not wait for what cannot change by itself within this time"""
_HANDOVER_S: Final = 60.0
"""a share that hangs does not keep the next shift from its work for longer"""
_PAUSES_OF_OUR_OWN: Final = ("auth", "quota", "limited", "model")

log = structlog.get_logger()


class Shift:
    """One of them; accounts and folders of the one before that did not change are taken over."""

    def __init__(
        self,
        settings: Settings,
        store: TaskStore,
        spool: Spool,
        queue_id: str,
        children: Children,
        *,
        until_idle: bool,
        leases: Leases,
        before: Shift | None = None,
    ) -> None:
        self.settings = settings
        self._store = store
        self._until_idle = until_idle
        self._leases = leases
        self._over = asyncio.Event()
        self.accounts = _accounts(settings, before)
        self._folders = _folders(settings, leases, before)
        self.place = Workplace(
            store,
            spool,
            self.accounts,
            self._folders,
            settings.budgets_of,
            queue_id,
            decoding=Decoding(children),
        )
        self._children = children
        self.is_doubted = False
        """the queue is an older copy of itself: what lies in an inbox may be paid for already"""
        self._lanes = [
            Lane(account, self.place, self._stopped_folders, most)
            for account, most in zip(self.accounts.values(), self._places(), strict=True)
        ]
        self._watches: Sequence[FolderWatch] = ()
        self._tasks: set[asyncio.Task[None]] = set()
        self._scheduler: AsyncIOScheduler | None = None
        self._foreign_folders: frozenset[str] = frozenset()
        self._foreign_accounts: frozenset[str] = frozenset()
        self._freed: set[int] = set()
        """tasks that their budgets let go on while `--until-idle` looked whether it is over"""

    def _stopped_folders(self) -> frozenset[str]:
        """Folders that give no claims: away, with a broken rule, or no longer configured."""
        stopped = {watch.name for watch in self._watches if watch.is_stopped}
        return frozenset(stopped | self._foreign_folders)

    def _places(self) -> list[int]:
        """How many claims each account may have at work."""
        wanted = [account.settings.concurrency for account in self.accounts.values()]
        limit = descriptors.most_open()
        places = descriptors.claims_within(limit, wanted, len(self._folders))
        if places != wanted:
            log.warning("files.few", may_be_open=limit, at_once=sum(places), wanted=sum(wanted))
        return places

    @property
    def inboxes(self) -> frozenset[Path]:
        """The inboxes that it works on."""
        return frozenset(folder.inbox for folder in self.settings.folders)

    @property
    def is_busy(self) -> bool:
        """Whether any claim is being carried on."""
        return any(lane.is_busy for lane in self._lanes)

    async def prepare(self) -> None:
        """Before it begins: what may work again is no longer paused.

        Raises:
            StoreError: the database is broken.
        """
        for name in self.accounts:
            await self._store.resume("account", name, states=_PAUSES_OF_OUR_OWN)
        await self._store.resume_models()
        folders, accounts = await self._store.open_names()
        self._foreign_folders = folders - self._folders.keys()
        self._foreign_accounts = accounts - self.accounts.keys()
        await free_held(self.place)

    async def try_suspects(self, stopping: asyncio.Event, group: asyncio.TaskGroup) -> None:
        """Before anything else works: what may have ended the daemon, one after the other.

        Raises:
            StoreError: the database is broken.
        """
        lanes = {lane.name: lane for lane in self._lanes}
        for task_id, account in await self._store.suspects():
            if account in lanes and not stopping.is_set():
                await lanes[account].try_alone(task_id, stopping, group)

    def begin(
        self,
        group: asyncio.TaskGroup,
        observers: Observers,
        copies: SpoolCopies,
        is_busy: Callable[[], bool],
    ) -> None:
        """Watch and claim, as tasks of `group`, until it is ended."""
        self._watches = [
            FolderWatch(
                replace(folder.settings, cold_start=0) if self.is_doubted else folder.settings,
                self.settings,
                self._store,
                self._children,
                until_idle=self._until_idle,
                observers=observers,
                roots=folder.roots,
                lease=self._leases.of(folder.settings.inbox),
            )
            for folder in self._folders.values()
        ]
        for watch in self._watches:
            self._start(group, watch.run(self._over), f"folder {watch.name}")
            self._start(group, self._wake_lanes(watch), f"lanes of {watch.name}")
            self._start(group, self._rescan(watch), f"rescans of {watch.name}")
        for lane in self._lanes:
            self._start(group, lane.run(self._over, group), "lane")
        self._start(group, retire_sources(self.place, self._over), "retiring")
        rescans = [(watch.name, watch.rescan_s, watch.rescan) for watch in self._watches]
        self._scheduler = schedule(
            self.place, rescans, partial(free_held, self.place), copies, is_busy
        )

    def _start(self, group: asyncio.TaskGroup, work: Coroutine[Any, Any, None], name: str) -> None:
        task = group.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def end(self) -> None:
        """Take nothing further; what is carried on goes on."""
        self._over.set()
        for lane in self._lanes:
            lane.wake()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None

    async def handed_over(self) -> None:
        """Return when nobody of this shift lists, claims or retires any more."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_HANDOVER_S)

    async def drain(self, grace_s: float) -> None:
        """Wait for what is carried on, then let go of what is left after `grace_s`."""
        await asyncio.gather(*(lane.drain(grace_s) for lane in self._lanes))

    async def finish(self, following: Shift) -> None:
        """Wait for what is carried on; sources of folders that nobody watches any more go, too.

        Raises:
            StoreError: the database is broken.
        """
        await self.drain(float("inf"))
        own = {
            name: folder
            for name, folder in self._folders.items()
            if name not in following.place.folders
        }
        await retire_due(replace(self.place, folders=own))

    async def close(self, *others: Shift) -> None:
        """Close the connections, except those that other shifts use."""
        kept = {id(account) for other in others for account in other.accounts.values()}
        for account in self.accounts.values():
            if id(account) not in kept:
                await account.transport.close()

    @property
    def is_looking(self) -> bool:
        """Whether something may be on its way from an inbox into the queue."""
        return not all(watch.is_idle for watch in self._watches)

    async def is_idle(self) -> bool:
        """Whether nothing can happen by itself any more (contract.md 2)."""
        if self.is_looking:
            return False
        if await self._store.has_work_within(
            IDLE_HORIZON_S, self._stopped_folders(), self._foreign_accounts
        ):
            return False
        freed = await free_held(self.place)
        is_over = freed <= self._freed  # nobody waits for one that is held again and again
        self._freed |= freed
        return is_over

    async def _wake_lanes(self, watch: FolderWatch) -> None:
        """A folder that came back, or stopped, concerns whoever claims its tasks."""
        while not self._over.is_set():
            await first_of(watch.changed.wait(), self._over.wait())
            watch.changed.clear()
            for lane in self._lanes:
                lane.wake()

    async def _rescan(self, watch: FolderWatch) -> None:
        """A source that changed while it was at work is a new one: look for it now."""
        must_rescan = self._folders[watch.name].must_rescan
        while not self._over.is_set():
            await first_of(must_rescan.wait(), self._over.wait())
            must_rescan.clear()
            watch.rescan()


def _accounts(settings: Settings, before: Shift | None) -> dict[str, Account]:
    known = before.accounts if before is not None else {}
    return {
        name: known[name]
        if name in known and known[name].settings == account
        else Account.of(account)
        for name, account in settings.accounts.items()
        if account.is_built
    }


def _folders(settings: Settings, leases: Leases, before: Shift | None) -> dict[str, Folder]:
    known = before.place.folders if before is not None else {}
    mounts = Mounts(settings.state_dir)
    return {
        folder.name: known[folder.name]
        if folder.name in known and known[folder.name].settings == folder
        else Folder.of(folder, mounts, leases.of(folder.inbox).check)
        for folder in settings.folders
    }
