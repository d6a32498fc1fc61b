"""Opens jobs, and answers what intake must know about sources it has seen before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from seedwatch.records import Generation, Member, NewJob, NewTask, PastJob, RelPath
from seedwatch.store.base import KnownSource
from seedwatch.store.events import write_event
from seedwatch.store.facts import Asks
from seedwatch.store.grips import settle
from seedwatch.store.rows import (
    Row,
    failure_to_row,
    generation_to_json,
    member_from_row,
    member_to_row,
    rule_to_json,
    to_json,
)
from seedwatch.store.statements import sql
from seedwatch.store.text import path_to_text, text_to_path
from seedwatch.store.writer import Tx

_RULE_EXISTS: Final = sql("rule_exists")
_INSERT_RULE: Final = sql("insert_rule")
_INSERT_JOB: Final = sql("insert_job")
_INSERT_MEMBER: Final = sql("insert_member")
_INSERT_TASK: Final = sql("insert_task")
_INSERT_EVENT: Final = sql("insert_event")
_LAST_TASK: Final = sql("last_task")
_SETTLE_JOB: Final = sql("settle_job")
_FORGET_KEPT: Final = sql("forget_kept")
_KNOWN_JOBS: Final = sql("known_jobs")
_KNOWN_MEMBERS: Final = sql("known_members")
_LATEST_JOBS: Final = sql("latest_jobs")
_DONE_TASKS: Final = sql("done_tasks")
_SOURCES_GONE: Final = sql("sources_gone")
_KEPT_GONE: Final = sql("kept_gone")
_CANCEL_TASK: Final = sql("cancel_task")
_BURST_COUNT: Final = sql("burst_count")


class _Batch:
    """The rows of many jobs, gathered to be written with one statement for each table."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        found = tx.row(_LAST_TASK)
        self.last_task: int = 0 if found is None else found[0]
        self.members: list[Row] = []
        self.tasks: list[Row] = []
        self.events: list[Row] = []
        self.settled: list[Row] = []

    def add(self, job_id: int, job: NewJob) -> None:
        """All rows of one job but its own."""
        now = self.tx.now
        members = job.source.members
        self.members.extend(member_to_row(job_id, n, member) for n, member in enumerate(members))
        for task in _tasks_of(job):
            self._add_task(job_id, job, task)
        if job.error is not None or not job.tasks:
            self.settled.append((now, job_id))

    def _add_task(self, job_id: int, job: NewJob, task: NewTask) -> None:
        now = self.tx.now
        account, folder, model = job.rule.account, job.source.folder, task.generation.model
        state, reason = "ready", ""
        if job.error is not None:
            state, reason = "failed", job.error.error_class
        elif task.hold is not None:
            state, reason = "held", task.hold
        self.tasks.append(
            (
                job_id,
                task.index,
                task.key,
                folder,
                account,
                model,
                job.rule.priority,
                task.expected_outputs,
                task.reuse_of,
                state,
                "failed" if state == "failed" else None,
                reason,
                *failure_to_row(job.error),
                now,
                now,
                generation_to_json(task.generation),
            )
        )
        self.last_task += 1
        fields = to_json({"job": job_id, "n": task.index, "account": account, "model": model})
        opened = (now, "task.opened", None, self.last_task, None, state, reason, fields)
        self.events.append(opened)
        if state == "ready":
            self.tx.wakes.account(account)

    def write(self) -> None:
        """Insert the rows; ids of tasks ascend, as only this transaction writes."""
        self.tx.many(_INSERT_MEMBER, self.members)
        self.tx.many(_INSERT_TASK, self.tasks)
        self.tx.many(_INSERT_EVENT, self.events)
        if self.settled:
            self.tx.many(_SETTLE_JOB, self.settled)
            self.tx.wakes.retire(self.tx.now)


def _tasks_of(job: NewJob) -> Sequence[NewTask]:
    """Its tasks; a source that cannot be used still has one, which shows why."""
    if job.tasks or job.error is None:
        return job.tasks
    nothing = Generation(mode=job.rule.mode, model=job.rule.model, prompt="")
    return (NewTask(index=1, key="", generation=nothing),)


def open_jobs(tx: Tx, jobs: Sequence[NewJob]) -> list[int | None]:
    """Record jobs with their tasks; None for a source that is known already."""
    batch = _Batch(tx)
    rules: set[str] = set()
    ids: list[int | None] = []
    for job in jobs:
        source, revision = job.source, job.rule.revision
        if revision not in rules:
            if tx.row(_RULE_EXISTS, (revision,)) is None:
                tx.run(_INSERT_RULE, (revision, rule_to_json(job.rule)))
            rules.add(revision)
        path, task_count = path_to_text(source.path), len(_tasks_of(job))
        row = tx.row(
            _INSERT_JOB,
            (
                source.folder,
                path,
                source.kind,
                source.sha256,
                revision,
                job.retry_of,
                task_count,
                tx.now,
            ),
        )
        ids.append(None if row is None else row[0])
        if row is not None:
            tx.run(
                _FORGET_KEPT,
                {"now": tx.now, "folder": source.folder, "path": path, "job": row[0]},
            )
            batch.add(row[0], job)
    batch.write()
    return ids


def known_sources(asks: Asks, folder: str) -> list[KnownSource]:
    """Every source of the folder that still lies in its inbox on purpose."""
    members: dict[int, list[Member]] = defaultdict(list)
    for job_id, *row in asks.rows(_KNOWN_MEMBERS, (folder,)):
        members[job_id].append(member_from_row(row))
    return [
        KnownSource(job_id, text_to_path(path), tuple(members[job_id]), bool(is_kept))
        for job_id, path, is_kept in asks.rows(_KNOWN_JOBS, (folder,))
    ]


def history(asks: Asks, folder: str, paths: Sequence[RelPath]) -> dict[RelPath, PastJob]:
    """The latest earlier job of each path, with what is done over its whole chain of retries."""
    wanted = to_json([path_to_text(path) for path in paths])
    found = {}
    values = {"paths": wanted, "folder": folder}
    for path, job_id, sha256, outcome, retired_path in asks.rows(_LATEST_JOBS, values):
        found[text_to_path(path)] = PastJob(
            job_id=job_id,
            source_sha256=sha256,
            # What stayed as other bytes is not where it was, either.
            outcome=outcome or "open",
            retired_path=text_to_path(retired_path),
            done_tasks=dict(asks.rows(_DONE_TASKS, (job_id,))),
        )
    return found


def source_gone(tx: Tx, folder: str, paths: Sequence[RelPath]) -> int:
    """Cancel what was not sent of sources that were taken away; forget those that were kept."""
    values = {"paths": to_json([path_to_text(path) for path in paths]), "folder": folder}
    rows = tx.rows(_SOURCES_GONE, values)
    for task_id, state, _ in rows:
        tx.run(_CANCEL_TASK, ("removed", tx.now, task_id))
        write_event(
            tx, "task.cancelled", task_id=task_id, move=(state, "cancelled"), reason="removed"
        )
    for job_id in {row[2] for row in rows}:
        settle(tx, job_id)
    tx.run(_KEPT_GONE, {**values, "now": tx.now})
    return len(rows)


def burst_count(asks: Asks, folder: str, since: float) -> int:
    """How many jobs the folder opened after that time."""
    return int(asks.rows(_BURST_COUNT, (folder, since))[0][0])
