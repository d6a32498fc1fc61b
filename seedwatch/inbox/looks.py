"""What a look at an inbox found, and what is remembered of one: records without behaviour."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Literal

from seedwatch.inbox.settling import Signature
from seedwatch.records import RelPath

Obstacle = Literal["symlink", "special", "mount", "permission", "placeholder"]

if sys.platform == "win32":  # a listing there tells no inode, and no time of the last change
    facts = attrgetter("st_mtime_ns", "st_size", "st_mode")
else:
    facts = attrgetter("st_mtime_ns", "st_size", "st_ctime_ns", "st_ino", "st_mode")


def signature(status: os.stat_result) -> Signature:
    """Size, mtime, ctime, inode and kind in one number: 100,000 files cost little memory."""
    return hash(facts(status))


@dataclass(slots=True)
class Directory:
    """A directory as it was last listed: what it was itself, and every name that counts."""

    status: tuple[int, int, int]
    status_since: float
    is_clean: bool = False
    files: dict[str, Signature] = field(default_factory=dict)
    directories: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Table:
    """What one directory's listing found that differs from what is known."""

    status: tuple[int, int, int]
    files: dict[str, Signature] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    directories: set[str] = field(default_factory=set)
    is_sure: bool = True


@dataclass(slots=True)
class Look:
    """The outcome of one look; nothing is remembered of it until `Scanner.commit`."""

    now: float
    is_full: bool
    changed: list[RelPath] = field(default_factory=list)
    known: list[RelPath] = field(default_factory=list)
    """files met for the first time that the store knows already"""
    gone: list[RelPath] = field(default_factory=list)
    obstacles: list[tuple[RelPath, Obstacle]] = field(default_factory=list)
    readings: dict[RelPath, Signature | None] = field(default_factory=dict)
    """the second readings that were asked for; None: not there, or no regular file"""
    tables: dict[RelPath, Table] = field(default_factory=dict)
    hinted: dict[RelPath, Signature] = field(default_factory=dict)
    lost_directories: list[RelPath] = field(default_factory=list)


def joined(directory: RelPath, name: str) -> RelPath:
    """The path of a name in a directory (empty: the inbox itself)."""
    return f"{directory}/{name}" if directory else name
