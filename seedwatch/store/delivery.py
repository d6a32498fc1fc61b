"""Outputs of a claimed task: kept in the spool, named, delivered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from seedwatch.records import Claim, CostBasis, Money, Output, RelPath
from seedwatch.store.base import NameTaken
from seedwatch.store.database import is_unique_violation
from seedwatch.store.events import write_event
from seedwatch.store.facts import Asks
from seedwatch.store.grips import account_attempt, grip
from seedwatch.store.rows import money_to_row, output_from_row, output_to_row, to_json
from seedwatch.store.statements import sql
from seedwatch.store.text import path_to_text
from seedwatch.store.writer import Tx
from seedwatch.texts import say

_DROP_OUTPUTS: Final = sql("drop_outputs")
_INSERT_OUTPUT: Final = sql("insert_output")
_MOVE_OUTPUT: Final = sql("move_output")
_DELIVER_OUTPUT: Final = sql("deliver_output")
_OUTPUT_EXISTS: Final = sql("output_exists")
_ATTEMPT_COST: Final = sql("attempt_cost")
_TASK_COST: Final = sql("task_cost")
_OUTPUTS: Final = sql("task_outputs")


def save_outputs(
    tx: Tx, claim: Claim, outputs: Sequence[Output], cost: Money | None, basis: CostBasis
) -> None:
    """Step 8: the outputs with their final names; the attempt's cost goes into the ledger."""
    held = grip(tx, claim)
    tx.run(_DROP_OUTPUTS, (claim.task_id,))
    for output in outputs:
        row = output_to_row(claim.task_id, held.attempt_id, held.folder, output)
        try:
            tx.run(_INSERT_OUTPUT, row)
        except Exception as error:
            raise _named(error, output.path) from error
    if held.attempt_id is not None:
        account_attempt(tx, claim.task_id, cost, is_certain=True)
    micros, currency = money_to_row(cost)
    if cost is not None and held.attempt_id is not None:
        tx.run(_ATTEMPT_COST, (micros, currency, basis, claim.task_id))
        tx.run(_TASK_COST, (tx.now, claim.task_id))
    write_event(
        tx,
        "task.stored",
        task_id=claim.task_id,
        fields={"outputs": len(outputs), "cost": micros, "currency": currency, "basis": basis},
    )


def move_output(tx: Tx, claim: Claim, n: int, path: RelPath) -> None:
    """Another file stands at the final name: promise this one."""
    grip(tx, claim)
    text = path_to_text(path)
    try:
        changed = tx.run(_MOVE_OUTPUT, (text, claim.task_id, n))
    except Exception as error:
        raise _named(error, path) from error
    if not changed:
        raise ValueError(f"output {n} is not there or is delivered already")
    write_event(tx, "output.moved", task_id=claim.task_id, fields={"n": n, "path": text})


def output_delivered(tx: Tx, claim: Claim, n: int) -> None:
    """This output lies whole at its final name; saying so twice changes nothing."""
    grip(tx, claim)
    if tx.run(_DELIVER_OUTPUT, (claim.task_id, n)):
        write_event(tx, "output.delivered", task_id=claim.task_id, fields={"n": n})
    elif tx.row(_OUTPUT_EXISTS, (claim.task_id, n)) is None:
        raise ValueError(f"there is no output {n}")


def outputs_of(asks: Asks, task_id: int) -> list[Output]:
    """The outputs of any task, in order."""
    rows = asks.rows(_OUTPUTS, (to_json([task_id]),))
    return [output_from_row(row[1:]) for row in rows]


def _named(error: Exception, path: RelPath) -> Exception:
    if is_unique_violation(error):
        return NameTaken(say("store.path_taken", path=path_to_text(path)))
    return error
