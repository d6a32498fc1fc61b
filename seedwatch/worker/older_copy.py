"""Notices at the start that the queue is an older copy of itself; then nothing is sent by itself.

A backup that was put back, a snapshot, a write-ahead log that somebody deleted: what the queue has
forgotten since would be paid a second time (promises.md 3, faults 80 and 99).
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterator
from typing import Final

import structlog

from seedwatch.errors import SourceChanged, SourceGone
from seedwatch.outbox.sidecar import attempt_told
from seedwatch.paths import Root
from seedwatch.records import Failure
from seedwatch.store.base import LastSeen
from seedwatch.texts import say
from seedwatch.threads import RootThreads
from seedwatch.worker.workplace import Workplace

_LOOK_S: Final = 10.0
"""an outbox that takes longer to list, or hangs, is no reason not to start"""
_MOST_READ: Final = 200
_SKEW_S: Final = 3600.0
"""by so much the clock of a share may be slow"""
_SIDECAR_BYTES: Final = 1 << 20

log = structlog.get_logger()


async def distrust_older_copy(place: Workplace) -> Failure | None:
    """If the spool or an outbox holds work that came after everything the queue knows: distrust it.

    Raises:
        StoreError: the database is broken.
    """
    seen = await place.store.last_seen()
    spooled = await place.local.call(place.spool.answered_since, seen.at)
    looks = [_told(folder.roots.outbox, name, seen) for name, folder in place.folders.items()]
    told = set().union(*await asyncio.gather(*looks))
    unknown = await place.store.unknown_attempts((spooled | told) - seen.asked_about)
    if not unknown:
        return None
    why = Failure(
        "OutcomeUnknown",
        say("worker.older_copy", count=len(unknown), spool=place.spool.directory),
        say("worker.older_copy_do"),
    )
    held = await place.store.distrust(place.accounts, unknown, why)
    log.error("queue.distrusted", held=held, attempts=len(unknown), why=why.message, do=why.advice)
    return why


async def _told(outbox: Root, name: str, seen: LastSeen) -> set[str]:
    """The attempts that the newest sidecars of an outbox name."""
    threads = RootThreads(f"evidence:{name}", places=1, deadline_s=_LOOK_S)
    try:
        return await threads.call(lambda: set(_newest(outbox, seen)))
    except (OSError, TimeoutError):
        return set()


def _newest(outbox: Root, seen: LastSeen) -> Iterator[str]:
    since_ns = int((seen.at - _SKEW_S) * 1e9)
    for _, path in heapq.nlargest(_MOST_READ, outbox.changed_since(since_ns, ".json")):
        try:
            content, _ = outbox.read(path, _SIDECAR_BYTES)
        except (SourceGone, SourceChanged):
            continue
        if attempt := attempt_told(content, seen.queue_id):
            yield attempt
