"""The claim loop of one account: takes what its limits allow and runs it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import structlog

from seedwatch.config.credentials import MissingKey
from seedwatch.records import Claim
from seedwatch.store.base import AccountRoom
from seedwatch.worker.accounts import Account
from seedwatch.worker.execute import execute, submitting_of
from seedwatch.worker.submit import Submitting
from seedwatch.worker.workplace import Workplace

_LEASE_MARGIN_S = 1800.0
_MORE_ANSWERS = 16
"""answers that may wait for their pictures or an outbox beyond as many as there are places; with
more than that nothing new is paid for until some are delivered (promises.md 3, fault 10)"""
_LONGEST_CALL_S = 900.0
_QUIET_S = 30.0
_KEY_LOOK_S = 5.0
_TURN_S = 1.0
"""folders that have their share are looked past no more often while the others have nothing"""

log = structlog.get_logger()


class Lane:
    """One account's claims in flight."""

    def __init__(
        self,
        account: Account,
        place: Workplace,
        stopped_folders: Callable[[], frozenset[str]],
        most_at_once: int,
    ) -> None:
        self._account = account
        self._most_at_once = most_at_once
        self._place = place
        self._stopped_folders = stopped_folders
        self._running: set[asyncio.Task[None]] = set()
        self._woken = account.calls.left
        self._was_missing = False
        self._at_work: Counter[str] = Counter()
        """claims of each folder"""
        self._look_past_at = 0.0
        self._lease_s = (account.settings.timeout_s or _LONGEST_CALL_S) + _LEASE_MARGIN_S

    @property
    def name(self) -> str:
        """The name of its account."""
        return self._account.settings.name

    @property
    def is_busy(self) -> bool:
        """Whether any claim is being carried on."""
        return bool(self._running)

    def wake(self) -> None:
        """Look for claims now: a place is free, a folder came back, or it is time to stop."""
        self._woken.set()

    async def run(self, stopping: asyncio.Event, group: asyncio.TaskGroup) -> None:
        """Claim until `stopping` is set; each claim runs as a task of `group`, which goes on.

        Raises:
            StoreError: the database is broken.
        """
        await self._account.transport.warm()
        while not stopping.is_set():
            self._woken.clear()
            if not await self._has_key():
                await first_of(stopping.wait(), asyncio.sleep(_KEY_LOOK_S))
                continue
            room = self._room()
            claims = await self._claimed(room) if room.room > 0 else []
            for claim in claims:
                self._start(claim, group)
            if not claims:
                await self._rest(is_full=room.room <= 0)

    async def _claimed(self, room: AccountRoom) -> list[Claim]:
        """What comes next; ten thousand files of one folder do not keep another one waiting."""
        now = asyncio.get_running_loop().time()
        share = max(1, room.concurrency // max(1, len(self._place.folders)))
        served = frozenset(name for name, count in self._at_work.items() if count >= share)
        if served and len(self._place.folders) > 1 and now >= self._look_past_at:
            in_turn = replace(room, served_folders=served)
            claims = await self._place.store.claim(in_turn, self._lease_s)
            if claims:
                return claims
            self._look_past_at = now + _TURN_S
        return await self._place.store.claim(room, self._lease_s)

    async def try_alone(
        self, task_id: int, stopping: asyncio.Event, group: asyncio.TaskGroup
    ) -> None:
        """Carry on a suspect while nothing else is at work, until it ends or its request leaves.

        Raises:
            StoreError: the database is broken.
        """
        if not await self._has_key():
            return
        claim = await self._place.store.claim_alone(task_id, self._lease_s)
        if claim is None:
            return
        log.warning("task.alone", task=task_id)
        submitting = submitting_of(claim, self._place)
        task = self._start(claim, group, submitting)
        await first_of(asyncio.wait({task}), submitting.has_begun.wait(), stopping.wait())
        if task.done() or submitting.has_begun.is_set():
            await self._place.store.survived()

    async def drain(self, grace_s: float) -> None:
        """Wait for the claims in flight, then cancel those that are left after `grace_s`."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=grace_s)
            for task in late:
                task.cancel()

    def _room(self) -> AccountRoom:
        settings, calls = self._account.settings, len(self._account.calls)
        answers = len(self._running) - calls
        places = min(self._most_at_once - calls, self._most_at_once + _MORE_ANSWERS - answers)
        if not self._account.memory.breakers.are_closed:  # one goes, to see whether it gets through
            places = min(places, 1 - calls)
        return AccountRoom(
            account=settings.name,
            concurrency=self._most_at_once,
            rate_per_minute=settings.rate_per_minute,
            room=places,
            stopped_folders=self._stopped_folders(),
        )

    def _start(
        self, claim: Claim, group: asyncio.TaskGroup, submitting: Submitting | None = None
    ) -> asyncio.Task[None]:
        calls = self._account.calls
        if claim.handle is None or claim.handle.kind != "answer":
            calls.enter(claim.task_id)
        task = group.create_task(
            execute(claim, self._place, submitting), name=f"task {claim.task_id}"
        )
        self._running.add(task)
        self._at_work[claim.source.folder] += 1

        def ended(task: asyncio.Task[None]) -> None:
            self._running.discard(task)
            self._at_work[claim.source.folder] -= 1
            calls.leave(claim.task_id)

        task.add_done_callback(ended)
        return task

    async def _has_key(self) -> bool:
        """Without its key the account is paused, with one clear line; it is looked for again."""
        name = self._account.settings.name
        try:
            await self._account.key.load()
        except MissingKey as error:
            if await self._place.store.pause("account", name, "auth", str(error), None):
                log.warning(
                    "account.paused", scope="account", name=name, state="auth", why=str(error)
                )
            self._was_missing = True
            return False
        if self._was_missing:
            await self._place.store.resume("account", name, states=["auth"])
        self._was_missing = False
        return True

    async def _rest(self, *, is_full: bool) -> None:
        waits: list[Coroutine[Any, Any, object]] = [self._woken.wait()]
        if not is_full:
            waits.append(self._place.store.wait_for_work(self._account.settings.name, _QUIET_S))
        await first_of(*waits)


async def first_of(*waits: Coroutine[Any, Any, object]) -> None:
    """Return when one of `waits` does; the others are cancelled.

    Raises:
        Exception: what the one that ended raised.
    """
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
