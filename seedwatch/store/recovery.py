"""Takes back tasks whose worker is gone, and settles submits whose answer is not recorded."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, NamedTuple

from seedwatch.records import Failure, Handle
from seedwatch.store import crashes
from seedwatch.store.base import DoubtfulAttempt
from seedwatch.store.crashes import LastLife
from seedwatch.store.events import write_event
from seedwatch.store.facts import Asks, Shelf
from seedwatch.store.grips import Grip, end_attempt, lease_lost
from seedwatch.store.moves import accept_attempt, hold_task, let_go_task, put_back
from seedwatch.store.statements import sql
from seedwatch.store.text import path_to_text
from seedwatch.store.writer import Tx
from seedwatch.texts import say

_LEASES: Final = sql("leases")
_DOUBTFUL: Final = sql("doubtful")
_DOUBT: Final = sql("doubt")
_ATTEMPT_IN_DOUBT: Final = sql("attempt_in_doubt")
_WRITTEN_IN_FUTURE: Final = sql("written_in_future")
_RETIRED_IN_FUTURE: Final = sql("retired_in_future")
_SPOOL_NAMES: Final = sql("spool_names")


_NO_CRASH: Final = LastLife(has_crashed=False, alone=None)


class Leases:
    """The leases this store gave out, timed by a clock that a person cannot set.

    A row keeps the end of its lease by the wall clock. When that jumps ahead, a worker that is
    at work must not lose its paid answer; so a lease of this very store is over only when both
    clocks say so.
    """

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._ends: dict[tuple[int, str], float] = {}

    def begin(self, task_id: int, token: str, lease_s: float) -> None:
        """A lease was given or extended."""
        self._ends[task_id, token] = self._timer() + lease_s

    def is_over(self, task_id: int, token: str) -> bool:
        """Whether it is over, or is not one of ours."""
        return self._ends.get((task_id, token), 0.0) <= self._timer()

    def keep(self, held: set[tuple[int, str]]) -> None:
        """Forget all leases but those that rows still show."""
        self._ends = {key: end for key, end in self._ends.items() if key in held}


class Held(NamedTuple):
    """A running task as recovery finds it."""

    task_id: int
    job_id: int
    account: str
    model: str
    handle_kind: str | None
    handle_name: str | None
    token: str
    until_at: float | None
    attempt_id: str | None
    attempt_state: str | None
    unknown_count: int
    rule: str


def recover(tx: Tx, shelf: Shelf) -> list[DoubtfulAttempt]:
    """At start: void all leases; returns every submit that waits for a decision."""
    _mend_times(tx)
    last = crashes.begin_life(tx)
    for row in tx.rows(_LEASES):
        _take_back(tx, Held(*row), last)
    return _doubtful(tx, shelf)


def reap(tx: Tx, shelf: Shelf, leases: Leases) -> list[DoubtfulAttempt]:
    """As `recover`, for leases that are over; returns only what is in doubt since now."""
    _mend_times(tx)
    rows = [Held(*row) for row in tx.rows(_LEASES)]
    leases.keep({(row.task_id, row.token) for row in rows})
    fresh = set()
    for row in rows:
        assert row.until_at is not None  # the statement asks for it
        if row.until_at <= tx.now and leases.is_over(row.task_id, row.token):
            _take_back(tx, row)
            fresh.add(row.task_id)
    return [doubt for doubt in _doubtful(tx, shelf) if doubt.task_id in fresh] if fresh else []


def _mend_times(tx: Tx) -> None:
    for (account,) in tx.rows(_WRITTEN_IN_FUTURE, {"now": tx.now}):
        tx.wakes.account(account)
    if tx.run(_RETIRED_IN_FUTURE, {"now": tx.now}):
        tx.wakes.retire(tx.now)


def _take_back(tx: Tx, held: Held, last: LastLife = _NO_CRASH) -> None:
    """Void one lease: the handle says where the task goes on, its crashes when, and whether."""
    if held.attempt_state == "submitting":
        tx.run(_DOUBT, (tx.now, held.task_id, held.token))
        fields: dict[str, object] = {"attempt": held.attempt_id}
        write_event(tx, "task.doubted", task_id=held.task_id, fields=fields)
        return
    was_alone = held.task_id == last.alone
    judgement: crashes.Judgement = "innocent"
    if last.has_crashed:
        judgement = crashes.judge(tx, held.task_id, was_alone=was_alone)
    reason, run_at = "interrupted", 0.0
    if judgement == "suspect":
        reason, run_at = crashes.SUSPECT, tx.now + crashes.LATER_S
    if judgement == "guilty":
        after, reason = "held", "quarantine"
        failure = Failure("Crashed", say("store.crashed"), say("store.crashed_do"))
        hold_task(tx, held.task_id, held.token, _grip(held), "quarantine", failure, unknown=0)
    elif held.handle_name is not None and held.attempt_state is not None:
        after = "waiting"
        let_go_task(tx, held.task_id, held.token, _grip(held), run_at, reason, None)
    else:
        after = "ready"
        put_back(tx, held.task_id, held.token, run_at, reason, None)
    write_event(
        tx,
        "task.held" if after == "held" else "task.interrupted",
        task_id=held.task_id,
        move=("running", after),
        reason=reason,
        fields={"crash": last.has_crashed, "alone": was_alone},
    )
    tx.wakes.account(held.account)


def _grip(held: Held) -> Grip:
    return Grip(
        job_id=held.job_id,
        account=held.account,
        folder="",
        handle_kind=held.handle_kind,
        handle_name=held.handle_name,
        attempt_id=held.attempt_id,
        attempt_state=held.attempt_state,
    )


def _doubtful(tx: Tx, shelf: Shelf) -> list[DoubtfulAttempt]:
    found = []
    for row in tx.rows(_DOUBTFUL):
        held = Held(*row)
        assert held.attempt_id is not None  # only an open submit is in doubt
        found.append(
            DoubtfulAttempt(
                task_id=held.task_id,
                attempt_id=held.attempt_id,
                account=held.account,
                model=held.model,
                unknown_count=held.unknown_count,
                resend_uncertain=shelf.rule(tx, held.rule).resend_uncertain,
            )
        )
    return found


class _Doubt(NamedTuple):
    task_id: int
    job_id: int
    account: str
    token: str


def _doubt(tx: Tx, attempt_id: str) -> _Doubt:
    row = tx.row(_ATTEMPT_IN_DOUBT, (attempt_id,))
    if row is None:  # decided already
        raise lease_lost(0)
    return _Doubt(*row)


def answer_found(tx: Tx, attempt_id: str, handle: Handle) -> None:
    """The answer of a doubtful attempt is there: the task waits for it to be read."""
    doubt = _doubt(tx, attempt_id)
    accept_attempt(tx, doubt.task_id, handle, "")
    grip = Grip(
        job_id=doubt.job_id,
        account=doubt.account,
        folder="",
        handle_kind=handle.kind,
        handle_name=path_to_text(handle.name),
        attempt_id=attempt_id,
        attempt_state="accepted",
    )
    let_go_task(tx, doubt.task_id, doubt.token, grip, 0.0, "", None)
    write_event(
        tx,
        "task.accepted",
        task_id=doubt.task_id,
        move=("running", "waiting"),
        fields={"handle": handle.name, "kind": handle.kind},
    )
    tx.wakes.account(doubt.account)


def answer_asked(tx: Tx, attempt_id: str, failure: Failure) -> None:
    """It is not here, but the provider can be asked what became of the submit."""
    doubt = _doubt(tx, attempt_id)
    asked = Grip(doubt.job_id, doubt.account, "", "doubt", attempt_id, attempt_id, "submitting")
    let_go_task(tx, doubt.task_id, doubt.token, asked, 0.0, "unsure", failure)
    write_event(
        tx,
        "task.doubted",
        task_id=doubt.task_id,
        move=("running", "waiting"),
        reason="unsure",
        fields={"attempt": attempt_id},
    )
    tx.wakes.account(doubt.account)


def answer_missing(tx: Tx, attempt_id: str, *, resend: bool, failure: Failure) -> None:
    """It is not: held for a person, or sent again where the rule allows it."""
    doubt = _doubt(tx, attempt_id)
    end_attempt(tx, doubt.task_id, "unknown", failure)
    if resend:
        after, event, reason = "ready", "task.retried", failure.error_class
        put_back(tx, doubt.task_id, doubt.token, 0.0, reason, failure, used=1, unknown=1)
    else:
        after, event, reason = "held", "task.held", "unsure"
        nothing = Grip(doubt.job_id, doubt.account, "", None, None, None, None)
        hold_task(tx, doubt.task_id, doubt.token, nothing, "unsure", failure, unknown=1)
    write_event(tx, event, task_id=doubt.task_id, move=("running", after), reason=reason)
    tx.wakes.account(doubt.account)


def spool_names(asks: Asks) -> set[str]:
    """Attempts that were, or may have been, paid and whose rows are kept."""
    return {row[0] for row in asks.rows(_SPOOL_NAMES)}
