"""What a worker has at hand: the queue, the spool, its account, the folders and their threads."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from seedwatch.budgets import NO_BUDGETS, Budgets
from seedwatch.config.effective import FolderSettings
from seedwatch.errors import DeliveryError
from seedwatch.outbox.mounts import Mounts
from seedwatch.outbox.roots import Roots
from seedwatch.outbox.spool import Spool
from seedwatch.records import Claim
from seedwatch.store.base import TaskStore
from seedwatch.texts import say
from seedwatch.threads import RootThreads
from seedwatch.worker.accounts import Account
from seedwatch.worker.decoding import Decoding

KEEP_EVERY_S = 300.0
SILENCE_S = 120.0
"""a share that answers nothing for so long gives the claim back; the result waits in the spool"""
_KEPT_S = 3600.0
"""more than the longest call, and what follows it until a lease is kept again"""


@dataclass(frozen=True)
class Folder:
    """One folder at work: its settings, roots, and the threads for file work on them."""

    settings: FolderSettings
    roots: Roots
    threads: RootThreads
    must_rescan: asyncio.Event
    """set when a source stayed in the inbox that is a new job; whoever waits for it clears it"""
    is_ours: Callable[[], bool] = lambda: True
    """whether no other daemon can be at work on its inbox just now"""

    @classmethod
    def of(
        cls,
        settings: FolderSettings,
        mounts: Mounts | None = None,
        is_ours: Callable[[], bool] = lambda: True,
    ) -> Folder:
        """The folder that these settings describe."""
        paths = settings.outbox, settings.done, settings.failed
        return cls(
            settings,
            Roots.at(settings.inbox_root, *paths, mounts),
            RootThreads(settings.name, deadline_s=SILENCE_S),
            asyncio.Event(),
            is_ours,
        )

    def require_ours(self) -> None:
        """To be asked before anything is paid for.

        Raises:
            DeliveryError: another daemon may be at work on the inbox.
        """
        if not self.is_ours():
            raise DeliveryError(say("worker.not_ours", path=self.roots.inbox.path))


@dataclass(frozen=True)
class Workplace:
    """Everything an execution needs beside its claim."""

    store: TaskStore
    spool: Spool
    accounts: Mapping[str, Account]
    folders: Mapping[str, Folder]
    budgets_of: Callable[[str, str], Budgets] = lambda _account, _folder: NO_BUDGETS
    """the limits that cover a task of an account and a folder"""
    queue_id: str = ""
    """what the sidecars call the queue"""
    decoding: Decoding = field(default_factory=Decoding)
    unpriced: set[tuple[str, str]] = field(default_factory=set)
    """(account, model) whose unknown price was mentioned already"""
    drifted: set[tuple[str, str]] = field(default_factory=set)
    """likewise of bills that differ from the price list"""
    local: RootThreads = field(default_factory=lambda: RootThreads("local", places=8))
    downloads: RootThreads = field(default_factory=lambda: RootThreads("downloads", places=8))
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random


class LeaseKeeper:
    """Keeps the lease of a claim while slow transfers follow each other: one may take minutes."""

    def __init__(self, claim: Claim, place: Workplace) -> None:
        self._claim = claim
        self._place = place
        self._kept_at = time.monotonic()
        settings = place.accounts[claim.rule.account].settings
        self._lease_s = _KEPT_S + (settings.timeout_s or 0.0)

    async def keep(self) -> None:
        """To be called between two transfers.

        Raises:
            LeaseLost: it was over already.
        """
        if time.monotonic() - self._kept_at >= KEEP_EVERY_S:
            await self._place.store.extend_lease(self._claim, self._lease_s)
            self._kept_at = time.monotonic()
