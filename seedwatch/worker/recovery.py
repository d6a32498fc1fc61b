"""What a stopped or killed daemon left behind: decided from database and spool alone.

It runs to its end before anything else starts, under the lock, and may be killed at any step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from seedwatch.kill_points import reached
from seedwatch.providers.base import TaskProtocol, WireProtocol
from seedwatch.records import Failure, Handle
from seedwatch.store.base import DoubtfulAttempt
from seedwatch.texts import say
from seedwatch.worker.paid_call import salvage
from seedwatch.worker.workplace import Workplace

log = structlog.get_logger()


async def recover(place: Workplace) -> int:
    """Void earlier leases and decide every submit whose answer is not recorded (step 5r).

    Returns how many were in doubt.
    """
    doubtful = await place.store.recover()
    reached("recover.voided")
    await decide(doubtful, place)
    return len(doubtful)


async def decide(doubtful: Sequence[DoubtfulAttempt], place: Workplace) -> None:
    """An answer in the spool is taken up; else the provider is asked, if it can be, in a claim.

    All at the same time: what waits for the queue together shares its commits.
    """

    async def one(attempt: DoubtfulAttempt) -> None:
        await _decide(attempt, place)
        reached("recover.decided")

    await asyncio.gather(*(one(attempt) for attempt in doubtful))


async def _decide(attempt: DoubtfulAttempt, place: Workplace) -> None:
    protocol = _protocol(attempt, place)
    name = place.spool.answer_name(attempt.attempt_id)
    is_here = place.spool.has(name)
    if not is_here and protocol is not None:
        is_here = await salvage(protocol, attempt.attempt_id, place)
    # an account that is not configured may come back: until then nobody can tell what it can do
    can_ask = protocol is None or is_here or protocol.recovery != "nothing"
    failure = Failure(
        "OutcomeUnknown", say("worker.stopped_in_call"), say("provider.unsure_advice")
    )
    if is_here and protocol is not None and not isinstance(protocol, TaskProtocol):
        await place.store.answer_found(attempt.attempt_id, Handle("answer", name))
        log.info("answer.found", task=attempt.task_id, attempt=attempt.attempt_id)
        return
    log.warning("answer.missing", task=attempt.task_id, attempt=attempt.attempt_id, asks=can_ask)
    if can_ask:
        await place.store.answer_asked(attempt.attempt_id, failure)
        return
    await place.store.answer_missing(
        attempt.attempt_id,
        resend=attempt.unknown_count < attempt.resend_uncertain,
        failure=failure,
    )


def _protocol(attempt: DoubtfulAttempt, place: Workplace) -> WireProtocol | None:
    """None: its account is not configured any more."""
    account = place.accounts.get(attempt.account)
    return None if account is None else account.protocol(attempt.model)
