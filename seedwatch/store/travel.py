"""The way of one claimed task: submitted, accepted, put back; each under the worker's lease."""

from __future__ import annotations

from typing import Final

from seedwatch.budgets import Budgets, refusal
from seedwatch.lifecycle import State
from seedwatch.records import Claim, Failure, Handle, Submission
from seedwatch.store.base import AttemptEnd
from seedwatch.store.budgeting import Bound, uses
from seedwatch.store.events import checked_name, write_event
from seedwatch.store.grips import (
    end_attempt,
    grip,
    lease_lost,
    leave,
)
from seedwatch.store.moves import accept_attempt, due_at, let_go_task, put_back
from seedwatch.store.rows import money_to_row, to_json
from seedwatch.store.statements import sql
from seedwatch.store.text import clean, path_to_text
from seedwatch.store.writer import Tx

_INSERT_ATTEMPT: Final = sql("insert_attempt")
_BEGIN_SUBMIT: Final = sql("begin_submit")
_KEEP_HANDLE: Final = sql("keep_handle")
_EXTEND_LEASE: Final = sql("extend_lease")


def begin_submit(tx: Tx, claim: Claim, submission: Submission, budgets: Budgets) -> None:
    """A paid request is about to leave: its attempt and its budget hold exist before it."""
    held = grip(tx, claim)
    micros, currency = money_to_row(submission.price_bound)
    is_begun = tx.run(
        _INSERT_ATTEMPT,
        {
            "task": claim.task_id,
            "attempt": submission.attempt_id,
            "account": held.account,
            "seed": submission.seed,
            "request_sha256": submission.request_sha256,
            "bound": micros,
            "currency": currency,
            "sent": to_json(submission.sent),
            "now": tx.now,
            "limits": Bound.at(budgets, tx.now).to_json(),
        },
    )
    if not is_begun:
        why = refusal(uses(tx, budgets, tx.now), submission.price_bound, budgets.calendar)
        assert why is not None  # the statement counted the same
        raise why
    tx.run(_BEGIN_SUBMIT, (submission.attempt_id, tx.now, claim.task_id, claim.token))
    write_event(
        tx,
        "task.submitted",
        task_id=claim.task_id,
        fields={"attempt": submission.attempt_id, "bound": micros, "currency": currency},
    )


def save_handle(
    tx: Tx, claim: Claim, handle: Handle, request_id: str, poll_in_s: float | None
) -> None:
    """The attempt is accepted; with `poll_in_s` the task waits and its worker is free."""
    held = grip(tx, claim)
    if held.attempt_id is None:
        raise ValueError("a handle needs a submit that was begun")
    accept_attempt(tx, claim.task_id, handle, request_id)
    fields = {"handle": handle.name, "kind": handle.kind, "request_id": request_id}
    if poll_in_s is None:
        tx.run(
            _KEEP_HANDLE,
            (
                handle.kind,
                path_to_text(handle.name),
                held.attempt_id,
                tx.now,
                claim.task_id,
                claim.token,
            ),
        )
        write_event(tx, "task.accepted", task_id=claim.task_id, fields=fields)
        return
    run_at = due_at(tx, poll_in_s)
    waiting = held._replace(handle_kind=handle.kind, handle_name=path_to_text(handle.name))
    let_go_task(tx, claim.task_id, claim.token, waiting, run_at, "", None)
    leave(tx, claim, "waiting", "task.accepted", account=held.account, at=run_at, fields=fields)


def doubt(tx: Tx, claim: Claim, delay_s: float, failure: Failure | None) -> None:
    """Its submit has no answer; what became of it can be asked for, later."""
    held = grip(tx, claim)
    if held.attempt_id is None or held.attempt_state != "submitting":
        raise ValueError("only a submit without an answer is in doubt")
    run_at = due_at(tx, delay_s)
    asked = held._replace(handle_kind="doubt", handle_name=held.attempt_id)
    let_go_task(tx, claim.task_id, claim.token, asked, run_at, "unsure", failure)
    leave(
        tx,
        claim,
        "waiting",
        "task.doubted",
        account=held.account,
        at=run_at,
        reason="unsure",
        fields={"attempt": held.attempt_id},
    )


def snooze(
    tx: Tx,
    claim: Claim,
    delay_s: float,
    reason: str,
    failure: Failure | None,
    attempt: AttemptEnd | None,
) -> None:
    """Put back without using an attempt."""
    held = grip(tx, claim)
    run_at = due_at(tx, delay_s)
    after: State = "waiting"
    if attempt is not None:
        end_attempt(tx, claim.task_id, attempt, failure)
    if attempt is None and held.handle_name is not None:
        let_go_task(tx, claim.task_id, claim.token, held, run_at, reason, failure)
    elif attempt is None and held.attempt_id is not None:
        raise ValueError("a submit that was begun must end before its task is ready again")
    else:
        after = "ready"
        put_back(tx, claim.task_id, claim.token, run_at, reason, failure)
    leave(
        tx,
        claim,
        after,
        "task.snoozed",
        account=held.account,
        at=run_at,
        reason=clean(reason),
        fields={"delay_s": delay_s},
    )


def retry(tx: Tx, claim: Claim, delay_s: float, failure: Failure, attempt: AttemptEnd) -> None:
    """Use an attempt and put back; the handle of the failed attempt is dropped."""
    held = grip(tx, claim)
    end_attempt(tx, claim.task_id, attempt, failure)
    run_at = due_at(tx, delay_s)
    put_back(
        tx,
        claim.task_id,
        claim.token,
        run_at,
        failure.error_class,
        failure,
        used=1,
        unknown=int(attempt == "unknown"),
    )
    leave(
        tx,
        claim,
        "ready",
        "task.retried",
        account=held.account,
        at=run_at,
        reason=failure.error_class,
        fields={"delay_s": delay_s},
    )


def record(tx: Tx, claim: Claim, event: str, fields: dict[str, object]) -> None:
    """An event of the task that is no transition."""
    name = checked_name(event)
    grip(tx, claim)
    write_event(tx, name, task_id=claim.task_id, fields=fields)


def extend_lease(tx: Tx, claim: Claim, lease_s: float) -> None:
    """Keep the task longer."""
    if not tx.run(_EXTEND_LEASE, (tx.now + lease_s, claim.task_id, claim.token)):
        raise lease_lost(claim.task_id)
