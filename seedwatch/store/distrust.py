"""Tells an older copy of the queue from the queue itself, and stops what such a copy would repeat.

A copy does not know the attempts that came after it was made. Their answers lie in the spool, and
the sidecars of their results in the outboxes (promises.md 3, faults 80 and 99).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Final

from seedwatch.records import Failure
from seedwatch.store.base import LastSeen
from seedwatch.store.budgeting import hold_ready
from seedwatch.store.decisions import pause
from seedwatch.store.facts import Asks
from seedwatch.store.rows import to_json
from seedwatch.store.statements import sql
from seedwatch.store.writer import Tx

_LAST_SEEN: Final = sql("last_seen")
_UNKNOWN_ATTEMPTS: Final = sql("unknown_attempts")
_READY_TASKS: Final = sql("ready_tasks")
_ASKED_ABOUT: Final = sql("asked_about")
_ADOPT_ANEW: Final = sql("adopt_anew")


def last_seen(asks: Asks) -> LastSeen:
    """Which queue this is, and when it was written last."""
    queue_id, at, asked_about = asks.rows(_LAST_SEEN)[0]
    return LastSeen(queue_id, at, frozenset(json.loads(asked_about)))


def unknown_attempts(asks: Asks, ids: Collection[str]) -> frozenset[str]:
    """Those of the attempts that neither a row nor the ledger knows."""
    return frozenset(row[0] for row in asks.rows(_UNKNOWN_ATTEMPTS, (to_json(sorted(ids)),)))


def distrust(tx: Tx, accounts: Iterable[str], unknown: Collection[str], why: Failure) -> int:
    """Hold what would be sent next, pause the accounts, count each inbox as found just now.

    One commit: of the same attempts a person is told once.
    """
    asked_about = {*json.loads(tx.rows(_LAST_SEEN)[0][2]), *unknown}
    tx.run(_ASKED_ABOUT, (to_json(sorted(asked_about)),))
    tasks = [task_id for (task_id,) in tx.rows(_READY_TASKS)]
    held = hold_ready(tx, dict.fromkeys(tasks, ("unsure", why)))
    for name in accounts:
        pause(tx, "account", name, "paused", str(why.message), None)
    tx.run(_ADOPT_ANEW, (tx.now,))
    return held
