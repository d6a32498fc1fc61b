"""The only user of watchdog: an event is a hint to list now, and nothing else depends on it."""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections.abc import Callable, Collection
from typing import Final

import structlog
from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from seedwatch.inbox.filesystems import watch_limit
from seedwatch.records import RelPath
from seedwatch.texts import say

_EVENTS: Final[list[type[FileSystemEvent]]] = [
    FileCreatedEvent,
    FileClosedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]
"""Neither every write (a growing file is read again anyway) nor our own reading."""
_STORM_COUNT: Final = 256
_LIMIT_ERRORS: Final = frozenset({errno.ENOSPC, errno.EMFILE})
# watchdog says in its own words what is told by `WatchFailed`, or mended by the next listing.
logging.getLogger("watchdog").setLevel(logging.CRITICAL)
log = structlog.get_logger()


class WatchFailed(Exception):
    """Events cannot be had; `str` says why and what would help."""


class Hints:
    """Paths that events named since they were taken last; safe to use from any thread."""

    def __init__(
        self, root: str, wake: Callable[[], None], stop: Callable[[], None] = lambda: None
    ) -> None:
        self._prefix = root.rstrip(os.sep) + os.sep
        self._wake = wake
        self._stop = stop
        self._lock = threading.Lock()
        self._paths: set[RelPath] = set()

    def add(self, path: str) -> None:
        """One event; the first since the last `take` wakes the scanner."""
        with self._lock:
            count = len(self._paths)
            if count < _STORM_COUNT and path.startswith(self._prefix):
                rel = path[len(self._prefix) :]
                self._paths.add(rel.replace(os.sep, "/") if os.sep != "/" else rel)
                if len(self._paths) == _STORM_COUNT > count:
                    self._stop()
        if not count:
            self._wake()

    def put_back(self, paths: Collection[RelPath]) -> None:
        """Paths that were taken and not used after all; wakes nobody."""
        with self._lock:
            self._paths.update(paths)

    def take(self) -> set[RelPath]:
        """The paths; what comes after this wakes again."""
        with self._lock:
            paths, self._paths = self._paths, set()
            return paths


class _Listener(FileSystemEventHandler):
    def __init__(self, hints: Hints) -> None:
        self.hints = hints

    def dispatch(self, event: FileSystemEvent) -> None:
        self.hints.add(os.fsdecode(event.dest_path or event.src_path))


class Watcher:
    """The events of one root. All calls may block as long as the root does."""

    def __init__(self, root: str, wake: Callable[[], None]) -> None:
        self.root = root
        self.is_storm = False
        self.hints = Hints(root, wake, self._end_for_storm)
        self.key: tuple[int, int] | None = None
        self._observer: BaseObserver | None = None

    @property
    def is_alive(self) -> bool:
        """Whether events would still come."""
        observer = self._observer
        return (
            observer is not None
            and observer.is_alive()
            and all(emitter.is_alive() for emitter in observer.emitters)
        )

    def start(self, key: tuple[int, int], directory_count: int) -> None:
        """Watch the root that has this device and inode, in place of an earlier one.

        Raises:
            WatchFailed: the watch limit is reached, or watchdog fails in any way.
        """
        self.stop()
        self.is_storm = False
        limit = watch_limit()
        if limit is not None and directory_count >= limit:
            raise WatchFailed(say("inbox.watch_limit", needed=directory_count + 1, limit=limit))
        observer: BaseObserver | None = None
        try:
            observer = Observer()
            observer.schedule(
                _Listener(self.hints), self.root, recursive=True, event_filter=_EVENTS
            )
            observer.start()
        except OSError as error:
            _end(observer)
            if error.errno in _LIMIT_ERRORS:
                why = say("inbox.watch_limit", needed=directory_count + 1, limit=limit)
            else:
                why = say("inbox.watch_failed", why=error.strerror or error)
            raise WatchFailed(why) from error
        except Exception as error:  # watchdog must never end the daemon
            _end(observer)
            log.warning("events.unavailable", root=self.root, exc_info=True)
            raise WatchFailed(say("inbox.watch_failed", why=type(error).__name__)) from error
        self._observer = observer
        self.key = key

    def stop(self) -> None:
        """Watch no longer."""
        self.let_go()()

    def _end_for_storm(self) -> None:
        """Thousands of events cost more than they tell: end, in a thread of its own."""
        self.is_storm = True
        threading.Thread(target=self.let_go(), daemon=True).start()

    def let_go(self) -> Callable[[], None]:
        """Watch no longer; returns at once with what is left to do, which may block."""
        observer, self._observer, self.key = self._observer, None, None
        return lambda: _end(observer)


def _end(observer: BaseObserver | None) -> None:
    """Stop watchdog's threads, also of an observer that did not come to life."""
    if observer is None:
        return
    try:
        observer.stop()
    except Exception:  # watchdog must never end the daemon
        log.warning("events.unavailable", exc_info=True)
