"""What an audit compares: rows of the queue, and what lies in the folders; plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seedwatch.outbox.sidecar import Told
from seedwatch.paths import Identity
from seedwatch.records import Member, RelPath
from seedwatch.store.auditing import AuditRows


@dataclass(frozen=True, slots=True)
class Seen:
    """A file that lies somewhere; `sha256` is empty where nobody had to read it."""

    identity: Identity
    sha256: str = ""

    def is_of(self, member: Member) -> bool:
        """Whether this is the file that was recorded; unread ones are known by size and mtime."""
        if self.sha256:
            return self.sha256 == member.sha256
        facts = (self.identity.byte_count, self.identity.mtime_ns)
        return facts == (member.byte_count, member.mtime_ns)


Tree = Mapping[RelPath, Seen]
"""Every file of a folder that is no junk, by its path"""


@dataclass(frozen=True, slots=True)
class FolderCensus:
    """The four folders of one configured folder; None: it is not there, or not ours."""

    inbox: Tree | None
    outbox: Tree | None
    done: Tree | None
    failed: Tree | None
    paths: Mapping[str, str]
    """`inbox`, `outbox`, … -> where that is"""
    told: Mapping[RelPath, Told] = field(default_factory=dict)
    """sidecars of the outbox by their own path"""
    cards: frozenset[RelPath] = frozenset()
    """paths in failed/ that have a card beside them"""
    parts: tuple[tuple[str, RelPath], ...] = ()
    """(which folder, path) of temporary files of ours that were left and nobody writes any more"""

    def retired(self, outcome: str) -> Tree | None:
        """done/ or failed/."""
        return self.done if outcome == "done" else self.failed

    def place(self, kind: str, path: RelPath) -> str:
        """An absolute path, for people."""
        return f"{self.paths[kind]}/{path}"


@dataclass(frozen=True, slots=True)
class Census:
    """Everything at one moment, as far as it does not move."""

    rows: AuditRows
    folders: Mapping[str, FolderCensus]
    spool: Mapping[str, Seen]
    is_running: bool
    """whether a daemon works on it"""
