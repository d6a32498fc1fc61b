"""Asks an inbox how it is; a share may come and go at any time. `health` says what follows."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

import structlog

from seedwatch.inbox.health import (
    SLOW_S,
    Answered,
    Evidence,
    Health,
    Refused,
    Silent,
    Stopped,
    advance,
    is_to_be_adopted,
)
from seedwatch.inbox.lease import Lease
from seedwatch.inbox.markers import (
    RootFacts,
    install_id,
    look_at_root,
    mark_new,
    write_marker,
)
from seedwatch.outbox.mounts import Mounts
from seedwatch.outbox.roots import Roots, Trouble, cannot_reach
from seedwatch.paths import AWAY, Root
from seedwatch.pulse import Pulse
from seedwatch.store.base import Adoption, TaskStore
from seedwatch.threads import RootThreads

T = TypeVar("T")
log = structlog.get_logger()

DEADLINE_S: Final = 20.0
"""How long a root may be silent before it counts as away."""


class Share:
    """Asks a root how it is, adopts it where that is due, and keeps what was remembered of it.

    While it is not ours to use, nobody who has the same `Root` can open anything in it.
    """

    def __init__(
        self, roots: Roots, folder: str, state_dir: Path, store: TaskStore, lease: Lease
    ) -> None:
        self.root = roots.inbox
        self.lease = lease
        self.roots = roots
        self.folder = folder
        self.state_dir = state_dir
        self.store = store
        self.health = Health()
        self.adoption: Adoption | None = None
        self._install_id = ""
        self._facts: RootFacts | None = None
        self._is_asking_targets = False

    async def check(self, threads: RootThreads) -> Health:
        """How the root is now; one that is well and new is adopted."""
        if not self._install_id:
            self._install_id = await asyncio.to_thread(install_id, self.state_dir)
        try:
            return await self._check(threads)
        except TimeoutError:
            return self.conclude(Silent())
        except OSError as error:
            return self.conclude(Refused(error))

    def is_as_before(self, is_unmoved: Callable[[], bool]) -> bool:
        """Whether a root that was well is the same and its lease beats on; False: `check` it.

        Only where outbox, done and failed lie on its file system: they hang or answer together.
        """
        began = time.monotonic()
        try:
            is_same = (
                self.health == Health("healthy", key=self.root.key or AWAY)
                and self.roots.are_as_before()
                and look_at_root(self._unpinned()) == self._facts
                and is_unmoved()
                and (not self.lease.is_due or self.lease.keep(self.root))
            )
        except OSError:  # what follows from it is for the whole check to say
            return False
        return is_same and time.monotonic() - began < SLOW_S

    async def check_targets(self, threads: RootThreads) -> Health:
        """Where results and sources go must be well, too, or nothing should be paid for.

        They may lie on another share than the inbox: one that hangs takes one thread, not more.
        """
        try:
            if self._is_asking_targets:
                raise TimeoutError
            trouble = await threads.call(self._ask_targets)
        except OSError as error:  # a silence is one, too
            trouble = cannot_reach(error)
        if trouble is None:
            return self.health
        return self.conclude(Stopped(trouble.state, trouble.message))

    def _unpinned(self) -> Root:
        return Root(self.root.path, self.root.writers)

    def _ask_targets(self) -> Trouble | None:
        self._is_asking_targets = True
        try:
            return self.roots.trouble()
        finally:
            self._is_asking_targets = False

    def conclude(self, evidence: Evidence) -> Health:
        """What follows from what was seen."""
        self.health = self._judge(evidence)
        self.root.key = self.health.key if self.health.is_usable else AWAY
        return self.health

    def _judge(self, evidence: Evidence) -> Health:
        path = os.fspath(self.root.path)
        return advance(self.health, evidence, self.adoption, self._install_id, path)

    async def _check(self, threads: RootThreads) -> Health:
        began = time.monotonic()
        facts = await self._look(threads)
        evidence = Answered(facts, time.monotonic() - began)
        if self.adoption is None or not self._judge(evidence).is_usable:
            # A person may have adopted it by the command line in the meantime.
            self.adoption = await self.store.adoption(self.folder)
        if self._judge(evidence).is_usable:
            evidence = replace(evidence, tenant=await self._attend(threads, facts))
        health = self.conclude(evidence)
        self._facts = facts
        if health.state == "foreign" and self.lease.is_fresh:
            await threads.call(self.lease.release, self.root.pinned(facts.key))
        if health.is_usable and is_to_be_adopted(facts, self.adoption, self._install_id):
            await self._adopt(threads, facts)
        return health

    async def _attend(self, threads: RootThreads, facts: RootFacts) -> str:
        """Who else works on the root; nothing is written there as long as that is somebody."""
        if self.lease.is_fresh and not self.lease.is_due:
            return ""
        return await threads.call(self.lease.attend, self.root.pinned(facts.key))

    async def beat(self, threads: RootThreads) -> bool:
        """Keep the lease alive, where it is ours; whether something was written for that.

        A share that fails is found out by the next look at it.
        """
        if not (self.lease.is_fresh and self.health.is_usable):
            return False
        try:
            return not await threads.call(self.lease.attend, self.root)
        except OSError as error:
            log.info("lease.late", folder=self.folder, why=str(error) or type(error).__name__)
            return False

    async def _look(self, threads: RootThreads) -> RootFacts:
        """The facts; a stale handle is opened anew, as every step opens the root by its path."""
        try:
            return await threads.call(look_at_root, self._unpinned())
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
        return await threads.call(look_at_root, self._unpinned())

    async def _adopt(self, threads: RootThreads, facts: RootFacts) -> None:
        """The marker first: a crash before it is remembered leaves one that is found again."""
        marker = facts.marker
        if marker is None:
            marker = await threads.call(mark_new, self.root, self.folder, self._install_id)
        await self._remember(Adoption(marker.marker_id, is_complete=False))

    async def first_listing_recorded(self) -> None:
        """Everything that lay there at adoption has been recorded."""
        if self.adoption is not None and not self.adoption.is_complete:
            await self._remember(replace(self.adoption, is_complete=True))

    async def _remember(self, adoption: Adoption) -> None:
        await self.store.save_adoption(self.folder, adoption)
        self.adoption = adoption


async def adopt(store: TaskStore, roots: Roots, folder: str, state_dir: Path) -> None:
    """Accept a root whose marker is missing or foreign, as the command `adopt` does.

    What lies there counts as found at a first adoption: `cold_start` applies. Its outbox, done and
    failed are right where they lie now.

    Raises:
        OSError: the root is not there or cannot be written.
    """
    marker = await asyncio.to_thread(write_marker, roots.inbox, folder, install_id(state_dir))
    paths = [root.path for root in roots.targets]
    await asyncio.to_thread(Mounts(state_dir).forget, paths)
    await store.save_adoption(folder, Adoption(marker.marker_id, is_complete=False))


async def while_beating(
    start: Callable[[], Awaitable[T]], pulse: Pulse, silence_s: float = DEADLINE_S
) -> T:
    """Await long work on a root as long as it makes steps.

    Raises:
        TimeoutError: it made none for `silence_s`; its thread is left to itself.
    """
    task = asyncio.ensure_future(start())
    try:
        while True:
            beats = pulse.beats
            done, _ = await asyncio.wait({task}, timeout=silence_s)
            if done:
                return task.result()
            if pulse.beats == beats:
                raise TimeoutError
    finally:
        task.cancel()
