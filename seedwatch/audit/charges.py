"""Do the rows agree among themselves: jobs, tasks, submits, ledger, events? No I/O."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from seedwatch.audit.findings import Finding
from seedwatch.lifecycle import FINAL, State, may_move
from seedwatch.store.auditing import AttemptFacts, AuditRows, ChargeRow, Move, TaskFacts

_BOOKED = {"accepted": "charged", "unknown": "uncertain"}
"""state of an attempt that ended -> kind of its ledger row"""
_FREE = frozenset({"not_sent", "refused"})


def check_rows(rows: AuditRows) -> Iterator[Finding]:
    """Everything that rows alone can tell."""
    for line in rows.damage:
        yield Finding("database-damaged", "queue.db", more=line)
    yield from _jobs(rows)
    yield from _counts(rows)
    yield from _charges(rows)
    yield from check_history(rows.moves, {task.id: task.state for task in rows.tasks})
    yield from _retirements(rows)


# --- history -------------------------------------------------------------------------------


def check_history(moves: Iterable[Move], states: dict[int, State]) -> Iterator[Finding]:
    """Replay the events of each task; they must lead to its state (promises.md P19)."""
    reached: dict[int, State] = {}
    broken: set[int] = set()
    for task_id, before, after in moves:
        is_legal = reached.get(task_id) == before and (before is None or may_move(before, after))
        if not is_legal and task_id not in broken:
            broken.add(task_id)
            yield _broken(task_id, f"{reached.get(task_id)}; {before} -> {after}")
        reached[task_id] = after
    for task_id, state in states.items():
        if reached.get(task_id) != state and task_id not in broken:
            yield _broken(task_id, f"{reached.get(task_id)}; {state}")
    for task_id in reached.keys() - states.keys():
        yield _broken(task_id, "-")


def _broken(task_id: int, more: str) -> Finding:
    return Finding("history-broken", str(task_id), task_id=task_id, more=more)


def _retirements(rows: AuditRows) -> Iterator[Finding]:
    """A job that left its inbox has the event that says so; a kept one may leave later."""
    told = defaultdict(set)
    for job_id, outcome in rows.retirements:
        told[job_id].add(outcome)
    for job in rows.jobs:
        if job.outcome is not None and not told[job.id] & {job.outcome, "kept"}:
            yield Finding(
                "history-broken",
                job.source.path,
                folder=job.source.folder,
                job_id=job.id,
                more=f"{', '.join(sorted(told[job.id])) or '-'}; {job.outcome}",
            )


# --- jobs ----------------------------------------------------------------------------------


def _jobs(rows: AuditRows) -> Iterator[Finding]:
    """A job has all its tasks, and is settled exactly when all of them are final."""
    tasks: dict[int, list[TaskFacts]] = defaultdict(list)
    for task in rows.tasks:
        tasks[task.job_id].append(task)
    for job in rows.jobs:
        own = tasks[job.id]
        is_over = all(task.state in FINAL for task in own)
        if len(own) != job.task_count or job.is_settled != is_over:
            yield Finding(
                "job-incomplete",
                job.source.path,
                folder=job.source.folder,
                job_id=job.id,
                more=f"{len(own)}/{job.task_count}",
            )


def _counts(rows: AuditRows) -> Iterator[Finding]:
    counted: Counter[tuple[str, str]] = Counter(
        (task.folder, task.state) for task in rows.tasks if task.state in FINAL
    )
    for folder, state in sorted(counted.keys() | rows.final_counts.keys()):
        found, kept = counted[folder, state], rows.final_counts.get((folder, state), 0)
        if found != kept:
            more = f"{state}: {kept}, {found}"
            yield Finding("counts-wrong", folder, folder=folder, more=more)


# --- money ---------------------------------------------------------------------------------


def _charges(rows: AuditRows) -> Iterator[Finding]:
    tasks = {task.id: task for task in rows.tasks}
    ledger = {charge.attempt_id: charge for charge in rows.ledger}
    attempts = {attempt.id: attempt for attempt in rows.attempts}
    for attempt in rows.attempts:
        yield from _submit(attempt, ledger.get(attempt.id), tasks.get(attempt.task_id))
    for charge in rows.ledger:  # rows of the ledger outlive those of their tasks
        if charge.task_id in tasks and charge.attempt_id not in attempts:
            yield _money("charge-unfounded", charge.attempt_id, charge.task_id, charge.kind)
    spent: Counter[int] = Counter()
    for attempt in rows.attempts:
        spent[attempt.task_id] += attempt.cost_micros or 0
    for task in rows.tasks:
        if (task.cost_micros or 0) != spent[task.id]:
            more = f"{task.cost_micros}, {spent[task.id]}"
            yield _money("charge-differs", str(task.id), task.id, more)
        if task.attempt_id is not None and task.attempt_id not in attempts:
            yield _money("submit-adrift", task.attempt_id, task.id, task.state)


def _submit(
    attempt: AttemptFacts, charge: ChargeRow | None, task: TaskFacts | None
) -> Iterator[Finding]:
    """One submit: its charge, and whether a task still answers for it."""
    wanted = _BOOKED.get(attempt.state) if attempt.is_ended else None
    if wanted is not None and charge is None:
        yield _money("charge-missing", attempt.id, attempt.task_id, attempt.state)
    if charge is not None and attempt.state in _FREE:
        yield _money("charge-unfounded", attempt.id, attempt.task_id, attempt.state)
    if charge is not None and (wanted not in (None, charge.kind) or _differs(attempt, charge)):
        more = f"{attempt.state} {attempt.cost_micros}, {charge.kind} {charge.micros}"
        yield _money("charge-differs", attempt.id, attempt.task_id, more)
    is_answered_for = task is not None and task.attempt_id == attempt.id
    if not attempt.is_ended and not (is_answered_for and task and task.state not in FINAL):
        yield _money("submit-adrift", attempt.id, attempt.task_id, task.state if task else "-")


def _differs(attempt: AttemptFacts, charge: ChargeRow) -> bool:
    """Whether the ledger has another sum; where the price bound stands in, there is none."""
    is_comparable = not charge.is_bound and attempt.cost_micros is not None
    return is_comparable and (attempt.cost_micros, attempt.currency) != (
        charge.micros,
        charge.currency,
    )


def _money(kind: str, what: str, task_id: int, more: str) -> Finding:
    return Finding(kind, what, task_id=task_id, more=more)  # type: ignore[arg-type]  # the kinds above
