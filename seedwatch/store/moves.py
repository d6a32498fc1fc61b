"""Moves a running task to another state: the rows alone, after its holder was checked."""

from __future__ import annotations

from typing import Any, Final

from seedwatch.lifecycle import HoldReason
from seedwatch.records import Failure, Handle
from seedwatch.store.base import HandleTaken
from seedwatch.store.database import is_unique_violation
from seedwatch.store.grips import (
    Grip,
)
from seedwatch.store.rows import failure_to_row
from seedwatch.store.statements import sql
from seedwatch.store.text import clean, path_to_text
from seedwatch.store.writer import Tx
from seedwatch.texts import say

_ACCEPT_ATTEMPT: Final = sql("accept_attempt")
_LET_GO: Final = sql("let_go")
_PUT_BACK: Final = sql("put_back")
_HOLD: Final = sql("hold")


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
            message = say("store.handle_taken", handle=handle.name)
            raise HandleTaken(message, advice=say("provider.unsure_advice")) from error
        raise


def due_at(tx: Tx, delay_s: float) -> float:
    """The `run_at` of a delay; 0 for at once."""
    return tx.now + delay_s if delay_s > 0 else 0.0


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
            **error_columns(failure),
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
            **error_columns(failure),
            "now": tx.now,
            "task": task_id,
            "token": token,
        },
    )
    assert changed == 1, task_id


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
            **error_columns(failure),
            "now": tx.now,
            "task": task_id,
            "token": token,
        },
    )


def error_columns(failure: Failure | None) -> dict[str, Any]:
    """What went wrong, as named values."""
    error_class, message, advice = failure_to_row(failure)
    return {"error_class": error_class, "error_message": message, "error_advice": advice}
