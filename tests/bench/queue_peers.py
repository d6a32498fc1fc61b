"""What the queue is measured against: plain apsw on the same tables, and huey's SQLite queue."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from huey import SqliteHuey

from seedwatch.records import NewJob
from seedwatch.store.database import connect_writer
from seedwatch.store.migrations import prepare
from seedwatch.store.rows import generation_to_json, rule_to_json
from tests.bench.queue_lives import PROMPT, RULE

_JOB = (
    "INSERT INTO jobs (id, folder, path, kind, sha256, rule, task_count, opened_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_MEMBER = (
    "INSERT INTO members (job_id, n, path, byte_count, mtime_ns, ino, sha256, role) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_TASK = (
    "INSERT INTO tasks (id, job_id, n, key, folder, account, model, priority, expected_outputs, "
    "state, created_at, updated_at, generation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_EVENT = (
    "INSERT INTO events (at, name, job_id, task_id, from_state, to_state, reason, fields) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_ATTEMPT = (
    "INSERT INTO attempts (task_id, n, id, account, state, seed, request_sha256, bound_micros, "
    "bound_currency, sent, started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_OUTPUT = (
    "INSERT INTO outputs (task_id, n, attempt_id, spool_name, sha256, byte_count, media_type, "
    "width, height, folder, path) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_LEDGER = (
    "INSERT INTO ledger (attempt_id, at, kind, task_id, account, folder, source, model, "
    "handle_name, request_id, started_at, micros, currency, is_bound) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_CLAIM = (
    "UPDATE tasks SET state = 'running', lease_token = ?, lease_until = ?, updated_at = ? "
    "WHERE id = ?"
)
_BEGIN = "UPDATE tasks SET attempt_id = ?, updated_at = ? WHERE id = ?"
_ACCEPT = (
    "UPDATE attempts SET state = 'accepted', handle_kind = 'answer', handle_name = ?, "
    "request_id = ?, accepted_at = ? WHERE task_id = ? AND n = 1"
)
_HANDLE = "UPDATE tasks SET handle_kind = 'answer', handle_name = ?, updated_at = ? WHERE id = ?"
_ATTEMPT_COST = (
    "UPDATE attempts SET cost_micros = 250000, currency = 'CNY' WHERE task_id = ? AND n = 1"
)
_TASK_COST = "UPDATE tasks SET cost_micros = 250000, currency = 'CNY' WHERE id = ?"
_DELIVER = "UPDATE outputs SET is_delivered = 1 WHERE task_id = ? AND n = 1"
_END = "UPDATE attempts SET ended_at = ? WHERE task_id = ? AND n = 1"
_DONE = (
    "UPDATE tasks SET state = 'done', final_state = 'done', lease_token = NULL, "
    "lease_until = NULL, updated_at = ? WHERE id = ?"
)
_SETTLE = "UPDATE jobs SET settled_at = ?, retire_at = ? WHERE id = ?"
_RETIRE = "UPDATE jobs SET retired_at = ?, outcome = 'done', retired_path = ? WHERE id = ?"
NOW = 1_800_000_000.0


class Plain:
    """A bare loop on one connection with our settings: it writes rows and decides nothing."""

    def __init__(self, path: Path) -> None:
        prepare(path)
        self._connection = connect_writer(path)
        self._execute = self._connection.execute
        self._execute(
            "INSERT INTO rules (revision, snapshot) VALUES (?, ?)",
            (RULE.revision, rule_to_json(RULE)),
        )
        self._last = 0

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def live(self, jobs: Sequence[NewJob]) -> None:
        """Whole lives, as many commits and the same rows for each as `queue_lives.live` makes."""
        for job in jobs:
            self._last += 1
            self._live(self._last, job)

    def _live(self, task: int, job: NewJob) -> None:
        attempt, path = f"{task:032x}", job.source.path
        event = (_EVENT, (NOW, "task.claimed", None, task, "ready", "running", "", "{}"))
        retired = (_EVENT, (NOW, "job.retired", task, None, None, None, "done", "{}"))
        self._commit(*zip((_JOB, _MEMBER, _TASK, _EVENT), _rows(task, job), strict=True))
        self._commit((_CLAIM, ("0123456789abcdef", NOW, NOW, task)), event)
        begun = (task, 1, attempt, "ark", "submitting", 7, job.source.sha256, 250_000, "CNY")
        self._commit((_ATTEMPT, (*begun, "{}", NOW)), (_BEGIN, (attempt, NOW, task)), event)
        self._commit(
            (_ACCEPT, (attempt, "0217a1b2c3", NOW, task)), (_HANDLE, (attempt, NOW, task)), event
        )
        self._commit(
            (_OUTPUT, _output(task, attempt, job.source.sha256)),
            (_LEDGER, _ledger(task, attempt, path)),
            (_ATTEMPT_COST, (task,)),
            (_TASK_COST, (task,)),
            event,
        )
        self._commit((_DELIVER, (task,)), event)
        self._commit((_END, (NOW, task)), (_DONE, (NOW, task)), (_SETTLE, (NOW, NOW, task)), event)
        self._commit((_RETIRE, (NOW, path, task)), retired)

    def _commit(self, *statements: tuple[str, tuple[Any, ...]]) -> None:
        execute = self._execute
        execute("BEGIN IMMEDIATE")
        for statement, values in statements:
            execute(statement, values)
        execute("COMMIT")

    def open_jobs(self, jobs: Sequence[NewJob]) -> None:
        """One batch with `executemany`, its rows ready made from the same records."""
        first = self._last + 1
        self._last += len(jobs)
        made = zip(*[_rows(number, job) for number, job in enumerate(jobs, first)], strict=True)
        self._execute("BEGIN IMMEDIATE")
        for statement, rows in zip((_JOB, _MEMBER, _TASK, _EVENT), made, strict=True):
            self._connection.executemany(statement, rows)
        self._execute("COMMIT")


def _rows(task: int, job: NewJob) -> tuple[tuple[Any, ...], ...]:
    """Rows of a new job, its member, its task and its event."""
    path, sha256 = job.source.path, job.source.sha256
    member, wanted = job.source.members[0], generation_to_json(job.tasks[0].generation)
    names = (sha256, "shots", "ark", RULE.model)
    return (
        (task, "shots", path, "picture", sha256, RULE.revision, 1, NOW),
        (task, 0, path, member.byte_count, member.mtime_ns, str(member.ino), sha256, "picture"),
        (task, task, 1, *names, 0, 1, "ready", NOW, NOW, wanted),
        (NOW, "task.opened", None, task, None, "ready", "", '{"job":1,"n":1,"account":"ark"}'),
    )


def _output(task: int, attempt: str, sha256: str) -> tuple[Any, ...]:
    size = (2_000_000, "image/jpeg", 2048, 2048)
    return (task, 1, attempt, f"{attempt}.1", sha256, *size, "shots", f"{task}_1.jpeg")


def _ledger(task: int, attempt: str, path: str) -> tuple[Any, ...]:
    names = (task, "ark", "shots", path, RULE.model, attempt, "0217a1b2c3")
    return (attempt, NOW, "charged", *names, NOW, 250_000, "CNY", 0)


class Huey:
    """huey's SQLite queue, synced, executed by threads; it deletes a task when it takes it."""

    def __init__(self, path: Path) -> None:
        logging.getLogger("huey").setLevel(logging.CRITICAL)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._queue = SqliteHuey("bench", filename=str(path), fsync=True, timeout=20)
        self._task = self._queue.task()(len)

    def close(self) -> None:
        """Close its connection."""
        self._queue.storage.close()

    def fill(self, count: int) -> None:
        """Enqueue tasks."""
        for _ in range(count):
            self._queue.enqueue(self._task.s(PROMPT))

    def drain(self, workers: int) -> None:
        """Take and execute every task, each thread for itself."""

        def work() -> None:
            while (task := self._queue.dequeue()) is not None:
                self._queue.execute(task)

        threads = [threading.Thread(target=work) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
