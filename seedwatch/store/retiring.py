"""Jobs whose tasks are final: which are due to leave their inbox, and where they went."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from seedwatch.records import Failure, Money, RelPath, SettledJob
from seedwatch.store.events import write_event
from seedwatch.store.facts import Asks, Shelf
from seedwatch.store.rows import to_json
from seedwatch.store.statements import sql
from seedwatch.store.text import clean, path_to_text
from seedwatch.store.writer import Tx

_JOBS_TO_RETIRE: Final = sql("jobs_to_retire")
_NEXT_RETIREMENT: Final = sql("next_retirement")
_JOB_TASKS: Final = sql("job_tasks")
_JOB_LEDGER: Final = sql("job_ledger")
_RETIRE: Final = sql("retire")
_RETIRE_LATER: Final = sql("retire_later")
_PRUNABLE_JOBS: Final = sql("prunable_jobs")
_PRUNE_PAUSES: Final = sql("prune_pauses")
_PRUNE: Final = tuple(
    sql(name)
    for name in (
        "prune_task_events",
        "prune_job_events",
        "prune_outputs",
        "prune_attempts",
        "prune_tasks",
        "prune_members",
        "prune_jobs",
    )
)
_PRUNE_BATCH: Final = 500


def jobs_to_retire(
    asks: Asks, now: float, limit: int, shelf: Shelf
) -> tuple[list[SettledJob], float]:
    """Jobs that are due, and when the next one will be."""
    ids = [row[0] for row in asks.rows(_JOBS_TO_RETIRE, (now, limit))]
    due = settled_jobs(asks, ids, shelf)
    next_at = asks.rows(_NEXT_RETIREMENT, (now,))[0][0]
    return due, math.inf if next_at is None else next_at


def settled_jobs(asks: Asks, ids: Sequence[int], shelf: Shelf) -> list[SettledJob]:
    """What retiring needs to know of these jobs, in their order."""
    facts = shelf.jobs(asks, ids)
    found = []
    for job_id in ids:
        rows = asks.rows(_JOB_TASKS, (job_id,))
        ledger = asks.rows(_JOB_LEDGER, (job_id,))
        charged = [row[1:] for row in ledger if row[0] == "charged"]
        found.append(
            SettledJob(
                job_id=job_id,
                source=facts[job_id].source,
                rule=facts[job_id].rule,
                states=tuple(row[0] for row in rows),
                failures=tuple(_failure(row) for row in rows if row[2] is not None),
                reasons=tuple(row[1] for row in rows),
                cost=_total([cost for cost in charged if cost[0] is not None]),
                result_count=sum(row[7] for row in rows),
                charged_count=len(charged),
                uncertain_count=len(ledger) - len(charged),
            )
        )
    return found


def _failure(row: tuple[Any, ...]) -> Failure:
    """What went wrong; the advice for a task that was given up no longer helps."""
    state, _, error_class, message, advice = row[:5]
    return Failure(error_class, message, advice if state == "failed" else "")


def _total(costs: Sequence[tuple[Any, ...]]) -> Money | None:
    if not costs:
        return None
    return Money(sum(micros for micros, _ in costs), costs[0][1])


def retired(tx: Tx, job_id: int, outcome: str, path: RelPath) -> None:
    """Step 12: the source has left, or stays on purpose; a job retires once."""
    text = path_to_text(path)
    if tx.run(_RETIRE, (tx.now, outcome, text, job_id)):
        write_event(tx, "job.retired", job_id=job_id, reason=outcome, fields={"path": text})


def retire_later(tx: Tx, job_id: int, delay_s: float, message: str) -> None:
    """The source cannot leave just now."""
    at = tx.now + delay_s
    if tx.run(_RETIRE_LATER, (at, clean(message), job_id)):
        fields: dict[str, object] = {"delay_s": delay_s}
        write_event(tx, "job.postponed", job_id=job_id, reason=clean(message), fields=fields)
        tx.wakes.retire(at)


def prune(tx: Tx, keep_s: float) -> int:
    """Delete some jobs retired longer ago than that, with all their rows; returns how many."""
    ids = [row[0] for row in tx.rows(_PRUNABLE_JOBS, (tx.now - keep_s, _PRUNE_BATCH))]
    if ids:
        names = (to_json(ids),)
        for statement in _PRUNE:
            tx.run(statement, names)
    tx.run(_PRUNE_PAUSES, (tx.now,))
    return len(ids)
