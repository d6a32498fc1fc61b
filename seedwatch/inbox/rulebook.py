"""Knows which rule applies in each directory of an inbox, and which rule.yaml cannot be used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from seedwatch.config.effective import FolderSettings, Settings
from seedwatch.config.layers import RuleLayer
from seedwatch.config.rules import ResolvedRule, read_rule_file, resolve_rule
from seedwatch.errors import ConfigError, Problem, SourceChanged, SourceGone
from seedwatch.junk import RULE_ERROR_NAME, RULE_NAME
from seedwatch.paths import Root
from seedwatch.records import RelPath
from seedwatch.texts import say

_READ_LIMIT: Final = 65_537


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A rule that cannot be used: `directory` has the rule.yaml to mend, and why."""

    directory: RelPath
    problems: str
    has_file: bool = True


class RuleBook:
    """The rule.yaml files of one inbox and what they come to.

    `note` and the questions belong to the event loop's thread; `resolve` reads files and blocks.
    """

    def __init__(self, folder: FolderSettings, settings: Settings, root: Root) -> None:
        self.folder = folder
        self.settings = settings
        self.root = root
        self._files: set[RelPath] = set()
        self._quiet_at: dict[RelPath, float] = {}
        self._resolved: dict[RelPath, ResolvedRule | BrokenRule] = {}
        self._broken: dict[RelPath, BrokenRule] = {}
        self._references: dict[RelPath, frozenset[RelPath]] = {}
        self._told: dict[RelPath, BrokenRule | None] = {}

    # --- what lies there ---------------------------------------------------------------------

    def note(self, directory: RelPath, *, is_there: bool, quiet_at: float) -> None:
        """A rule.yaml of this directory is new, changed or gone; it counts from `quiet_at` on."""
        if is_there:
            self._files.add(directory)
        else:
            self._files.discard(directory)
        self._quiet_at[directory] = quiet_at
        self.forget_below(directory)

    def forget_below(self, directory: RelPath) -> None:
        """What was resolved there may not hold any more; what was broken is, until it is read."""
        for known in [known for known in self._resolved if is_within(known, directory)]:
            del self._resolved[known]
            self._references.pop(known, None)

    def files(self) -> list[RelPath]:
        """Every rule.yaml: edited in place it would move no directory."""
        return [f"{where}/{RULE_NAME}" if where else RULE_NAME for where in self._files]

    def clear(self) -> None:
        """The inbox is another one; nothing is known of it."""
        self._files.clear()
        self._quiet_at.clear()
        self._told.clear()
        self._broken.clear()
        self.forget_below("")

    def is_reference(self, path: RelPath) -> bool:
        """Whether a rule sends this file with every input; then it is no input itself."""
        return any(path in references for references in self._references.values())

    # --- what applies ------------------------------------------------------------------------

    def governing(self, directory: RelPath) -> RelPath:
        """The nearest directory upwards that has a rule.yaml (the inbox itself, if none has)."""
        if self.folder.rights.are_on:
            while directory and directory not in self._files:
                directory = directory.rpartition("/")[0]
            return directory
        return ""

    def rule_for(self, directory: RelPath) -> ResolvedRule | BrokenRule | None:
        """The rule of the files in a directory; None: to be resolved, or still being written."""
        return self._resolved.get(self.governing(directory))

    def quiet_at(self, directory: RelPath) -> float:
        """From when on the rule of a directory counts: it may be half written before."""
        times = [self._quiet_at.get("", 0.0)]
        while directory:
            times.append(self._quiet_at.get(directory, 0.0))
            directory = directory.rpartition("/")[0]
        return max(times)

    @property
    def is_stopped(self) -> bool:
        """Whether the rule of the whole inbox cannot be used."""
        return "" in self._broken

    def broken(self) -> list[BrokenRule]:
        """Every rule that cannot be used just now, each mistake once."""
        found = {rule for where, rule in self._broken.items() if not where or where in self._files}
        return sorted(found, key=lambda rule: rule.directory)

    def unresolved(self) -> list[RelPath]:
        """Governing directories whose rule is to be read, now or when it is quiet."""
        return [where for where in ("", *self._files) if where not in self._resolved]

    def due_at(self) -> float | None:
        """When the next rule may be read; None: all were."""
        return min((self.quiet_at(where) for where in self.unresolved()), default=None)

    def accept(self, resolved: dict[RelPath, ResolvedRule | BrokenRule]) -> None:
        """Take over what `resolve` found."""
        self._resolved.update(resolved)
        for directory, rule in resolved.items():
            self._broken.pop(directory, None)
            if isinstance(rule, BrokenRule):
                self._broken[directory] = rule
            else:
                self._references[directory] = self._below_inbox(rule.rule.files)

    def untold(self) -> tuple[list[BrokenRule], list[RelPath]]:
        """Mistakes to be written beside their rule.yaml, and where no mistake is left."""
        wrong = {rule.directory: rule for rule in self.broken() if rule.has_file}
        fine = {where for where in self._told if where not in self._files} | {
            where for where in self._resolved if where not in self._broken
        }
        write = [rule for where, rule in wrong.items() if self._told.get(where) != rule]
        remove = [
            where for where in fine - wrong.keys() if self._told.get(where, where) is not None
        ]
        self._told.update({rule.directory: rule for rule in write})
        self._told.update(dict.fromkeys(remove, None))
        return write, sorted(remove)

    def _below_inbox(self, references: tuple[str, ...]) -> frozenset[RelPath]:
        inbox = self.folder.inbox
        paths = [Path(reference) for reference in references if "://" not in reference]
        return frozenset(
            path.relative_to(inbox).as_posix() for path in paths if path.is_relative_to(inbox)
        )

    # --- reading -------------------------------------------------------------------------------

    def resolve(self, directories: Iterable[RelPath]) -> dict[RelPath, ResolvedRule | BrokenRule]:
        """Read and check the rules of governing directories; changes nothing here.

        Raises:
            OSError: the root failed (a rule.yaml that cannot be read is a `BrokenRule`).
        """
        return {directory: self._resolve(directory) for directory in directories}

    def _resolve(self, directory: RelPath) -> ResolvedRule | BrokenRule:
        chain = self._chain(directory)
        layers: list[RuleLayer] = []
        where = ""
        try:
            for where in chain:
                layers.append(self._read(where))
            return resolve_rule(self.folder, self.settings, layers)
        except ConfigError as error:
            problems = "\n".join(str(problem) for problem in error.problems)
            return BrokenRule(where, problems, has_file=bool(chain))

    def _chain(self, directory: RelPath) -> list[RelPath]:
        """The directories with a rule.yaml from the inbox down to this one."""
        chain = []
        while True:
            if directory in self._files and self.folder.rights.are_on:
                chain.append(directory)
            if not directory:
                return chain[::-1]
            directory = directory.rpartition("/")[0]

    def _read(self, directory: RelPath) -> RuleLayer:
        rel = f"{directory}/{RULE_NAME}" if directory else RULE_NAME
        path = self.root.absolute(rel)
        try:
            content, _ = self.root.read(rel, _READ_LIMIT)
        except (SourceGone, SourceChanged, PermissionError) as error:
            why = say("inbox.rule_unreadable", why=type(error).__name__)
            raise ConfigError([Problem(str(path), 0, 0, "", why)]) from error
        return read_rule_file(path, content)

    # --- telling people ------------------------------------------------------------------------

    def write_error(self, broken: BrokenRule) -> None:
        """Say what is wrong in a file beside the rule.yaml (of which there may be none).

        Raises:
            OSError: it cannot be written.
        """
        text = say("inbox.rule_error", problems=broken.problems)
        self.root.replace_small(
            error_file(broken.directory), text.encode("utf-8", "backslashreplace")
        )

    def remove_error(self, directory: RelPath) -> None:
        """The rule.yaml there is fine again, or gone.

        Raises:
            OSError: the file cannot be removed.
        """
        self.root.unlink(error_file(directory))


def error_file(directory: RelPath) -> RelPath:
    """Where the mistakes of a directory's rule.yaml are written down."""
    return f"{directory}/{RULE_ERROR_NAME}" if directory else RULE_ERROR_NAME


def is_within(path: RelPath, directory: RelPath) -> bool:
    """Whether a path is the directory or lies below it."""
    return not directory or path == directory or path.startswith(f"{directory}/")
