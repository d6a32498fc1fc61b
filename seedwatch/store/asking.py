"""Questions to the database on a thread of their own, so that they never wait for a commit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import apsw

from seedwatch.errors import StoreError
from seedwatch.store.database import as_store_error, connect_reader
from seedwatch.store.patience import Patience
from seedwatch.store.writer import Row
from seedwatch.texts import say

T = TypeVar("T")


class Asker:
    """A connection that only reads; each question sees every commit that was handed back."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._cursor = self._connection.cursor()

    def rows(self, statement: str, values: Any = ()) -> list[Row]:
        """All rows of a statement."""
        return self._cursor.execute(statement, values).fetchall()

    def ask(self, question: Callable[[Asker], T]) -> T:
        """Answer it from one state of the database, however many statements it takes.

        Raises:
            StoreError: the database failed.
        """
        try:
            self.rows("BEGIN")
            try:
                return question(self)
            finally:
                self.rows("COMMIT")
        except apsw.Error as error:
            raise as_store_error(error) or StoreError(str(error)) from error

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class AskingThread:
    """One asker in a thread, for an event loop."""

    def __init__(self, path: Path, patience: Patience | None = None) -> None:
        self._asker = Asker(connect_reader(path))
        self._patience = patience
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="queue-reader")

    async def ask(self, question: Callable[[Asker], T]) -> T:
        """As `Asker.ask`, without blocking the loop.

        Raises:
            StoreError: the database failed, or was closed.
        """
        loop = asyncio.get_running_loop()
        try:
            answer = loop.run_in_executor(self._pool, self._ask, question)
        except RuntimeError as error:  # the pool was shut down
            raise StoreError(say("store.closed")) from error
        return await answer

    def _ask(self, question: Callable[[Asker], T]) -> T:
        while True:
            try:
                answer = self._asker.ask(question)
            except StoreError as error:
                if self._patience is None or not self._patience.lasts(error):
                    raise
            else:
                if self._patience is not None:
                    self._patience.lasts(None)
                return answer

    async def close(self) -> None:
        """Answer what was asked, then close."""
        await asyncio.to_thread(self._pool.shutdown)
        self._asker.close()
