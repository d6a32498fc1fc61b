"""Steps 3 to 6 of a source's travel: read again, fit, commit, send, keep the answer."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seedwatch import catalog
from seedwatch.errors import (
    DeliveryError,
    NotSent,
    OutcomeUnknown,
    SourceChanged,
    SourceError,
    SourceGone,
)
from seedwatch.kill_points import reached
from seedwatch.logs import one_line
from seedwatch.media.fit import fit
from seedwatch.media.limits import ImageLimits
from seedwatch.paths import Root, free_bytes
from seedwatch.providers.base import Body, Exchange, Order, Picture, WireProtocol
from seedwatch.providers.bodies import DataUri
from seedwatch.records import Claim, Handle, Reference, Submission
from seedwatch.texts import say
from seedwatch.worker.accounts import Account
from seedwatch.worker.spending import budgets_of, note_unpriced, require_room
from seedwatch.worker.workplace import Folder, Workplace

_ANSWER_BYTES = 4 << 20
_PICTURE_BYTES = 64 << 20
"""most bytes of base64 that one picture of an answer may take"""
_SPARE_BYTES = 256 << 20
_NOT_PARAMETERS = frozenset({"image", "image[]", "image_urls", "mask", "content", "prompt"})
"""wire fields that hold prompts and pictures, in the words of any provider"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request ready to be sent."""

    exchange: Exchange
    submission: Submission
    most_bytes: int
    timeout_s: float


class Submitting:
    """Whether a submit of this claim was begun and its answer is not recorded yet."""

    def __init__(self) -> None:
        self.is_open = False


async def submit(claim: Claim, place: Workplace, submitting: Submitting) -> Claim:
    """Send the paid request of a claim; the claim comes back with its handle.

    Raises:
        TaskError: as `outcome.decide` expects it.
    """
    account, folder = place.accounts[claim.rule.account], place.folders[claim.source.folder]
    await require_room(claim, place)
    prepared = await folder.threads.call(prepare, claim, account, folder, place.spool.directory)
    reached("submit.prepared")
    await place.store.begin_submit(claim, prepared.submission, budgets_of(claim, place))
    submitting.is_open = True
    reached("submit.committed")
    attempt_id, bound = prepared.submission.attempt_id, prepared.submission.price_bound
    note_unpriced(account.settings.name, account.model(claim.generation.model), bound, place)
    protocol = account.protocol(claim.generation.model)
    handle, request_id = await _send(account, protocol, prepared, place)
    reached("submit.answered")
    await place.store.save_handle(claim, handle, request_id=request_id)
    submitting.is_open = False
    account.calls.leave(claim.task_id)
    reached("submit.handle_saved")
    return replace(
        claim,
        handle=handle,
        attempt_id=attempt_id,
        sent=prepared.submission.sent,
        request_id=request_id,
    )


async def _send(
    account: Account, protocol: WireProtocol, prepared: Prepared, place: Workplace
) -> tuple[Handle, str]:
    """The paid call; its answer is whole and synced in the spool when this returns."""
    name = place.spool.answer_name(prepared.submission.attempt_id)
    has_left = False
    try:
        with place.spool.writing(name) as file:
            has_left = True
            reply = await account.transport.send_paid(
                prepared.exchange,
                file,
                most_bytes=prepared.most_bytes,
                timeout_s=prepared.timeout_s,
            )
            if 200 <= reply.status < 300:
                await place.local.call(file.keep)
    except OSError as error:
        if not has_left:
            raise NotSent(say("worker.disk", why=error)) from error
        # the answer could not be kept: it may have been paid for
        raise OutcomeUnknown(
            say("worker.answer_not_kept", why=error), advice=say("provider.unsure_advice")
        ) from error
    if not 200 <= reply.status < 300:
        raise protocol.refusal(reply)
    return Handle("answer", name), one_line(reply.headers.get("x-request-id", ""))[:200]


def prepare(claim: Claim, account: Account, folder: Folder, spool_directory: Path) -> Prepared:
    """Step 3, in a thread: the source as recorded, fitted to the model, as a request body.

    Raises:
        SourceGone, SourceChanged: the user's hand won.
        SourceError: a picture cannot be fitted.
        DeliveryError: no room for the answer, or a folder is away.
    """
    generation = claim.generation
    model = account.model(generation.model)
    most_bytes = _ANSWER_BYTES + _PICTURE_BYTES * claim.expected_outputs
    if free_bytes(spool_directory) < _SPARE_BYTES + most_bytes // 4:
        raise DeliveryError(say("worker.disk_full", path=spool_directory))
    folder.roots.make_missing()
    try:
        pictures, changes = _pictures(claim, folder.roots.inbox, model)
    except SourceGone:
        folder.roots.require_inbox()
        raise
    attempt_id = uuid.uuid4().hex
    exchange = account.protocol(generation.model).request(
        Order(model, generation, pictures, attempt_id)
    )
    assert exchange.body is not None
    parameters = _parameters(exchange.body)
    bound = catalog.price_bound(
        model,
        generation.group,
        reference_count=len(pictures),
        size=parameters.get("size"),
        options=generation.options,
    )
    sent = {"parameters": parameters, "changes": changes}
    if bound is not None and model.price is not None:
        sent["cost_basis"] = f"{model.price.source}, {model.price.checked_on}"
    timeout_s = account.settings.timeout_s or catalog.timeout_s(
        model, generation.group, options=generation.options
    )
    return Prepared(
        exchange,
        Submission(attempt_id, generation.seed, exchange.body.sha256, bound, sent),
        most_bytes,
        timeout_s,
    )


def _pictures(claim: Claim, inbox: Root, model: catalog.Model) -> tuple[list[Picture], list[str]]:
    """The pictures in the order they are sent, and what was changed to fit them."""
    _check_members(claim, inbox)
    references = claim.generation.references
    pictures: list[Picture] = []
    changes: list[str] = []
    for number, reference in enumerate(references, start=1):
        picture, changed = fitted(reference, inbox, model)
        pictures.append(picture)
        prefix = f"{number}: " if len(references) > 1 else ""
        changes += [prefix + change for change in changed]
    return pictures, changes


def _parameters(body: Body) -> dict[str, Any]:
    """What the sidecar tells of the request: all but its prompt and pictures."""
    return {name: value for name, value in body.fields.items() if name not in _NOT_PARAMETERS}


def _check_members(claim: Claim, inbox: Root) -> None:
    """The files that are not sent as pictures (prompts) must be those that were recorded.

    Pictures are compared when they are read.
    """
    for member in claim.source.members:
        if member.role == "picture":
            continue
        identity = inbox.identity(member.path)
        if identity is None:
            raise SourceGone(say("worker.source_gone", name=member.path))
        seen = (identity.byte_count, identity.mtime_ns)
        if seen != (member.byte_count, member.mtime_ns) and (
            inbox.sha256(member.path) != member.sha256
        ):
            raise SourceChanged(say("worker.source_changed", name=member.path))


def fitted(
    reference: Reference, inbox: Root, model: catalog.Model
) -> tuple[Picture, tuple[str, ...]]:
    """One picture as it is sent, and what was changed to fit it.

    Raises:
        SourceGone, SourceChanged, SourceError: as `prepare`.
    """
    if reference.origin == "url":
        return reference.path, ()
    root, rel = inbox, reference.path
    if reference.origin == "rule":
        folder, _, rel = reference.path.rpartition("/")
        root = Root(Path(folder))
    try:
        content, _ = root.read(rel)
    except SourceGone as error:
        if reference.origin == "source":
            raise
        raise SourceError(
            say("worker.reference_gone", path=reference.path), advice=say("worker.reference_do")
        ) from error
    if hashlib.sha256(content).hexdigest() != reference.sha256:
        raise SourceChanged(say("worker.source_changed", name=reference.path))
    result = fit(content, image_limits(model))
    return DataUri(result.media_type, result.content), result.changes


def image_limits(model: catalog.Model) -> ImageLimits:
    """The strict input limits of a model, as `media` takes them (protocols.md 2.4)."""
    limits = model.limits
    return ImageLimits(
        formats=limits.formats,
        max_bytes=limits.max_bytes,
        max_pixels=limits.max_pixels,
        min_side_exclusive=limits.min_side_exclusive,
        ratio_min=limits.ratio_min,
        ratio_max=limits.ratio_max,
        max_side=limits.max_side,
        background=limits.background,
    )
