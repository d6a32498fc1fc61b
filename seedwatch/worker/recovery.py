"""What a stopped or killed daemon left behind: decided from database and spool alone.

It runs to its end before anything else starts, under the lock, and may be killed at any step.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from seedwatch.kill_points import reached
from seedwatch.outbox.spool import Spool
from seedwatch.records import Failure, Handle
from seedwatch.store.base import DoubtfulAttempt, TaskStore
from seedwatch.texts import say

log = structlog.get_logger()


async def recover(store: TaskStore, spool: Spool) -> int:
    """Void earlier leases and decide every submit whose answer is not recorded (step 5r).

    Returns how many were in doubt.
    """
    doubtful = await store.recover()
    reached("recover.voided")
    await resolve(doubtful, store, spool)
    return len(doubtful)


async def resolve(doubtful: Sequence[DoubtfulAttempt], store: TaskStore, spool: Spool) -> None:
    """An answer whole in the spool is taken up; else the outcome is unknown."""
    for attempt in doubtful:
        name = spool.answer_name(attempt.attempt_id)
        if spool.has(name):
            await store.answer_found(attempt.attempt_id, Handle("answer", name))
            log.info("answer.found", task=attempt.task_id, attempt=attempt.attempt_id)
        else:
            failure = Failure(
                "OutcomeUnknown", say("worker.stopped_in_call"), say("provider.unsure_advice")
            )
            await store.answer_missing(
                attempt.attempt_id,
                resend=attempt.unknown_count < attempt.resend_uncertain,
                failure=failure,
            )
            log.warning("answer.missing", task=attempt.task_id, attempt=attempt.attempt_id)
        reached("recover.decided")
