"""Tasks that may have ended the daemon: counted, tried one at a time, then set aside.

A crash is a life of the daemon without an end on record. It counts against the tasks whose work was
local just then: a request on its way is settled by its answer, and waits for the network. What was
at work in two crashes in a row runs alone; what was alone in two goes no further (promises.md 2).
"""

from __future__ import annotations

import json
from typing import Final, Literal, NamedTuple

from seedwatch.store.facts import Asks
from seedwatch.store.statements import sql
from seedwatch.store.writer import Row, Tx

_META: Final = sql("meta")
_SET_META: Final = sql("set_meta")
_UNSET_META: Final = sql("unset_meta")
_TASK_EVENTS: Final = sql("events_backwards")
_SUSPECTS: Final = sql("suspects")
_PICK_ONE: Final = sql("pick_one")

SUSPECT: Final = "suspect"
LATER_S: Final = 60.0
"""how long a suspect waits for its turn alone before it runs like any other"""
_LIFE, _ALONE = "life", "alone"
_CRASHES, _CRASHES_ALONE = 2, 2

Judgement = Literal["innocent", "suspect", "guilty"]


class LastLife(NamedTuple):
    """How the daemon's last life ended, and the task that it carried on alone then, if any."""

    has_crashed: bool
    alone: int | None


def begin_life(tx: Tx) -> LastLife:
    """A life begins; returns how the one before ended."""
    found: dict[str, str] = dict(tx.rows(_META))
    last = LastLife(_LIFE in found, int(found[_ALONE]) if _ALONE in found else None)
    tx.run(_SET_META, (_LIFE, "open"))
    tx.run(_UNSET_META, (_ALONE,))
    return last


def end_life(tx: Tx) -> None:
    """It ends on purpose: what is at work then did not end it."""
    tx.run(_UNSET_META, (_LIFE,))


def judge(tx: Tx, task_id: int, *, was_alone: bool) -> Judgement:
    """What follows from a crash while the task was at work, and those in a row before it."""
    crashes, alone = 1, int(was_alone)
    for name, fields in tx.rows(_TASK_EVENTS, (task_id,)):
        if name == "task.claimed":
            continue
        told = json.loads(fields)
        if name != "task.interrupted" or not told.get("crash"):
            break
        crashes, alone = crashes + 1, alone + bool(told.get("alone"))
    if alone >= _CRASHES_ALONE:
        return "guilty"
    return "suspect" if crashes >= _CRASHES else "innocent"


def suspects(asks: Asks) -> list[tuple[int, str]]:
    """Suspected tasks that wait for their turn, and their accounts."""
    return [(task_id, account) for task_id, account in asks.rows(_SUSPECTS)]


def pick_one(tx: Tx, task_id: int) -> list[Row]:
    """The row of a suspect that nobody paused, for its claim; now it counts as being alone."""
    found = tx.rows(_PICK_ONE, {"task": task_id, "now": tx.now})
    if found:
        tx.run(_SET_META, (_ALONE, str(task_id)))
    return found


def survived(tx: Tx) -> None:
    """The task that ran alone got through the part that may end the daemon."""
    tx.run(_UNSET_META, (_ALONE,))
