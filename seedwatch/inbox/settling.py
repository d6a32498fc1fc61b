"""Decides when an input has stopped changing; pure: every time and every reading is given to it.

A source settles when two readings of all its members, at least its quiet time apart, are equal,
and its content is whole. What is not whole is looked at again, less and less often, until
`settle_max_s` after its last change; then it is given up. Only monotonic times are compared, never
the times of files with a clock of ours (edge-cases.md 7, 53).
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nsmallest
from typing import TypeAlias

from seedwatch.records import RelPath

Signature: TypeAlias = int
"""One number for size, mtime, ctime, inode and kind of a file, as `scanner.signature` makes it."""

Reading: TypeAlias = tuple[tuple[RelPath, Signature], ...]
"""What was seen of a source: its members in order, each with its signature."""

_FIRST_RETRY_S = 0.5
_LONGEST_RETRY_S = 30.0


@dataclass(slots=True)
class _Candidate:
    """A source on its way; times are monotonic seconds."""

    reading: Reading
    quiet_s: float
    changed_at: float
    look_at: float
    retry_s: float = _FIRST_RETRY_S
    incomplete: str = ""


class Settling:
    """The sources of one inbox that have been seen and not been decided on yet."""

    def __init__(self, settle_s: float, settle_max_s: float) -> None:
        self.settle_s = settle_s
        self.settle_max_s = settle_max_s
        self._candidates: dict[RelPath, _Candidate] = {}
        self._broken_off: set[RelPath] = set()

    def __len__(self) -> int:
        return len(self._candidates)

    def __contains__(self, path: object) -> bool:
        return path in self._candidates

    @property
    def whole_count(self) -> int:
        """How many there are that were not found to be incomplete."""
        return len(self._candidates) - len(self._broken_off)

    def paths(self) -> list[RelPath]:
        """Every source that has not been decided on, in order of arrival."""
        return list(self._candidates)

    def members(self, path: RelPath) -> tuple[RelPath, ...]:
        """The files the source was last seen with."""
        return tuple(member for member, _ in self._candidates[path].reading)

    def note(
        self, path: RelPath, reading: Reading, now: float, quiet_s: float | None = None
    ) -> bool:
        """Take down what is there now; True if that begins a new window.

        `quiet_s` is how long nothing may change (the folder's `settle` unless given: a picture
        that may still get its text waits longer).
        """
        known = self._candidates.get(path)
        wanted = self.settle_s if quiet_s is None else max(quiet_s, self.settle_s)
        if known is not None and known.reading == reading:
            if known.quiet_s != wanted and not known.incomplete:
                known.quiet_s = wanted
                known.look_at = known.changed_at + wanted
            return False
        self._candidates[path] = _Candidate(reading, wanted, now, now + wanted)
        self._broken_off.discard(path)
        return True

    def drop(self, path: RelPath) -> None:
        """It was decided on, or is gone."""
        self._candidates.pop(path, None)
        self._broken_off.discard(path)

    def due(self, now: float, limit: int) -> list[RelPath]:
        """Some sources to be read a second time now: what is due for the longest time first.

        Else what is not whole, and is looked at again and again, would keep others waiting.
        """
        due = [path for path, found in self._candidates.items() if found.look_at <= now]
        if len(due) > limit:
            due = nsmallest(limit, due, key=lambda path: self._candidates[path].look_at)
        return due

    def is_picture_due(self, at: float) -> bool:
        """Whether a source that may be a picture is due until then."""
        return any(
            found.look_at <= at and not path.endswith(".txt")
            for path, found in self._candidates.items()
        )

    def is_settled(self, path: RelPath, reading: Reading, now: float) -> bool:
        """Whether this reading is equal to the first and late enough; else nothing is decided.

        Another reading than the first begins a new window.
        """
        found = self._candidates[path]
        if found.reading == reading:
            return found.look_at <= now
        self.note(path, reading, now, found.quiet_s)
        return False

    def postpone(self, path: RelPath, why: str, now: float) -> bool:
        """Its content is not whole yet: look again later. False: its time is over, give it up."""
        found = self._candidates[path]
        found.incomplete = why
        self._broken_off.add(path)
        over_at = found.changed_at + self.settle_max_s
        if now >= over_at:
            return False
        found.look_at = min(now + found.retry_s, over_at)
        found.retry_s = min(found.retry_s * 2, _LONGEST_RETRY_S)
        return True

    def next_at(self) -> float | None:
        """When the next source is due; None: nothing is on its way."""
        return min((found.look_at for found in self._candidates.values()), default=None)

    def reasons(self) -> list[tuple[RelPath, str]]:
        """Sources that are still waited for because they are not whole, and why."""
        return [(path, c.incomplete) for path, c in self._candidates.items() if c.incomplete]
