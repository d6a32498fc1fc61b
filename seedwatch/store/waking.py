"""Tells waiting lanes that something may have become claimable."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Wakes:
    """What one commit makes claimable: account or retirement -> when (0: now)."""

    resets: dict[str, float] = field(default_factory=dict)
    """lanes whose next time was asked for just now"""
    accounts: dict[str, float] = field(default_factory=dict)
    retirement: float = math.inf
    is_for_all: bool = False

    def account(self, name: str, at: float = 0.0) -> None:
        """A task of the account is claimable at that time."""
        self.accounts[name] = min(at, self.accounts.get(name, math.inf))

    def retire(self, at: float = 0.0) -> None:
        """A job is due for retiring at that time."""
        self.retirement = min(at, self.retirement)


class Bell:
    """One thing to wait for: rings at once, or when the store's clock reaches a time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._changed = asyncio.Event()
        self.next_at = 0.0

    def reset(self, next_at: float) -> None:
        """Nothing is due before `next_at`."""
        self.next_at = next_at
        self._changed.set()

    def ring(self, at: float) -> None:
        """Something is due at that time, if not before."""
        self.next_at = min(at, self.next_at)
        self._changed.set()

    async def wait(self, timeout_s: float) -> None:
        """Return when it is due, or after the timeout; wall clock jumps end no timeout."""
        ends = time.monotonic() + timeout_s
        while True:
            self._changed.clear()
            delay_s = min(self.next_at - self._clock(), ends - time.monotonic())
            if delay_s <= 0:
                return
            try:
                async with asyncio.timeout(delay_s):
                    await self._changed.wait()
            except TimeoutError:
                continue


class Bells:
    """A bell for each account and one for retirement; lives in the loop's thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._accounts: dict[str, Bell] = {}
        self.retirement = Bell(clock)

    def account(self, name: str) -> Bell:
        """The bell of the account; it rings at once if nobody claimed for it yet."""
        if name not in self._accounts:
            self._accounts[name] = Bell(self._clock)
        return self._accounts[name]

    def apply(self, wakes: Wakes) -> None:
        """Ring what a commit made claimable."""
        for name, at in wakes.resets.items():
            self.account(name).reset(at)
        for name, at in wakes.accounts.items():
            self.account(name).ring(at)
        if wakes.retirement < math.inf:
            self.retirement.ring(wakes.retirement)
        if wakes.is_for_all:
            self.ring_all()

    def ring_all(self) -> None:
        """Anything may have changed: another process wrote, or the clock jumped."""
        for bell in (*self._accounts.values(), self.retirement):
            bell.ring(0.0)
