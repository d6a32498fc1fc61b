"""Decides between events and polling for one inbox, and keeps its watcher alive."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from typing import Final, Literal

import structlog

from seedwatch.config.effective import FolderSettings
from seedwatch.inbox.filesystems import file_system_of
from seedwatch.inbox.watcher import Watcher, WatchFailed
from seedwatch.records import RelPath
from seedwatch.threads import RootThreads

_RETRY_ROUNDS: Final = 60

log = structlog.get_logger()


class EventSource:
    """What wakes the scanner beside the clock; `note` says why that is the clock alone."""

    def __init__(self, folder: FolderSettings, wake: Callable[[], None]) -> None:
        self._folder = folder
        self._watcher = Watcher(str(folder.inbox), wake)
        self._decided_for: tuple[int, int] | None = None
        self._wants_events = False
        self._rounds_to_wait = 0
        self.watch: Literal["events", "poll"] = "poll"
        self.note = ""

    async def keep_alive(
        self, key: tuple[int, int], directory_count: int, threads: RootThreads
    ) -> None:
        """Watch the root with this device and inode, again if it is another one than before."""
        if key != self._decided_for:
            self._wants_events = await self._decide(threads)
            self._decided_for = key
            self._rounds_to_wait = 0
        if not self._wants_events or (self._watcher.is_alive and self._watcher.key == key):
            return
        self._rounds_to_wait -= 1
        if self._rounds_to_wait >= 0:
            return
        try:
            await threads.call(self._watcher.start, key, directory_count)
        except WatchFailed as error:
            self.watch, self.note = "poll", str(error)
            self._rounds_to_wait = _RETRY_ROUNDS
            log.warning("events.unavailable", folder=self._folder.name, why=str(error))
        else:
            self.watch, self.note = "events", ""

    async def _decide(self, threads: RootThreads) -> bool:
        if self._folder.watch != "auto":
            return self._folder.watch == "events"
        found = await threads.call(file_system_of, self._folder.inbox)
        return found.has_events

    def take_hints(self) -> Collection[RelPath]:
        """Files that events named since the last time."""
        return self._watcher.hints.take()

    def give_back(self, hints: Collection[RelPath]) -> None:
        """They were not used after all."""
        self._watcher.hints.put_back(hints)

    def stop(self) -> None:
        """Watch no longer; returns at once, whatever the root does."""
        self._decided_for = None
        self.watch = "poll"
        threading.Thread(target=self._watcher.stop, daemon=True).start()
