"""What became of a submit without an answer, where the provider can be asked (step 5r).

Under an idempotency key the very same bytes are sent again, which the provider answers with the
work of the first time. Where it lists its work, the submit is looked for; only complete lists
without it, three within a minute and more, prove that it was never taken. Under another key or at
another address neither says anything: keys and lists belong to one account of the provider.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

from seedwatch import catalog
from seedwatch.errors import Disposition, OutcomeUnknown, ProviderError, Rejected, Unavailable
from seedwatch.kill_points import reached
from seedwatch.providers.base import ListProtocol, Sighting, Wanted, WireProtocol
from seedwatch.providers.stored_request import stored
from seedwatch.records import Claim, Handle
from seedwatch.texts import say
from seedwatch.worker.accounts import Account
from seedwatch.worker.paid_call import salvage, send_paid, taken
from seedwatch.worker.submit import Submitting
from seedwatch.worker.workplace import Workplace

_KEY_HONOURED_S = 23 * 3600.0
"""24 h after the first send (promises.md 2), less an hour for clocks that differ"""
_NOT_THE_SAME = {404, 405}
"""a replay that finds no such call, or model, any more: that says nothing about the first time"""
_CLOCK_S = 300.0
"""a submit later than now: the clock was set back, and nobody knows how old it is (P17)"""
GRACE_S = 60.0
"""between the first look and the second: a list may be late (promises.md 3, fault 73)"""
AGAIN_S = 15.0
_PAGES = 500
_LIST_BYTES = 32 << 20
_ASK_S = 30.0
_ANSWER_BYTES = 32 << 20


async def resolve(claim: Claim, place: Workplace, submitting: Submitting) -> Claim | None:
    """Ask once; the claim with its answer, or None: the task waits or is ready again.

    Raises:
        OutcomeUnknown: it cannot be told (now or ever).
        ProviderError: the provider refused it, or cannot be asked just now.
    """
    assert claim.attempt_id is not None
    account = place.accounts[claim.rule.account]
    protocol = account.protocol(claim.generation.model)
    name = place.spool.answer_name(claim.attempt_id)
    if place.spool.has(name) or await salvage(protocol, claim.attempt_id, place):
        with contextlib.suppress(OutcomeUnknown):  # an answer that cannot be read proves nothing
            submitting.is_open = True  # what it refuses is this very submit
            handle = await taken(protocol, name, place)
            submitting.is_open = False
            return await _found(handle, claim, account, place)
        submitting.is_open = False
    if isinstance(protocol, ListProtocol) and protocol.recovery == "list":
        return await _look_up(protocol, claim, account, place)
    if protocol.recovery == "key":
        return await _send_again(protocol, claim, account, place, submitting)
    raise _unsure()


async def _found(handle: Handle, claim: Claim, account: Account, place: Workplace) -> Claim | None:
    account.memory.unlisted.forget(claim.attempt_id or "")
    is_remote = handle.kind == "remote"
    await place.store.save_handle(claim, handle, poll_in_s=0.0 if is_remote else None)
    reached("resolve.found")
    account.calls.leave(claim.task_id)
    return None if is_remote else replace(claim, handle=handle)


async def _send_again(
    protocol: WireProtocol,
    claim: Claim,
    account: Account,
    place: Workplace,
    submitting: Submitting,
) -> Claim | None:
    """The same bytes under the same key: nothing new is begun if the first ones arrived."""
    assert claim.attempt_id is not None
    path = place.spool.path(place.spool.request_name(claim.attempt_id))
    age_s = place.clock() - claim.submitted_at
    is_honoured = -_CLOCK_S <= age_s <= _KEY_HONOURED_S
    if not is_honoured or not account.is_destination_of(claim) or not path.is_file():
        raise _unsure()
    exchange = await place.local.call(stored, path)
    model = account.model(claim.generation.model)
    timeout_s = account.settings.timeout_s or catalog.timeout_s(model, claim.generation.group)
    try:
        handle, _ = await send_paid(
            account,
            protocol,
            exchange,
            claim.attempt_id,
            place,
            most_bytes=_ANSWER_BYTES,
            timeout_s=timeout_s,
        )
    except Rejected as error:
        if error.status in _NOT_THE_SAME:
            raise _unsure() from error
        submitting.is_open = True  # so the first time was refused as well: that attempt is over
        raise
    except OutcomeUnknown as error:
        raise _not_now(error) from error
    return await _found(handle, claim, account, place)


async def _look_up(
    protocol: ListProtocol, claim: Claim, account: Account, place: Workplace
) -> Claim | None:
    seen = await _sighting(protocol, claim, account)
    if isinstance(seen, Handle):
        return await _found(seen, claim, account, place)
    assert claim.attempt_id is not None
    looks = account.memory.unlisted
    if not looks.is_certain(claim.attempt_id):
        wait_s = GRACE_S if looks.count(claim.attempt_id) == 1 else AGAIN_S
        await place.store.doubt(claim, wait_s, None)
        return None
    looks.forget(claim.attempt_id)
    if seen == "unprovable" or not account.is_destination_of(claim):
        raise _unsure()
    await place.store.snooze(claim, 0.0, "not-sent", attempt="not_sent")
    reached("resolve.absent")
    return None


async def _sighting(protocol: ListProtocol, claim: Claim, account: Account) -> Sighting:
    """All pages, one a second.

    Raises:
        Unavailable: it cannot be read just now.
    """
    is_ours = claim.generation.seed is None
    wanted = Wanted(
        key=claim.attempt_id or "",
        model=claim.generation.model,
        seed=claim.seed if is_ours else None,
        started_at=claim.submitted_at,
        parameters=claim.sent.get("parameters", {}),
    )
    for page in range(1, _PAGES + 1):
        await account.memory.list_turns.wait()
        reply = await account.transport.ask(
            protocol.look_up(wanted, page), most_bytes=_LIST_BYTES, timeout_s=_ASK_S
        )
        if not 200 <= reply.status < 300:
            raise _not_now(protocol.unseen(reply))
        seen = protocol.sighted(reply, wanted)
        if seen != "next":
            return seen
    return "unprovable"


def _not_now(error: ProviderError) -> ProviderError:
    """Asking was in vain, which says nothing about the submit: ask again later."""
    if error.disposition in {Disposition.FAIL, Disposition.HOLD, Disposition.RECONCILE}:
        return Unavailable(error.message, status=error.status)
    return error


def _unsure() -> OutcomeUnknown:
    return OutcomeUnknown(say("worker.unresolved"), advice=say("provider.unsure_advice"))
