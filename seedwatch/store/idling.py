"""Whether anything can still happen by itself, and what a run left unfinished."""

from __future__ import annotations

from typing import Final

from seedwatch.store.facts import Asks
from seedwatch.store.rows import to_json
from seedwatch.store.statements import sql

_PAUSES: Final = sql("pauses_now")
_IS_RUNNING: Final = sql("is_running")
_LATER: Final = (sql("is_due_at_once"), sql("is_due_by"))
_IS_RETIRING_BY: Final = sql("is_retiring_by")
_OPEN_FOLDERS: Final = sql("open_folders")
_OPEN_ACCOUNTS: Final = sql("open_accounts")
_LAST_EVENT: Final = sql("last_event")
_OPEN_COUNT: Final = sql("open_count")
_FAILED_SINCE: Final = sql("failed_since")


def has_work_within(
    asks: Asks,
    now: float,
    horizon_s: float,
    stopped_folders: frozenset[str],
    stopped_accounts: frozenset[str],
) -> bool:
    """Whether a task runs, or a task or a retirement comes due by then that nothing stops."""
    by = now + horizon_s
    barred: dict[str, set[str]] = {
        "account": set(stopped_accounts),
        "folder": set(stopped_folders),
        "model": set(),
    }
    for scope, name, until_at in asks.rows(_PAUSES, {"now": now}):
        if until_at is None or until_at > by:
            barred[scope].add(name)
    values = {f"{scope}s": to_json(sorted(names)) for scope, names in barred.items()}
    if asks.rows(_IS_RUNNING)[0][0]:
        return True
    if any(asks.rows(question, _only(question, {**values, "by": by})) for question in _LATER):
        return True
    # A paused folder claims nothing, but its settled sources leave the inbox all the same.
    retiring = {"by": by, "folders": to_json(sorted(stopped_folders))}
    return bool(asks.rows(_IS_RETIRING_BY, retiring))


def open_names(asks: Asks) -> tuple[frozenset[str], frozenset[str]]:
    """Folders and accounts with open tasks, and folders whose sources are still to be retired."""
    accounts = frozenset(row[0] for row in asks.rows(_OPEN_ACCOUNTS))
    return frozenset(row[0] for row in asks.rows(_OPEN_FOLDERS)), accounts


def _only(statement: str, values: dict[str, object]) -> dict[str, object]:
    """Those values that the statement names."""
    return {name: value for name, value in values.items() if f":{name}" in statement}


def mark(asks: Asks) -> int:
    """The last event so far."""
    return int(asks.rows(_LAST_EVENT)[0][0])


def unfinished_since(asks: Asks, since: int) -> int:
    """Tasks that are not final, and those that failed after the mark."""
    open_count: int = asks.rows(_OPEN_COUNT)[0][0]
    failed_count: int = asks.rows(_FAILED_SINCE, (since,))[0][0]
    return open_count + failed_count
