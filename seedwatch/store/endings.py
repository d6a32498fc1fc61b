"""How one claimed task ends, or stops for a person; each under the worker's lease."""

from __future__ import annotations

from typing import Final

from seedwatch.lifecycle import HoldReason, State
from seedwatch.records import Claim, Failure
from seedwatch.store.base import AttemptEnd
from seedwatch.store.grips import (
    default_end,
    end_attempt,
    free_names,
    grip,
    leave,
    settle,
)
from seedwatch.store.moves import error_columns, hold_task
from seedwatch.store.statements import sql
from seedwatch.store.text import clean
from seedwatch.store.writer import Tx

_DELIVER_REST: Final = sql("deliver_rest")
_FINISH: Final = sql("finish")


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
            **error_columns(failure),
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
