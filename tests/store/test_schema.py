"""The database itself refuses rows that the product would not understand."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from seedwatch.lifecycle import FINAL, HOLD_REASONS, STATES
from seedwatch.records import Handle
from seedwatch.store.database import connect_writer
from seedwatch.store.events import EVENT_NAMES
from seedwatch.store.sqlite import SqliteStore
from seedwatch.store.statements import schema, sql
from tests.store.build import OOPS, accepted, claimed, done, new_job, opened, output, submitted


async def fill(path: Path) -> None:
    """Task 1 done, 2 running and accepted, 3 failed, 4 ready."""
    store = await SqliteStore.open(path)
    await opened(store, new_job("a.png"))
    await done(store)
    await opened(store, new_job("b.png"))
    await accepted(store)
    await opened(store, new_job("c.png"))
    await store.fail(await claimed(store), OOPS, attempt=None)
    await opened(store, new_job("d.png"))
    await store.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with tasks in several states, to be copied."""
    path = tmp_path_factory.mktemp("filled") / "queue.db"
    asyncio.run(fill(path))
    return path


@pytest.fixture
def shell(filled: Path, tmp_path: Path) -> Iterator[apsw.Connection]:
    """A person with a SQLite shell."""
    copy = tmp_path / "queue.db"
    shutil.copy(filled, copy)
    connection = connect_writer(copy)
    yield connection
    connection.close()


# what is tried -> (the statement, a word of the rule that refuses it)
REFUSED = {
    "unknown state": ("UPDATE tasks SET state = 'paused' WHERE id = 4", "state IN ('ready'"),
    "running without a lease": (
        "UPDATE tasks SET state = 'running' WHERE id = 4",
        "(state = 'running')",
    ),
    "a lease without running": (
        "UPDATE tasks SET lease_token = 'x', lease_until = 1 WHERE id = 4",
        "(state = 'running')",
    ),
    "a lease without an end": (
        "UPDATE tasks SET lease_until = NULL WHERE id = 2",
        "lease_until IS NULL",
    ),
    "waiting without a handle": (
        "UPDATE tasks SET state = 'waiting' WHERE id = 4",
        "state <> 'waiting'",
    ),
    "held without a reason": ("UPDATE tasks SET state = 'held' WHERE id = 4", "state <> 'held'"),
    "held for an unknown reason": (
        "UPDATE tasks SET state = 'held', reason = 'tired' WHERE id = 4",
        "state <> 'held'",
    ),
    "failed without an error": (
        "UPDATE tasks SET state = 'failed', final_state = 'failed' WHERE id = 4",
        "state <> 'failed'",
    ),
    "ready with a handle": (
        (
            "UPDATE tasks SET attempt_id = 'x', handle_kind = 'remote', handle_name = 'x' "
            "WHERE id = 4"
        ),
        "state <> 'ready'",
    ),
    "a handle without a kind": (
        "UPDATE tasks SET handle_kind = NULL WHERE id = 2",
        "handle_kind IS NULL",
    ),
    "leaving done": (
        "UPDATE tasks SET state = 'held', reason = 'burst' WHERE id = 1",
        "final_state IS",
    ),
    "leaving done for good": (
        ("UPDATE tasks SET state = 'held', final_state = NULL, reason = 'burst' WHERE id = 1"),
        "never left",
    ),
    "leaving failed": (
        "UPDATE tasks SET state = 'cancelled', final_state = 'cancelled' WHERE id = 3",
        "never left",
    ),
    "final without saying so": (
        "UPDATE tasks SET state = 'cancelled' WHERE id = 4",
        "final_state IS",
    ),
    "cost without a currency": (
        "UPDATE tasks SET cost_micros = 5 WHERE id = 4",
        "cost_micros IS NULL",
    ),
    "text for a number": ("UPDATE tasks SET priority = 'high' WHERE id = 4", "cannot store TEXT"),
    "a task without a job": ("UPDATE tasks SET job_id = 99 WHERE id = 4", "FOREIGN KEY"),
    "a job without a rule": ("UPDATE jobs SET rule = 'none' WHERE id = 1", "FOREIGN KEY"),
    "one source opened twice": (
        (
            "INSERT INTO jobs (folder, path, kind, sha256, rule, task_count, opened_at) "
            "SELECT folder, path, kind, sha256, rule, 1, 0 FROM jobs WHERE id = 4"
        ),
        "UNIQUE constraint failed: jobs",
    ),
    "retired without an outcome": (
        "UPDATE jobs SET retired_at = 1 WHERE id = 1",
        "retired_at IS NULL",
    ),
    "retired before it settled": (
        "UPDATE jobs SET retired_at = 1, outcome = 'done' WHERE id = 4",
        "settled_at IS NOT NULL",
    ),
    "an unknown outcome": (
        "UPDATE jobs SET retired_at = 1, outcome = 'lost' WHERE id = 1",
        "outcome IN",
    ),
    "a second open attempt": (
        (
            "INSERT INTO attempts (task_id, n, id, account, state, request_sha256, sent, "
            "started_at) VALUES (2, 2, 'x', 'ark', 'submitting', 'f', '{}', 0)"
        ),
        "attempts.task_id",
    ),
    "a remote handle used twice": (
        (
            "INSERT INTO attempts (task_id, n, id, account, state, request_sha256, sent, "
            "started_at, handle_kind, handle_name, accepted_at) VALUES (4, 1, 'x', 'ark', "
            "'accepted', 'f', '{}', 0, 'remote', 'cgt-2-1', 1)"
        ),
        "attempts.handle_name",
    ),
    "an attempt id used twice": (
        (
            "INSERT INTO attempts (task_id, n, id, account, state, request_sha256, sent, "
            "started_at) VALUES (4, 1, 'attempt-1-1', 'ark', 'submitting', 'f', '{}', 0)"
        ),
        "attempts.id",
    ),
    "an ended attempt still submitting": (
        (
            "INSERT INTO attempts (task_id, n, id, account, state, request_sha256, sent, "
            "started_at, ended_at) VALUES (4, 1, 'x', 'ark', 'submitting', 'f', '{}', 0, 1)"
        ),
        "state <> 'submitting'",
    ),
    "an open attempt that failed": (
        "UPDATE attempts SET state = 'failed' WHERE task_id = 2",
        "ended_at IS NOT NULL",
    ),
    "an ended attempt reopened": (
        "UPDATE attempts SET ended_at = NULL WHERE task_id = 1",
        "does not change",
    ),
    "an accepted attempt left without a result": (
        "UPDATE attempts SET ended_at = 1 WHERE task_id = 2",
        "ends with an output",
    ),
    "an attempt deleted that may cost": ("DELETE FROM attempts WHERE task_id = 2", "is kept"),
    "an open task deleted": ("DELETE FROM tasks WHERE id = 4", "never deleted"),
    "an output twice": (
        (
            "INSERT INTO outputs (task_id, n, spool_name, sha256, byte_count, media_type, "
            "width, height, folder) VALUES (1, 1, 's', 'e', 1, 'image/png', 1, 1, 'shots')"
        ),
        "outputs.task_id, outputs.n",
    ),
    "a final path promised twice": (
        (
            "INSERT INTO outputs (task_id, n, spool_name, sha256, byte_count, media_type, "
            "width, height, folder, path) VALUES (2, 1, 's', 'e', 1, 'image/png', 1, 1, "
            "'shots', 'x.png'), (2, 2, 's', 'e', 1, 'image/png', 1, 1, 'shots', 'x.png')"
        ),
        "outputs.folder, outputs.path",
    ),
    "delivered to nowhere": ("UPDATE outputs SET path = '' WHERE task_id = 1", "is_delivered = 0"),
    "the ledger changed": ("UPDATE ledger SET micros = 0", "append-only"),
    "the ledger shortened": ("DELETE FROM ledger", "append-only"),
    "an event rewritten": ("UPDATE events SET to_state = 'ready' WHERE id = 1", "append-only"),
    "an event of no task": (
        "INSERT INTO events (at, name, task_id) VALUES (0, 'x.y', 99)",
        "FOREIGN KEY",
    ),
    "a pause of nothing": (
        (
            "INSERT INTO pauses (scope, name, state, message, since_at) VALUES ('planet', "
            "'x', 'paused', '', 0)"
        ),
        "scope IN",
    ),
}


@pytest.mark.parametrize(("statement", "word"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(shell: apsw.Connection, statement: str, word: str) -> None:
    """A row that breaks a rule is refused by the file itself, whoever writes it.

    Each is red without the CHECK, index or trigger of schema.sql that it names.
    """
    with pytest.raises(apsw.ConstraintError, match=re.escape(word)):
        shell.execute(statement).fetchall()


@pytest.mark.anyio
async def test_done_before_delivery_is_refused(path: Path) -> None:
    """A task with an output that is not delivered cannot be done, not even by hand."""
    store = await SqliteStore.open(path)
    await opened(store, new_job())
    claim = await submitted(store)
    await store.save_handle(claim, Handle("answer", "a"))
    await store.save_outputs(claim, [output(claim)], None)
    await store.close()
    connection = connect_writer(path)
    with pytest.raises(apsw.ConstraintError, match="outputs are delivered"):
        connection.execute(
            "UPDATE tasks "
            "SET state = 'done', final_state = 'done', lease_token = NULL, lease_until = NULL"
        ).fetchall()
    connection.close()


def test_schema_names_the_states_of_the_lifecycle() -> None:
    """States and reasons of the CHECKs are those of lifecycle.py."""
    text = schema()
    for name in (*STATES, *HOLD_REASONS):
        assert f"'{name}'" in text
    final = ", ".join(f"'{state}'" for state in ("done", "failed", "cancelled"))
    assert frozenset({"done", "failed", "cancelled"}) == FINAL
    assert f"CASE WHEN state IN ({final}) THEN state END" in text


def test_events_are_listed() -> None:
    """Every event the store writes is in EVENT_NAMES, and each only once."""
    sources = Path(sql.__code__.co_filename).parent.glob("*.py")
    text = "".join(source.read_text() for source in sources)
    assert len(set(EVENT_NAMES)) == len(EVENT_NAMES)
    for name in EVENT_NAMES:
        noun, _, verb = name.partition(".")
        assert f'"{name}"' in text or f'f"{{scope}}.{verb}"' in text, (noun, verb)
