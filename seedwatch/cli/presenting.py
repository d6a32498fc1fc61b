"""Tasks as `tasks` shows them: absolute paths, RFC 3339 times, decimals (contract.md 4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seedwatch.config.effective import Settings
from seedwatch.outbox.sidecar import rfc3339
from seedwatch.records import Failure, Money, Reference
from seedwatch.store.answers import AttemptRow, EventRow, TaskRow, TaskStory


class Presenter:
    """Adds to the rows of the queue what only the configuration knows."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def task(self, row: TaskRow) -> dict[str, Any]:
        """One object of `tasks --json`."""
        return {
            "id": row.id,
            "job": row.job_id,
            "state": row.state,
            "reason": row.reason or None,
            "folder": row.folder,
            "account": row.account,
            "provider": self._provider(row.account),
            "mode": row.mode,
            "model": row.model,
            "prompt": row.prompt,
            "source": row.source,
            "source_sha256": row.source_sha256,
            "source_path": str(self._whereabouts(row, row.source)),
            "refs": [self._reference(row, reference) for reference in row.refs],
            "attempts": row.attempt_count,
            "handle": row.handle,
            "outputs": [
                str(self._result(row.folder, output.path))
                for output in row.outputs
                if output.is_delivered
            ],
            "expected_outputs": row.expected_outputs,
            **_money(row.cost),
            "cost_basis": row.cost_basis or None,
            "error": _error(row.error),
            "created_at": rfc3339(row.created_at),
            "updated_at": rfc3339(row.updated_at),
            "run_at": rfc3339(row.run_at) if row.run_at else None,
        }

    def story(self, story: TaskStory) -> dict[str, Any]:
        """The object of `tasks show --json`: the task, each of its submits, and its events."""
        return {
            **self.task(story.task),
            "submits": [_submit(attempt) for attempt in story.attempts],
            "events": [_event(event) for event in story.events],
        }

    def _provider(self, account: str) -> str | None:
        settings = self._settings.accounts.get(account)
        return settings.provider if settings is not None else None

    def _result(self, folder: str, path: str) -> Path:
        settings = self._settings.folder(folder)
        return settings.outbox / path if settings is not None else Path(path)

    def _reference(self, row: TaskRow, reference: Reference) -> str:
        if reference.origin == "source":
            return str(self._whereabouts(row, reference.path))
        return reference.path

    def _whereabouts(self, row: TaskRow, path: str) -> Path:
        """Where a file of the source lies now: in the inbox, or where the source went."""
        folder = self._settings.folder(row.folder)
        if folder is None:  # it was taken out of the configuration
            return Path(path)
        if row.outcome in {"done", "failed"} and row.retired_path:
            root = folder.done if row.outcome == "done" else folder.failed
            is_within = path == row.source or path.startswith(f"{row.source}/")
            return root / (row.retired_path + path[len(row.source) :] if is_within else path)
        return folder.inbox / path


def _money(money: Money | None) -> dict[str, str | None]:
    if money is None:
        return {"cost": None, "currency": None}
    return {"cost": str(money), "currency": money.currency}


def _error(failure: Failure | None) -> dict[str, str] | None:
    if failure is None:
        return None
    return {
        "class": failure.error_class,
        "message": failure.message,
        "advice": failure.advice,
    }


def _time(at: float | None) -> str | None:
    return None if at is None else rfc3339(at)


def _submit(attempt: AttemptRow) -> dict[str, Any]:
    bound = attempt.price_bound
    return {
        "id": attempt.id,
        "state": attempt.state,
        "request_id": attempt.request_id or None,
        "request_sha256": attempt.request_sha256,
        "handle": attempt.handle.name if attempt.handle is not None else None,
        "seed": attempt.seed,
        "price_bound": None if bound is None else f"{bound} {bound.currency}",
        **_money(attempt.cost),
        "cost_basis": attempt.cost_basis or None,
        "error": _error(attempt.error),
        "started_at": rfc3339(attempt.started_at),
        "accepted_at": _time(attempt.accepted_at),
        "ended_at": _time(attempt.ended_at),
    }


def _event(event: EventRow) -> dict[str, Any]:
    return {
        "at": rfc3339(event.at),
        "name": event.name,
        "from": event.from_state,
        "to": event.to_state,
        "reason": event.reason or None,
        **({"fields": event.fields} if event.fields else {}),
    }
