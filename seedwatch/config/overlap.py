"""Finds folders that lie in one another, also through symlinks and bind mounts.

An inbox inside an outbox (or the other way round) is an endless paid loop (promises.md row 87).
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Final, Literal, NamedTuple

from seedwatch.threads import Aside

Relation = Literal["apart", "same", "inside", "around"]
Kind = Literal["inbox", "outbox", "done", "failed", "state_dir"]
_SILENCE_S: Final = 10.0
_SHOWN_ONCE: Final = frozenset({"outbox", "done", "failed"})


class Anchor(NamedTuple):
    """A directory that exists, by device and inode, and the names below it that lead on."""

    device: int
    inode: int
    below: tuple[str, ...]


class Spot(NamedTuple):
    """Where a path lies.

    `anchors` go from the nearest existing directory up to the root. `within` is the file system
    and the names from its own root, where the system says so: only this tells that a bind mount
    shows a directory which lies below another one.
    """

    anchors: tuple[Anchor, ...]
    within: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A configured folder: whose it is (empty for state_dir), what for, and where it lies."""

    owner: str
    kind: Kind
    spot: Spot


class Overlap(NamedTuple):
    """Two places that may not lie as they do: `second` is `relation` `first`."""

    first: Place
    second: Place
    relation: Relation


def look(path: Path) -> Spot:
    """Ask the file system where a path lies; what does not exist yet counts by its name."""
    real = os.path.realpath(path)
    anchors: list[Anchor] = []
    below: tuple[str, ...] = ()
    while True:
        try:
            status = os.stat(real)  # noqa: PTH116 - text, like realpath and split around it
        except OSError:
            status = None  # not there yet, or not for us to see: it counts by its name
        if status is not None:
            anchors.append(Anchor(status.st_dev, status.st_ino, below))
        parent, name = os.path.split(real)
        if parent == real or not name:
            return Spot(tuple(anchors), _within(os.path.realpath(path)))
        below = (os.path.normcase(name), *below)
        real = parent


def look_at_all(paths: Sequence[Path], silence_s: float = _SILENCE_S) -> list[Spot]:
    """Where paths lie. One on a share that hangs counts by its name, and keeps nobody waiting."""
    asked = [Aside(partial(look, path)) for path in paths]
    end = time.monotonic() + silence_s
    return [
        _answer(aside, path, max(0.0, end - time.monotonic()))
        for aside, path in zip(asked, paths, strict=True)
    ]


def _answer(aside: Aside[Spot], path: Path, silence_s: float) -> Spot:
    try:
        return aside.result(silence_s)
    except TimeoutError:
        names = tuple(os.path.normcase(name) for name in path.parts[1:])
        top = os.stat(path.anchor)  # noqa: PTH116 - as above
        return Spot((Anchor(top.st_dev, top.st_ino, names),))


def relation(one: Spot, other: Spot) -> Relation:
    """How `one` lies to `other`."""
    if _leads_into(one, other):
        return "same" if _leads_into(other, one) else "inside"
    return "around" if _leads_into(other, one) else "apart"


def find_overlaps(
    places: Iterable[Place], how: Callable[[Spot, Spot], Relation] = relation
) -> list[Overlap]:
    """Every pair that is refused, in the order of the places.

    An inbox lies apart from everything. Outbox, done and failed of one folder are three folders;
    different folders may share them. The state directory is nobody's inbox or outbox.
    """
    found = []
    for first, second in combinations(places, 2):
        relates = how(second.spot, first.spot)
        if relates != "apart" and not _may_touch(first, second, relates):
            found.append(Overlap(first, second, relates))
    return found


def _may_touch(first: Place, second: Place, relates: Relation) -> bool:
    if "inbox" in (first.kind, second.kind):
        return False
    return relates != "same" or (
        first.owner != second.owner and first.kind == second.kind and first.kind in _SHOWN_ONCE
    )


def _leads_into(one: Spot, other: Spot) -> bool:
    """Whether `one` is `other` or lies below it."""
    if other.within and one.within[: len(other.within)] == other.within:
        return True
    if not other.anchors:
        return False
    device, inode, tail = other.anchors[0]
    return any(
        anchor[:2] == (device, inode) and anchor.below[: len(tail)] == tail
        for anchor in one.anchors
    )


def _within(real: str) -> tuple[str, ...]:
    """The file system's number and the path from its root; empty where Linux does not tell."""
    try:
        table = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape")
    except OSError:
        return ()
    best: tuple[str, ...] = ()
    best_length = -1
    for line in table.splitlines():
        number, root, point = (_unescaped(part) for part in line.split(" ")[2:5])
        names = _names(point)
        if len(names) >= best_length and _names(real)[: len(names)] == names:
            best = (number, *_names(root), *_names(real)[len(names) :])
            best_length = len(names)
    return best


def _names(path: str) -> tuple[str, ...]:
    return tuple(name for name in path.split("/") if name)


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
