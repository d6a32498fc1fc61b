"""What budgets have left, and which tasks are held for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from seedwatch.budgets import Budgets, Use, Window
from seedwatch.lifecycle import HoldReason
from seedwatch.records import Claim, Failure
from seedwatch.store.base import OpenTask
from seedwatch.store.events import write_event
from seedwatch.store.facts import Asks
from seedwatch.store.moves import error_columns
from seedwatch.store.rows import Row, generation_from_json, to_json
from seedwatch.store.statements import sql
from seedwatch.store.writer import Tx

_BUDGET_USE: Final = sql("budget_use")
_BUDGET_DOUBTS: Final = sql("budget_doubts")
_HELD_FOR: Final = sql("held_for")
_READY_BESIDE: Final = sql("ready_beside")
_HOLD_READY: Final = sql("hold_ready")
_MOST: Final = 500
"""of one account and folder at a time"""


class Bound(NamedTuple):
    """The limits of some budgets with their present days and months."""

    budgets: Budgets
    windows: tuple[Window, ...]

    @classmethod
    def at(cls, budgets: Budgets, now: float) -> Bound:
        """As they stand now."""
        windows = (budgets.calendar.window(limit.period, now) for limit in budgets.limits)
        return cls(budgets, tuple(windows))

    def to_json(self) -> str:
        """As the statements take them."""
        return to_json(
            [
                {
                    "scope": limit.scope,
                    "name": limit.name,
                    "currency": limit.most.currency,
                    "most": limit.most.micros,
                    "from": window.begins_at,
                    "to": window.ends_at,
                }
                for limit, window in zip(self.budgets.limits, self.windows, strict=True)
            ]
        )


def uses(asks: Asks, budgets: Budgets, now: float) -> list[Use]:
    """How far each limit is used, in their order."""
    bound = Bound.at(budgets, now)
    values = {"limits": bound.to_json()}
    doubts = {n: rest for n, *rest in asks.rows(_BUDGET_DOUBTS, values)}
    found = {}
    for n, _, _, settled, reserved in asks.rows(_BUDGET_USE, values):
        uncertain, unpriced_count = doubts[n]
        found[n] = Use(
            limit=budgets.limits[n],
            window=bound.windows[n],
            charged=settled - uncertain,
            uncertain=uncertain,
            reserved=reserved,
            unpriced_count=unpriced_count,
        )
    return [found[n] for n in range(len(budgets.limits))]


def held_for(asks: Asks, reasons: Iterable[HoldReason]) -> list[OpenTask]:
    """The first tasks held for one of these reasons, in the order of claims."""
    values = {"reasons": to_json(sorted(reasons)), "most": _MOST}
    return [_open_task(row) for row in asks.rows(_HELD_FOR, values)]


def ready_beside(asks: Asks, claim: Claim) -> list[OpenTask]:
    """The next tasks of the claim's account and folder that may be claimed at once."""
    values = {"task": claim.task_id, "most": _MOST}
    return [_open_task(row) for row in asks.rows(_READY_BESIDE, values)]


def _open_task(row: Row) -> OpenTask:
    task_id, account, folder, generation = row
    return OpenTask(task_id, account, folder, generation_from_json(generation))


def hold_ready(tx: Tx, holds: Mapping[int, tuple[HoldReason, Failure]]) -> int:
    """Park tasks that are still ready."""
    count = 0
    for task_id, (reason, failure) in holds.items():
        values = {"reason": reason, **error_columns(failure), "now": tx.now, "task": task_id}
        if tx.run(_HOLD_READY, values):
            write_event(tx, "task.held", task_id=task_id, move=("ready", "held"), reason=reason)
            count += 1
    return count
