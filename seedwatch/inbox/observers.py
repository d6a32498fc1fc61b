"""The only user of watchdog: one observer for all roots, as each has two threads of its own.

Its calls take a lock of watchdog's and may block as long as the slowest of its roots. A root that
does not come back is left behind together with its observer: the others begin a new one.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
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
from watchdog.observers.api import BaseObserver, EventEmitter

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
# watchdog says in its own words what is told by `WatchFailed`, or mended by the next listing.
logging.getLogger("watchdog").setLevel(logging.CRITICAL)
log = structlog.get_logger()


class _Listener(FileSystemEventHandler):
    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def dispatch(self, event: FileSystemEvent) -> None:
        self._tell(os.fsdecode(event.dest_path or event.src_path))


class _Shared:
    """An observer at work, and the roots that it watches."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.observer: BaseObserver = Observer()
        self.emitters: dict[str, EventEmitter] = {}
        self.is_over = False
        try:
            self.observer.start()
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """Stop watchdog's threads; may block."""
        self.is_over = True
        try:
            self.observer.stop()
        except Exception:  # watchdog must never end the daemon
            log.warning("events.unavailable", exc_info=True)


class Watch:
    """One root that is watched."""

    def __init__(self, root: str, shared: _Shared, emitter: EventEmitter) -> None:
        self.root = root
        self.shared = shared
        self.emitter = emitter

    @property
    def is_alive(self) -> bool:
        """Whether events would still come."""
        shared = self.shared
        return not shared.is_over and shared.observer.is_alive() and self.emitter.is_alive()


class Observers:
    """The observer of all roots of a daemon; it lives as long as there is one to watch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shared: _Shared | None = None
        self._losses: dict[str, Callable[[], None]] = {}

    def watch(self, root: str, tell: Callable[[str], None], lost: Callable[[], None]) -> Watch:
        """Have every event's path told; what was watched under this name before is over.

        `lost` is called when events may have been lost because of another root.

        Raises:
            OSError: the system refuses; whatever else watchdog may raise.
        """
        while True:
            shared = self._current()
            with shared.lock:
                if shared.is_over:
                    continue  # its last root went just now
                self._unschedule(shared, root)
                try:
                    watch = shared.observer.schedule(
                        _Listener(tell), root, recursive=True, event_filter=_EVENTS
                    )
                finally:
                    self._end_if_idle(shared)
                emitter = next(found for found in shared.observer.emitters if found.watch == watch)
                shared.emitters[root] = emitter
                self._losses[root] = lost
                return Watch(root, shared, emitter)

    def unwatch(self, watch: Watch, *, is_storm: bool = False) -> None:
        """Tell no more; after a storm the other roots hear that the system may have lost events."""
        shared = watch.shared
        if shared.is_over:
            return  # its lock may be held for ever
        with shared.lock:
            if shared.emitters.get(watch.root) is not watch.emitter:
                return
            self._unschedule(shared, watch.root)
            self._end_if_idle(shared)
            others = [self._losses[root] for root in shared.emitters] if is_storm else []
        for lost in others:
            lost()

    def leave_behind(self) -> None:
        """A root did not come back from a call: all others get a new observer."""
        with self._lock:
            shared, self._shared = self._shared, None
        if shared is not None:
            shared.is_over = True
            threading.Thread(target=shared.end, daemon=True).start()

    def _current(self) -> _Shared:
        with self._lock:
            if self._shared is None or not self._shared.observer.is_alive():
                self._shared = _Shared()
            return self._shared

    def _unschedule(self, shared: _Shared, root: str) -> None:
        emitter = shared.emitters.pop(root, None)
        if emitter is None:
            return
        try:
            shared.observer.unschedule(emitter.watch)
        except Exception:  # watchdog must never end the daemon
            log.warning("events.unavailable", root=root, exc_info=True)

    def _end_if_idle(self, shared: _Shared) -> None:
        """An observer without roots has nothing to do."""
        if not shared.observer.emitters:
            with self._lock:
                if self._shared is shared:
                    self._shared = None
            shared.end()
