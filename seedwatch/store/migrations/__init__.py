"""Brings a database to the schema of this version: new, as it is, upgraded, or refused untouched.

A later schema adds `migrations/N.sql` here, which leads from version N-1 to N, and changes
schema.sql so that a new database equals the sum of all steps.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Final

import apsw

from seedwatch.errors import StoreError
from seedwatch.kill_points import reached
from seedwatch.store.database import (
    APPLICATION_ID,
    as_store_error,
    assert_library,
    connect_reader,
    connect_writer,
    roll_back,
)
from seedwatch.store.location import make_private
from seedwatch.store.statements import schema
from seedwatch.texts import say

VERSION: Final = 2


def _step(version: int) -> str:
    return resources.files(__package__).joinpath(f"{version}.sql").read_text(encoding="utf-8")


STEPS: Final[Mapping[int, str]] = {version: _step(version) for version in range(2, VERSION + 1)}
"""version -> the statements that lead to it from the one before"""

_MAGIC: Final = b"SQLite format 3\x00"


def prepare(
    path: Path,
    *,
    is_checked: bool = True,
    version: int = VERSION,
    steps: Mapping[int, str] = STEPS,
) -> None:
    """Make the database if it is missing, upgrade it if it is older.

    Args:
        path: the file; its directory must be on a local disk (`location.check_location`).
        is_checked: look through the whole file for damage first (1 s for some 300 MB).
        version: the schema that this program knows.
        steps: version -> statements that lead to it.

    Raises:
        StoreError: the file is damaged, not ours, or newer; it is left as it is.
        StoreUnavailable: it is locked, or the disk is full.
    """
    assert_library()
    try:
        roll_back(path)
        if not path.exists() or path.stat().st_size == 0:
            make_private(path)
            _create(path)
            return
        found = inspect(path, is_checked=is_checked)
        if found is None:  # another process is just making it, or was killed while it did
            _create(path)
            return
        if found > version:
            raise StoreError(say("store.newer", path=path, found=found, known=version))
        if found < version:
            _upgrade(path, found, version, steps)
    except apsw.Error as error:
        raise as_store_error(error) or StoreError(str(error)) from error


def _create(path: Path) -> None:
    connection = connect_writer(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        if _pragma(connection, "user_version") == 0:  # no other process was faster
            create_schema(connection)
        connection.execute("COMMIT")
        reached("schema.committed")
    finally:
        connection.close()
    _sync_directory(path.parent)


def create_schema(connection: apsw.Connection) -> None:
    """Make all tables of a new database, and the id of this installation."""
    run_script(connection, schema())
    connection.execute(
        "INSERT INTO meta (name, value) VALUES ('install_id', ?)", (uuid.uuid4().hex,)
    )


def run_script(connection: apsw.Connection, script: str) -> None:
    """Run its statements one by one."""
    for statement in _statements(script):
        connection.execute(statement).fetchall()
        reached("schema.statement")


def _statements(script: str) -> list[str]:
    """The statements of a script; apsw would run several at once lazily."""
    statements, text = [], ""
    for line in script.splitlines(keepends=True):
        text += line
        if apsw.complete(text):
            statements.append(text)
            text = ""
    return statements


def inspect(path: Path, *, is_checked: bool) -> int | None:
    """The schema version of an existing file, by reading only; None where it holds nothing yet.

    Raises:
        StoreError: it is not ours.
        apsw.Error: it is damaged or locked.
    """
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise StoreError(say("store.foreign", path=path))
    connection = connect_reader(path)
    try:
        application, version = (
            _pragma(connection, name) for name in ("application_id", "user_version")
        )
        is_empty = not connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
        if application == 0 and version == 0 and is_empty:
            return None
        if application != APPLICATION_ID:
            raise StoreError(say("store.foreign", path=path))
        if is_checked:
            _check(connection)
        return version
    finally:
        connection.close()


def _check(connection: apsw.Connection) -> None:
    if connection.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
        raise apsw.CorruptError


def _pragma(connection: apsw.Connection, name: str) -> int:
    return int(str(connection.execute(f"PRAGMA {name}").fetchall()[0][0]))


def _upgrade(path: Path, found: int, version: int, steps: Mapping[int, str]) -> None:
    """Copy the file, then take all steps in one transaction."""
    wanted = range(found + 1, version + 1)
    if any(step not in steps for step in wanted):
        raise StoreError(say("store.unknown_version", path=path, found=found, known=version))
    connection = connect_writer(path)
    try:
        back_up(connection, path.with_name(f"{path.name}.v{found}.bak"))
        connection.execute("PRAGMA foreign_keys = OFF")  # a step may rebuild a table
        connection.execute("BEGIN IMMEDIATE")
        if _pragma(connection, "user_version") == found:  # no other process was faster
            for step in wanted:
                run_script(connection, steps[step])
            if connection.execute("PRAGMA foreign_key_check").fetchall():
                raise apsw.CorruptError
            connection.execute(f"PRAGMA user_version = {version:d}")
            reached("schema.versioned")
        connection.execute("COMMIT")
        reached("schema.committed")
    finally:
        connection.close()  # a transaction under way is rolled back


def back_up(connection: apsw.Connection, target: Path) -> None:
    """Write a whole, synced copy of the database to `target`; an older copy there is replaced."""
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    make_private(part)
    copy = apsw.Connection(str(part))
    try:
        with copy.backup("main", connection, "main") as backup:
            while not backup.done:
                backup.step(1000)
                reached("schema.copied")
    finally:
        copy.close()
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    reached("schema.copy_synced")
    part.replace(target)
    reached("schema.copy_named")
    _sync_directory(target.parent)


def _sync_directory(directory: Path) -> None:
    if os.name == "nt":  # Windows has no such thing
        return
    opened = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
