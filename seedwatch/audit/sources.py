"""Is every source in exactly one state, with its file where that state says? No I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from seedwatch.audit.census import Census, FolderCensus, Tree
from seedwatch.audit.findings import Finding, Kind
from seedwatch.junk import RULE_NAME
from seedwatch.outbox.cards import CARD_SUFFIX
from seedwatch.outbox.naming import retired_names
from seedwatch.outbox.retire import places
from seedwatch.records import Member, RelPath, name_of
from seedwatch.store.auditing import AuditRows, JobRow

_NAMES_TRIED = 8
_OPEN = ("running", "held", "waiting", "ready")
"""a source with several tasks is told by the first of these that one of them is in"""


class Sources:
    """One pass over all sources; `states` maps each to the one state it is in."""

    def __init__(self, census: Census) -> None:
        self._census = census
        self._rows = census.rows
        self._elsewhere = _digests(census)
        self._later = _later(census.rows)
        self._states: dict[int, set[str]] = defaultdict(set)
        for task in census.rows.tasks:
            self._states[task.job_id].add(task.state)
        self.states: dict[str, str] = {}

    def check(self) -> Iterator[Finding]:
        """Every source that is nowhere, in two places, or not as it was."""
        unknown: set[str] = set()
        away: set[tuple[str, str]] = set()
        for job in self._rows.jobs:
            folder = self._census.folders.get(job.source.folder)
            if folder is None:
                unknown.add(job.source.folder)
                continue
            for finding in self._job(job, folder):
                if finding.kind == "folder-away":  # once, not for each of its thousand files
                    if (finding.folder, finding.place) in away:
                        continue
                    away.add((finding.folder, finding.place))
                yield finding
        for name in sorted(unknown):
            yield Finding("folder-unknown", name, folder=name)
        for name, folder in self._census.folders.items():
            yield from self._waiting(name, folder)

    # --- sources with a job ----------------------------------------------------------------

    def _job(self, job: JobRow, folder: FolderCensus) -> Iterator[Finding]:
        self.states[f"job {job.id}"] = self._state(job)
        match job.outcome:
            case None:
                yield from self._open(job, folder)
            case "done" | "failed" as outcome:
                yield from self._retired(job, outcome, folder)
            case "kept" if folder.inbox is not None and not _lies_in(job, folder.inbox):
                yield _of(job, "source-gone", folder, "inbox", job.source.path)
            case _:
                return

    def _state(self, job: JobRow) -> str:
        if job.outcome is not None:
            return job.outcome
        states = self._states[job.id]
        return next((state for state in _OPEN if state in states), "settled")

    def _open(self, job: JobRow, folder: FolderCensus) -> Iterator[Finding]:
        """Not retired: it lies in the inbox, or a retirement was cut short after it moved."""
        if folder.inbox is None:
            self.states[f"job {job.id}"] = "unavailable"
            yield _away(job, folder, "inbox")
        elif not _lies_in(job, folder.inbox):
            is_moved = job.is_settled and any(
                self._is_at(job, path, folder.retired(outcome))
                for outcome in ("done", "failed")
                for path in self._names(job, outcome)
            )
            kind: Kind = "retire-pending" if is_moved else "source-gone"
            yield _of(job, kind, folder, "inbox", job.source.path)

    def _names(self, job: JobRow, outcome: str) -> Iterator[RelPath]:
        suffix = CARD_SUFFIX if outcome == "failed" else ""
        is_set = job.source.kind == "set"
        names = retired_names(job.source.path, job.id, is_folder=is_set, suffix=suffix)
        return islice(names, _NAMES_TRIED)

    def _is_at(self, job: JobRow, path: RelPath, tree: Tree | None) -> bool:
        placed = [(member, there) for member, there in places(job.source, path)]
        return any(
            tree is not None and there in tree and tree[there].is_of(member)
            for member, there in placed
            if job.source.kind == "set" or member.path == job.source.path
        )

    def _retired(self, job: JobRow, outcome: str, folder: FolderCensus) -> Iterator[Finding]:
        tree = folder.retired(outcome)
        if tree is None:
            self.states[f"job {job.id}"] = "unavailable"
            yield _away(job, folder, outcome)
            return
        if job.id in self._rows.removed_sources:
            return
        seen = [
            self._member(job, member, there, tree)
            for member, there in places(job.source, job.retired_path)
        ]
        main = seen if job.source.kind == "set" else seen[-1:]  # the main file comes last
        if "whole" not in main:
            if not self._went_on(job):  # what lies there now may be another file of the person
                kind: Kind = "source-changed" if "changed" in main else "source-missing"
                yield _of(job, kind, folder, outcome, job.retired_path)
            return
        if set(seen) != {"whole"}:
            yield _of(job, "source-in-part", folder, outcome, job.retired_path)
        if outcome == "failed" and job.retired_path not in folder.cards:
            yield _of(job, "card-missing", folder, outcome, job.retired_path)

    def _member(self, job: JobRow, member: Member, there: RelPath, tree: Tree) -> str:
        names = [there]
        if job.source.kind != "set" and member.path != job.source.path:
            names += islice(retired_names(there, job.id, is_folder=False), _NAMES_TRIED)
        seen = [tree[name] for name in names if name in tree]
        if any(file.is_of(member) for file in seen):
            return "whole"
        return "changed" if there in tree else "missing"

    def _went_on(self, job: JobRow) -> bool:
        """Whether a person moved it: its bytes lie elsewhere, or a later job is about them."""
        if job.id in self._later.retried or self._later.newest.get(job.sha256, 0) > job.id:
            return True
        members = [member.sha256 for member in job.source.members]
        return all(sha256 in self._elsewhere for sha256 in members)

    # --- files without a job -----------------------------------------------------------------

    def _waiting(self, name: str, folder: FolderCensus) -> Iterator[Finding]:
        """Files of an inbox that no job is about; each must have a reason to wait."""
        if folder.inbox is None:
            return
        known = self._known(name)
        told = next((row for row in self._rows.folders if row.name == name), None)
        for path, seen in folder.inbox.items():
            if name_of(path) == RULE_NAME or any(seen.is_of(member) for member in known[path]):
                continue
            self.states[f"file {name}/{path}"] = "new"
            if self._census.is_running and told is not None and told.has_seen(path):
                what = folder.place("inbox", path)
                yield Finding("source-unseen", what, folder=name, path=path, place="inbox")

    def _known(self, folder: str) -> Mapping[RelPath, list[Member]]:
        known: dict[RelPath, list[Member]] = defaultdict(list)
        for job in self._rows.jobs:
            if job.source.folder == folder and job.outcome in (None, "kept"):
                for member in job.source.members:
                    known[member.path].append(member)
        return known


# --- what the pass needs to know ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Later:
    """Which jobs were retried, and the newest job about each content."""

    retried: frozenset[int]
    newest: Mapping[str, int]


def _later(rows: AuditRows) -> _Later:
    retried = frozenset(job.retry_of for job in rows.jobs if job.retry_of is not None)
    return _Later(retried, {job.sha256: job.id for job in rows.jobs})


def _digests(census: Census) -> frozenset[str]:
    """The content of every file that lies in an inbox, in done or in failed."""
    found: set[str] = set()
    for folder in census.folders.values():
        for tree in (folder.inbox, folder.done, folder.failed):
            found.update(seen.sha256 for seen in (tree or {}).values() if seen.sha256)
    for job in census.rows.jobs:  # files of open jobs need not be read
        inbox = census.folders[job.source.folder].inbox if _is_known(job, census) else None
        if inbox is not None and job.outcome in (None, "kept"):
            found.update(m.sha256 for m in job.source.members if _is_in(m, inbox))
    return frozenset(found)


def _is_known(job: JobRow, census: Census) -> bool:
    return job.source.folder in census.folders


def _is_in(member: Member, tree: Tree) -> bool:
    return member.path in tree and tree[member.path].is_of(member)


def _lies_in(job: JobRow, inbox: Tree) -> bool:
    """Whether the source lies there as recorded; of a set at least a part."""
    source = job.source
    return any(
        _is_in(member, inbox)
        for member in source.members
        if source.kind == "set" or member.path == source.path
    )


def _of(job: JobRow, kind: Kind, folder: FolderCensus, place: str, path: RelPath) -> Finding:
    what = folder.place(place, path)
    return Finding(kind, what, folder=job.source.folder, job_id=job.id, path=path, place=place)


def _away(job: JobRow, folder: FolderCensus, place: str) -> Finding:
    return Finding("folder-away", folder.paths[place], folder=job.source.folder, place=place)
