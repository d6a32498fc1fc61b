"""Questions of the command line: read-only, short, with and without a running daemon."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Self

import apsw

from seedwatch.budgets import Budgets, Use
from seedwatch.errors import StoreError
from seedwatch.lifecycle import STATES, State
from seedwatch.records import Output, SettledJob
from seedwatch.store.answers import (
    EventRow,
    FailedSource,
    InFlight,
    PauseRow,
    Spent,
    TaskRow,
    TaskStory,
    Throughput,
    attempt_row,
    task_row,
)
from seedwatch.store.asking import Asker
from seedwatch.store.auditing import AuditRows, audit_rows
from seedwatch.store.base import FolderReport
from seedwatch.store.budgeting import uses
from seedwatch.store.database import as_store_error, connect_reader
from seedwatch.store.facts import Shelf
from seedwatch.store.migrations import VERSION, create_schema, inspect
from seedwatch.store.retiring import settled_jobs
from seedwatch.store.rows import Row, output_from_row, to_json
from seedwatch.store.statements import sql
from seedwatch.store.text import text_to_path
from seedwatch.texts import say

_PAGE: Final = 500
_EVENTS_LOOKED_AT: Final = 20_000
_STOPPED: Final = frozenset({"held", "failed", "cancelled"})


def open_reader(path: Path, clock: Callable[[], float] = time.time) -> Reader:
    """A reader of the queue at `path`; where there is none yet, every answer is empty.

    Raises:
        StoreError: the file is damaged, foreign, or of another version.
        StoreUnavailable: it is locked.
    """
    try:
        found = inspect(path, is_checked=False) if _has_bytes(path) else None
        if found is None:
            empty = apsw.Connection(":memory:")
            create_schema(empty)
            return Reader(Asker(empty), clock)
        if found != VERSION:
            key = "store.newer" if found > VERSION else "store.older"
            raise StoreError(say(key, path=path, found=found, known=VERSION))
        return Reader(Asker(connect_reader(path)), clock)
    except apsw.Error as error:
        raise as_store_error(error) or StoreError(str(error)) from error


def _has_bytes(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


class Reader:
    """The questions; each is answered from one state of the database. Used by one thread."""

    def __init__(self, asker: Asker, clock: Callable[[], float]) -> None:
        self._asker = asker
        self._clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._asker.close()

    def _rows(self, name: str, values: Any = ()) -> list[Row]:
        return list(self._asker.ask(lambda asks: asks.rows(sql(name), values)))

    def tasks(
        self, *, state: State | None = None, folder: str | None = None, after: int = 0
    ) -> Iterator[TaskRow]:
        """Tasks by ascending id, above `after`; read page by page as they are consumed."""
        while page := self.task_page(state=state, folder=folder, after=after):
            yield from page
            after = page[-1].id

    def task_page(
        self,
        *,
        state: State | None = None,
        folder: str | None = None,
        after: int = 0,
        count: int = _PAGE,
    ) -> list[TaskRow]:
        """The next `count` tasks by ascending id."""
        values = {"after": after, "state": state, "folder": folder, "count": count}
        question = sql("stopped_task_page" if state in _STOPPED else "task_page")

        def read(asks: Asker) -> list[TaskRow]:
            rows = asks.rows(question, values)
            outputs = _outputs(asks, [row[0] for row in rows])
            return [task_row(row, outputs[row[0]]) for row in rows]

        return self._asker.ask(read)

    def task_story(self, task_id: int) -> TaskStory | None:
        """Everything about one task; None if there is no such task."""
        page = self.task_page(after=task_id - 1, count=1)
        if not page or page[0].id != task_id:
            return None
        return TaskStory(
            task=page[0],
            attempts=tuple(attempt_row(row) for row in self._rows("task_attempts", (task_id,))),
            events=tuple(
                EventRow(at, name, before, after, reason, json.loads(fields))
                for at, name, before, after, reason, fields in self._rows("task_events", (task_id,))
            ),
        )

    def folder_counts(self) -> dict[str, dict[State, int]]:
        """How many tasks of each folder are in each state; states without a task are left out."""
        counts: dict[str, dict[State, int]] = defaultdict(dict)
        for folder, state, count in (*self._rows("open_counts"), *self._rows("final_counts")):
            counts[folder][state] = count
        return dict(counts)

    def counts(self) -> dict[State, int]:
        """How many tasks are in each state, every state named."""
        by_folder = self.folder_counts().values()
        return {state: sum(counts.get(state, 0) for counts in by_folder) for state in STATES}

    def folders(self) -> list[FolderReport]:
        """What the daemon last said of each folder."""
        return [
            FolderReport(
                name=name,
                inbox=text_to_path(inbox),
                watch=watch,
                state=state,
                message=message,
                waiting_count=waiting_count,
                ignored=tuple((text_to_path(path), why) for path, why in json.loads(ignored)),
            )
            for name, inbox, watch, state, message, waiting_count, ignored in self._rows(
                "folder_reports"
            )
        ]

    def pauses(self) -> list[PauseRow]:
        """What is paused now."""
        return [PauseRow(*row) for row in self._rows("pause_rows", {"now": self._clock()})]

    def in_flight(self) -> dict[str, InFlight]:
        """What each account is at work with; accounts without work are left out."""
        running = {row[0]: row[1] for row in self._rows("running_counts")}
        remote = {row[0]: row[1] for row in self._rows("remote_counts")}
        names = sorted(running.keys() | remote.keys())
        return {name: InFlight(running.get(name, 0), remote.get(name, 0)) for name in names}

    def identical_counts(self) -> dict[str, int]:
        """How many sources that lie in each inbox have the bytes of another one there."""
        return {folder: count for folder, count in self._rows("identical_counts") if count}

    def throughput(self, window_s: float) -> Throughput:
        """Tasks done lately, for an estimate of the time to finish."""
        now = self._clock()
        values = {"since": now - window_s, "most": _EVENTS_LOOKED_AT}
        done_count, event_count, oldest_at = self._rows("lately_done", values)[0]
        is_cut = event_count == _EVENTS_LOOKED_AT and oldest_at > now - window_s
        return Throughput(done_count, now - oldest_at if is_cut else window_s)

    def spent(self, *, day_from: float, month_from: float) -> list[Spent]:
        """Spending since the day and the month began (seconds since 1970, by the config zone)."""
        sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for account, currency, *amounts in self._rows(
            "spent", {"day": day_from, "month": month_from}
        ):
            sums[account, currency][:3] = amounts
        for account, currency, micros in self._rows("reserved"):
            sums[account, currency][3] = micros
        return [Spent(*key, *amounts) for key, amounts in sorted(sums.items())]

    def budget_use(self, budgets: Budgets) -> list[Use]:
        """How far each of these limits is used in its present day or month, in their order."""
        now = self._clock()
        return self._asker.ask(lambda asks: uses(asks, budgets, now))

    def failed_sources(
        self, *, folder: str | None = None, task_ids: Sequence[int] | None = None
    ) -> list[FailedSource]:
        """Sources to move back for another try; with `task_ids` only those of these tasks."""
        found = [
            FailedSource(job_id, name, text_to_path(path), text_to_path(retired), retired_at)
            for job_id, name, path, retired, retired_at in self._rows(
                "failed_sources", {"folder": folder}
            )
        ]
        if task_ids is None:
            return found
        wanted = {row[0] for row in self._rows("jobs_of_tasks", (to_json(list(task_ids)),))}
        return [source for source in found if source.job_id in wanted]

    def audit_rows(self) -> AuditRows:
        """Every row that `audit` compares with the files, from one state of the database."""
        return self._asker.ask(audit_rows)

    def settled_jobs(self, job_ids: Sequence[int]) -> list[SettledJob]:
        """What retiring needs to know of these jobs."""
        return self._asker.ask(lambda asks: settled_jobs(asks, job_ids, Shelf()))

    def held_tasks(self, *, folder: str | None = None) -> list[int]:
        """Ids of the tasks that wait for a person."""
        return [row[0] for row in self._rows("held_tasks", {"folder": folder})]


def _outputs(asks: Asker, task_ids: list[int]) -> dict[int, list[Output]]:
    found: dict[int, list[Output]] = defaultdict(list)
    for task_id, *row in asks.rows(sql("task_outputs"), (to_json(task_ids),)):
        found[task_id].append(output_from_row(row))
    return found
