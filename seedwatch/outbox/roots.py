"""The four folders of one configured folder, and how the missing ones come to be."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from seedwatch.errors import DeliveryError
from seedwatch.junk import MARKER_NAME
from seedwatch.paths import Root, make_directories
from seedwatch.texts import say


@dataclass(frozen=True, slots=True)
class Roots:
    """Inbox, outbox, done and failed."""

    inbox: Root
    outbox: Root
    done: Root
    failed: Root

    def require_inbox(self) -> None:
        """Tell an unmounted share from an inbox whose files were taken away (promises.md, P11).

        Raises:
            DeliveryError: our marker is not there, so nothing about its files is known.
        """
        if not self.inbox.exists(MARKER_NAME):
            raise DeliveryError(say("worker.root_away", path=self.inbox.path))

    def make_missing(self) -> None:
        """Make outbox, done and failed where they are missing; never an inbox.

        Nothing is made below an empty directory that is not above the inbox: that is how a
        share looks while it is not mounted (promises.md, P11).

        Raises:
            DeliveryError: the inbox, or the place for a missing folder, is away.
            OSError: the system refuses.
        """
        if not self.inbox.path.is_dir():
            raise DeliveryError(say("worker.root_away", path=self.inbox.path))
        for root in (self.outbox, self.done, self.failed):
            if not root.path.is_dir():
                self._make(root.path)

    def _make(self, path: Path) -> None:
        parent = next(above for above in path.parents if above.is_dir())
        if parent not in self.inbox.path.parents and not any(os.scandir(parent)):
            raise DeliveryError(say("worker.root_away", path=path))
        make_directories(path)
