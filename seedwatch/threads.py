"""File work off the event loop: in daemon threads with deadlines, a few at a time for each root.

A thread stuck in `stat()` on a dead share cannot be cancelled. It must neither block the exit (so
the threads are daemons, unlike those of `asyncio.to_thread`) nor the work on other roots (so each
root has its own places).
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, Generic, ParamSpec, TypeVar

from seedwatch.pulse import Pulse, followed

P = ParamSpec("P")
T = TypeVar("T")

_IDLE_S: Final = 30.0
"""how long a thread without work waits for more before it ends"""


class RootThreads:
    """At most `places` threads at a time for one root; a hung call keeps its place.

    The deadline is one of silence: work that goes on making steps (`pulse.beat`) may take any time.
    """

    def __init__(self, name: str, places: int = 4, deadline_s: float | None = None) -> None:
        self.name = name
        self.deadline_s = deadline_s
        self._free = places
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._orders: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._in_flight = 0
        self._threads = 0
        self._pulse = Pulse()

    async def call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in a thread and return what it returns or raise what it raises.

        Raises:
            TimeoutError: nothing moved for too long; the thread goes on, its outcome is dropped.
        """
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[T] = loop.create_future()
        pulse = Pulse(self._pulse)

        def settle(result: T | None, error: BaseException | None) -> None:
            self._in_flight -= 1
            self._leave()
            if outcome.done():
                return
            if error is None:
                outcome.set_result(result)  # type: ignore[arg-type]  # None only if T allows it
            else:
                outcome.set_exception(error)

        def run() -> None:
            result: T | None = None
            error: BaseException | None = None
            try:
                with followed(pulse):
                    result = work(*args, **kwargs)
            except StopIteration as caught:
                error = RuntimeError(f"{work!r} raised StopIteration")  # no future takes that one
                error.__cause__ = caught
            except BaseException as caught:  # noqa: BLE001 - handed to the caller
                error = caught
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
                loop.call_soon_threadsafe(settle, result, error)

        await self._enter(loop)
        self._order(run)
        return await _while_beating(outcome, pulse, self.deadline_s)

    async def _enter(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait for a place, one after the other, as long as those who have one get on."""
        if self._free:
            self._free -= 1
            return
        place: asyncio.Future[None] = loop.create_future()
        self._waiting.append(place)
        try:
            await _while_beating(place, self._pulse, self.deadline_s)
        except BaseException:
            if place.done() and not place.cancelled() and place.exception() is None:
                self._leave()  # it was given just as its caller went
            raise

    def _leave(self) -> None:
        """Give a place to the first who still waits."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._free += 1

    def _order(self, run: Callable[[], None]) -> None:
        """Hand it to a thread that waits for work, or to a new one."""
        self._in_flight += 1
        with self._lock:
            self._orders.put(run)
            is_short = self._threads < self._in_flight
            self._threads += is_short
        if is_short:
            self._start()

    def _start(self) -> None:
        """One more thread; where the system has none to give, those there are must do.

        Raises:
            RuntimeError: there is not one.
        """
        try:
            threading.Thread(target=self._work, name=f"root:{self.name}", daemon=True).start()
        except RuntimeError:
            with self._lock:
                self._threads -= 1
                if self._threads:
                    return
                self._orders.get_nowait()
            self._in_flight -= 1
            self._leave()
            raise

    def _work(self) -> None:
        while True:
            try:
                run = self._orders.get(timeout=_IDLE_S)
            except queue.Empty:
                with self._lock:
                    if self._orders.empty():
                        self._threads -= 1
                        return
            else:
                run()
                del run  # or what it held would live until the next order


async def _while_beating(future: asyncio.Future[T], pulse: Pulse, silence_s: float | None) -> T:
    """What comes of it; whoever goes before that leaves it cancelled.

    Raises:
        TimeoutError: there was no beat for `silence_s`.
    """
    if silence_s is None:
        return await future
    look_later = asyncio.get_running_loop().call_later

    timer: asyncio.TimerHandle

    def look(beats: int) -> None:
        nonlocal timer
        if not future.done() and pulse.beats == beats:
            future.set_exception(TimeoutError())
        elif not future.done():
            timer = look_later(silence_s, look, pulse.beats)

    timer = look_later(silence_s, look, pulse.beats)
    try:
        return await future
    finally:
        timer.cancel()


class Aside(Generic[T]):
    """Work in a thread of its own, for callers without an event loop."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._pulse = Pulse()
        self._outcome: queue.SimpleQueue[tuple[T | None, BaseException | None]] = (
            queue.SimpleQueue()
        )
        threading.Thread(target=self._run, name="aside", daemon=True).start()

    def result(self, silence_s: float) -> T:
        """What came of it.

        Raises:
            TimeoutError: it made no step for so long; the thread is left to itself.
        """
        while True:
            beats = self._pulse.beats
            try:
                result, error = self._outcome.get(timeout=silence_s)
            except queue.Empty:
                if self._pulse.beats == beats:
                    raise TimeoutError from None
            else:
                if error is not None:
                    raise error
                return result  # type: ignore[return-value]  # None only if T allows it

    def _run(self) -> None:
        try:
            with followed(self._pulse):
                self._outcome.put((self._work(), None))
        except BaseException as error:  # noqa: BLE001 - handed to the caller
            self._outcome.put((None, error))
