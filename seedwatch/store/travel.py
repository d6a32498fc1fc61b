"""The way of one claimed task: one function per transition, each under the worker's lease."""

from __future__ import annotations

from typing import Any, Final

from seedwatch.lifecycle import HoldReason, State
from seedwatch.records import Claim, Failure, Handle, Submission
from seedwatch.store.base import AttemptEnd, HandleTaken
from seedwatch.store.database import is_unique_violation
from seedwatch.store.events import checked_name, write_event
from seedwatch.store.grips import (
    Grip,
    default_end,
    end_attempt,
    free_names,
    grip,
    lease_lost,
    leave,
    settle,
)
from seedwatch.store.rows import failure_to_row, money_to_row, to_json
from seedwatch.store.statements import sql
from seedwatch.store.text import clean, path_to_text
from seedwatch.store.writer import Tx
from seedwatch.texts import say

_INSERT_ATTEMPT: Final = sql("insert_attempt")
_BEGIN_SUBMIT: Final = sql("begin_submit")
_ACCEPT_ATTEMPT: Final = sql("accept_attempt")
_KEEP_HANDLE: Final = sql("keep_handle")
_LET_GO: Final = sql("let_go")
_PUT_BACK: Final = sql("put_back")
_DELIVER_REST: Final = sql("deliver_rest")
_FINISH: Final = sql("finish")
_HOLD: Final = sql("hold")
_EXTEND_LEASE: Final = sql("extend_lease")


def begin_submit(tx: Tx, claim: Claim, submission: Submission) -> None:
    """A paid request is about to leave: its attempt exists before its first byte."""
    held = grip(tx, claim)
    micros, currency = money_to_row(submission.price_bound)
    tx.run(
        _INSERT_ATTEMPT,
        (
            claim.task_id,
            submission.attempt_id,
            held.account,
            submission.seed,
            submission.request_sha256,
            micros,
            currency,
            to_json(submission.sent),
            tx.now,
        ),
    )
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


def accept_attempt(tx: Tx, task_id: int, handle: Handle, request_id: str) -> None:
    """Write a handle to the open attempt of a task.

    Raises:
        HandleTaken: another attempt of the account has this remote handle.
    """
    try:
        tx.run(
            _ACCEPT_ATTEMPT,
            {
                "kind": handle.kind,
                "name": path_to_text(handle.name),
                "request_id": clean(request_id),
                "now": tx.now,
                "task": task_id,
            },
        )
    except Exception as error:
        if is_unique_violation(error):
            raise HandleTaken(say("store.handle_taken", handle=handle.name)) from error
        raise


def due_at(tx: Tx, delay_s: float) -> float:
    """The `run_at` of a delay; 0 for at once."""
    return tx.now + delay_s if delay_s > 0 else 0.0


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


def let_go_task(
    tx: Tx,
    task_id: int,
    token: str,
    held: Grip,
    run_at: float,
    reason: str,
    failure: Failure | None,
) -> None:
    """Make a running task wait for the handle that `held` names."""
    changed = tx.run(
        _LET_GO,
        {
            "reason": clean(reason),
            "run_at": run_at,
            "kind": held.handle_kind,
            "name": held.handle_name,
            "attempt": held.attempt_id,
            **_error(failure),
            "now": tx.now,
            "task": task_id,
            "token": token,
        },
    )
    assert changed == 1, task_id


def put_back(
    tx: Tx,
    task_id: int,
    token: str,
    run_at: float,
    reason: str,
    failure: Failure | None,
    *,
    used: int = 0,
    unknown: int = 0,
) -> None:
    """Make a running task ready for another submit."""
    changed = tx.run(
        _PUT_BACK,
        {
            "reason": clean(reason),
            "run_at": run_at,
            "used": used,
            "unknown": unknown,
            **_error(failure),
            "now": tx.now,
            "task": task_id,
            "token": token,
        },
    )
    assert changed == 1, task_id


def fail(tx: Tx, claim: Claim, failure: Failure, attempt: AttemptEnd | None) -> None:
    """Final: the task failed."""
    _finish(tx, claim, "failed", "task.failed", failure.error_class, failure, attempt)


def cancel_claim(tx: Tx, claim: Claim, reason: str) -> None:
    """Final: the user's hand won; what may have been paid is accounted."""
    _finish(tx, claim, "cancelled", "task.cancelled", reason, None, None)


def complete(tx: Tx, claim: Claim, note: str) -> None:
    """Final: every output is delivered, those included that were not said to be one by one."""
    _finish(tx, claim, "done", "task.completed", note, None, "accepted")


def _finish(
    tx: Tx,
    claim: Claim,
    after: State,
    event: str,
    reason: str,
    failure: Failure | None,
    attempt: AttemptEnd | None,
) -> None:
    held = grip(tx, claim)
    if after == "done":
        tx.run(_DELIVER_REST, (claim.task_id,))
    if held.attempt_id is not None:
        fault = failure if after != "cancelled" else Failure("Cancelled", reason)
        end_attempt(tx, claim.task_id, attempt or default_end(held.attempt_state), fault)
    tx.run(
        _FINISH,
        {
            "state": after,
            "reason": clean(reason),
            **_error(failure),
            "now": tx.now,
            "task": claim.task_id,
            "token": claim.token,
        },
    )
    if after != "done":
        free_names(tx, claim.task_id)
    leave(tx, claim, after, event, account=held.account, reason=clean(reason))
    settle(tx, held.job_id)


def hold(tx: Tx, claim: Claim, reason: HoldReason, failure: Failure | None) -> None:
    """Park for a person.

    An attempt without an answer ends as unknown; `unsure` ends an accepted one so, too, and drops
    its handle; `unreadable` and `expired` end it as accepted: it is paid.
    """
    held = grip(tx, claim)
    is_unknown = held.attempt_id is not None and (
        reason == "unsure" or held.attempt_state == "submitting"
    )
    fault = failure or Failure("Held", reason)
    if is_unknown:
        end_attempt(tx, claim.task_id, "unknown", fault)
        held = held._replace(handle_kind=None, handle_name=None, attempt_id=None)
    elif reason in {"unreadable", "expired"}:
        end_attempt(tx, claim.task_id, "accepted", fault)
    hold_task(tx, claim.task_id, claim.token, held, reason, failure, unknown=int(is_unknown))
    leave(tx, claim, "held", "task.held", account=held.account, reason=reason)


def hold_task(
    tx: Tx,
    task_id: int,
    token: str,
    held: Grip,
    reason: HoldReason,
    failure: Failure | None,
    *,
    unknown: int,
) -> None:
    """Park a running task with the handle that `held` has left."""
    tx.run(
        _HOLD,
        {
            "reason": reason,
            "kind": held.handle_kind,
            "name": held.handle_name,
            "attempt": held.attempt_id,
            "unknown": unknown,
            **_error(failure),
            "now": tx.now,
            "task": task_id,
            "token": token,
        },
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


def _error(failure: Failure | None) -> dict[str, Any]:
    error_class, message, advice = failure_to_row(failure)
    return {"error_class": error_class, "error_message": message, "error_advice": advice}
