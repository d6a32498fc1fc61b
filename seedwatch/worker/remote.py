"""Step 7 for work at the provider: one look at it, then the task waits on or has its answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from seedwatch.errors import HandleExpired, OutcomeUnknown, Unavailable
from seedwatch.kill_points import reached
from seedwatch.providers.base import Answer, TaskProtocol
from seedwatch.records import Claim, Handle
from seedwatch.texts import say
from seedwatch.worker.accounts import Account
from seedwatch.worker.outcome import failure_of
from seedwatch.worker.workplace import Workplace

_ANSWER_BYTES = 32 << 20
_ASK_S = 30.0
_STALLED_LOOK_S = 3600.0
_LOST_LOOK_S = 210.0


async def poll(claim: Claim, place: Workplace) -> Claim | None:
    """Look at the work once; the claim with its answer in the spool, or None: it waits on.

    Raises:
        ProviderError: it failed there, is lost there, or cannot be asked for just now.
    """
    assert claim.handle is not None
    assert claim.attempt_id is not None
    account = place.accounts[claim.rule.account]
    try:
        handle = await look(claim.handle, claim, place)
    except HandleExpired as error:
        if not account.is_destination_of(claim):  # whose list is this? a person may put it right
            failure = failure_of(error)
            await place.store.snooze(claim, _STALLED_LOOK_S, "not-found", failure=failure)
            return None
        if not account.memory.lost.is_certain(claim.attempt_id):
            await place.store.snooze(claim, _LOST_LOOK_S, "not-found")
            return None
        raise OutcomeUnknown(
            say("worker.lost_there", handle=claim.handle.name), advice=say("provider.unsure_advice")
        ) from error
    except Unavailable as error:
        if not _is_stalled(claim, account, place):
            raise
        await place.store.snooze(claim, _STALLED_LOOK_S, "stalled", failure=failure_of(error))
        return None
    account.memory.lost.forget(claim.attempt_id)
    if handle is None:
        await _wait_on(claim, account, place)
        return None
    await place.store.save_handle(claim, handle, request_id=claim.request_id)
    account.calls.leave(claim.task_id)
    reached("poll.handle_saved")
    return replace(claim, handle=handle)


async def look(handle: Handle, claim: Claim, place: Workplace) -> Handle | None:
    """Ask for the state of the work; its answer, whole and synced in the spool, or None.

    Raises:
        HandleExpired: the provider does not know it.
        Unavailable: it cannot be told just now.
        ProviderError: as `poll`.
    """
    assert claim.attempt_id is not None
    account = place.accounts[claim.rule.account]
    protocol = account.protocol(claim.generation.model)
    assert isinstance(protocol, TaskProtocol)
    reply = await account.transport.ask(
        protocol.poll(handle), most_bytes=_ANSWER_BYTES, timeout_s=_ASK_S
    )
    if not 200 <= reply.status < 300:
        raise protocol.unseen(reply)
    name = place.spool.answer_name(claim.attempt_id)
    with place.spool.writing(name) as file:
        file.write(reply.content)
        file.flush()
        if not _is_over(protocol, file.part_path):
            file.discard()
            return None
        await place.local.call(file.keep)
    reached("poll.answered")
    return Handle("answer", name)


def _is_over(protocol: TaskProtocol, answer: Path) -> bool:
    """Whether the answer of a look holds the results.

    Raises:
        Unavailable: it cannot be read: a look is free, and the next one may be answered better.
        ProviderError: the work failed there.
    """
    try:
        return isinstance(protocol.read(answer), Answer)
    except OutcomeUnknown as error:
        raise Unavailable(error.message) from error


async def _wait_on(claim: Claim, account: Account, place: Workplace) -> None:
    """What runs for ever is looked at every hour and never sent again (promises.md 3, 69)."""
    is_stalled = _is_stalled(claim, account, place)
    model = account.model(claim.generation.model)
    delay_s = _STALLED_LOOK_S if is_stalled else account.next_look_s(model)
    await place.store.snooze(claim, delay_s, "stalled" if is_stalled else "at-provider")


def _is_stalled(claim: Claim, account: Account, place: Workplace) -> bool:
    limit_s = account.model(claim.generation.model).task_limit_s
    return place.clock() - claim.submitted_at > limit_s
