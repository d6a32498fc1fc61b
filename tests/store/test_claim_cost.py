"""A claim costs the same however many finished rows are kept: by its query plan, not by time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import pytest

from seedwatch.store.database import connect_writer
from seedwatch.store.migrations import create_schema
from seedwatch.store.sqlite import SqliteStore
from seedwatch.store.statements import all_statements, sql
from tests.store.build import LEASE_S, new_job, opened, room

pytestmark = pytest.mark.anyio

FINISHED = 100_000

# Statements of the way from open to done, and of the idle daemon, with the indexes that keep
# them away from finished rows; a word that starts with ! must not appear.
PLANS = {
    "pick": ("USING INDEX tasks_due (account=?)", "!TEMP B-TREE"),
    "pick_around": ("USING INDEX tasks_due (account=?)", "!TEMP B-TREE"),
    "come_due": ("USING INDEX tasks_timed (account=? AND run_at>? AND run_at<?)",),
    "next_run": ("USING INDEX tasks_timed (account=?",),
    "standing": ("INDEX tasks_leased (account=?", "INDEX tasks_timed (account=?"),
    "settle_job": ("USING INDEX tasks_open (job_id=?)",),
    "grip": ("USING INTEGER PRIMARY KEY", "INDEX attempts_live (task_id=?)"),
    "leases": ("INDEX tasks_leased",),
    "doubtful": ("INDEX tasks_doubtful",),
    "written_in_future": ("INDEX tasks_timed",),
    "jobs_to_retire": ("INDEX jobs_due (retire_at<?)",),
    "retired_in_future": ("INDEX jobs_due (retire_at>?)",),
    "next_retirement": ("INDEX jobs_due",),
    "known_jobs": ("INDEX jobs_source (folder=?)",),
    "known_members": ("INDEX jobs_source (folder=?)",),
    "sources_gone": ("INDEX jobs_source (folder=? AND path=?)", "INDEX tasks_open (job_id=?)"),
    "prunable_jobs": ("INDEX jobs_retired", "INDEX jobs_retries (retry_of=?)", "!SCAN"),
    "open_counts": ("INDEX tasks_open",),
    "open_count": ("INDEX tasks_open",),
    "stopped_task_page": ("INDEX tasks_stopped (state=? AND id>?)",),
    "is_due_at_once": ("INDEX tasks_due",),
    "is_due_by": ("INDEX tasks_timed",),
    "is_retiring_by": ("INDEX jobs_due (retire_at<?)",),
}


class Anything(dict[str, object]):
    """A value for every name."""

    def __missing__(self, _: str) -> None:
        return None


def plan(connection: apsw.Connection, statement: str) -> str:
    """How SQLite would run it."""
    question = f"EXPLAIN QUERY PLAN {statement}"
    tries: list[Any] = [Anything(), *[(None,) * count for count in range(20)]]
    for values in tries:
        try:
            return "\n".join(str(row[3]) for row in connection.execute(question, values))
        except (apsw.BindingsError, TypeError):
            continue
    raise AssertionError(statement)


async def test_finished_rows_cost_nothing(path: Path) -> None:
    """With 100,000 finished tasks the claim still reads the few that are due.

    Red without the partial indexes of schema.sql.
    """
    store = await SqliteStore.open(path)
    await opened(store, new_job("a.png", "a", "b", "c"))
    await store.cancel([1])
    connection = connect_writer(path)
    multiply(connection)
    (count,) = connection.execute("SELECT count(*) FROM tasks").fetchall()[0]
    assert count == FINISHED + 3
    for name, words in PLANS.items():
        found = plan(connection, sql(name))
        for word in words:
            assert (word.removeprefix("!") in found) != word.startswith("!"), (name, word, found)
    connection.close()
    assert [claim.task_id for claim in await store.claim(room(), LEASE_S)] == [2, 3]
    await store.close()


def multiply(connection: apsw.Connection) -> None:
    """Copy the cancelled task many times."""
    names = [row[1] for row in connection.execute("PRAGMA table_info(tasks)").fetchall()]
    copied = ", ".join(str(name) for name in names if name not in {"id", "n"})
    connection.execute(
        "WITH RECURSIVE numbers (n) AS "
        "(VALUES (1000) UNION ALL SELECT n + 1 FROM numbers WHERE n < 999 + ?) "
        f"INSERT INTO tasks (n, {copied}) SELECT numbers.n, {copied.replace(' n,', '')} "
        "FROM numbers, tasks WHERE tasks.id = 1",
        (FINISHED,),
    ).fetchall()


def test_every_statement_is_sound() -> None:
    """Each statement of queries.sql compiles against the schema, and is used by name somewhere."""
    connection = apsw.Connection(":memory:")
    create_schema(connection)
    package = Path(sql.__code__.co_filename).parent
    text = "".join(source.read_text() for source in package.rglob("*.py"))
    for name, statement in all_statements().items():
        plan(connection, statement)
        assert f'"{name}"' in text, f"{name} is not used"
