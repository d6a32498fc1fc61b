"""What `audit --repair` does: little, and nothing that could lose a file or cost anything.

It finishes a retirement that was cut short, writes a missing card anew, removes old temporary files
of ours, and writes down which finished files a person took away or changed. It never removes or
changes a file of a person, moves no result, and sends nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from seedwatch.audit.findings import Finding
from seedwatch.audit.looking import is_left
from seedwatch.config.effective import FolderSettings, Settings
from seedwatch.errors import TaskError
from seedwatch.outbox.retire import retire, write_card_again
from seedwatch.outbox.roots import Roots
from seedwatch.paths import Root
from seedwatch.records import SettledJob
from seedwatch.store.base import Removal, TaskStore

_REMOVED = {
    "source-missing": "missing",
    "source-changed": "changed",
    "result-missing": "missing",
    "result-changed": "changed",
    "sidecar-missing": "changed",
}


@dataclass(slots=True)
class Mender:
    """Mends findings one by one; `jobs` reads what retiring needs to know of jobs."""

    settings: Settings
    store: TaskStore
    jobs: Callable[[Sequence[int]], Iterable[SettledJob]]
    is_running: bool
    """a daemon finishes its own retirements"""

    async def mend(self, findings: Iterable[Finding]) -> list[Finding]:
        """Do what is safe; returns what was mended.

        Raises:
            StoreError: the queue cannot be written.
        """
        mended = []
        for finding in findings:
            try:
                if await self._mend(finding):
                    mended.append(finding)
            except (OSError, TaskError):
                continue  # it stays a finding of the next audit
        return mended

    async def _mend(self, finding: Finding) -> bool:
        folder = self.settings.folder(finding.folder) if finding.folder else None
        if finding.kind in _REMOVED:
            await self.store.note_removals([_removal(finding)])
            return True
        if folder is None:
            return False
        if finding.kind == "part-left":
            return self._sweep(finding, folder)
        if finding.kind == "card-missing":
            for job in self.jobs([finding.job_id or 0]):
                write_card_again(job, finding.path, roots_of(folder))
            return True
        if finding.kind == "retire-pending" and not self.is_running:
            return await self._retire(finding, folder)
        return False

    def _sweep(self, finding: Finding, folder: FolderSettings) -> bool:
        root = Root(getattr(folder, finding.place))
        identity = root.identity(finding.path)
        is_old = identity is not None and is_left(identity, time.time())
        return is_old and root.unlink(finding.path)

    async def _retire(self, finding: Finding, folder: FolderSettings) -> bool:
        """Steps 11 and 12 once more; what lies there already is found."""
        for job in self.jobs([finding.job_id or 0]):
            retired = retire(job, roots_of(folder))
            if retired.outcome in {"done", "failed"}:
                await self.store.retired(job.job_id, retired.outcome, retired.path)
                return True
        return False


def roots_of(folder: FolderSettings) -> Roots:
    """The four folders of one configured folder."""
    return Roots(
        inbox=folder.inbox_root,
        outbox=Root(folder.outbox),
        done=Root(folder.done),
        failed=Root(folder.failed),
    )


def _removal(finding: Finding) -> Removal:
    return Removal(
        found=_REMOVED[finding.kind],  # type: ignore[arg-type]  # the two words above
        job_id=finding.job_id,
        task_id=finding.task_id,
        n=finding.n or 0,
    )
