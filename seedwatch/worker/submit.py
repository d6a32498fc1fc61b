"""Steps 4 to 6 of a source's travel: commit, send, keep what the provider answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from seedwatch.kill_points import reached
from seedwatch.providers.base import UploadProtocol
from seedwatch.records import Claim
from seedwatch.worker.breaker import Kind
from seedwatch.worker.paid_call import send_paid
from seedwatch.worker.prepare import Fitted, fit_pictures, prepare
from seedwatch.worker.spending import budgets_of, note_unpriced, require_room
from seedwatch.worker.uploads import upload_all
from seedwatch.worker.workplace import LeaseKeeper, Workplace


class Submitting:
    """Whether a submit of this claim was begun and its answer is not recorded yet.

    `began` says how often in a row the service had been found down when the claim began.
    """

    def __init__(self, began: Mapping[Kind, int]) -> None:
        self.is_open = False
        self.began = began
        self.has_begun = asyncio.Event()
        """set for good when the first byte may leave: what comes then waits for the network"""


async def submit(claim: Claim, place: Workplace, submitting: Submitting) -> Claim | None:
    """Send the paid request of a claim.

    The claim comes back with its answer in the spool; None: the provider works on it, and the task
    waits to be looked at again.

    Raises:
        TaskError: as `outcome.decide` expects it.
    """
    account, folder = place.accounts[claim.rule.account], place.folders[claim.source.folder]
    model = account.model(claim.generation.model)
    protocol = account.protocol(claim.generation.model)
    await require_room(claim, place)
    given: Fitted | None = None
    if isinstance(protocol, UploadProtocol) and account.settings.upload == "first":
        given = await folder.threads.call(fit_pictures, claim, account, folder, place.decoding)
        given = await upload_all(given, account, protocol, LeaseKeeper(claim, place))
    prepared = await folder.threads.call(
        prepare, claim, account, folder, place.spool, place.decoding, given
    )
    attempt_id = prepared.submission.attempt_id
    reached("submit.prepared")
    folder.require_ours()
    await place.store.begin_submit(claim, prepared.submission, budgets_of(claim, place))
    submitting.is_open = True
    submitting.has_begun.set()
    reached("submit.committed")
    note_unpriced(account.settings.name, model, prepared.submission.price_bound, place)
    handle, request_id = await send_paid(
        account,
        protocol,
        prepared.exchange,
        attempt_id,
        place,
        most_bytes=prepared.most_bytes,
        timeout_s=prepared.timeout_s,
    )
    reached("submit.answered")
    is_remote = handle.kind == "remote"
    await place.store.save_handle(
        claim,
        handle,
        request_id=request_id,
        poll_in_s=account.first_look_s(model) if is_remote else None,
    )
    submitting.is_open = False
    account.calls.leave(claim.task_id)
    reached("submit.handle_saved")
    if is_remote:
        return None
    return replace(
        claim,
        handle=handle,
        attempt_id=attempt_id,
        sent=prepared.submission.sent,
        request_id=request_id,
    )
