"""What `check` looks at: rules, folders, keys, disk space, database. Pays for nothing."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from seedwatch.budgets import named
from seedwatch.cli.account_checks import check_accounts
from seedwatch.cli.findings import Findings
from seedwatch.cli.queue import reading
from seedwatch.config.effective import FolderSettings, Settings
from seedwatch.config.rules import ResolvedRule
from seedwatch.errors import SeedwatchError, StoreError
from seedwatch.inbox.filesystems import file_system_of
from seedwatch.inbox.hearing import hears
from seedwatch.inbox.markers import read_marker
from seedwatch.inbox.rulebook import BrokenRule, RuleBook
from seedwatch.junk import RULE_NAME, is_junk_directory
from seedwatch.outbox.probe import probe
from seedwatch.paths import PART_PREFIX, CrossDeviceError, Root, free_bytes
from seedwatch.pulse import beat
from seedwatch.records import RelPath
from seedwatch.store.location import check_location
from seedwatch.texts import say
from seedwatch.threads import Aside

_SILENCE_S: Final = 20.0
_LITTLE_ROOM: Final = 1 << 30
_NO_ROOM: Final = 512 << 20
"""below this the daemon sends nothing, as an answer might not fit"""


def check_all(settings: Settings) -> Findings:
    """Look at everything the settings name."""
    found = Findings(warnings=[str(problem) for problem in settings.warnings()])
    adopted = _check_state(settings, found)
    for folder in settings.folders:
        work = partial(_check_all_of, folder, settings, found, was_adopted=folder.name in adopted)
        try:
            Aside(work).result(_SILENCE_S)
        except TimeoutError:
            found.problems.append(say("cli.check_silent", folder=folder.name, path=folder.inbox))
    check_accounts(settings, found)
    return found


def _check_all_of(
    folder: FolderSettings, settings: Settings, found: Findings, *, was_adopted: bool
) -> None:
    if not folder.stopped_by:
        _check_rules(folder, settings, found)
    _check_folder(folder, found, was_adopted=was_adopted)


# --- rules -------------------------------------------------------------------------------------


def _check_rules(folder: FolderSettings, settings: Settings, found: Findings) -> None:
    try:
        problems, warnings = rule_problems(folder, settings)
    except OSError as error:
        found.problems.append(_disk_line(folder, folder.inbox, error))
        return
    found.rules += [line for line in problems if line not in found.rules]
    found.warnings += [line for line in warnings if line not in found.warnings]


def rule_problems(folder: FolderSettings, settings: Settings) -> tuple[list[str], list[str]]:
    """Resolve the rule of the inbox and of every directory below it that has a rule.yaml.

    Returns the mistakes and the warnings, one line each.

    Raises:
        OSError: the inbox cannot be read.
    """
    book = RuleBook(folder, settings, folder.inbox_root)
    directories = list(_with_rules(folder.inbox))
    for directory in directories:
        book.note(directory, is_there=True, quiet_at=0.0)
    problems: dict[str, None] = {}
    warnings: dict[str, None] = {}
    for rule in book.resolve(dict.fromkeys(["", *directories])).values():
        if isinstance(rule, BrokenRule):
            problems.update(dict.fromkeys(rule.problems.splitlines()))
        else:
            warnings.update(dict.fromkeys(map(str, rule.warnings)))
            warnings.update(dict.fromkeys(_price_warnings(rule, folder, settings)))
    return list(problems), list(warnings)


def _price_warnings(
    resolved: ResolvedRule, folder: FolderSettings, settings: Settings
) -> Iterator[str]:
    """A model whose price is not known, and budgets that cannot count it."""
    price, model = resolved.model.price, resolved.model.name
    budgets = settings.budgets_of(resolved.rule.account, folder.name)
    if price is None and not budgets.limits:
        yield say("cli.check_unpriced", folder=folder.name, model=model)
    for limit in budgets.limits:
        if price is None or price.picture.currency != limit.most.currency:
            yield say(
                "cli.check_uncounted",
                folder=folder.name,
                budget=named(limit),
                currency=limit.most.currency,
                model=model,
            )


def _with_rules(inbox: Path) -> Iterator[RelPath]:
    for directory, names, files in os.walk(inbox):
        beat()
        names[:] = sorted(name for name in names if not is_junk_directory(name))
        if RULE_NAME in files:
            rel = Path(directory).relative_to(inbox).as_posix()
            yield "" if rel == "." else rel


# --- folders -----------------------------------------------------------------------------------


def _check_folder(folder: FolderSettings, found: Findings, *, was_adopted: bool) -> None:
    facts: dict[str, Any] = {
        "name": folder.name,
        "inbox": str(folder.inbox),
        "exists": folder.inbox.is_dir(),
        "is_writable": False,
        "rename": None,
        "capabilities": {},
        "file_system": "",
        "watch": folder.watch,
        "rule_error": folder.stopped_by,
    }
    if folder.watch == "auto":
        facts["watch"] = "poll"
    found.folders.append(facts)
    if not facts["exists"]:
        found.problems.append(say("cli.check_no_inbox", folder=folder.name, inbox=folder.inbox))
        return
    try:
        system = file_system_of(folder.inbox)
        facts["file_system"] = system.name
        if was_adopted and read_marker(Root(folder.inbox)) is None:
            found.problems.append(say("cli.check_marker", folder=folder.name, inbox=folder.inbox))
            return
        _check_writing(folder, facts, found)
        _try_out(folder, facts, found, has_events=system.has_events)
    except OSError as error:
        found.problems.append(_disk_line(folder, folder.inbox, error))


def _try_out(
    folder: FolderSettings, facts: dict[str, Any], found: Findings, *, has_events: bool
) -> None:
    """What the file systems can do, and whether events come where they are wanted."""
    wants_events = folder.watch == "events" or (folder.watch == "auto" and has_events)
    seen = probe(folder.inbox, hears if wants_events else None)
    facts["watch"] = "events" if seen.events else "poll"
    if wants_events and not seen.events:
        found.warnings.append(say("cli.check_deaf", folder=folder.name, path=folder.inbox))
    facts["capabilities"]["inbox"] = asdict(seen)
    if folder.outbox.is_dir():
        seen = probe(folder.outbox)
        facts["capabilities"]["outbox"] = asdict(seen)
    if not seen.directory_sync and sys.platform != "win32":
        found.warnings.append(say("cli.check_weak", folder=folder.name, path=folder.outbox))


def _check_writing(folder: FolderSettings, facts: dict[str, Any], found: Findings) -> None:
    """Write an empty file of ours, rename it as a source would be, and remove it again."""
    inbox = Root(folder.inbox)
    name = f"{PART_PREFIX}check-{secrets.token_hex(4)}"
    inbox.write_new(name, [])
    facts["is_writable"] = True
    try:
        facts["rename"] = "moves"
        for target in (folder.outbox, folder.done, folder.failed):
            if not target.exists():
                continue  # `run` makes it
            if _rename(inbox, name, target, folder, found) == "copies":
                facts["rename"] = "copies"
    finally:
        inbox.unlink(name)


def _rename(
    inbox: Root, name: str, target: Path, folder: FolderSettings, found: Findings
) -> Literal["moves", "copies", "fails"]:
    try:
        inbox.move(name, Root(target), name)
    except CrossDeviceError:
        found.warnings.append(say("cli.check_copies", folder=folder.name, path=target))
        return "copies"
    except OSError as error:
        found.problems.append(_disk_line(folder, target, error))
        return "fails"
    Root(target).move(name, inbox, name)
    return "moves"


def _disk_line(folder: FolderSettings, path: Path, error: OSError) -> str:
    why = error.strerror or type(error).__name__
    return say("cli.check_disk", folder=folder.name, path=path, why=why)


# --- disk space, database ------------------------------------------------------------------


def _check_state(settings: Settings, found: Findings) -> set[str]:
    """The state directory and its database; returns the folders that were adopted already."""
    directory = settings.state_dir
    parent = next(path for path in (directory, *directory.parents) if path.exists())
    found.state = {"state_dir": str(directory), "file_system": "", "free_bytes": None}
    if not os.access(parent, os.W_OK | os.X_OK):
        found.problems.append(say("cli.check_state_dir", path=directory))
    try:
        location = check_location(directory)
        found.state["file_system"] = location.kind
        if location.warning:
            found.warnings.append(location.warning)
        _check_room(parent, found)
        with reading(settings) as reader:
            found.state["tasks"] = reader.counts()
            return {report.name for report in reader.folders()}
    except (StoreError, OSError) as error:
        found.problems.append(str(error) if isinstance(error, SeedwatchError) else f"{error}")
    return set()


def _check_room(path: Path, found: Findings) -> None:
    free = free_bytes(path)
    found.state["free_bytes"] = free
    room = f"{free / (1 << 20):,.0f} MB"
    if free < _NO_ROOM:
        found.problems.append(say("cli.check_no_room", path=path, room=room))
    elif free < _LITTLE_ROOM:
        found.warnings.append(say("cli.check_little_room", path=path, room=room))
