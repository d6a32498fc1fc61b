"""Opens connections to the database with the settings that its promises need."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import apsw

from seedwatch.errors import StoreError
from seedwatch.store.base import StoreUnavailable
from seedwatch.texts import say

APPLICATION_ID: Final = 1397048644
BUSY_TIMEOUT_MS: Final = 5000
_STATEMENT_CACHE: Final = 256

# One by one: apsw runs several statements lazily and would stop at the first that returns a row.
_SETTINGS: Final = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -8000",
)
_DURABLE: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",  # macOS: fsync alone does not reach the disk there
    "PRAGMA wal_autocheckpoint = 4000",  # 16 MB: pages that change often are copied back less often
    "PRAGMA journal_size_limit = 67108864",
)


def assert_library(version: int = apsw.SQLITE_VERSION_NUMBER) -> None:
    """Refuse a SQLite library with the WAL reset race (promises.md 2, "SQLite").

    Args:
        version: as SQLite numbers itself, 3051003 for 3.51.3.

    Raises:
        StoreError: the library is older than 3.51.3, or 3.52.
    """
    has_fix = 3_051_003 <= version < 3_052_000 or version >= 3_053_000
    if not has_fix:
        major, rest = divmod(version, 1_000_000)
        raise StoreError(say("store.old_library", version=f"{major}.{rest // 1000}.{rest % 1000}"))


def connect_writer(path: Path) -> apsw.Connection:
    """A connection that writes: WAL, FULL, checked; the file must exist.

    Raises:
        apsw.Error: SQLite refuses the file.
    """
    connection = _connect(path, apsw.SQLITE_OPEN_READWRITE)
    for setting in (*_SETTINGS, *_DURABLE):
        connection.execute(setting).fetchall()
    return connection


def connect_reader(path: Path) -> apsw.Connection:
    """A connection that cannot write."""
    connection = _connect(path, apsw.SQLITE_OPEN_READONLY)
    for setting in _SETTINGS:
        connection.execute(setting).fetchall()
    return connection


def roll_back(path: Path) -> None:
    """Undo what was half written when the power failed while the database was being made.

    Only then has it a journal of this kind, which no connection that only reads may play back.

    Raises:
        apsw.Error: SQLite refuses the file.
    """
    if path.exists() and path.with_name(f"{path.name}-journal").exists():
        connection = _connect(path, apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.execute("PRAGMA user_version").fetchall()
        finally:
            connection.close()


def _connect(path: Path, access: int) -> apsw.Connection:
    # NOMUTEX: each connection belongs to one thread.
    flags = access | apsw.SQLITE_OPEN_NOMUTEX
    connection = apsw.Connection(str(path), flags=flags, statementcachesize=_STATEMENT_CACHE)
    connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    # Plans by statement alone: this SQLite has STAT4 and would otherwise compile many statements
    # anew whenever a value is bound (measured: 120 us instead of 10 us for a claim).
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    return connection


def as_store_error(error: apsw.Error) -> StoreError | None:
    """What an error of SQLite means for the daemon; None for a row that was refused.

    StoreUnavailable for what passes by itself (busy, full), StoreError for a broken database.
    """
    match error:
        case apsw.ConstraintError():
            return None
        case apsw.BusyError() | apsw.LockedError():
            return StoreUnavailable(say("store.busy"), advice=say("store.busy_advice"))
        case apsw.FullError():
            return StoreUnavailable(say("store.full"), advice=say("store.full_advice"))
        case apsw.ReadOnlyError():
            return StoreUnavailable(say("store.read_only"), advice=say("store.read_only_advice"))
        case apsw.CorruptError() | apsw.NotADBError():
            return StoreError(say("store.corrupt"), advice=say("store.corrupt_advice"))
        case _:
            return StoreError(say("store.failed", error=str(error)))


def is_unique_violation(error: Exception) -> bool:
    """Whether a row was refused because another one has its unique value."""
    unique = {apsw.SQLITE_CONSTRAINT_UNIQUE, apsw.SQLITE_CONSTRAINT_PRIMARYKEY}
    return isinstance(error, apsw.ConstraintError) and error_code(error) in unique


def error_code(error: apsw.Error) -> int:
    """The extended result code of SQLite."""
    return int(getattr(error, "extendedresult", 0))  # apsw's type stubs do not know it
