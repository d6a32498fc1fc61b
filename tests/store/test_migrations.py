"""P16: newer is refused, older is backed up and migrated whole, damaged is left as it is."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import apsw
import pytest

from seedwatch.errors import StoreError
from seedwatch.store.database import connect_reader, connect_writer
from seedwatch.store.migrations import VERSION, create_schema, prepare, run_script
from seedwatch.store.reads import open_reader
from seedwatch.store.sqlite import SqliteStore
from tests.store.build import new_job, opened, query, states

pytestmark = pytest.mark.anyio

NEXT, LAST = VERSION + 1, VERSION + 2
STEPS = {
    NEXT: "ALTER TABLE tasks ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue';",
    LAST: "CREATE TABLE moods (name TEXT PRIMARY KEY) STRICT;\n"
    "INSERT INTO moods (name) SELECT 'of ' || id FROM tasks;",
}


@pytest.fixture
async def used(path: Path) -> Path:
    """A database of this version with a task in it."""
    store = await SqliteStore.open(path)
    await opened(store, new_job())
    await store.close()
    return path


def version(path: Path) -> object:
    """What the file says of itself."""
    return query(path, "PRAGMA user_version")[0][0]


def content_of(path: Path) -> bytes:
    """The file, byte for byte."""
    return path.read_bytes()


def put(path: Path, content: bytes) -> None:
    """The file as somebody else left it."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def set_version(path: Path, number: int) -> None:
    """As if another version had written the file."""
    connection = connect_writer(path)
    connection.execute(f"PRAGMA user_version = {number}")
    connection.close()


@pytest.mark.fault(81)
@pytest.mark.fault(81)
async def test_older_is_copied_and_migrated(used: Path) -> None:
    """All steps are taken, the rows are there, the copy is the file as it was, private."""
    prepare(used, version=LAST, steps=STEPS)
    assert version(used) == LAST
    assert query(used, "SELECT colour FROM tasks") == [("blue",)]
    assert query(used, "SELECT name FROM moods") == [("of 1",)]
    copy = used.with_name(f"queue.db.v{VERSION}.bak")
    assert version(copy) == VERSION
    assert states(copy) == [(1, "ready", "")]
    assert copy.stat().st_mode & 0o777 == 0o600
    prepare(used, version=LAST, steps=STEPS)
    assert version(used) == LAST


@pytest.mark.fault(81)
@pytest.mark.fault(81)
async def test_a_step_that_fails_changes_nothing(used: Path) -> None:
    """The steps are one transaction: the old program can still use the file."""
    steps = {**STEPS, LAST: "CREATE TABLE moods (name TEXT);\nINSERT INTO nowhere VALUES (1);"}
    with pytest.raises(StoreError):
        prepare(used, version=LAST, steps=steps)
    assert version(used) == VERSION
    store = await SqliteStore.open(used)
    await store.close()
    assert states(used) == [(1, "ready", "")]


async def test_a_step_that_orphans_rows_is_refused(used: Path) -> None:
    """A migration that breaks a reference is rolled back."""
    with pytest.raises(StoreError):
        prepare(used, version=NEXT, steps={NEXT: "DELETE FROM jobs;"})
    assert states(used) == [(1, "ready", "")]


@pytest.mark.fault(81)
async def test_no_way_from_that_version(used: Path) -> None:
    """A missing step is a refusal, and no copy is made."""
    with pytest.raises(StoreError, match="no way"):
        prepare(used, version=LAST, steps={LAST: ""})
    assert not used.with_name(f"queue.db.v{VERSION}.bak").exists()


@pytest.mark.fault(81)
@pytest.mark.fault(81)
@pytest.mark.parametrize("number", [NEXT, 99])
async def test_newer_is_refused_untouched(used: Path, number: int) -> None:
    """A file of a newer version is left byte for byte; the message says which is needed."""
    set_version(used, number)
    before = content_of(used)
    with pytest.raises(StoreError, match=f"schema {number}"):
        await SqliteStore.open(used)
    with pytest.raises(StoreError, match="newer"):
        open_reader(used)
    assert content_of(used) == before


@pytest.mark.fault(94)
async def test_older_is_not_read_before_it_is_migrated(used: Path) -> None:
    """The command line asks for a start of the daemon first."""
    set_version(used, 0)
    with pytest.raises(StoreError, match="older"):
        open_reader(used)


@pytest.mark.fault(80)
@pytest.mark.parametrize("at", [0, 30, 100, 2000, 4096, 5000, 9000, 20_000, 50_000])
async def test_damage_is_refused_or_harmless(used: Path, at: int) -> None:
    """512 wrong bytes anywhere: refused untouched with a plain error, or every row is right."""
    content = bytearray(content_of(used))
    assert at + 512 < len(content)
    for place in range(at, at + 512):
        content[place] ^= 0xFF
    put(used, bytes(content))
    try:
        store = await SqliteStore.open(used)
    except StoreError:
        assert content_of(used) == bytes(content)
        return
    await store.close()
    assert states(used) == [(1, "ready", "")]


@pytest.mark.fault(80)
@pytest.mark.parametrize("name", ["events", "jobs_path", "ledger"])
async def test_damage_beside_the_tasks_is_refused(used: Path, name: str) -> None:
    """The daemon looks through the whole file, not only at what it reads first.

    Red without `quick_check`.
    """
    ((page,),) = query(used, f"SELECT rootpage FROM sqlite_schema WHERE name = '{name}'")
    content = bytearray(content_of(used))
    content[(page - 1) * 4096 : (page - 1) * 4096 + 12] = (
        b"\x0d\x00\x00\xff\xff\xff\xff\xff\x11\x22\x33\x44"
    )
    put(used, bytes(content))
    with pytest.raises(StoreError, match="damaged"):
        await SqliteStore.open(used)
    assert content_of(used) == bytes(content)


@pytest.mark.fault(80)
async def test_a_cut_file_is_refused_untouched(used: Path) -> None:
    """Half a database is no database."""
    content = content_of(used)[:20_000]
    put(used, content)
    with pytest.raises(StoreError):
        await SqliteStore.open(used)
    assert content_of(used) == content


@pytest.mark.parametrize("content", [b"hello world, this is no database", b"\x00" * 5000])
async def test_another_file_is_refused_untouched(path: Path, content: bytes) -> None:
    """What is no database is not made one."""
    put(path, content)
    with pytest.raises(StoreError, match="not a queue"):
        await SqliteStore.open(path)
    assert content_of(path) == content


async def test_another_database_is_refused_untouched(path: Path) -> None:
    """So is a database of another program."""
    put(path, b"")
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.commit()
    other.close()
    before = content_of(path)
    with pytest.raises(StoreError, match="not a queue"):
        await SqliteStore.open(path)
    assert content_of(path) == before


async def test_an_empty_file_becomes_a_queue(path: Path) -> None:
    """A kill between making the file and its tables leaves nothing to mend."""
    put(path, b"")
    store = await SqliteStore.open(path)
    await opened(store, new_job())
    await store.close()


def shape(connection: apsw.Connection) -> dict[str, object]:
    """Tables with their columns, indexes with theirs, and views, however they were written."""
    names = connection.execute("SELECT type, name FROM sqlite_schema").fetchall()
    found: dict[str, object] = {}
    for kind, name in names:
        pragma = "index_xinfo" if kind == "index" else "table_xinfo"
        rows = connection.execute(f"PRAGMA {pragma}('{name}')").fetchall()
        found[f"{kind} {name}"] = sorted(row[1:] for row in rows) if kind != "index" else rows
    return found


def test_the_steps_lead_to_the_schema_of_new_databases(path: Path) -> None:
    """A database of version 1, migrated, has the tables, indexes and views of a new one."""
    put(path, b"")
    connection = connect_writer(path)
    run_script(connection, Path(__file__).with_name("schema_v1.sql").read_text())
    connection.close()
    prepare(path)
    assert version(path) == VERSION
    new = apsw.Connection(":memory:")
    create_schema(new)
    old = connect_reader(path)
    assert shape(old) == shape(new)
    old.close()
