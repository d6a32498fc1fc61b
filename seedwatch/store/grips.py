"""What every write of a worker shares: proof of its lease, the end of an attempt, settling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from seedwatch.errors import LeaseLost
from seedwatch.lifecycle import State, may_move
from seedwatch.records import Claim, Failure, Money
from seedwatch.store.base import AttemptEnd
from seedwatch.store.events import write_event
from seedwatch.store.rows import failure_to_row, money_to_row
from seedwatch.store.statements import sql
from seedwatch.store.writer import Tx
from seedwatch.texts import say

_GRIP: Final = sql("grip")
_END_ATTEMPT: Final = sql("end_attempt")
_ACCOUNT_ATTEMPT: Final = sql("account_attempt")
_SETTLE_JOB: Final = sql("settle_job")
_FREE_NAMES: Final = sql("free_names")


class Grip(NamedTuple):
    """A task that its worker still holds, and its attempt that has not ended."""

    job_id: int
    account: str
    folder: str
    handle_kind: str | None
    handle_name: str | None
    attempt_id: str | None
    attempt_state: str | None
    """submitting or accepted; None where no attempt is open"""


def grip(tx: Tx, claim: Claim) -> Grip:
    """The task of a claim.

    Raises:
        LeaseLost: it is not this worker's any more.
    """
    row = tx.row(_GRIP, (claim.task_id, claim.token))
    if row is None:
        raise lease_lost(claim.task_id)
    return Grip(*row)


def lease_lost(task_id: int) -> LeaseLost:
    """The error of a worker that writes too late."""
    return LeaseLost(say("store.lease_lost", task=task_id))


def leave(
    tx: Tx,
    claim: Claim,
    after: State,
    event: str,
    *,
    account: str,
    at: float | None = None,
    reason: str = "",
    fields: Mapping[str, object] | None = None,
) -> None:
    """What every move out of `running` ends with: its event, and a free place in its lane.

    `at` is when the task is claimable again.
    """
    assert may_move("running", after), after
    write_event(
        tx, event, task_id=claim.task_id, move=("running", after), reason=reason, fields=fields
    )
    tx.wakes.account(account)
    if at is not None:
        tx.wakes.account(account, at)


def default_end(attempt_state: str | None) -> AttemptEnd:
    """How an open attempt ends if nobody says: what was accepted was paid, the rest is unknown."""
    return "accepted" if attempt_state == "accepted" else "unknown"


def end_attempt(tx: Tx, task_id: int, end: AttemptEnd, failure: Failure | None) -> None:
    """End the open attempt of a task, if there is one; what may be paid goes into the ledger."""
    if end in {"accepted", "unknown"}:
        account_attempt(tx, task_id, None, is_certain=end == "accepted")
    error_class, message, _ = failure_to_row(failure)
    tx.run(_END_ATTEMPT, (end, error_class, message, tx.now, task_id))


def account_attempt(tx: Tx, task_id: int, cost: Money | None, *, is_certain: bool) -> None:
    """Enter the open attempt into the ledger, once."""
    micros, currency = money_to_row(cost)
    tx.run(
        _ACCOUNT_ATTEMPT,
        {
            "now": tx.now,
            "kind": "charged" if is_certain else "uncertain",
            "task": task_id,
            "micros": micros,
            "currency": currency,
        },
    )


def settle(tx: Tx, job_id: int) -> None:
    """A job whose last task became final is due for retiring."""
    if tx.run(_SETTLE_JOB, (tx.now, job_id)):
        tx.wakes.retire(tx.now)


def free_names(tx: Tx, task_id: int) -> None:
    """Give back the final names of outputs that will not be delivered."""
    tx.run(_FREE_NAMES, (task_id,))
