"""The events of one root: each is a hint to list now, and nothing else depends on it."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Collection
from typing import Final

import structlog

from seedwatch.inbox.filesystems import watch_limit
from seedwatch.inbox.observers import Observers, Watch
from seedwatch.junk import OWN_PREFIX
from seedwatch.records import RelPath
from seedwatch.texts import say

_STORM_COUNT: Final = 256
_LIMIT_ERRORS: Final = frozenset({errno.ENOSPC, errno.EMFILE})
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
        self.own_count = 0
        """events of what we write ourselves: they show that events come at all"""

    def add(self, path: str) -> None:
        """One event; the first since the last `take` wakes the scanner."""
        if path.rpartition(os.sep)[2].startswith(OWN_PREFIX):
            self.own_count += 1
            return
        with self._lock:
            count = len(self._paths)
            if count < _STORM_COUNT and path.startswith(self._prefix):
                rel = path[len(self._prefix) :]
                self._paths.add(rel.replace(os.sep, "/") if os.sep != "/" else rel)
                if len(self._paths) == _STORM_COUNT > count:
                    self._stop()
        if not count:
            self._wake()

    @property
    def are_there(self) -> bool:
        """Whether `take` would return any."""
        return bool(self._paths)

    def put_back(self, paths: Collection[RelPath]) -> None:
        """Paths that were taken and not used after all; wakes nobody."""
        with self._lock:
            self._paths.update(paths)

    def take(self) -> set[RelPath]:
        """The paths; what comes after this wakes again."""
        with self._lock:
            paths, self._paths = self._paths, set()
            return paths


class Watcher:
    """The events of one root. `start` and what `let_go` returns may block as long as the root."""

    def __init__(
        self, root: str, wake: Callable[[], None], observers: Observers | None = None
    ) -> None:
        self.root = root
        self.is_storm = False
        self.hints = Hints(root, wake, self._end_for_storm)
        self.key: tuple[int, int] | None = None
        self._wake = wake
        self._observers = observers or Observers()
        self._watch: Watch | None = None

    @property
    def is_alive(self) -> bool:
        """Whether events would still come."""
        return self._watch is not None and self._watch.is_alive

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
        try:
            watch = self._observers.watch(self.root, self.hints.add, self._wake)
        except OSError as error:
            if error.errno in _LIMIT_ERRORS:
                why = say("inbox.watch_limit", needed=directory_count + 1, limit=limit)
            else:
                why = say("inbox.watch_failed", why=error.strerror or error)
            raise WatchFailed(why) from error
        except Exception as error:  # watchdog must never end the daemon
            log.warning("events.unavailable", root=self.root, exc_info=True)
            raise WatchFailed(say("inbox.watch_failed", why=type(error).__name__)) from error
        self._watch = watch
        self.key = key

    def stop(self) -> None:
        """Watch no longer."""
        self.let_go()()

    def _end_for_storm(self) -> None:
        """Thousands of events cost more than they tell: end, in a thread of its own."""
        self.is_storm = True
        threading.Thread(target=self.let_go(is_storm=True), daemon=True).start()

    def let_go(self, *, is_storm: bool = False) -> Callable[[], None]:
        """Watch no longer; returns at once with what is left to do, which may block."""
        watch, self._watch, self.key = self._watch, None, None
        if watch is None:
            return lambda: None
        return lambda: self._observers.unwatch(watch, is_storm=is_storm)

    def leave_behind(self) -> None:
        """`start` did not come back: nothing that is shared with other roots may wait for it."""
        self._watch, self.key = None, None
        self._observers.leave_behind()
