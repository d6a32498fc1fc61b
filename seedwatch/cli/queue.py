"""Opens the queue for a command: to read it, or to write a person's decision into it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from seedwatch.config.effective import Settings
from seedwatch.store import DATABASE
from seedwatch.store.base import TaskStore
from seedwatch.store.reads import Reader, open_reader
from seedwatch.store.sqlite import SqliteStore

T = TypeVar("T")


def reading(settings: Settings) -> Reader:
    """The queue, to be asked; empty where no daemon has run yet. To be closed by the caller.

    Raises:
        StoreError: it cannot be read.
    """
    return open_reader(settings.state_dir / DATABASE)


def decide(settings: Settings, decision: Callable[[TaskStore], Awaitable[T]]) -> T:
    """Carry out a person's decision, while a daemon may be running.

    Raises:
        StoreError: the queue cannot be written.
    """

    async def work() -> T:
        # Looking through the whole file for damage is left to the daemon.
        store = await SqliteStore.open(settings.state_dir / DATABASE, is_checked=False)
        try:
            return await decision(store)
        finally:
            await store.close()

    return asyncio.run(work())
