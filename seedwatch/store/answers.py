"""What the command line is told of the queue: frozen rows, and how columns become them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from seedwatch.lifecycle import State
from seedwatch.records import (
    CostBasis,
    Failure,
    Generation,
    Handle,
    Mode,
    Money,
    Output,
    Reference,
    RelPath,
)
from seedwatch.store.base import PauseScope
from seedwatch.store.rows import Row, generation_from_json, handle_of, money_of
from seedwatch.store.text import text_to_path


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as `tasks --json` shows it; a presenter adds the provider and absolute paths."""

    id: int
    job_id: int
    index: int
    state: State
    reason: str
    folder: str
    account: str
    generation: Generation
    source: RelPath
    source_sha256: str
    attempt_count: int
    """submits, without those that provably were not sent"""
    handle: str | None
    is_remote: bool
    """it names work at the provider"""
    outputs: tuple[Output, ...]
    """with final paths relative to the outbox; `is_delivered` says which are there"""
    expected_outputs: int
    cost: Money | None
    cost_basis: CostBasis
    """of several submits: charged only if all of them are"""
    error: Failure | None
    created_at: float
    updated_at: float
    run_at: float
    """when it is due; 0: at once"""
    outcome: str | None
    """of its job, once its source was retired: done, failed, kept, gone or changed"""
    retired_path: RelPath
    """where its source lies below done/ or failed/"""

    @property
    def mode(self) -> Mode:
        """What it asks for."""
        return self.generation.mode

    @property
    def model(self) -> str:
        """Of whom."""
        return self.generation.model

    @property
    def prompt(self) -> str:
        """In which words."""
        return self.generation.prompt

    @property
    def refs(self) -> tuple[Reference, ...]:
        """The pictures sent along; those of the source are relative to the inbox."""
        return self.generation.references


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One submit of a task."""

    id: str
    state: str
    seed: int | None
    request_sha256: str
    price_bound: Money | None
    handle: Handle | None
    request_id: str
    cost: Money | None
    cost_basis: CostBasis
    error: Failure | None
    started_at: float
    accepted_at: float | None
    ended_at: float | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that happened to a task; states are None where it was no transition."""

    at: float
    name: str
    from_state: State | None
    to_state: State | None
    reason: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TaskStory:
    """Everything that is known of a task, oldest first."""

    task: TaskRow
    attempts: tuple[AttemptRow, ...]
    events: tuple[EventRow, ...]


@dataclass(frozen=True, slots=True)
class PauseRow:
    """Something that gives no tasks just now; `until_at` None: until a person resumes it."""

    scope: PauseScope
    name: str
    state: Literal["paused", "auth", "quota", "limited", "model"]
    message: str
    since_at: float
    until_at: float | None


@dataclass(frozen=True, slots=True)
class InFlight:
    """Tasks of an account that are at work: with a worker here, or at the provider alone."""

    running_count: int = 0
    remote_count: int = 0


@dataclass(frozen=True, slots=True)
class Throughput:
    """How many tasks were done during the last `span_s` seconds."""

    done_count: int
    span_s: float


@dataclass(frozen=True, slots=True)
class Spent:
    """What an account spent in one currency, in micro-units.

    `uncertain` (this month) may have been charged; `reserved` is the bound of submits under way.
    """

    account: str
    currency: str
    day: int
    month: int
    uncertain: int
    reserved: int


@dataclass(frozen=True, slots=True)
class FailedSource:
    """A source that lies in failed/ and was not tried again."""

    job_id: int
    folder: str
    path: RelPath
    """where it was in its inbox"""
    retired_path: RelPath
    """where it lies below failed/"""
    retired_at: float


def task_row(row: Row, outputs: list[Output]) -> TaskRow:
    """A task of a row of task_page."""
    task_id, job_id, n, state, reason, folder, account, generation, source, sha256 = row[:10]
    handle_name, expected, micros, currency, error_class, message, advice = row[10:17]
    created_at, updated_at, run_at, outcome, retired_path, attempt_count = row[17:23]
    is_remote, cost_basis = row[23:]
    return TaskRow(
        id=task_id,
        job_id=job_id,
        index=n,
        state=state,
        reason=reason,
        folder=folder,
        account=account,
        generation=generation_from_json(generation),
        source=text_to_path(source),
        source_sha256=sha256,
        attempt_count=attempt_count,
        handle=None if handle_name is None else text_to_path(handle_name),
        is_remote=bool(is_remote),
        outputs=tuple(outputs),
        expected_outputs=expected,
        cost=money_of(micros, currency),
        cost_basis=cost_basis,
        error=None if error_class is None else Failure(error_class, message, advice),
        created_at=created_at,
        updated_at=updated_at,
        run_at=run_at,
        outcome=outcome,
        retired_path=text_to_path(retired_path),
    )


def attempt_row(row: Row) -> AttemptRow:
    """An attempt of a row of task_attempts."""
    attempt_id, state, seed, request_sha256, bound_micros, bound_currency = row[:6]
    handle_kind, handle_name, request_id, micros, currency, cost_basis = row[6:12]
    error_class, message, started_at, accepted_at, ended_at = row[12:]
    return AttemptRow(
        id=attempt_id,
        state=state,
        seed=seed,
        request_sha256=request_sha256,
        price_bound=money_of(bound_micros, bound_currency),
        handle=handle_of(handle_kind, handle_name),
        request_id=request_id,
        cost=money_of(micros, currency),
        cost_basis=cost_basis,
        error=None if error_class is None else Failure(error_class, message),
        started_at=started_at,
        accepted_at=accepted_at,
        ended_at=ended_at,
    )
