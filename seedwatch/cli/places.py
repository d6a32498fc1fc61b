"""Which inbox a path on the command line lies in, and what each inbox would open jobs for."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seedwatch.cli.boundary import CommandFailed
from seedwatch.cli.queue import decide
from seedwatch.config.effective import FolderSettings, Settings
from seedwatch.inbox.preview import Preview, preview
from seedwatch.records import PastJob, RelPath
from seedwatch.store import DATABASE
from seedwatch.store.base import TaskStore
from seedwatch.texts import say


@dataclass(frozen=True, slots=True)
class Place:
    """A folder and the paths in its inbox that are meant; none: all of it."""

    folder: FolderSettings
    only: tuple[RelPath, ...] = ()


def place_of(path: Path, settings: Settings) -> tuple[FolderSettings, RelPath]:
    """The folder whose inbox holds this path, and the path relative to it.

    Raises:
        CommandFailed: there is nothing of that name, or no inbox holds it.
    """
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - a link is refused, not followed
    if not os.path.lexists(absolute):
        raise CommandFailed(say("cli.path_missing", path=path))
    for folder in settings.folders:
        for inbox, inside in (
            (folder.inbox, absolute),
            (folder.inbox.resolve(), absolute.parent.resolve() / absolute.name),
        ):
            if inside.is_relative_to(inbox):
                rel = inside.relative_to(inbox).as_posix()
                return folder, "" if rel == "." else rel
    raise CommandFailed(say("cli.path_outside", path=path))


def places_of(paths: Sequence[Path], settings: Settings) -> list[Place]:
    """Every folder, or only those that hold the paths, or that lie below one of them.

    Raises:
        CommandFailed: as `place_of`.
    """
    if not paths:
        return [Place(folder) for folder in settings.folders]
    meant: dict[str, list[RelPath]] = {}
    for path in paths:
        below = [folder for folder in settings.folders if _is_above(path, folder.inbox)]
        found = [(folder, "") for folder in below] or [place_of(path, settings)]
        for folder, rel in found:
            meant.setdefault(folder.name, []).append(rel)
    return [
        Place(folder, () if "" in meant[folder.name] else tuple(meant[folder.name]))
        for folder in settings.folders
        if folder.name in meant
    ]


def _is_above(path: Path, inbox: Path) -> bool:
    return inbox.resolve().is_relative_to(path.resolve())


@dataclass(frozen=True, slots=True)
class Contents:
    """What lies in an inbox: `at_work` are sources that have their jobs already.

    `is_adopted` is False before the first run, when `cold_start` applies.
    """

    inputs: list[Preview]
    at_work: list[Preview]
    is_adopted: bool


def contents_of(place: Place, settings: Settings) -> Contents:
    """Look at an inbox as the daemon would, with what the queue remembers; changes nothing.

    Raises:
        OSError: the inbox cannot be listed.
        StoreError: the queue cannot be read.
    """
    folder = place.folder
    found = preview(folder, settings, only=place.only)
    if not (settings.state_dir / DATABASE).exists():
        return Contents(found, [], is_adopted=False)
    paths = [seen.path for seen in found if seen.job is not None]
    history, known, is_adopted = decide(settings, lambda store: _remembered(store, folder, paths))
    if history:
        found = preview(folder, settings, only=place.only, history=history)
    return Contents(
        [seen for seen in found if not _is_at_work(seen, known)],
        [seen for seen in found if _is_at_work(seen, known)],
        is_adopted,
    )


async def _remembered(
    store: TaskStore, folder: FolderSettings, paths: Collection[RelPath]
) -> tuple[Mapping[RelPath, PastJob], dict[RelPath, set[str]], bool]:
    """Earlier jobs, the digests of what is at work, and whether the inbox was adopted."""
    history = await store.history(folder.name, list(paths))
    known: dict[RelPath, set[str]] = {}
    for source in await store.known_sources(folder.name):
        known.setdefault(source.path, set()).update(member.sha256 for member in source.members)
    adoption = await store.adoption(folder.name)
    return history, known, adoption is not None and adoption.is_complete


def _is_at_work(seen: Preview, known: Mapping[RelPath, set[str]]) -> bool:
    """Whether exactly these bytes have their job already; edited ones get a new one."""
    if seen.job is None or seen.path not in known:
        return False
    return {member.sha256 for member in seen.job.source.members} == known[seen.path]
