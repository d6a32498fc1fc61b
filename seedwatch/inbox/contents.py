"""What lies in an inbox and is not decided on yet: sorts what a look found into inputs; no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from seedwatch.config.rules import ResolvedRule
from seedwatch.inbox.assembly import reading_of, rival_of
from seedwatch.inbox.inspection import Wanted
from seedwatch.inbox.looks import Look, Obstacle
from seedwatch.inbox.rulebook import RuleBook, is_within
from seedwatch.inbox.scanner import Scanner
from seedwatch.inbox.settling import Reading, Settling, Signature
from seedwatch.inbox.sorting import Place, pictures_beside, place, rule_at
from seedwatch.junk import RULE_NAME
from seedwatch.records import RelPath, Source, name_of
from seedwatch.texts import say

_NOT_FILES: Final[frozenset[Obstacle]] = frozenset({"symlink", "special"})


@dataclass(frozen=True, slots=True)
class Ready:
    """An input that has settled, and the rule it falls under."""

    wanted: Wanted
    resolved: ResolvedRule


class Contents:
    """The undecided part of one inbox; every path is relative to it.

    A file is `fresh` until its rule is known, then part of a source that settles, or ignored.
    What was taken is only remembered where it is a part of a larger source.
    """

    def __init__(self, book: RuleBook, scanner: Scanner, settling: Settling) -> None:
        self.book = book
        self.scanner = scanner
        self.settling = settling
        self.fresh: dict[RelPath, float] = {}
        self.ignored: dict[RelPath, str] = {}
        self.obstacles: dict[RelPath, str] = {}
        self.cold: set[RelPath] = set()
        self._places: dict[RelPath, Place] = {}
        self._members: dict[RelPath, RelPath] = {}
        self._unreadable: set[RelPath] = set()

    def clear(self) -> None:
        """The inbox is another one; nothing is known of it."""
        for path in self.settling.paths():
            self.settling.drop(path)
        for kept in (self.fresh, self.ignored, self.obstacles, self._places, self._members):
            kept.clear()
        self.cold.clear()
        self._unreadable.clear()

    # --- what a look found -------------------------------------------------------------------

    def absorb(self, look: Look, now: float) -> Iterator[list[RelPath]]:
        """Take over a committed look, step by step; yields the sources that were taken away."""
        for path in look.changed:
            self._changed(path, now)
            yield []
        for path, obstacle in look.obstacles:
            self._obstructed(path, obstacle, now)
            yield []
        for path in look.gone:
            yield self._gone(path, now)

    def _changed(self, path: RelPath, now: float) -> None:
        self.obstacles.pop(path, None)
        if name_of(path) == RULE_NAME:
            self._rule_changed(path.rpartition("/")[0], is_there=True, now=now)
            return
        if self.book.is_reference(path):
            self._reconsider("", now)
        self.ignored.pop(path, None)
        self.fresh[path] = now

    def _obstructed(self, path: RelPath, obstacle: Obstacle, now: float) -> None:
        self._dismiss(path)
        self.obstacles[path] = say(f"inbox.{obstacle}")
        if obstacle in _NOT_FILES and name_of(path) == RULE_NAME:
            self._rule_changed(path.rpartition("/")[0], is_there=True, now=now)

    def _gone(self, path: RelPath, now: float) -> list[RelPath]:
        """Sources that are gone together with a file."""
        if name_of(path) == RULE_NAME:
            self._rule_changed(path.rpartition("/")[0], is_there=False, now=now)
            return []
        if self.book.is_reference(path):
            self._reconsider("", now)
        was_fresh = path in self.fresh
        was_ignored = path in self.ignored or path in self.obstacles
        source = self._members.pop(path, None) or self._source_on_its_way(path)
        self._dismiss(path)
        if source is None or source == path:
            return [] if was_fresh or was_ignored else [path]
        if self._is_empty(source):
            self._drop(source)
            return [source]
        if source in self.settling:  # one at work is the worker's: it will miss the member
            self._note(source, now)
        return []

    def _is_empty(self, source: RelPath) -> bool:
        """Whether nothing is left of a set (for a picture: whether it is gone itself)."""
        if self.scanner.signature_of(source) is not None:
            return False
        return next(self.scanner.files_below(source), None) is None

    def _source_on_its_way(self, path: RelPath) -> RelPath | None:
        """The larger source that a file was to be a part of."""
        found = place(path, self.book)
        if found is None or found.kind == "set":
            return found.source if found else None
        if found.kind != "companion":
            return None
        names = self.scanner.files_in(path.rpartition("/")[0])
        return next((p for p in pictures_beside(path, names) if p in self.settling), None)

    def _dismiss(self, path: RelPath) -> None:
        self.fresh.pop(path, None)
        self.ignored.pop(path, None)
        self.obstacles.pop(path, None)
        self.cold.discard(path)
        self._drop(path)

    def _drop(self, source: RelPath) -> None:
        self.settling.drop(source)
        self._places.pop(source, None)

    # --- rules ---------------------------------------------------------------------------------

    def _rule_changed(self, directory: RelPath, *, is_there: bool, now: float) -> None:
        self.book.note(directory, is_there=is_there, quiet_at=now + self.settling.settle_s)
        self._reconsider(directory, now)

    def _reconsider(self, directory: RelPath, now: float) -> None:
        """Sort everything again that was not taken yet: the rule there may be another one."""
        self.book.forget_below(directory)
        for source in [path for path in self.settling.paths() if is_within(path, directory)]:
            for member in self.settling.members(source):
                self.fresh.setdefault(member, now)
            self._drop(source)
        for path in [path for path in self.ignored if is_within(path, directory)]:
            del self.ignored[path]
            self.fresh.setdefault(path, now)

    # --- sorting ---------------------------------------------------------------------------------

    def sort(self, paths: Iterable[RelPath]) -> None:
        """Sort some of the fresh files; those whose rule is not usable stay fresh."""
        sets: dict[RelPath, tuple[Place, float]] = {}
        for path in paths:
            seen_at = self.fresh.get(path)
            found = None if seen_at is None else place(path, self.book)
            if seen_at is None or found is None:
                continue
            del self.fresh[path]
            if found.kind == "set":
                since = max(seen_at, sets[found.source][1]) if found.source in sets else seen_at
                sets[found.source] = (found, since)
            else:
                self._sort_single(path, found, seen_at)
        for source, (found, seen_at) in sets.items():
            self._places[source] = found
            self._note(source, seen_at)

    def _sort_single(self, path: RelPath, found: Place, seen_at: float) -> None:
        if found.kind == "silent":
            self.cold.discard(path)
        elif found.kind == "ignored":
            self.ignore(path, found.why)
        elif found.kind == "companion":
            self._sort_companion(path, found, seen_at)
        else:
            self._places[path] = found
            self._note(path, seen_at)

    def _sort_companion(self, path: RelPath, found: Place, seen_at: float) -> None:
        """A text for a picture: joins one on its way, renews one at work, else waits for one."""
        names = self.scanner.files_in(path.rpartition("/")[0])
        pictures = pictures_beside(path, names)
        for picture in pictures:
            if picture in self.settling or self._members.get(path) == picture:
                self._places.setdefault(picture, Place("picture", picture, found.directory))
                self._note(picture, seen_at)
                return
        if any(picture in self.fresh for picture in pictures):
            return  # it finds the text when it is sorted itself
        if any(picture not in self.ignored for picture in pictures):
            self.ignore(path, say("inbox.late_text"))
            return
        self._places[path] = found
        self._note(path, seen_at)

    def _note(self, source: RelPath, since: float) -> None:
        """Begin or go on with the window of a source, with all that belongs to it now."""
        found = self._places[source]
        resolved = rule_at(self.book, found.directory)
        if resolved is None:
            return
        reading = reading_of(found, resolved.rule, self.scanner)
        quiet_s = None
        is_single = len(reading) == 1
        if found.kind == "companion" or (found.kind == "picture" and is_single):
            quiet_s = resolved.rule.pair_wait_s if resolved.rule.pair else None
        for member, _ in reading:
            if member != source:
                self.fresh.pop(member, None)
                self.ignored.pop(member, None)
                self._drop(member)
        self.settling.note(source, reading, since, quiet_s)

    # --- settling ------------------------------------------------------------------------------

    def to_read(self, now: float, limit: int, *, is_all: bool = False) -> list[RelPath]:
        """The sources whose members are to be read a second time in the next look."""
        return self.settling.paths() if is_all else self.settling.due(now, limit)

    def ready(self, sources: Iterable[RelPath], look: Look, now: float) -> Iterator[Ready]:
        """Those of the sources that have settled; lone texts are told apart here."""
        for source in sources:
            if source not in self.settling:
                continue
            reading = self._second_reading(source, look.readings)
            if reading is None or not self.settling.is_settled(source, reading, now):
                continue
            found = self._places[source]
            resolved = rule_at(self.book, found.directory)
            if found.kind == "companion":
                self._drop(source)
                self.ignore(source, say("inbox.lone_text"))
            elif resolved is not None:
                members = tuple(member for member, _ in reading)
                shared = rival_of(found, resolved.rule, self.scanner)
                yield Ready(Wanted(source, found.kind, members, resolved.rule, shared), resolved)

    def _second_reading(
        self, source: RelPath, readings: dict[RelPath, Signature | None]
    ) -> Reading | None:
        """What the look saw of all members; None: one was not asked for, or is gone."""
        reading = []
        for member in self.settling.members(source):
            seen = readings.get(member)
            if seen is None:
                return None
            reading.append((member, seen))
        return tuple(reading)

    # --- decisions -----------------------------------------------------------------------------

    def taken(self, source: Source) -> None:
        """A job is recorded for it (or was before)."""
        for member in source.members:
            self.cold.discard(member.path)
            if member.path != source.path:
                self._members[member.path] = source.path
        for path in self.settling.members(source.path) if source.path in self.settling else ():
            self.cold.discard(path)
        self._drop(source.path)

    def ignore(self, path: RelPath, why: str, *, is_for_good: bool = True) -> None:
        """Leave a file (or a set) alone, and say so once; else until the next rescan."""
        if not is_for_good:
            self._unreadable.add(path)
        for member in self.settling.members(path) if path in self.settling else ():
            self.cold.discard(member)
        self.cold.discard(path)
        self._drop(path)
        self.ignored[path] = why

    def known_members(self, members: Iterable[tuple[RelPath, RelPath]]) -> None:
        """(member, source) of larger sources that are at work since before the start."""
        self._members.update((member, source) for member, source in members if member != source)

    def reconsider(self, paths: Iterable[RelPath], now: float) -> None:
        """Take files that nobody cares for, and those that could not be read, as new ones."""
        for path in (*paths, *self._unreadable):
            self.ignored.pop(path, None)
            self._members.pop(path, None)
            if self.scanner.signature_of(path) is not None:
                self.fresh.setdefault(path, now)
            for member, _ in self.scanner.files_below(path):
                self.fresh.setdefault(member, now)
        self._unreadable.clear()

    def strays(self, known: set[RelPath]) -> list[RelPath]:
        """Files that nobody cares for: neither undecided, nor at work by the store's account."""
        found = []
        for path, _ in self.scanner.files_below(""):
            if path in known or path in self.fresh or path in self.settling:
                continue
            if path in self.ignored or path in self.obstacles:
                continue
            where = place(path, self.book)
            if where is not None and where.kind == "silent":
                continue
            if where is not None and where.kind == "set" and where.source in self.settling:
                continue
            found.append(path)
        return found

    @property
    def waiting_count(self) -> int:
        """Files and sets that are seen and not decided on."""
        return len(self.settling) + len(self.fresh)
