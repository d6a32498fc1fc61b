"""Commits of concurrent callers are grouped, durable before they are told, and independent."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import apsw
import pytest

from seedwatch.errors import StoreError
from seedwatch.store.base import StoreUnavailable
from seedwatch.store.database import BUSY_TIMEOUT_MS, as_store_error, assert_library, connect_writer
from seedwatch.store.sqlite import SqliteStore
from seedwatch.store.waking import Bells
from seedwatch.store.writer import Tx, Writer
from tests.store.build import Clock, new_job, query

pytestmark = pytest.mark.anyio

INSERT = "INSERT INTO notes (word) VALUES (?)"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with one table."""
    path = tmp_path / "notes.db"
    path.touch()
    connection = connect_writer(path)
    connection.execute("CREATE TABLE notes (word TEXT NOT NULL UNIQUE) STRICT")
    connection.close()
    return path


@pytest.fixture
async def writer(file: Path) -> AsyncIterator[Writer]:
    """A writer on that file."""
    opened = Writer(file, Clock(), Bells(Clock()))
    yield opened
    await opened.close()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Holds the writer's thread, so that orders gather behind it."""
    event = threading.Event()
    yield event
    event.set()


def insert(word: str) -> Callable[[Tx], int]:
    """An order that writes one row."""
    return lambda tx: tx.run(INSERT, (word,))


async def stalled(writer: Writer, gate: threading.Event) -> asyncio.Future[bool]:
    """An order under way until the gate opens; what is submitted now shares the next commit."""
    begun = threading.Event()

    def wait(tx: Tx) -> bool:
        begun.set()
        return gate.wait(10)

    order = writer.submit(wait)
    assert await asyncio.to_thread(begun.wait, 10)
    return order


def words(file: Path) -> list[str]:
    """What another connection sees."""
    return [str(word) for (word,) in query(file, "SELECT word FROM notes ORDER BY rowid")]


async def test_a_result_comes_after_its_commit(writer: Writer, file: Path) -> None:
    """Whatever a caller was told, another connection can read.

    Red if `_tell` is called before COMMIT.
    """
    for number in range(50):
        await writer.submit(insert(str(number)))
        assert words(file)[-1] == str(number)


async def test_nothing_is_seen_or_told_before_the_commit(
    writer: Writer, file: Path, gate: threading.Event
) -> None:
    """While a group is under way its first caller knows nothing yet, nor does anybody else."""
    blocked = await stalled(writer, gate)
    first = writer.submit(insert("first"))
    begun = threading.Event()
    release = threading.Event()

    def slow(tx: Tx) -> None:
        begun.set()
        release.wait(10)

    second = writer.submit(slow)
    gate.set()
    await blocked
    assert await asyncio.to_thread(begun.wait, 10)
    await asyncio.sleep(0)
    assert not first.done()
    assert words(file) == []
    release.set()
    await asyncio.gather(first, second)
    assert words(file) == ["first"]


async def test_callers_share_a_commit(writer: Writer, file: Path, gate: threading.Event) -> None:
    """Many callers at once need few commits: the file's change counter moves by one."""
    blocked = await stalled(writer, gate)
    orders = [writer.submit(insert(str(number))) for number in range(20)]
    watcher = connect_writer(file)
    before = watcher.execute("PRAGMA data_version").fetchall()[0][0]
    gate.set()
    await blocked
    await asyncio.gather(*orders)
    after = watcher.execute("PRAGMA data_version").fetchall()[0][0]
    watcher.close()
    assert len(words(file)) == 20
    assert after != before
    assert writer_commits(file) == 1


def writer_commits(file: Path) -> int:
    """How many commits the log holds: frames that carry a database size."""
    log = file.with_name(f"{file.name}-wal").read_bytes()
    page_size = int.from_bytes(log[8:12], "big")
    headers = [log[at : at + 24] for at in range(32, len(log), 24 + page_size)]
    salt = log[16:24]
    live = [header for header in headers if header[8:16] == salt]
    return sum(int.from_bytes(header[4:8], "big") != 0 for header in live)


async def test_an_error_fails_its_caller_alone(
    writer: Writer, file: Path, gate: threading.Event
) -> None:
    """In a group one caller's error undoes its rows only; alone it undoes everything.

    Red if `_commit` of several goes on after an error.
    """

    def half(tx: Tx) -> None:
        tx.run(INSERT, ("half",))
        raise RuntimeError("oops")

    blocked = await stalled(writer, gate)
    good = writer.submit(insert("good"))
    bad = writer.submit(half)
    twice = writer.submit(insert("good"))
    last = writer.submit(insert("last"))
    gate.set()
    await asyncio.gather(blocked, good, last)
    with pytest.raises(RuntimeError, match="oops"):
        await bad
    with pytest.raises(apsw.ConstraintError):
        await twice
    with pytest.raises(RuntimeError, match="oops"):
        await writer.submit(half)
    assert words(file) == ["good", "last"]


async def test_a_cancelled_caller_begins_nothing(
    writer: Writer, file: Path, gate: threading.Event
) -> None:
    """What its caller no longer waits for is not begun; what was begun is committed."""
    blocked = await stalled(writer, gate)
    left = writer.submit(insert("left"))
    left.cancel()
    gate.set()
    await blocked
    await writer.submit(insert("stayed"))
    assert words(file) == ["stayed"]


async def test_close_commits_what_was_submitted(file: Path) -> None:
    """Orders before `close` are done, later ones refused; the log is gone."""
    writer = Writer(file, Clock(), Bells(Clock()))
    orders = [writer.submit(insert(str(number))) for number in range(9)]
    await writer.close()
    await asyncio.gather(*orders)
    with pytest.raises(StoreError):
        writer.submit(lambda tx: None)
    assert len(words(file)) == 9


@pytest.mark.fault(79)
async def test_a_locked_database_is_waited_for(
    writer: Writer, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 79: another tool holds the lock for a moment: the commit comes after it."""
    other = connect_writer(file)
    other.execute("BEGIN IMMEDIATE")
    order = writer.submit(insert("patient"))
    await asyncio.sleep(0.05)
    assert not order.done()
    other.execute("COMMIT")
    await order
    other.close()
    assert BUSY_TIMEOUT_MS == 5000


@pytest.mark.fault(79)
async def test_a_database_locked_for_long_is_unavailable(file: Path) -> None:
    """Locked for longer than the busy timeout: nothing is written, the callers may try again."""
    writer = Writer(file, Clock(), Bells(Clock()))
    writer._connection.set_busy_timeout(20)
    other = connect_writer(file)
    other.execute("BEGIN IMMEDIATE")
    orders = [writer.submit(insert(str(n))) for n in range(3)]
    for order in orders:
        with pytest.raises(StoreUnavailable):
            await order
    other.execute("ROLLBACK")
    other.close()
    await writer.submit(insert("later"))
    await writer.close()
    assert words(file) == ["later"]


@pytest.mark.fault(9)
async def test_a_full_disk_fails_whom_it_must_and_passes(
    writer: Writer, file: Path, gate: threading.Event
) -> None:
    """Fault 9: no room for one caller's rows: it fails with StoreUnavailable, and keeps nothing."""

    def fill(tx: Tx) -> None:
        tx.rows("PRAGMA max_page_count = 3")

    def more(tx: Tx) -> None:
        tx.rows("PRAGMA max_page_count = 100000")

    await writer.submit(fill)
    blocked = await stalled(writer, gate)
    small = writer.submit(insert("small"))
    large = writer.submit(insert("x" * 100_000))
    gate.set()
    await blocked
    with pytest.raises(StoreUnavailable):
        await large
    await small
    assert words(file) == ["small"]
    await writer.submit(more)
    await writer.submit(insert("y" * 100_000))
    assert len(words(file)) == 2


@pytest.mark.fault(15)
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (apsw.FullError(), StoreUnavailable),
        (apsw.BusyError(), StoreUnavailable),
        (apsw.IOError(), StoreError),
        (apsw.CorruptError(), StoreError),
        (apsw.NotADBError(), StoreError),
        (apsw.ReadOnlyError(), StoreUnavailable),
    ],
)
def test_errors_of_sqlite_have_their_class(error: apsw.Error, kind: type[StoreError]) -> None:
    """What passes is StoreUnavailable, what does not is StoreError."""
    assert type(as_store_error(error)) is kind


@pytest.mark.parametrize("version", [3_007_000, 3_051_002, 3_052_000, 3_052_009])
def test_a_library_with_the_wal_race_is_refused(version: int) -> None:
    """promises.md 2: 3.51.3 or at least 3.53.0."""
    with pytest.raises(StoreError, match="apsw"):
        assert_library(version)


@pytest.mark.parametrize("version", [3_051_003, 3_053_000, 3_060_001])
def test_a_mended_library_is_fine(version: int) -> None:
    """So are all after it."""
    assert_library(version)


async def test_the_settings_are_those_promised(writer: Writer) -> None:
    """WAL, FULL, foreign keys, no trust in the schema; read back from the connection."""
    settings = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "fullfsync": 1,
        "busy_timeout": 5000,
    }

    def read(tx: Tx) -> dict[str, object]:
        return {name: tx.rows(f"PRAGMA {name}")[0][0] for name in settings}

    assert await writer.submit(read) == settings


async def test_a_store_at_rest_keeps_no_pages_and_writes_nothing(tmp_path: Path) -> None:
    """What the cache took during work is given back, and the files of the database stay as are.

    Breaks if `rest` no longer shrinks the connection that writes.
    """
    path = tmp_path / "queue.db"
    store = await SqliteStore.open(path)
    await store.open_jobs([new_job(f"{number}.png") for number in range(500)])

    def cached(_: Tx) -> int:
        return store._writer._connection.status(apsw.SQLITE_DBSTATUS_CACHE_USED)[0]

    def files() -> list[bytes]:
        return [(tmp_path / name).read_bytes() for name in ("queue.db", "queue.db-wal")]

    before, written = await store._writer.submit(cached), files()
    await store.rest()
    assert await store._writer.submit(cached) < before / 4
    assert files() == written
    await store.close()
