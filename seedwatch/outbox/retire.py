"""Moves a source whose tasks are final out of its inbox, to done/ or failed/ with a card.

Idempotent: after a crash the same call finds what it did. A source is removed from the inbox
only by a rename that replaces nothing, or after a verified copy (promises.md 1, 2 step 11).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from seedwatch.errors import SourceChanged, SourceGone
from seedwatch.kill_points import reached
from seedwatch.outbox.cards import CARD_SUFFIX, card
from seedwatch.outbox.naming import folder_of, retired_names
from seedwatch.outbox.roots import Roots
from seedwatch.paths import CrossDeviceError, Root, chunks_of
from seedwatch.records import Member, RelPath, SettledJob, Source, name_of

Outcome = Literal["done", "failed", "kept", "gone", "changed"]


@dataclass(frozen=True, slots=True)
class Retired:
    """What became of a source: `path` below done/ or failed/, empty where it is in neither."""

    outcome: Outcome
    path: RelPath


def outcome_of(job: SettledJob) -> Literal["done", "failed"]:
    """Where the source belongs: done/ only if every task is done."""
    return "done" if all(state == "done" for state in job.states) else "failed"


def retire(job: SettledJob, roots: Roots) -> Retired:
    """Take the source where it belongs and say where that is.

    Raises:
        OSError: a root is away or refuses; nothing is lost, call again later.
    """
    roots.make_missing()
    wanted = outcome_of(job)
    if set(job.reasons) & {"source-changed"}:
        return Retired("changed", "")  # the new bytes in the inbox are a job of their own
    if wanted == "done" and job.rule.on_success == "keep":
        return Retired("kept", "")
    target = roots.done if wanted == "done" else roots.failed
    present = _present(job.source, roots.inbox)
    if present == "changed":
        return Retired("changed", "")
    if present == "whole" and wanted == "done" and job.rule.on_success == "delete":
        _delete(job.source, roots.inbox)
        return Retired("gone", "")
    path = _move(job, roots.inbox, target) if present == "whole" else _found(job, target)
    if path is None:
        return Retired("gone", "")
    reached("retire.moved")
    if wanted == "failed":
        target.replace_small(path + CARD_SUFFIX, card(job, roots.inbox.path, roots.outbox.path))
    return Retired(wanted, path)


def _present(source: Source, inbox: Root) -> Literal["whole", "changed", "gone"]:
    """Whether the source still lies in its inbox as it was recorded."""
    seen = [_same(member, inbox) for member in source.members]
    if all(seen) and seen:
        return "whole"
    if all(same is None for same in seen):
        return "gone"
    return "changed" if False in seen else "whole"


def _same(member: Member, inbox: Root) -> bool | None:
    """True: this very file; None: nothing there; False: other bytes."""
    identity = inbox.identity(member.path)
    if identity is None:
        return None
    if (identity.byte_count, identity.mtime_ns) == (member.byte_count, member.mtime_ns):
        return True
    return inbox.sha256(member.path) == member.sha256


def _moves(source: Source, path: RelPath) -> Iterator[tuple[RelPath, RelPath]]:
    """What to rename so that the source gets the retired name `path`."""
    if source.kind == "set":
        yield source.path, path
        return
    for member in source.members:
        if member.path == source.path:
            yield member.path, path
        else:
            folder = folder_of(path)
            yield member.path, f"{folder}/{name_of(member.path)}" if folder else member.path


def _move(job: SettledJob, inbox: Root, target: Root) -> RelPath:
    """Rename under the first free name; the main file last, as it tells that all went."""
    is_folder = job.source.kind == "set"
    for path in retired_names(job.source.path, job.job_id, is_folder=is_folder):
        if target.exists(path):
            continue
        for here, there in sorted(_moves(job.source, path), key=lambda m: m[0] == job.source.path):
            _take(inbox, here, target, there, job)
        return path
    raise AssertionError("names never end")


def _take(inbox: Root, here: RelPath, target: Root, there: RelPath, job: SettledJob) -> None:
    is_main = here == job.source.path
    names = iter([there]) if is_main else retired_names(there, job.job_id, is_folder=False)
    for name in names:
        try:
            inbox.move(here, target, name)
        except CrossDeviceError:
            _copy(inbox, here, target, name, job.source)
        except FileExistsError:
            if is_main:
                raise
            continue
        except FileNotFoundError:
            if inbox.exists(here):
                raise
        return


def _copy(inbox: Root, here: RelPath, target: Root, there: RelPath, source: Source) -> None:
    """Another file system: copy, verify, look at the source once more, only then unlink it."""
    prefix = here + "/"
    members = [m for m in source.members if m.path == here or m.path.startswith(prefix)]
    for member in members:
        with inbox.open_source(member.path) as (file, _):
            copied = there + member.path[len(here) :]
            sha256 = target.write_new(copied, chunks_of(file))
        if sha256 != member.sha256:
            target.unlink(copied)
            raise SourceChanged(f"{member.path!r} changed while it was moved")
    reached("retire.copied")
    for member in members:
        if _same(member, inbox):
            inbox.unlink(member.path)
    if source.kind == "set":
        inbox.remove_directory_if_empty(here)


def _found(job: SettledJob, target: Root) -> RelPath | None:
    """Where an earlier, interrupted call took the source; None if a person took it away."""
    is_folder = job.source.kind == "set"
    main = next((m for m in job.source.members if m.path == job.source.path), None)
    for path in retired_names(job.source.path, job.job_id, is_folder=is_folder):
        if not target.exists(path):
            return None
        try:
            if is_folder or (main is not None and target.sha256(path) == main.sha256):
                return path
        except (SourceGone, SourceChanged):
            continue
    return None


def _delete(source: Source, inbox: Root) -> None:
    for member in source.members:
        if _same(member, inbox):
            inbox.unlink(member.path)
    if source.kind == "set":
        inbox.remove_directory_if_empty(source.path)
