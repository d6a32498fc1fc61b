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
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_IDLE_S: Final = 30.0
"""how long a thread without work waits for more before it ends"""


class RootThreads:
    """At most `places` threads at a time for one root; a hung call keeps its place."""

    def __init__(self, name: str, places: int = 4, deadline_s: float | None = None) -> None:
        self.name = name
        self.deadline_s = deadline_s
        self._places = asyncio.Semaphore(places)
        self._orders: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._in_flight = 0
        self._threads = 0

    async def call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in a thread and return what it returns or raise what it raises.

        Raises:
            TimeoutError: the deadline passed; the thread goes on and its outcome is dropped.
        """
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            self._in_flight -= 1
            self._places.release()
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
                result = work(*args, **kwargs)
            except StopIteration as caught:
                error = RuntimeError(f"{work!r} raised StopIteration")  # no future takes that one
                error.__cause__ = caught
            except BaseException as caught:  # noqa: BLE001 - handed to the caller
                error = caught
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
                loop.call_soon_threadsafe(settle, result, error)

        async with asyncio.timeout(self.deadline_s):
            await self._places.acquire()
            self._order(run)
            return await outcome

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
            self._places.release()
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
