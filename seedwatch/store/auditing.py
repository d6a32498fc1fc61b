"""Every row that `audit` compares with the files, read from one state of the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from seedwatch.lifecycle import State
from seedwatch.records import Member, RelPath, Source
from seedwatch.store.base import Removal
from seedwatch.store.events import write_event
from seedwatch.store.facts import Asks
from seedwatch.store.rows import member_from_row
from seedwatch.store.statements import sql
from seedwatch.store.text import text_to_path
from seedwatch.store.writer import Tx

_WHOLE = 100
"""so many ignored files are published at most"""


class JobRow(NamedTuple):
    """A job and the files it was opened for."""

    id: int
    source: Source
    sha256: str
    retry_of: int | None
    task_count: int
    is_settled: bool
    outcome: str | None
    """None: it was not retired yet"""
    retired_path: RelPath


class TaskFacts(NamedTuple):
    """A task without what it asks for."""

    id: int
    job_id: int
    folder: str
    state: State
    reason: str
    is_reuse: bool
    attempt_id: str | None
    handle_kind: str | None
    handle_name: str | None
    cost_micros: int | None


class AttemptFacts(NamedTuple):
    """One submit of a task."""

    task_id: int
    id: str
    state: str
    is_ended: bool
    cost_micros: int | None
    currency: str | None


class ChargeRow(NamedTuple):
    """One row of the ledger."""

    attempt_id: str
    kind: Literal["charged", "uncertain"]
    task_id: int
    micros: int | None
    currency: str | None
    is_bound: bool


class OutputRow(NamedTuple):
    """One result, or the error in its place."""

    task_id: int
    n: int
    folder: str
    path: RelPath
    spool_name: str
    sha256: str
    byte_count: int
    error: str
    is_delivered: bool


class Move(NamedTuple):
    """One event that changed the state of a task; they come by task, oldest first."""

    task_id: int
    before: State | None
    after: State


class FolderRow(NamedTuple):
    """What the daemon last said of a folder."""

    name: str
    is_adopted: bool
    state: str
    waiting_count: int
    ignored: tuple[RelPath, ...]
    """which files are left alone; no longer whole where it has `MOST_IGNORED`"""

    def has_seen(self, path: RelPath) -> bool:
        """Whether it counts as looked at and waited for in vain: the folder has nothing new."""
        is_idle = self.state == "ok" and self.waiting_count == 0
        return is_idle and path not in self.ignored and len(self.ignored) < _WHOLE


@dataclass(frozen=True, slots=True)
class AuditRows:
    """All of it; `damage` is what SQLite itself finds wrong with the file."""

    jobs: Sequence[JobRow]
    tasks: Sequence[TaskFacts]
    attempts: Sequence[AttemptFacts]
    ledger: Sequence[ChargeRow]
    outputs: Sequence[OutputRow]
    moves: Sequence[Move]
    retirements: frozenset[tuple[int, str]]
    """(job, outcome) of every job.retired event"""
    removed_sources: frozenset[int]
    """jobs whose source a person took away after they were retired"""
    removed_outputs: frozenset[tuple[int, int]]
    """(task, n) of results that a person took away or changed"""
    folders: Sequence[FolderRow]
    final_counts: dict[tuple[str, str], int]
    damage: Sequence[str] = ()


def audit_rows(asks: Asks) -> AuditRows:
    """Everything, in one transaction of the caller's."""
    return AuditRows(
        jobs=_jobs(asks),
        tasks=[
            TaskFacts._make((*row[:5], bool(row[5]), *row[6:8], _path(row[8]), row[9]))
            for row in asks.rows(sql("audit_tasks"))
        ],
        attempts=[AttemptFacts(*row) for row in asks.rows(sql("audit_attempts"))],
        ledger=[
            ChargeRow._make((*row[:5], bool(row[5]))) for row in asks.rows(sql("audit_ledger"))
        ],
        outputs=[
            OutputRow._make((*row[:3], text_to_path(row[3]), *row[4:8], bool(row[8])))
            for row in asks.rows(sql("audit_outputs"))
        ],
        moves=[Move(*row) for row in asks.rows(sql("audit_moves"))],
        retirements=frozenset((row[0], row[1]) for row in asks.rows(sql("audit_retirements"))),
        removed_sources=frozenset(row[0] for row in asks.rows(sql("audit_removed_sources"))),
        removed_outputs=frozenset((row[0], row[1]) for row in asks.rows(sql("audit_removed"))),
        folders=_folders(asks),
        final_counts={(row[0], row[1]): row[2] for row in asks.rows(sql("final_counts"))},
        damage=_damage(asks),
    )


def _path(text: str | None) -> RelPath | None:
    return None if text is None else text_to_path(text)


def _jobs(asks: Asks) -> list[JobRow]:
    members: dict[int, list[Member]] = defaultdict(list)
    for job_id, *row in asks.rows(sql("audit_members")):
        members[job_id].append(member_from_row(row))
    return [
        JobRow(
            id=row[0],
            source=Source(row[1], text_to_path(row[2]), row[3], tuple(members[row[0]])),
            sha256=row[4],
            retry_of=row[5],
            task_count=row[6],
            is_settled=bool(row[7]),
            outcome=row[8],
            retired_path=text_to_path(row[9]),
        )
        for row in asks.rows(sql("audit_jobs"))
    ]


def _folders(asks: Asks) -> list[FolderRow]:
    found: dict[str, FolderRow] = {}
    for name, is_adopted, state, waiting_count, path in asks.rows(sql("audit_folders")):
        before = found.get(name)
        ignored: tuple[RelPath, ...] = () if path is None else (text_to_path(path),)
        if before is not None:
            ignored = before.ignored + ignored
        found[name] = FolderRow(name, bool(is_adopted), state, waiting_count, ignored)
    return list(found.values())


def _damage(asks: Asks) -> list[str]:
    """What SQLite finds wrong; nothing for a sound file."""
    found = [str(row[0]) for row in asks.rows("PRAGMA integrity_check(20)")]
    broken = [
        f"{row[0]}: row {row[1]} names a row of {row[2]} that is not there"
        for row in asks.rows("PRAGMA foreign_key_check")
    ]
    return [line for line in found if line != "ok"] + broken[:20]


def note_removals(tx: Tx, removals: Sequence[Removal]) -> None:
    """One event for each; no state changes by it."""
    for removal in removals:
        is_source = removal.job_id is not None
        fields: dict[str, object] = {} if is_source else {"n": removal.n}
        write_event(
            tx,
            "source.removed" if is_source else "output.removed",
            job_id=removal.job_id,
            task_id=removal.task_id,
            reason=removal.found,
            fields=fields,
        )
