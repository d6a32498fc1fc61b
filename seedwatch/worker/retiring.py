"""The loop that takes finished sources out of their inboxes (steps 11 and 12)."""

from __future__ import annotations

import asyncio

import structlog

from seedwatch.errors import SourceChanged, TaskError
from seedwatch.kill_points import reached
from seedwatch.outbox.retire import Retired, retire
from seedwatch.outbox.roots import Roots
from seedwatch.records import SettledJob
from seedwatch.worker.lanes import first_of
from seedwatch.worker.workplace import Workplace

_BATCH = 50
_AT_ONCE = 4
_QUIET_S = 30.0
_AGAIN_S = 15.0

log = structlog.get_logger()


async def retire_sources(place: Workplace, stopping: asyncio.Event) -> None:
    """Retire settled jobs as they come, a few at a time, until `stopping` is set.

    Raises:
        StoreError: the database is broken.
    """
    while not stopping.is_set():
        if not await retire_due(place):
            await first_of(stopping.wait(), place.store.wait_for_retirement(_QUIET_S))


async def retire_due(place: Workplace) -> int:
    """Retire what is due now; returns how many were looked at."""
    jobs = [
        job
        for job in await place.store.jobs_to_retire(_BATCH)
        if job.source.folder in place.folders
    ]
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(job: SettledJob) -> None:
        async with places:
            await _retire(job, place)

    await asyncio.gather(*(one(job) for job in jobs))
    return len(jobs)


def _take(job: SettledJob, roots: Roots) -> Retired:
    roots.make_missing()
    retired = retire(job, roots)
    if retired.outcome == "gone":
        roots.require_inbox()
    return retired


async def _retire(job: SettledJob, place: Workplace) -> None:
    folder = place.folders[job.source.folder]
    try:
        retired = await folder.threads.call(_take, job, folder.roots)
    except SourceChanged:
        retired = Retired("changed", "")
    except (OSError, TaskError) as error:
        log.warning("source.stuck", job=job.job_id, folder=job.source.folder, why=str(error))
        await place.store.retire_later(job.job_id, _AGAIN_S, str(error))
        return
    reached("retire.done")
    await place.store.retired(job.job_id, retired.outcome, retired.path)
    reached("retire.committed")
    if retired.outcome == "changed":
        folder.must_rescan.set()
    log.info("source.retired", job=job.job_id, folder=job.source.folder, outcome=retired.outcome)
