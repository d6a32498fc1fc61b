"""Decides between events and polling for one inbox, and keeps its watcher alive."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from typing import Final, Literal

import structlog

from seedwatch.config.effective import FolderSettings
from seedwatch.inbox.filesystems import file_system_of
from seedwatch.inbox.observers import Observers
from seedwatch.inbox.watcher import Watcher, WatchFailed
from seedwatch.records import RelPath
from seedwatch.texts import say
from seedwatch.threads import RootThreads

_RETRY_S: Final = 60.0
_DEAF_S: Final = 600.0
"""After so long a root whose events did not come is tried again."""
_DEAF_COUNT: Final = 2
_CALM_COUNT: Final = 100
_STORM_PAUSE_S: Final = 2.0
STORM_LOOK_S: Final = 0.25
"""While events are off because of their number, this often is looked instead."""

log = structlog.get_logger()


class EventSource:
    """What wakes the scanner beside the clock; `note` says why that is the clock alone."""

    def __init__(
        self, folder: FolderSettings, wake: Callable[[], None], observers: Observers | None = None
    ) -> None:
        self._folder = folder
        self._watcher = Watcher(str(folder.inbox), wake, observers)
        self._decided_for: tuple[int, int] | None = None
        self._wants_events = False
        self._next_start = 0.0
        self._is_storm = False
        self.watch: Literal["events", "poll"] = "poll"
        self.note = ""
        self._missed_count = 0
        self._is_heard = False

    @property
    def is_heard(self) -> bool:
        """Whether events come, as our own last write has shown."""
        return self._is_heard and self._watcher.is_alive

    @property
    def own_count(self) -> int | None:
        """How many events came of what we wrote ourselves; None: no events are expected."""
        return self._watcher.hints.own_count if self._watcher.is_alive else None

    def heard(self, *, is_heard: bool, now: float) -> None:
        """Whether our own write was told of; a watch that is deaf is worse than none."""
        self._is_heard = is_heard
        self._missed_count = 0 if is_heard else self._missed_count + 1
        if self._missed_count == _DEAF_COUNT:
            self._missed_count = 0
            self._end_watch()
            self._do_without(say("inbox.watch_deaf"), now, _DEAF_S)

    async def keep_alive(
        self, key: tuple[int, int], directory_count: int, threads: RootThreads, now: float
    ) -> None:
        """Watch the root with this device and inode, again if it is another one than before.

        While events come in thousands, the clock alone wakes the scanner, more often than else.
        """
        if self._watcher.is_storm:
            self._watcher.is_storm = False
            self._is_storm = True
            self._next_start = now + _STORM_PAUSE_S
        if key != self._decided_for:
            self._wants_events = await self._decide(threads)
            self._decided_for = key
            self._next_start = now
        is_watched = self._watcher.is_alive and self._watcher.key == key
        if not self._wants_events or is_watched or now < self._next_start:
            return
        try:
            await threads.call(self._watcher.start, key, directory_count)
        except TimeoutError:  # whether the root is away is for the next look to say
            self._watcher.leave_behind()
            self._do_without(say("inbox.watch_silent"), now)
        except WatchFailed as error:
            self._do_without(str(error), now)
        else:
            self.watch, self.note, self._is_storm, self._is_heard = "events", "", False, False

    def _do_without(self, why: str, now: float, pause_s: float = _RETRY_S) -> None:
        self.watch, self.note = "poll", why
        self._next_start = now + pause_s
        log.warning("events.unavailable", folder=self._folder.name, why=why)

    async def _decide(self, threads: RootThreads) -> bool:
        if self._folder.watch != "auto":
            return self._folder.watch == "events"
        found = await threads.call(file_system_of, self._folder.inbox)
        return found.has_events

    def take_hints(self) -> Collection[RelPath]:
        """Files that events named since the last time."""
        return self._watcher.hints.take()

    def went_by(self, changed_count: int, now: float) -> None:
        """A look found so much that is new; a storm that goes on lasts longer."""
        if self._is_storm and changed_count > _CALM_COUNT:
            self._next_start = now + _STORM_PAUSE_S

    def next_look(self, now: float) -> float | None:
        """When to look because events are off during a storm; None: no storm."""
        return min(now + STORM_LOOK_S, self._next_start) if self._is_storm else None

    @property
    def has_hints(self) -> bool:
        """Whether there is something to take."""
        return self._watcher.hints.are_there

    def give_back(self, hints: Collection[RelPath]) -> None:
        """They were not used after all."""
        self._watcher.hints.put_back(hints)

    def stop(self) -> None:
        """Watch no longer; returns at once, whatever the root does."""
        self._decided_for = None
        self._is_storm = False
        self.watch = "poll"
        self._end_watch()

    def _end_watch(self) -> None:
        self._is_heard = False
        threading.Thread(target=self._watcher.let_go(), daemon=True).start()
