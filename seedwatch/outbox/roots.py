"""The four folders of a configured folder: whether they are themselves, and how they come to be."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from seedwatch.errors import DeliveryError
from seedwatch.junk import MARKER_NAME
from seedwatch.outbox.mounts import Mount, Mounts, mount_of
from seedwatch.paths import AWAY, Root, is_read_only
from seedwatch.texts import say


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why results or sources cannot be brought where they belong, and what a person can do."""

    state: Literal["unavailable", "foreign", "read-only"]
    message: str


@dataclass(frozen=True, slots=True)
class Roots:
    """Inbox, outbox, done and failed; `mounts` remembers where the last three lie."""

    inbox: Root
    outbox: Root
    done: Root
    failed: Root
    mounts: Mounts | None = None

    @classmethod
    def at(
        cls, inbox: Root, outbox: Path, done: Path, failed: Path, mounts: Mounts | None = None
    ) -> Roots:
        """An inbox, and the folders at these paths."""
        return cls(inbox, Root(outbox), Root(done), Root(failed), mounts)

    @property
    def targets(self) -> tuple[Root, Root, Root]:
        """Where results and finished sources go."""
        return self.outbox, self.done, self.failed

    def require_inbox(self) -> None:
        """Tell an unmounted share from an inbox whose files were taken away (promises.md, P11).

        Raises:
            DeliveryError: our marker is not there, so nothing about its files is known.
        """
        if not self.inbox.exists(MARKER_NAME):
            raise DeliveryError(say("worker.root_away", path=self.inbox.path))

    def make_missing(self) -> None:
        """Make outbox, done and failed where they are missing, and make sure of the others.

        Nothing is made below an empty directory that is not above the inbox: that is how a
        share looks while it is not mounted (promises.md, P11).

        Raises:
            DeliveryError: the inbox, or a folder or the place for it, is away.
            OSError: the system refuses.
        """
        trouble = self._first_trouble()
        if trouble is not None:
            raise DeliveryError(trouble.message)

    def trouble(self) -> Trouble | None:
        """What is wrong with outbox, done or failed, so that nothing should be paid for now.

        Raises:
            OSError: the system refuses.
        """
        trouble = self._first_trouble()
        if trouble is None:
            for root in self.targets:
                if is_read_only(root.path):
                    return Trouble("read-only", say("worker.root_read_only", path=root.path))
        return trouble

    def are_as_before(self) -> bool:
        """Whether `trouble` would find none, for folders that all lie on one file system.

        Raises:
            OSError: one of them is not there, or the system refuses.
        """
        for root in self.targets:
            status = root.path.stat()
            is_same = root.key == (status.st_dev, status.st_ino)
            is_beside = self.inbox.key is not None and status.st_dev == self.inbox.key[0]
            if not is_same or not is_beside or is_read_only(root.path):
                return False
        return True

    def _first_trouble(self) -> Trouble | None:
        if not self.inbox.path.is_dir():
            return _away(self.inbox.path)
        return next(filter(None, map(self._look, self.targets)), None)

    def _look(self, root: Root) -> Trouble | None:
        """Make sure of one folder; only where it is not the one of the last time, that costs."""
        try:
            status = root.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            status = None
        if status is not None and root.key == (status.st_dev, status.st_ino):
            return None
        trouble = None if root.path.is_dir() else self._make(root.path)
        if trouble is None:
            seen, key = mount_of(root.path)
            trouble = self._compare(root.path, seen, root.path)
        root.key = AWAY if trouble is not None else key
        return trouble

    def _compare(self, path: Path, seen: Mount, asked: Path) -> Trouble | None:
        if self.mounts is None:
            return None
        match self.mounts.compare(path, seen):
            case "gone":
                return Trouble("unavailable", say("worker.root_not_mounted", path=path))
            case "other":
                return Trouble("foreign", say("worker.root_other", path=path, kind=seen.kind))
            case "new" if asked == path:
                self.mounts.remember(path, seen)
        return None

    def _make(self, path: Path) -> Trouble | None:
        parent = next(above for above in path.parents if above.is_dir())
        seen, key = mount_of(parent)
        trouble = self._compare(path, seen, parent)
        if trouble is not None:
            return trouble
        if parent not in self.inbox.path.parents and _is_empty(parent):
            return _away(path)
        Root(parent, key=key).make_directory(path.relative_to(parent).as_posix())
        return None


def _is_empty(directory: Path) -> bool:
    with os.scandir(directory) as entries:
        return not any(entries)


def _away(path: Path) -> Trouble:
    return Trouble("unavailable", say("worker.root_away", path=path))


def cannot_reach(error: OSError) -> Trouble:
    """The system reports an error for one of them, or does not answer."""
    if error.filename is None and isinstance(error, TimeoutError):
        return Trouble("unavailable", say("worker.roots_silent"))
    return Trouble("unavailable", say("worker.disk", why=error))
