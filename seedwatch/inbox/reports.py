"""Publishes what a folder's watch sees, for `status`: only changes, and counts once a second."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import structlog

from seedwatch.store.base import FolderReport, TaskStore

_COUNT_EVERY_S: Final = 1.0
MOST_IGNORED: Final = 100

log = structlog.get_logger()


class Reporter:
    """Remembers what was published last."""

    def __init__(self, store: TaskStore) -> None:
        self._store = store
        self._published: FolderReport | None = None
        self._counted_at = float("-inf")
        self._held_back: FolderReport | None = None

    async def publish(self, report: FolderReport, now: float) -> None:
        """Write the report if it differs; one whose counts alone differ may have to wait."""
        before = self._published
        self._held_back = None
        if report == before:
            return
        if before is not None and _without_counts(before) == _without_counts(report):
            if now < self._counted_at + _COUNT_EVERY_S:
                self._held_back = report
                return
        elif before is None or (before.state, before.message) != (report.state, report.message):
            log.info(
                "folder.changed", folder=report.name, state=report.state, message=report.message
            )
        self._counted_at = now
        self._published = report
        await self._store.save_folder(report)

    async def flush(self) -> None:
        """Publish what was held back: the watch ends."""
        if self._held_back is not None:
            self._published = self._held_back
            await self._store.save_folder(self._held_back)

    @property
    def due_at(self) -> float | None:
        """When a report that was held back is to be published; None: none was."""
        return None if self._held_back is None else self._counted_at + _COUNT_EVERY_S


def _without_counts(report: FolderReport) -> FolderReport:
    return replace(report, waiting_count=0, ignored=())
