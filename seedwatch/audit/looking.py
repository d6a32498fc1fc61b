"""Reads rows and folders into a census, again where it does not add up; changes nothing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import Final

from seedwatch.audit.census import Census, FolderCensus, Seen, Tree
from seedwatch.audit.charges import check_rows
from seedwatch.audit.findings import Report
from seedwatch.audit.results import check_results
from seedwatch.audit.sources import Sources
from seedwatch.config.effective import FolderSettings, Settings
from seedwatch.errors import SourceChanged, SourceGone
from seedwatch.inbox.markers import read_marker
from seedwatch.junk import is_junk, is_junk_directory
from seedwatch.outbox.cards import CARD_SUFFIX
from seedwatch.outbox.sidecar import Told, told_of
from seedwatch.paths import PART_PREFIX, Identity, Root, RootAwayError
from seedwatch.records import RelPath, name_of
from seedwatch.store.auditing import AuditRows

PART_AGE_S: Final = 600.0
"""a temporary file that was not written to for so long is not being written"""
_LOOKS: Final = 3
_SIDECAR_BYTES: Final = 1 << 20


def audit(
    settings: Settings,
    read: Callable[[], AuditRows],
    is_running: Callable[[], bool],
    *,
    pause_s: float = 2.0,
) -> Report:
    """Take a census and say what does not add up.

    Beside a running daemon files move while they are looked at: only what is found again, `pause_s`
    seconds later, counts.

    Raises:
        StoreError: the queue cannot be read.
        OSError: a folder cannot be read.
    """
    report = examine(take_census(settings, read(), is_running=is_running()))
    for _ in range(_LOOKS - 1):
        if not report.problems or not is_running():
            break
        time.sleep(pause_s)
        again = examine(take_census(settings, read(), is_running=is_running()))
        before = {(finding.kind, finding.what) for finding in report.problems}
        again.findings = [
            finding
            for finding in again.findings
            if not finding.is_problem or (finding.kind, finding.what) in before
        ]
        report = again
    return report


def examine(census: Census) -> Report:
    """Everything in a census that does not add up, and how much was compared; no I/O."""
    sources, rows = Sources(census), census.rows
    findings = [*check_rows(rows), *sources.check(), *check_results(census)]
    counts = Counter(
        sources=len(sources.states),
        tasks=len(rows.tasks),
        charges=len(rows.ledger),
        results=sum(output.is_delivered for output in rows.outputs),
        spooled=len(census.spool),
        events=len(rows.moves),
    )
    return Report(findings, counts, Counter(sources.states.values()))


def take_census(settings: Settings, rows: AuditRows, *, is_running: bool) -> Census:
    """Rows first, then the files they name.

    Raises:
        OSError: a folder cannot be read.
    """
    adopted = {folder.name for folder in rows.folders if folder.is_adopted}
    folders = {
        folder.name: _folder(folder, rows, is_adopted=folder.name in adopted)
        for folder in settings.folders
    }
    return Census(rows, folders, _spool(settings, rows), is_running)


# --- folders -------------------------------------------------------------------------------


def _folder(folder: FolderSettings, rows: AuditRows, *, is_adopted: bool) -> FolderCensus:
    roots = {name: Root(getattr(folder, name)) for name in ("inbox", "outbox", "done", "failed")}
    listed = {name: _listed(root) for name, root in roots.items()}
    if is_adopted and listed["inbox"] is not None and read_marker(roots["inbox"]) is None:
        listed["inbox"] = None  # an empty mount point
    outbox = listed["outbox"] or {}
    told = dict(_sidecars(roots["outbox"], outbox))
    results = {output.path for output in rows.outputs if output.folder == folder.name}
    failed = listed["failed"] or {}
    cards = (path.removesuffix(CARD_SUFFIX) for path in failed if path.endswith(CARD_SUFFIX))
    return FolderCensus(
        inbox=_read(roots["inbox"], listed["inbox"], _recorded(rows, folder.name)),
        outbox=_read_only(roots["outbox"], listed["outbox"], results),
        done=_read(roots["done"], listed["done"]),
        failed=_read(roots["failed"], listed["failed"]),
        paths={name: str(root.path) for name, root in roots.items()},
        told=told,
        cards=frozenset(cards),
        parts=tuple(_parts(listed)),
    )


_Listed = dict[RelPath, Identity] | None


def _listed(root: Root) -> _Listed:
    """Every file; None where the root is not there."""
    try:
        return dict(root.files(lambda name: not is_junk_directory(name)))
    except RootAwayError:
        return None


def _recorded(rows: AuditRows, folder: str) -> set[tuple[RelPath, int, int]]:
    """Files of jobs that are not retired, as their rows describe them: they need not be read."""
    return {
        (member.path, member.byte_count, member.mtime_ns)
        for job in rows.jobs
        if job.source.folder == folder and job.outcome in (None, "kept")
        for member in job.source.members
    }


def _read(
    root: Root, listed: _Listed, known: Collection[tuple[RelPath, int, int]] = ()
) -> Tree | None:
    """The files of a person with their digests, but for those that are `known`."""
    if listed is None:
        return None
    return {
        path: Seen(identity, "" if _facts(path, identity) in known else _sha256(root, path))
        for path, identity in listed.items()
        if not is_junk(name_of(path))
    }


def _facts(path: RelPath, identity: Identity) -> tuple[RelPath, int, int]:
    return path, identity.byte_count, identity.mtime_ns


def _read_only(root: Root, listed: _Listed, wanted: Collection[RelPath]) -> Tree | None:
    """The files that results are said to lie in, with their digests."""
    if listed is None:
        return None
    return {
        path: Seen(identity, _sha256(root, path))
        for path, identity in listed.items()
        if path in wanted
    }


def _sha256(root: Root, path: RelPath) -> str:
    return root.sha256(path) or ""


def _sidecars(root: Root, listed: dict[RelPath, Identity]) -> Iterator[tuple[RelPath, Told]]:
    for path, identity in listed.items():
        if path.endswith(".json") and identity.byte_count <= _SIDECAR_BYTES:
            try:
                told = told_of(root.read(path)[0])
            except (SourceGone, SourceChanged):
                continue
            if told is not None:
                yield path, told


def _parts(listed: dict[str, _Listed]) -> Iterator[tuple[str, RelPath]]:
    """Temporary files of ours that nobody writes any more."""
    now = time.time()
    for place, files in listed.items():
        for path, identity in (files or {}).items():
            if name_of(path).startswith(PART_PREFIX) and is_left(identity, now):
                yield place, path


def is_left(identity: Identity, now: float) -> bool:
    """Whether a temporary file has not been written to for a while."""
    return now - identity.mtime_ns / 1e9 > PART_AGE_S


# --- spool ---------------------------------------------------------------------------------


def _spool(settings: Settings, rows: AuditRows) -> dict[str, Seen]:
    """Its files; those that are not delivered yet with their digests."""
    root = Root(settings.state_dir / "spool")
    wanted = {output.spool_name for output in rows.outputs if not output.is_delivered}
    return {
        path: Seen(identity, _sha256(root, path) if path in wanted else "")
        for path, identity in (_listed(root) or {}).items()
    }
