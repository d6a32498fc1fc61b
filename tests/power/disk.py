"""What a power cut may leave of a run: the rules by which data and names reach a disk; pure.

Only what was synced is sure. Data that was not may be missing, whole, torn at 4 KB, or zeroes
where the length came first. Names that were not may come in order (ext4 and its like, where any
sync brings every name before it) or each by itself (what POSIX leaves open). Two things hold
everywhere: a rename inside a directory is one step, and of a rename between two directories the
new name comes no later than the old one goes.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Number = int
"""of a file or directory, as a trace counts them"""
Names = dict[tuple[Number, str], Number]
BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes that were put into a file."""

    file: Number
    offset: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    """A file that was cut, or lengthened with zeroes."""

    file: Number
    byte_count: int


@dataclass(frozen=True, slots=True)
class Sync:
    """A file whose data is sure from here on."""

    file: Number


@dataclass(frozen=True, slots=True)
class Change:
    """One name of a directory that from here on means another file, or none."""

    directory: Number
    name: str
    file: Number | None


@dataclass(frozen=True, slots=True)
class Rename:
    """Names that change in one step; of several, what comes (first) is never behind what goes."""

    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class SyncNames:
    """A directory whose names are sure from here on."""

    directory: Number


@dataclass(frozen=True, slots=True)
class Happened:
    """Something outside the disk: `accepted`, with what tells one request from another."""

    what: str
    key: str


Op = Write | Truncate | Sync | Rename | SyncNames | Happened


@dataclass(frozen=True, slots=True)
class Trace:
    """A run: what lay there before it, surely, and all it did.

    Attributes:
        roots: the directories that are always there, with their places.
        files: the content of every file that lay there before.
        names: every name that was there before.
        modified: its time of change (ns), which tells a source from another one.
    """

    roots: Mapping[Number, str]
    files: Mapping[Number, bytes]
    directories: frozenset[Number]
    names: Names
    modified: Mapping[Number, int]
    ops: Sequence[Op]

    def accepted(self, cut: int) -> list[str]:
        """What the provider had taken at that cut, in order."""
        return [op.key for op in self.ops[:cut] if isinstance(op, Happened)]

    def final(self) -> Mapping[Number, bytes]:
        """What each file was to become."""
        disk = Disk(self, len(self.ops))
        return {number: file.whole() for number, file in disk.files.items()}


@dataclass(frozen=True, slots=True)
class Tree:
    """One state of the disk: paths with the number of the file there; None is a directory."""

    places: Mapping[str, Number | None]
    contents: Mapping[Number, bytes]
    modified: Mapping[Number, int]

    def digest(self) -> str:
        """Equal for states that nobody could tell from each other."""
        names = {number: min(self.paths(number)) for number in self.contents}
        told = hashlib.sha256()
        for path, number in sorted(self.places.items()):
            told.update(repr((path, number is None or names[number])).encode())
        for number in sorted(self.contents, key=names.__getitem__):
            told.update(hashlib.sha256(self.contents[number]).digest())
        return told.hexdigest()

    def paths(self, number: Number) -> list[str]:
        """The names of one file."""
        return [path for path, there in self.places.items() if there == number]


@dataclass(slots=True)
class _File:
    sure: bytes = b""
    pending: list[Write | Truncate] = field(default_factory=list)

    def whole(self) -> bytes:
        return _after(self.sure, self.pending)

    def sync(self) -> None:
        self.sure, self.pending = self.whole(), []


class Disk:
    """A disk after the first `cut` operations of a trace: what is sure of it, and what is not."""

    def __init__(self, trace: Trace, cut: int) -> None:
        self.trace, self.cut = trace, cut
        self.files = {number: _File(content) for number, content in trace.files.items()}
        self.names = dict(trace.names)
        self.pending: list[list[Change]] = []
        self.synced_at = 0
        for at, op in enumerate(trace.ops[:cut], start=1):
            self._apply(op)
            if isinstance(op, Sync | SyncNames):
                self.synced_at = at

    def _apply(self, op: Op) -> None:
        match op:
            case Write(file) | Truncate(file):
                self.files.setdefault(file, _File()).pending.append(op)
            case Sync(file):
                self.files.setdefault(file, _File()).sync()
            case Rename(changes):
                self.pending.append(list(changes))
            case SyncNames(directory):
                self._sync_names(directory)

    def _sync_names(self, directory: Number) -> None:
        left = []
        for step in self.pending:
            here = [n for n, change in enumerate(step, 1) if change.directory == directory]
            sure = max(here, default=0)
            _rename(self.names, step[:sure])
            if step[sure:]:
                left.append(step[sure:])
        self.pending = left

    # --- choosing ----------------------------------------------------------------------------

    def tree(self, chance: random.Random) -> Tree:
        """One legal state, by chance."""
        names = self._some_names(chance)
        mood = chance.choice(("lost", "whole", "mixed", "mixed"))
        return self._tree(names, lambda file: _some_content(file, mood, chance))

    def least(self) -> Tree:
        """Only what is sure."""
        return self._tree(self.names, lambda file: file.sure)

    def most(self) -> Tree:
        """All that was done, as a kill would leave it."""
        return self._tree(self._names_until(self.cut), _File.whole)

    def names_only(self) -> Tree:
        """All names, but of the data only what is sure."""
        return self._tree(self._names_until(self.cut), lambda file: file.sure)

    def _some_names(self, chance: random.Random) -> Names:
        way: Literal["lost", "kept", "ordered", "single"] = chance.choice(
            ("lost", "kept", "ordered", "ordered", "single", "single", "single")
        )
        if way == "lost":
            return self.names
        if way == "kept":
            return self._names_until(self.cut)
        if way == "ordered":
            return self._names_until(chance.randint(self.synced_at, self.cut))
        names = dict(self.names)
        for step in self.pending:
            is_one = len({change.directory for change in step}) == 1
            count = chance.choice((0, len(step))) if is_one else chance.randint(0, len(step))
            _rename(names, step[:count])
        return names

    def _names_until(self, cut: int) -> Names:
        names = dict(self.trace.names)
        for op in self.trace.ops[:cut]:
            if isinstance(op, Rename):
                _rename(names, op.changes)
        return names

    def _tree(self, names: Names, content: object) -> Tree:
        assert callable(content)
        inside: dict[Number, dict[str, Number]] = {}
        for (directory, name), number in names.items():
            inside.setdefault(directory, {})[name] = number
        places: dict[str, Number | None] = {}
        contents: dict[Number, bytes] = {}
        waiting = [(path, number) for number, path in self.trace.roots.items()]
        while waiting:
            path, number = waiting.pop()
            if number in self.trace.directories:
                places[path] = None
                waiting += [(f"{path}/{name}", n) for name, n in inside.get(number, {}).items()]
                continue
            places[path] = number
            if number not in contents:
                contents[number] = content(self.files.get(number) or _File())
        return Tree(places, contents, self.trace.modified)


def _rename(names: Names, changes: Sequence[Change]) -> None:
    for change in changes:
        if change.file is None:
            names.pop((change.directory, change.name), None)
        else:
            names[change.directory, change.name] = change.file


def _after(content: bytes, ops: Sequence[Write | Truncate]) -> bytes:
    if not ops:
        return content
    made = bytearray(content)
    for op in ops:
        if isinstance(op, Truncate):
            del made[op.byte_count :]
            made += bytes(op.byte_count - len(made))
        else:
            made += bytes(max(0, op.offset - len(made)))
            made[op.offset : op.offset + len(op.content)] = op.content
    return bytes(made)


def _some_content(file: _File, mood: str, chance: random.Random) -> bytes:
    """What a file may hold: its sure bytes, all of them, or anything between."""
    if not file.pending:
        return file.sure
    ways = ("lost", "whole", "begun", "reordered", "torn", "torn")
    match chance.choice(ways) if mood == "mixed" else mood:
        case "lost":
            return file.sure
        case "whole":
            return file.whole()
        case "begun":
            return _after(file.sure, file.pending[: chance.randint(0, len(file.pending))])
        case "reordered":
            return _after(file.sure, [op for op in file.pending if chance.random() < 0.5])
        case _:
            begun = file.pending[: chance.randint(1, len(file.pending))]
            return _torn(file.sure, _after(file.sure, begun), chance)


def _torn(sure: bytes, new: bytes, chance: random.Random) -> bytes:
    """Each block old or new; what is neither is zeroes, where the length came first."""
    longest = max(len(sure), len(new))
    byte_count = chance.choice((len(sure), len(new), chance.randint(0, longest)))
    byte_count = max(byte_count, min(len(sure), len(new)))
    share = chance.choice((0.0, 0.5, 0.9))
    made = bytearray(byte_count)
    for start in range(0, byte_count, BLOCK):
        block = (new if chance.random() < share else sure)[start : start + BLOCK]
        made[start : start + len(block)] = block
    return bytes(made[:byte_count])
