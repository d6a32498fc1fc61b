"""One connection that writes, on a thread of its own; commits of concurrent callers are grouped.

A caller submits a function; it runs inside `BEGIN IMMEDIATE`, and its result is handed back only
after COMMIT has returned, so that what a caller knows is on disk. Functions that wait at the same
time share one commit; if one of them fails, that is undone and each gets a commit of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import apsw

from seedwatch.errors import StoreError
from seedwatch.kill_points import reached
from seedwatch.store.database import as_store_error, connect_writer
from seedwatch.store.patience import Patience
from seedwatch.store.waking import Bells, Wakes
from seedwatch.texts import say

T = TypeVar("T")
Row = tuple[Any, ...]

_GROUP_LIMIT: Final = 256
_LOOK_S: Final = 1.0  # how often other processes' commits and clock jumps are looked for
_JUMP_S: Final = 2.0


class Tx:
    """One commit as its callers see it: statements, the time, what to wake afterwards."""

    __slots__ = ("_connection", "_cursor", "now", "wakes")

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self.now = 0.0
        self.wakes = Wakes()

    def run(self, statement: str, values: Any = ()) -> int:
        """Run a statement that gives no rows; returns how many rows it changed."""
        self._cursor.execute(statement, values)
        return self._connection.changes()

    def many(self, statement: str, values: Iterable[Any]) -> None:
        """Run it once for each of the values."""
        self._cursor.executemany(statement, values)

    def rows(self, statement: str, values: Any = ()) -> list[Row]:
        """All its rows."""
        return self._cursor.execute(statement, values).fetchall()

    def row(self, statement: str, values: Any = ()) -> Row | None:
        """Its first row, if any."""
        found = self._cursor.execute(statement, values).fetchall()
        return found[0] if found else None


class _Order(Generic[T]):
    """A function that waits for its commit, and where its result goes."""

    __slots__ = ("error", "future", "result", "work")

    def __init__(self, work: Callable[[Tx], T], future: asyncio.Future[T]) -> None:
        self.work = work
        self.future = future
        self.result: T
        self.error: BaseException | None = None

    def hand_back(self) -> None:
        if self.future.done():  # its caller was cancelled
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Writer:
    """The thread that writes; made and used inside one event loop."""

    def __init__(
        self, path: Path, clock: Callable[[], float], bells: Bells, patience: Patience | None = None
    ) -> None:
        self._clock = clock
        self._patience = patience
        self._bells = bells
        self._loop = asyncio.get_running_loop()
        self._orders: queue.SimpleQueue[list[_Order[Any]] | None] = queue.SimpleQueue()
        self._gathered: list[_Order[Any]] = []
        self._connection = connect_writer(path)
        self._tx = Tx(self._connection)
        self._is_closed = False
        self._ended = self._loop.create_future()
        self._seen_version = 0
        self._seen_version = self._other_writes()
        self._skew_s = clock() - time.monotonic()
        self._looked_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="queue-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Tx], T]) -> asyncio.Future[T]:
        """Run `work` in the next commit.

        It may run twice, its first run undone, where another caller of that commit fails.

        Raises:
            StoreError: the writer was closed (at once); the database failed (when awaited).
            StoreUnavailable: it is locked or its disk is full (when awaited).
        """
        if self._is_closed:
            raise StoreError(say("store.closed"))
        future: asyncio.Future[T] = self._loop.create_future()
        if not self._gathered:  # whoever else submits in this turn of the loop shares the commit
            self._loop.call_soon(self._flush)
        self._gathered.append(_Order(work, future))
        return future

    def _flush(self) -> None:
        if self._gathered:
            self._orders.put(self._gathered)
            self._gathered = []

    async def close(self) -> None:
        """Commit what was submitted, then close the connection."""
        if not self._is_closed:
            self._is_closed = True
            self._flush()
            self._orders.put(None)
        await asyncio.shield(self._ended)

    def _run(self) -> None:
        is_open = True
        while is_open:
            group, is_open = self._next_group()
            if group:
                self._serve(group)
            self._look_around()
        self._connection.close()
        self._call(self._end)

    def _next_group(self) -> tuple[list[_Order[Any]], bool]:
        """The orders that wait, at least one unless it is time to look around; False: the end."""
        group: list[_Order[Any]] = []
        try:
            orders = self._orders.get(timeout=_LOOK_S)
            while orders is not None:
                # Nothing is begun for a caller who left.
                group += [order for order in orders if not order.future.cancelled()]
                if len(group) >= _GROUP_LIMIT:
                    return group, True
                orders = self._orders.get_nowait()
        except queue.Empty:
            return group, True
        return group, False

    def _serve(self, group: list[_Order[Any]]) -> None:
        """One commit for all; where a caller's function failed, one for each instead."""
        if self._commit(group):
            self._tell(group)
            return
        for order in group:
            self._commit([order])
            self._tell([order])

    def _commit(self, group: list[_Order[Any]]) -> bool:
        """As `_try`, again as long as the database cannot be had and there is patience."""
        while self._try(group):
            error = next((order.error for order in group), None)
            if self._patience is None or not self._patience.lasts(error):
                return True
            group[:] = [order for order in group if not order.future.cancelled()]
        return False

    def _try(self, group: list[_Order[Any]]) -> bool:
        """Whether the group is done with; False: nothing was written, as one of several failed.

        That is rare, and cheaper than a savepoint for each caller (measured: a third of a claim).
        """
        self._tx.now, self._tx.wakes = self._clock(), Wakes()
        is_working = False
        try:
            self._tx.run("BEGIN IMMEDIATE")
            is_working = True
            for order in group:
                if not order.future.cancelled():  # its caller may leave while a lock is waited for
                    order.result = order.work(self._tx)
                order.error = None
            is_working = False
            reached("store.written")
            self._tx.run("COMMIT")
            reached("store.committed")
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to the callers
            self._undo()
            if is_working and len(group) > 1:
                return False
            self._tx.wakes = Wakes()
            for order in group:
                order.error = _explained(error)
        return True

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._tx.run("ROLLBACK")

    def _tell(self, group: list[_Order[Any]]) -> None:
        wakes = self._tx.wakes

        def tell() -> None:
            self._bells.apply(wakes)
            for order in group:
                order.hand_back()

        self._call(tell)

    def _call(self, function: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(function)

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    def _look_around(self) -> None:
        """Wake everyone when another process wrote or the wall clock jumped."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_S:
            return
        self._looked_at = now
        version, skew_s = self._other_writes(), self._clock() - now
        if version != self._seen_version or abs(skew_s - self._skew_s) > _JUMP_S:
            self._seen_version, self._skew_s = version, skew_s
            self._call(self._bells.ring_all)

    def _other_writes(self) -> int:
        try:
            return int(self._tx.rows("PRAGMA data_version")[0][0])
        except apsw.Error:  # the next commit tells its caller
            return self._seen_version


def _explained(error: Exception) -> BaseException:
    if isinstance(error, apsw.Error):
        return as_store_error(error) or error
    return error
