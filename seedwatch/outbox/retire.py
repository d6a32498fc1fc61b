"""Moves a source whose tasks are final out of its inbox, to done/ or failed/ with a card.

Idempotent: after a crash the same call finds what it did. A source is removed from the inbox
only by a rename that replaces nothing, or after a verified copy (promises.md 1, 2 step 11).
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from seedwatch.errors import SourceChanged, SourceGone
from seedwatch.junk import is_junk, is_junk_directory
from seedwatch.kill_points import reached
from seedwatch.outbox.cards import CARD_SUFFIX, card, is_card_of
from seedwatch.outbox.naming import folder_of, retired_names
from seedwatch.outbox.roots import Roots
from seedwatch.paths import CrossDeviceError, Root, chunks_of
from seedwatch.records import Member, RelPath, SettledJob, Source, name_of

Outcome = Literal["done", "failed", "kept", "gone", "changed"]
_Wanted = Literal["done", "failed"]


@dataclass(frozen=True, slots=True)
class Retired:
    """What became of a source: `path` below done/ or failed/, empty where it is in neither."""

    outcome: Outcome
    path: RelPath


def outcome_of(job: SettledJob) -> _Wanted:
    """Where the source belongs: done/ only if every task is done."""
    return "done" if all(state == "done" for state in job.states) else "failed"


def retire(job: SettledJob, roots: Roots) -> Retired:
    """Take the source where it belongs and say where that is.

    Raises:
        OSError: a root is away or refuses; nothing is lost, call again later.
        SourceChanged: it was changed while it was copied; the new bytes stay in the inbox.
    """
    wanted = outcome_of(job)
    if "source-changed" in job.reasons:
        return Retired("changed", "")  # the new bytes in the inbox are a job of their own
    if wanted == "done" and job.rule.on_success == "keep":
        return Retired("kept", "")
    present = _present(job.source, roots.inbox)
    if wanted == "done" and job.rule.on_success == "delete":
        if present == "whole":
            _delete(job.source, roots.inbox)
        return Retired("changed" if present == "changed" else "gone", "")
    path = _move(job, wanted, roots) if present == "whole" else _found(job, wanted, roots)
    if path is None:
        return Retired("changed" if present == "changed" else "gone", "")
    reached("retire.moved")
    return Retired(wanted, path)


def _present(source: Source, inbox: Root) -> Literal["whole", "changed", "gone"]:
    """Whether the source still lies in its inbox as it was recorded.

    What is left of a set is moved; a prompt whose picture a person took away stays.
    """
    seen = {member.path: _same(member, inbox) for member in source.members}
    if False in seen.values():
        return "changed"
    is_there = True in seen.values() if source.kind == "set" else seen.get(source.path)
    return "whole" if is_there else "gone"


def _same(member: Member, inbox: Root) -> bool | None:
    """True: this very file; None: nothing there; False: other bytes."""
    identity = inbox.identity(member.path)
    if identity is None:
        return None
    if (identity.byte_count, identity.mtime_ns) == (member.byte_count, member.mtime_ns):
        return True
    return inbox.sha256(member.path) == member.sha256


def _names(job: SettledJob, wanted: _Wanted) -> Iterator[RelPath]:
    is_folder = job.source.kind == "set"
    suffix = CARD_SUFFIX if wanted == "failed" else ""
    return retired_names(job.source.path, job.job_id, is_folder=is_folder, suffix=suffix)


def _target(wanted: _Wanted, roots: Roots) -> Root:
    return roots.done if wanted == "done" else roots.failed


def _move(job: SettledJob, wanted: _Wanted, roots: Roots) -> RelPath:
    """Take the source under the first free name; its card lies there before it comes."""
    target = _target(wanted, roots)
    for path in _names(job, wanted):
        if target.exists(path) and not _has_begun(job.source, path, roots.inbox, target):
            continue
        try:
            if wanted == "failed":
                _write_card(job, path, roots)
            _take_all(job, path, roots.inbox, target)
        except (FileExistsError, SourceChanged) as error:
            if wanted == "failed":
                _remove_card(job, path, target)
            if isinstance(error, SourceChanged):
                raise
            continue  # a stranger has the name since just now, or that of the card
        return path
    raise AssertionError("names never end")


def _found(job: SettledJob, wanted: _Wanted, roots: Roots) -> RelPath | None:
    """Where an earlier, interrupted call took the source; None if a person took it away."""
    target = _target(wanted, roots)
    for path in islice(_names(job, wanted), 8):
        if target.exists(path) and _has_begun(job.source, path, roots.inbox, target):
            return path
    return None


def _has_begun(source: Source, path: RelPath, inbox: Root, target: Root) -> bool:
    """Whether what bears the name is this source, as an interrupted call left it there."""
    came = [
        _came(member, there, inbox, target)
        for member, there in places(source, path)
        if source.kind == "set" or member.path == source.path
    ]
    return True in came and False not in came


def _came(member: Member, there: RelPath, inbox: Root, target: Root) -> bool | None:
    """True: this very file is there; None: nothing is; False: another one is."""
    landed = target.identity(there)
    if landed is None:
        return False if target.exists(there) else None
    here = inbox.identity(member.path) if _same(member, inbox) else None
    if here is not None and here.dev == landed.dev:
        return here.ino == landed.ino  # it would have been renamed; two names of one file may be
    return target.sha256(there) == member.sha256


def places(source: Source, path: RelPath) -> Iterator[tuple[Member, RelPath]]:
    """Where each file goes so that the source is called `path`; the main one comes last."""
    for member in sorted(source.members, key=lambda member: member.path == source.path):
        if source.kind == "set":
            yield member, path + member.path[len(source.path) :]
        elif member.path == source.path:
            yield member, path
        else:
            yield member, _beside(path, source, member)


def _beside(path: RelPath, source: Source, member: Member) -> RelPath:
    """The name of a prompt beside its picture, so that they are a pair under a new name, too."""
    name, folder = name_of(member.path), folder_of(path)
    if name_of(path) != name_of(source.path):
        name = name_of(path).rpartition(".")[0] + "." + name.rpartition(".")[2]
    return f"{folder}/{name}" if folder else name


def _take_all(job: SettledJob, path: RelPath, inbox: Root, target: Root) -> None:
    source = job.source
    is_set = source.kind == "set"
    if is_set and not target.exists(path) and not _has_strangers(source, source.path, inbox):
        with contextlib.suppress(CrossDeviceError):
            inbox.move(source.path, target, path)
            return
    for member, there in places(source, path):
        if is_set or member.path == source.path:
            _take(member, there, inbox, target)
        else:
            _take_beside(member, there, job.job_id, inbox, target)
    if is_set:
        folders = {source.path, *(folder_of(member.path) for member in source.members)}
        for folder in sorted(folders, key=len, reverse=True):
            inbox.remove_directory_if_empty(folder)


def _has_strangers(source: Source, folder: RelPath, inbox: Root) -> bool:
    """Whether the folder of a set holds more than was recorded: it must not vanish unprocessed."""
    recorded = [member.path for member in source.members]
    for name in inbox.names(folder):
        path = f"{folder}/{name}"
        if path in recorded:
            continue
        if any(member.startswith(path + "/") for member in recorded):
            if _has_strangers(source, path, inbox):
                return True
        elif not is_junk(name) and not is_junk_directory(name):
            return True
    return False


def _take(member: Member, there: RelPath, inbox: Root, target: Root) -> None:
    """Bring one file there, unless it is gone (taken by an earlier call, or by a person).

    Raises:
        FileExistsError: another file has that name.
    """
    try:
        inbox.move(member.path, target, there)
    except CrossDeviceError:
        _copy(member, there, inbox, target)
    except FileNotFoundError:
        if inbox.exists(member.path):
            raise


def _take_beside(member: Member, there: RelPath, job_id: int, inbox: Root, target: Root) -> None:
    for name in retired_names(there, job_id, is_folder=False):
        with contextlib.suppress(FileExistsError):
            _take(member, name, inbox, target)
            return


def _copy(member: Member, there: RelPath, inbox: Root, target: Root) -> None:
    """Another file system: copy, verify, look at the source once more, only then unlink it."""
    is_whole = False
    try:
        with inbox.open_source(member.path) as (file, _):
            written = target.write_new(there, chunks_of(file), part=_part(member))
            is_whole = written == member.sha256
    except FileExistsError:
        is_whole = target.sha256(there) == member.sha256
        if not is_whole:
            raise
        target.sync(there)
    except SourceGone:
        return
    except SourceChanged:
        is_whole = False
    if not is_whole:
        target.unlink(there)
        raise SourceChanged(f"{member.path!r} changed while it was moved")
    reached("retire.copied")
    if _same(member, inbox):
        inbox.unlink(member.path)


def _part(member: Member) -> str:
    """The same for whoever comes again, another one for the same bytes under another name."""
    return hashlib.sha256(f"{member.path}\0{member.sha256}".encode(errors="replace")).hexdigest()


def _delete(source: Source, inbox: Root) -> None:
    for member in source.members:
        if _same(member, inbox):
            inbox.unlink(member.path)
    if source.kind == "set":
        inbox.remove_directory_if_empty(source.path)


def _write_card(job: SettledJob, path: RelPath, roots: Roots) -> None:
    """Put the card beside the name, in place of an older one of the same source.

    Raises:
        FileExistsError: the name is that of a stranger's file.
    """
    content = card(job, roots.inbox.path, roots.outbox.path)
    try:
        roots.failed.write_new(path + CARD_SUFFIX, [content], part=_part(job.source.members[0]))
    except FileExistsError:
        if not _has_our_card(job, path, roots.failed):
            raise
        roots.failed.replace_small(path + CARD_SUFFIX, content)


def _remove_card(job: SettledJob, path: RelPath, failed: Root) -> None:
    if _has_our_card(job, path, failed):
        failed.unlink(path + CARD_SUFFIX)


def write_card_again(job: SettledJob, path: RelPath, roots: Roots) -> None:
    """Put the card of a source back that lies at `path` below failed/.

    Raises:
        FileExistsError: the name is that of a stranger's file.
    """
    _write_card(job, path, roots)


def _has_our_card(job: SettledJob, path: RelPath, failed: Root) -> bool:
    try:
        content, _ = failed.read(path + CARD_SUFFIX, limit=1 << 16)
    except (SourceGone, SourceChanged):
        return False
    return is_card_of(content, job.source.path)
