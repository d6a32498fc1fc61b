"""What the store knows of an inbox: which files need no job, and which sources are missing."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from seedwatch.inbox.scanner import Scanner
from seedwatch.records import RelPath
from seedwatch.store.base import KnownSource, TaskStore
from seedwatch.threads import RootThreads

_Facts = tuple[int, int, int]


class KnownFiles:
    """Loaded for the first look, and then forgotten: later looks compare with the one before."""

    def __init__(self, folder: str, store: TaskStore) -> None:
        self._folder = folder
        self._store = store
        self._files: dict[RelPath, _Facts] = {}
        self._sources: list[RelPath] = []
        self.parts: list[tuple[RelPath, RelPath]] = []
        self.is_loaded = False

    async def load(self, threads: RootThreads) -> None:
        """Ask the store what is at work, or was kept in place."""
        sources = await self._store.known_sources(self._folder)
        await threads.call(self._take, sources)

    def _take(self, sources: Sequence[KnownSource]) -> None:
        self._files = {
            member.path: (member.byte_count, member.mtime_ns, member.ino)
            for source in sources
            for member in source.members
        }
        self._sources = [source.path for source in sources]
        self.parts = [
            (member.path, source.path)
            for source in sources
            for member in source.members
            if member.path != source.path
        ]
        self.is_loaded = True

    def is_known(self, path: RelPath, status: os.stat_result) -> bool:
        """Whether this very file needs no job; doubt (another inode) is settled by reading it."""
        facts = self._files.get(path)
        if facts is None:
            return False
        if sys.platform == "win32":  # a listing there tells no inode
            return facts[:2] == (status.st_size, status.st_mtime_ns)
        return facts == (status.st_size, status.st_mtime_ns, status.st_ino)

    def missing(self, scanner: Scanner) -> list[RelPath]:
        """Sources that were taken away while nobody looked."""
        return [
            path
            for path in self._sources
            if scanner.signature_of(path) is None and next(scanner.files_below(path), None) is None
        ]

    def forget(self) -> None:
        """The first look has been taken over."""
        self._files, self._sources, self.parts = {}, [], []
        self.is_loaded = False

    async def paths(self, threads: RootThreads) -> set[RelPath]:
        """Every file that belongs to a source which needs no new job, as of now."""
        sources = await self._store.known_sources(self._folder)
        return await threads.call(_members, sources)


def _members(sources: Sequence[KnownSource]) -> set[RelPath]:
    return {member.path for source in sources for member in source.members}
