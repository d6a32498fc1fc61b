"""Writes event rows: every state change is one, in the commit that makes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from seedwatch.store.rows import to_json
from seedwatch.store.statements import sql
from seedwatch.store.writer import Tx

EVENT_NAMES: Final = (
    # A task changes its state; `from_state` and `to_state` are set.
    "task.opened",  # fields: n, account, model
    "task.claimed",
    "task.accepted",  # the provider has it; fields: handle, kind, request_id
    "task.snoozed",  # put back without using an attempt; fields: delay_s
    "task.retried",  # put back after a failed attempt; fields: delay_s
    "task.failed",
    "task.held",
    "task.released",
    "task.cancelled",
    "task.completed",
    "task.interrupted",  # its worker is gone, put back by recovery
    # Something else happened to a task.
    "task.submitted",  # a submit begins; fields: attempt, bound, currency
    "task.doubted",  # a submit without an answer is decided or asked for next; fields: attempt
    "task.stored",  # outputs are in the spool; fields: outputs, cost, currency
    "output.moved",  # fields: n, path
    "output.delivered",  # fields: n
    "task.fitted",  # recorded by the worker
    "task.warned",  # recorded by the worker
    # Jobs, accounts, folders.
    "job.retired",  # reason: the outcome; fields: path
    "job.postponed",  # its source cannot leave the inbox just now; fields: delay_s
    # `audit --repair` writes down what a person did to finished files; reason: missing, changed
    "source.removed",
    "output.removed",  # fields: n
    "account.paused",  # reason: the state; fields: name, message, until_s
    "account.resumed",
    "folder.paused",
    "folder.resumed",
    "model.paused",
    "model.resumed",
    "folder.adopted",  # fields: name, marker, complete
)

_NAME: Final = re.compile(r"[a-z]+\.[a-z_]+")
_INSERT: Final = sql("insert_event")


def write_event(
    tx: Tx,
    name: str,
    *,
    job_id: int | None = None,
    task_id: int | None = None,
    move: tuple[str | None, str | None] = (None, None),
    reason: str = "",
    fields: Mapping[str, object] | None = None,
) -> None:
    """One event row; `move` is (state before, state after), None where there is none."""
    packed = to_json(dict(fields)) if fields else "{}"
    tx.run(_INSERT, (tx.now, name, job_id, task_id, *move, reason, packed))


def checked_name(event: str) -> str:
    """The name of an event of a task, `task.` added where the caller left it out.

    Raises:
        ValueError: it is not noun.past_participle.
    """
    name = event if "." in event else f"task.{event}"
    if not _NAME.fullmatch(name):
        raise ValueError(f"not the name of an event: {event!r}")
    return name
