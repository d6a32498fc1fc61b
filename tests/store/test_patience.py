"""store.patience: a locked or full database is waited out, until it is time to give up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest
import structlog

from seedwatch.errors import StoreError
from seedwatch.store import patience
from seedwatch.store.base import StoreUnavailable
from seedwatch.store.database import connect_writer
from seedwatch.store.patience import Patience
from seedwatch.store.waking import Bells
from seedwatch.store.writer import Tx, Writer
from tests.store.build import Clock, query

pytestmark = [pytest.mark.anyio, pytest.mark.fault(79), pytest.mark.fault(9)]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again at once."""
    monkeypatch.setattr(patience, "_AGAIN_S", 0.01)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with one table."""
    path = tmp_path / "notes.db"
    path.touch()
    connection = connect_writer(path)
    connection.execute("CREATE TABLE notes (word TEXT NOT NULL UNIQUE) STRICT")
    connection.close()
    return path


def _patient(file: Path, given_up: threading.Event) -> Writer:
    writer = Writer(file, Clock(), Bells(Clock()), Patience(given_up))
    writer._connection.set_busy_timeout(5)
    return writer


def _insert(word: str) -> Callable[[Tx], int]:
    return lambda tx: tx.run("INSERT INTO notes (word) VALUES (?)", (word,))


async def test_a_lock_is_waited_out(file: Path) -> None:
    """Locked far longer than the busy timeout: each caller waits, and its rows are there after it.

    Red without the loop in `_commit`: the daemon would stop. Said once, and once when it is over.
    """
    writer = _patient(file, threading.Event())
    other = connect_writer(file)
    other.execute("BEGIN IMMEDIATE")
    with structlog.testing.capture_logs() as lines:
        orders = [writer.submit(_insert(word)) for word in ("one", "two")]
        await asyncio.sleep(0.2)
        left = writer.submit(_insert("nobody waits for it"))
        left.cancel()
        assert not any(order.done() for order in orders)
        other.execute("ROLLBACK")
        await asyncio.gather(*orders)
        await writer.submit(_insert("three"))
    other.close()
    await writer.close()
    assert [word for (word,) in query(file, "SELECT word FROM notes")] == ["one", "two", "three"]
    assert [line["event"] for line in lines] == ["database.blocked", "database.unblocked"]


async def test_a_caller_who_leaves_meanwhile_writes_nothing(file: Path) -> None:
    """An order that was begun in vain is not carried out once its caller was cancelled.

    Red when the loop keeps it: a submit would be recorded that is never sent.
    """
    writer = _patient(file, threading.Event())
    other = connect_writer(file)
    other.execute("BEGIN IMMEDIATE")
    left, stays = writer.submit(_insert("left")), writer.submit(_insert("stays"))
    await asyncio.sleep(0.1)
    left.cancel()
    other.execute("ROLLBACK")
    await stays
    other.close()
    await writer.close()
    assert query(file, "SELECT word FROM notes") == [("stays",)]


async def test_a_full_disk_is_waited_out(file: Path) -> None:
    """No room for the rows: the caller waits until there is some, and nothing is half written."""
    writer = _patient(file, threading.Event())
    await writer.submit(lambda tx: tx.rows("PRAGMA max_page_count = 3"))
    order = writer.submit(_insert("x" * 100_000))
    await asyncio.sleep(0.1)
    assert not order.done()
    assert query(file, "SELECT word FROM notes") == []
    writer._connection.pragma("max_page_count", 100_000)
    await order
    await writer.close()


async def test_whoever_gives_up_is_told(file: Path) -> None:
    """Locked for ever: when it is time to stop the callers hear that nothing was written."""
    given_up = threading.Event()
    writer = _patient(file, given_up)
    other = connect_writer(file)
    other.execute("BEGIN IMMEDIATE")
    order = writer.submit(_insert("in vain"))
    await asyncio.sleep(0.05)
    given_up.set()
    with pytest.raises(StoreUnavailable):
        await order
    other.execute("ROLLBACK")
    other.close()
    await writer.close()
    assert query(file, "SELECT word FROM notes") == []


async def test_a_broken_database_is_not_waited_for(file: Path) -> None:
    """What does not pass by itself is told at once."""
    writer = _patient(file, threading.Event())

    def broken(_: Tx) -> None:
        raise apsw.CorruptError("damaged")

    with pytest.raises(StoreError) as raised:
        await writer.submit(broken)
    assert type(raised.value) is StoreError
    await writer.close()
