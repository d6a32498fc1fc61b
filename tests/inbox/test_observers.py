"""One observer for all roots: they share its threads, and nothing else."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from watchdog.observers.api import BaseObserver

from seedwatch.inbox import watcher as watcher_module
from seedwatch.inbox.events import EventSource
from seedwatch.inbox.observers import Observers
from seedwatch.inbox.watcher import Watcher
from seedwatch.threads import RootThreads
from tests.inbox.conftest import MakeStage

KEY = (1, 2)


class Rooms:
    """Watched roots side by side, each with an event that is set when it is woken."""

    def __init__(self, base: Path, count: int) -> None:
        self.observers = Observers()
        self.paths = [base / str(number) for number in range(count)]
        for path in self.paths:
            path.mkdir()
        self.awake = [threading.Event() for _ in self.paths]
        self.watchers = [
            Watcher(str(path), awake.set, self.observers)
            for path, awake in zip(self.paths, self.awake, strict=True)
        ]

    def start(self) -> None:
        for watcher in self.watchers:
            watcher.start(KEY, 1)

    def hears(self, number: int) -> bool:
        """Whether a file dropped now wakes the watcher of that root."""
        self.watchers[number].hints.take()
        self.awake[number].clear()
        (self.paths[number] / "new.png").unlink(missing_ok=True)
        (self.paths[number] / "new.png").touch()
        return self.awake[number].wait(10)

    def stop(self) -> None:
        for watcher in self.watchers:
            watcher.stop()


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    found = Rooms(tmp_path, 5)
    yield found
    found.stop()


def _until(is_so: Callable[[], bool]) -> bool:
    for _ in range(500):
        if is_so():
            return True
        threading.Event().wait(0.02)
    return False


def test_roots_share_the_threads_of_one_observer(rooms: Rooms) -> None:
    """Each further root costs one thread and no more; without roots there is none left."""
    before = set(threading.enumerate())  # some of them may still be on their way out

    def count() -> int:
        return len(set(threading.enumerate()) - before)

    rooms.watchers[0].start(KEY, 1)
    first = count()
    rooms.start()

    assert count() == first + 4
    assert all(rooms.hears(number) for number in range(5))
    rooms.stop()
    assert _until(lambda: count() == 0)


def test_a_root_that_is_let_go_takes_no_other_along(rooms: Rooms) -> None:
    """The others go on; the one is watched again when it starts again."""
    rooms.start()
    rooms.watchers[1].stop()

    assert not rooms.watchers[1].is_alive
    assert all(rooms.hears(number) for number in (0, 2, 3, 4))
    rooms.watchers[1].start(KEY, 1)
    assert rooms.hears(1)


def test_a_late_farewell_ends_no_new_watch(rooms: Rooms) -> None:
    """What `let_go` left to do may be done after the next start, and then does nothing.

    Breaks if a watch were known by its path alone.
    """
    rooms.start()
    late = rooms.watchers[2].let_go()
    rooms.watchers[2].start(KEY, 1)
    late()

    assert rooms.watchers[2].is_alive
    assert rooms.hears(2)


def test_a_root_that_was_made_anew(rooms: Rooms) -> None:
    """A removed root is noticed as no longer watched; its watch begins anew with its successor."""
    rooms.start()
    shutil.rmtree(rooms.paths[3])
    assert _until(lambda: not rooms.watchers[3].is_alive)
    rooms.paths[3].mkdir()
    rooms.watchers[3].start(KEY, 1)

    assert rooms.hears(3)
    assert rooms.hears(0)


def test_a_storm_in_one_root_wakes_the_others(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the system drops in a storm may have been of any root: all of them look.

    Breaks if the end of a stormy watch told nobody.
    """
    monkeypatch.setattr(watcher_module, "_STORM_COUNT", 20)
    rooms.start()
    for number in range(40):
        (rooms.paths[0] / f"{number}.png").touch()

    assert all(awake.wait(10) for awake in rooms.awake)
    assert rooms.watchers[0].is_storm
    assert not rooms.watchers[0].is_alive
    assert rooms.hears(4)


@pytest.mark.fault(24)
@pytest.mark.anyio
async def test_a_root_that_hangs_is_left_behind(
    make_stage: MakeStage, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A root in which watchdog hangs is polled; the others are watched again at once.

    Breaks if all roots waited for the one observer.
    """
    hung, go_on = str(make_stage().inbox), threading.Event()
    real = BaseObserver.schedule

    def hanging(observer: BaseObserver, handler: Any, path: str, **more: Any) -> object:
        if path == hung:
            go_on.wait(30)
        return real(observer, handler, path, **more)

    monkeypatch.setattr(BaseObserver, "schedule", hanging)
    rooms.start()
    folder = make_stage(folder={"watch": "events"}).folder_settings()
    events = EventSource(folder, lambda: None, rooms.observers)
    await events.keep_alive(KEY, 1, RootThreads("hung", 2, 0.2), 0.0)

    assert (events.watch, bool(events.note)) == ("poll", True)
    assert not any(watcher.is_alive for watcher in rooms.watchers)
    rooms.start()
    assert all(rooms.hears(number) for number in range(5))
    go_on.set()
