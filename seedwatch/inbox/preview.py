"""What the present content of an inbox would cause: the same steps as the watch, nothing stored."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from seedwatch.config.effective import FolderSettings, Settings
from seedwatch.config.rules import ResolvedRule
from seedwatch.inbox.admission import Past, admit
from seedwatch.inbox.contents import Contents, Ready
from seedwatch.inbox.inspection import Inspected, Wanted, inspect_input
from seedwatch.inbox.rulebook import BrokenRule, RuleBook
from seedwatch.inbox.scanner import Scanner
from seedwatch.inbox.settling import Settling
from seedwatch.paths import Root
from seedwatch.records import NewJob, PastJob, RelPath

_AT_LAST = 1e12
"""A time (monotonic seconds) at which everything has been quiet for long enough."""


@dataclass(frozen=True, slots=True)
class Preview:
    """One file or set of an inbox: the job it would open, or why it would not.

    `resolved` is the rule that applies (None: it is broken, or nothing applies); `notes` say what
    was taken out of its text.
    """

    path: RelPath
    job: NewJob | None = None
    resolved: ResolvedRule | None = None
    why: str = ""
    notes: tuple[str, ...] = ()


def preview(
    folder: FolderSettings,
    settings: Settings,
    *,
    only: Collection[RelPath] = (),
    history: Mapping[RelPath, PastJob] | None = None,
) -> list[Preview]:
    """What each input of a folder would become, as if it had settled and were taken now.

    `only` names files, sets or directories relative to the inbox (empty: everything); `history`
    is `TaskStore.history` of these sources. Blocks as long as the root does. Inputs that are at
    work already are shown as well: the caller knows them by `TaskStore.known_sources`.

    Raises:
        OSError: the inbox cannot be listed.
    """
    root = folder.inbox_root
    scanner = Scanner(str(folder.inbox))
    book = RuleBook(folder, settings, root)
    contents = Contents(book, scanner, Settling(0.0, 0.0))
    look = scanner.look(0.0)
    scanner.commit(look)
    list(contents.absorb(look, 0.0))
    book.accept(book.resolve(book.unresolved()))
    contents.sort(list(contents.fresh))
    again = scanner.look(0.0, wanted=[path for path, _ in scanner.files_below("")])
    found = [
        _inspected(root, folder, ready, (history or {}).get(ready.wanted.path))
        for ready in contents.ready(contents.settling.paths(), again, _AT_LAST)
        if _is_meant(ready.wanted, only)
    ]
    found += _left_alone(contents, only)
    return found


def _is_meant(wanted: Wanted, only: Collection[RelPath]) -> bool:
    return not only or any(_is_under(path, only) for path in (wanted.path, *wanted.members))


def _is_under(path: RelPath, only: Iterable[RelPath]) -> bool:
    return any(path == above or not above or path.startswith(f"{above}/") for above in only)


def _inspected(root: Root, folder: FolderSettings, ready: Ready, past: PastJob | None) -> Preview:
    wanted, resolved = ready.wanted, ready.resolved
    found = inspect_input(root, folder.name, wanted)
    if not isinstance(found, Inspected):
        return Preview(wanted.path, None, resolved, found.why)
    earlier = None if past is None else Past(past, lies_there(folder, past))
    job = admit(found, resolved, past=earlier)
    return Preview(wanted.path, job, resolved, notes=found.notes)


def lies_there(folder: FolderSettings, past: PastJob) -> bool:
    """Whether the source of an earlier job still lies where it was put."""
    if not past.retired_path or past.outcome not in {"done", "failed"}:
        return False
    return Root(folder.done if past.outcome == "done" else folder.failed).exists(past.retired_path)


def _left_alone(contents: Contents, only: Collection[RelPath]) -> Iterator[Preview]:
    """Files that are no inputs, and those whose rule is broken."""
    for path, why in (*contents.obstacles.items(), *contents.ignored.items()):
        if not only or _is_under(path, only):
            yield Preview(path, why=why)
    for path in contents.fresh:
        rule = contents.book.rule_for(path.rpartition("/")[0])
        if (not only or _is_under(path, only)) and isinstance(rule, BrokenRule):
            yield Preview(path, why=rule.problems)
