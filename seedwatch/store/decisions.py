"""What a person decides: cancel, release, pause, resume; and pauses that the daemon makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from seedwatch.lifecycle import FINAL, HoldReason, State
from seedwatch.records import Failure
from seedwatch.store.base import PauseScope
from seedwatch.store.events import write_event
from seedwatch.store.grips import default_end, end_attempt, free_names, settle
from seedwatch.store.statements import sql
from seedwatch.store.text import clean
from seedwatch.store.writer import Tx

_TASK_STANDING: Final = sql("task_standing")
_CANCEL_TASK: Final = sql("cancel_task")
_RELEASE_WAITING: Final = sql("release_waiting")
_RELEASE_READY: Final = sql("release_ready")
_PAUSE_NOW: Final = sql("pause_now")
_SAVE_PAUSE: Final = sql("save_pause")
_EXTEND_PAUSE: Final = sql("extend_pause")
_PAUSES_OF: Final = sql("pauses_of")
_PAUSED_MODELS: Final = sql("paused_models")
_END_PAUSE: Final = sql("end_pause")

_DROPS_ANSWER: Final = frozenset({"unreadable", "expired"})
_BY_HAND: Final = "by-hand"


def cancel(tx: Tx, task_ids: Sequence[int]) -> int:
    """Cancel tasks that are neither final nor running."""
    return sum(_cancel(tx, task_id) for task_id in task_ids)


def _cancel(tx: Tx, task_id: int) -> bool:
    found = tx.row(_TASK_STANDING, (task_id,))
    if found is None or found[0] in FINAL or found[0] == "running":
        return False
    state, _, job_id, _, _, attempt_state = found
    if attempt_state is not None:
        end_attempt(tx, task_id, default_end(attempt_state), Failure("Cancelled", _BY_HAND))
    tx.run(_CANCEL_TASK, (_BY_HAND, tx.now, task_id))
    free_names(tx, task_id)
    write_event(tx, "task.cancelled", task_id=task_id, move=(state, "cancelled"), reason=_BY_HAND)
    settle(tx, job_id)
    return True


def release(tx: Tx, task_ids: Sequence[int], reasons: Iterable[HoldReason]) -> int:
    """Held tasks go on: with their answer where it is usable, else with another submit."""
    wanted = frozenset(reasons)
    return sum(_release(tx, task_id, wanted) for task_id in task_ids)


def _release(tx: Tx, task_id: int, wanted: frozenset[HoldReason]) -> bool:
    found = tx.row(_TASK_STANDING, (task_id,))
    if found is None or found[0] != "held" or (wanted and found[1] not in wanted):
        return False
    _, reason, _, account, handle_name, attempt_state = found
    after: State = "waiting"
    if handle_name is not None and attempt_state is not None and reason not in _DROPS_ANSWER:
        tx.run(_RELEASE_WAITING, (tx.now, task_id))
    else:
        after = "ready"
        tx.run(_RELEASE_READY, (tx.now, task_id))
    write_event(tx, "task.released", task_id=task_id, move=("held", after), reason=reason)
    tx.wakes.account(account)
    return True


def pause(
    tx: Tx, scope: PauseScope, name: str, state: str, message: str, until_s: float | None
) -> bool:
    """Stop claiming; False if it was paused that way already (a later end is kept all the same)."""
    until_at = None if until_s is None else tx.now + until_s
    values = {"scope": scope, "name": name, "state": state, "now": tx.now}
    found = tx.row(_PAUSE_NOW, values)
    if found is not None:
        ends_later = found[0] is not None and (until_at is None or until_at > found[0])
        if ends_later:
            tx.run(_EXTEND_PAUSE, (until_at, scope, name, state))
        return False
    tx.run(_SAVE_PAUSE, (scope, name, state, clean(message), tx.now, until_at))
    write_event(
        tx,
        f"{scope}.paused",
        reason=state,
        fields={"name": name, "message": clean(message), "until_s": until_s},
    )
    return True


def resume_models(tx: Tx) -> None:
    """A new start is a reason to try models again that were not open."""
    for (name,) in tx.rows(_PAUSED_MODELS):
        resume(tx, "model", name, ("model",))


def resume(tx: Tx, scope: PauseScope, name: str, states: Iterable[str]) -> bool:
    """End pauses, only those in `states` if given; one that was over already is none."""
    wanted = frozenset(states)
    was_paused = False
    for state, until_at in tx.rows(_PAUSES_OF, (scope, name)):
        if wanted and state not in wanted:
            continue
        tx.run(_END_PAUSE, (scope, name, state))
        if until_at is None or until_at > tx.now:
            was_paused = True
            write_event(tx, f"{scope}.resumed", reason=state, fields={"name": name})
    tx.wakes.is_for_all = tx.wakes.is_for_all or was_paused
    return was_paused
