"""What `status` tells: folders, accounts, counts, spending, progress (contract.md 4)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from seedwatch.budgets import limits_of
from seedwatch.cli.allowance import standing
from seedwatch.config.effective import AccountSettings, FolderSettings, Settings
from seedwatch.lifecycle import STATES, State
from seedwatch.outbox.sidecar import rfc3339
from seedwatch.records import Money
from seedwatch.store.answers import InFlight, PauseRow, Spent, TaskRow, Throughput
from seedwatch.store.base import FolderReport
from seedwatch.store.reads import Reader
from seedwatch.texts import say

WINDOW_S: Final = 600.0
"""how far back throughput looks"""
_MOST_HELD: Final = 20
_WORST_FIRST: Final = ("auth", "quota", "paused", "limited")
_IN_MOTION: Final = ("ready", "running", "waiting")
_OPEN: Final = (*_IN_MOTION, "held")

Counts = Mapping[State, int]


def overview(settings: Settings, reader: Reader) -> dict[str, Any]:
    """The object of `status --json`."""
    reports = {report.name: report for report in reader.folders()}
    by_folder = reader.folder_counts()
    pauses = reader.pauses()
    identical = reader.identical_counts()
    in_flight = reader.in_flight()
    counts = reader.counts()
    throughput = reader.throughput(WINDOW_S)
    return {
        "folders": [
            _folder(folder, reports.get(folder.name), by_folder.get(folder.name, {}), pauses)
            | {"identical_files": identical.get(folder.name, 0)}
            for folder in settings.folders
        ]
        + [
            _orphan(name, reports.get(name), counts)
            for name, counts in sorted(by_folder.items())
            if settings.folder(name) is None and any(counts.get(state) for state in _OPEN)
        ],
        "accounts": [
            _account(account, in_flight.get(account.name, InFlight()), pauses)
            for account in settings.accounts.values()
        ],
        "counts": counts,
        "held": [_held(reader, row) for row in reader.task_page(state="held", count=_MOST_HELD)],
        "spent": [_spent(row, settings) for row in _spending(settings, reader)],
        "budgets": standing(settings, reader),
        "throughput": {"done": throughput.done_count, "span_s": round(throughput.span_s, 3)},
        "finish_in_s": finish_in_s(counts, throughput),
    }


def finish_in_s(counts: Counts, throughput: Throughput) -> float | None:
    """How long the open tasks take at the pace of the last minutes; None: no pace is known."""
    left = sum(counts.get(state, 0) for state in _IN_MOTION)
    if not left:
        return 0.0
    if not throughput.done_count or throughput.span_s <= 0:
        return None
    return round(left * throughput.span_s / throughput.done_count, 1)


def _folder(
    folder: FolderSettings, report: FolderReport | None, counts: Counts, pauses: list[PauseRow]
) -> dict[str, Any]:
    state, message = _folder_state(folder, report)
    pause = _of(pauses, "folder", folder.name)
    if pause is not None and state == "ok":
        state, message = "paused", message or pause.message
    return {
        "name": folder.name,
        "inbox": str(folder.inbox),
        "outbox": str(folder.outbox),
        "done": str(folder.done),
        "failed": str(folder.failed),
        "watch": report.watch if report is not None else folder.watch,
        "state": state,
        "message": message,
        "waiting_files": report.waiting_count if report is not None else 0,
        "ignored": [{"path": path, "why": why} for path, why in (report.ignored if report else ())],
        "counts": _all_states(counts),
    }


def _orphan(name: str, report: FolderReport | None, counts: Counts) -> dict[str, Any]:
    """A folder that was taken out of config.yaml while it still has tasks."""
    return {
        "name": name,
        "inbox": report.inbox if report is not None else "",
        "outbox": "",
        "done": "",
        "failed": "",
        "watch": "poll",
        "state": "unavailable",
        "message": say("cli.folder_not_configured"),
        "waiting_files": 0,
        "ignored": [],
        "counts": _all_states(counts),
    }


def _folder_state(folder: FolderSettings, report: FolderReport | None) -> tuple[str, str]:
    """What the daemon said last; before it ran for the first time, what anybody can see."""
    if report is not None:
        return report.state, report.message
    if folder.stopped_by:
        return "rule-error", folder.stopped_by
    return ("ok" if folder.inbox.is_dir() else "unavailable"), ""


def _account(
    account: AccountSettings, in_flight: InFlight, pauses: list[PauseRow]
) -> dict[str, Any]:
    pause = _of(pauses, "account", account.name)
    models = [
        row for row in pauses if row.scope == "model" and row.name.startswith(f"{account.name}/")
    ]
    return {
        "name": account.name,
        "provider": account.provider,
        "state": pause.state if pause is not None else "ok",
        "message": pause.message if pause is not None else "",
        "until": rfc3339(pause.until_at) if pause is not None and pause.until_at else None,
        "in_flight": in_flight.running_count + in_flight.remote_count,
        "paused_models": [
            {"model": row.name.partition("/")[2], "message": row.message} for row in models
        ],
    }


def _of(pauses: Iterable[PauseRow], scope: str, name: str) -> PauseRow | None:
    """The pause that matters most of those of one folder or account."""
    found = [row for row in pauses if (row.scope, row.name) == (scope, name)]
    return min(found, key=lambda row: _WORST_FIRST.index(row.state), default=None)


def _held(reader: Reader, row: TaskRow) -> dict[str, Any]:
    """A task that waits for a person, with what is known of its money (promises.md 5)."""
    story = reader.task_story(row.id)
    last = story.attempts[-1] if story is not None and story.attempts else None
    bound = last.price_bound if last is not None else None
    return {
        "id": row.id,
        "folder": row.folder,
        "source": row.source,
        "reason": row.reason,
        "message": row.error.message if row.error is not None else "",
        "advice": row.error.advice if row.error is not None else "",
        "price_bound": f"{bound} {bound.currency}" if bound is not None else None,
        "request_id": (last.request_id or None) if last is not None else None,
        "since": rfc3339(row.updated_at),
    }


def _all_states(counts: Counts) -> dict[State, int]:
    return {state: counts.get(state, 0) for state in STATES}


def _spending(settings: Settings, reader: Reader) -> list[Spent]:
    now, calendar = time.time(), settings.calendar
    return reader.spent(
        day_from=calendar.window("day", now).begins_at,
        month_from=calendar.window("month", now).begins_at,
    )


def _spent(row: Spent, settings: Settings) -> dict[str, str | None]:
    """One currency of one account, with the limits of the account's budget in it."""
    account = settings.accounts.get(row.account)
    limits = limits_of("account", row.account, account.budget if account else None)
    most = {limit.period: limit.most for limit in limits if limit.most.currency == row.currency}
    amounts = {
        "today": row.day,
        "month": row.month,
        "uncertain": row.uncertain,
        "reserved": row.reserved,
    }
    return {
        "account": row.account,
        "currency": row.currency,
        **{name: str(Money(micros, row.currency)) for name, micros in amounts.items()},
        "limit_today": str(most["day"]) if "day" in most else None,
        "limit_month": str(most["month"]) if "month" in most else None,
    }
