"""Step 3 of a source's travel: read again, compare, fit to the model, build the request."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seedwatch import catalog
from seedwatch.errors import DeliveryError, SourceChanged, SourceError, SourceGone
from seedwatch.media.limits import ImageLimits
from seedwatch.media.metadata import STRIPPABLE, stripped
from seedwatch.outbox.spool import Spool
from seedwatch.paths import Root, free_bytes
from seedwatch.providers.base import Exchange, Order, Picture, WireProtocol
from seedwatch.providers.bodies import DataUri
from seedwatch.providers.stored_request import store
from seedwatch.records import Claim, Generation, Reference, Submission
from seedwatch.texts import say
from seedwatch.worker.accounts import Account
from seedwatch.worker.decoding import Decoding
from seedwatch.worker.rule_files import with_files
from seedwatch.worker.workplace import Folder

_ANSWER_BYTES = 4 << 20
_PICTURE_BYTES = 64 << 20
"""most bytes of base64 that one picture of an answer may take"""
_SPARE_BYTES = 256 << 20
_NOT_PARAMETERS = frozenset({"image", "image[]", "image_urls", "mask", "content", "prompt"})
"""wire fields that hold prompts and pictures, in the words of any provider"""
_MOST_SEED = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Fitted:
    """The pictures of a claim in the order they are sent, and what was changed to fit them."""

    pictures: Sequence[Picture]
    changes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request ready to be sent."""

    exchange: Exchange
    submission: Submission
    most_bytes: int
    timeout_s: float


def prepare(
    claim: Claim,
    account: Account,
    folder: Folder,
    spool: Spool,
    decoding: Decoding,
    given: Fitted | None = None,
) -> Prepared:
    """In a thread: the source as recorded, fitted to the model, as a request.

    `given` are its pictures where they were read (and uploaded) before.

    Raises:
        SourceGone, SourceChanged: the user's hand won.
        SourceError: a picture cannot be fitted.
        DecoderBroken: a picture ends the processes that decode it.
        DeliveryError: no room for the answer, a folder is away, or no process can be had.
    """
    model = account.model(claim.generation.model)
    most_bytes = _ANSWER_BYTES + _PICTURE_BYTES * claim.expected_outputs
    if free_bytes(spool.directory) < _SPARE_BYTES + most_bytes // 4:
        raise DeliveryError(say("worker.disk_full", path=spool.directory))
    fitted = given or fit_pictures(claim, account, folder, decoding)
    protocol = account.protocol(claim.generation.model)
    generation = _recognisable(claim.generation, model, protocol)
    generation = with_files(generation, model, fitted.pictures, decoding)
    attempt_id = uuid.uuid4().hex
    exchange = protocol.request(Order(model, generation, fitted.pictures, attempt_id))
    assert exchange.body is not None
    if protocol.recovery == "key":  # before anything is committed: it must be there to be repeated
        with spool.writing(spool.request_name(attempt_id)) as file:
            store(exchange, file)
            file.keep()
    parameters = {
        name: value
        for name, value in exchange.body.fields.items()
        if name not in _NOT_PARAMETERS and not isinstance(value, DataUri)
    }
    bound = catalog.price_bound(
        model,
        generation.group,
        reference_count=len(fitted.pictures),
        size=parameters.get("size"),
        options=generation.options,
    )
    changes = [*fitted.changes, *exchange.changes]
    sent = _sent(parameters, changes, model, is_priced=bound is not None)
    sent["destination"] = account.destination
    timeout_s = account.settings.timeout_s or catalog.timeout_s(
        model, generation.group, options=generation.options
    )
    digest = exchange.body.sha256
    submission = Submission(attempt_id, generation.seed, digest, bound, sent)
    return Prepared(exchange, submission, most_bytes, timeout_s)


def _sent(
    parameters: Mapping[str, Any], changes: list[str], model: catalog.Model, *, is_priced: bool
) -> dict[str, Any]:
    """What the sidecar tells of the request."""
    sent: dict[str, Any] = {"parameters": dict(parameters), "changes": changes}
    if is_priced and model.price is not None:
        sent["cost_basis"] = model.price.basis
    return sent


def _recognisable(
    generation: Generation, model: catalog.Model, protocol: WireProtocol
) -> Generation:
    """With a random seed of our own, where the provider's list may have to be searched by it."""
    if protocol.recovery == "list" and generation.seed is None and model.knows("seed"):
        return replace(generation, seed=secrets.randbelow(_MOST_SEED))
    return generation


def fit_pictures(claim: Claim, account: Account, folder: Folder, decoding: Decoding) -> Fitted:
    """In a thread: the pictures of a claim as they are sent, if all files are as recorded.

    Raises:
        SourceGone, SourceChanged, SourceError, DecoderBroken, DeliveryError: as `prepare`.
    """
    folder.roots.make_missing()
    try:
        model = account.model(claim.generation.model).under(claim.generation.options)
        strips = folder.settings.strips_metadata
        return _fit_pictures(claim, folder.roots.inbox, model, decoding, strips=strips)
    except SourceGone:
        folder.roots.require_inbox()
        raise


def _fit_pictures(
    claim: Claim, inbox: Root, model: catalog.Model, decoding: Decoding, *, strips: bool
) -> Fitted:
    _check_members(claim, inbox)
    references = claim.generation.references
    pictures: list[Picture] = []
    changes: list[str] = []
    for number, reference in enumerate(references, start=1):
        picture, changed = fitted(reference, inbox, model, len(references), decoding, strips=strips)
        pictures.append(picture)
        prefix = f"{number}: " if len(references) > 1 else ""
        changes += [prefix + change for change in changed]
    return Fitted(pictures, changes)


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
    reference: Reference,
    inbox: Root,
    model: catalog.Model,
    count: int,
    decoding: Decoding,
    *,
    strips: bool = False,
) -> tuple[Picture, tuple[str, ...]]:
    """One picture of `count` as it is sent, and what was changed to fit it.

    `strips`: it goes without what its file tells beside the picture (promises.md T16).

    Raises:
        SourceGone, SourceChanged, SourceError, DecoderBroken: as `prepare`.
    """
    if reference.origin == "url":
        return reference.path, ()
    root, rel = inbox, reference.path
    if reference.origin == "rule":
        folder, _, rel = reference.path.rpartition("/")
        is_inside = Path(folder).is_relative_to(inbox.path)
        root = Root(Path(folder), inbox.writers if is_inside else None)
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
    limits = image_limits(model, count)
    if not strips:
        result = decoding.fit(content, limits)
        return DataUri(result.media_type, result.content), result.changes
    formats = tuple(name for name in limits.formats if name in STRIPPABLE)
    result = decoding.fit(content, replace(limits, formats=formats))
    bare, is_changed = stripped(result.content, result.media_type)
    told = (say("media.stripped"),) if is_changed else ()
    return DataUri(result.media_type, bare), (*result.changes, *told)


def image_limits(model: catalog.Model, count: int = 1) -> ImageLimits:
    """The strict input limits of a model, as `media` takes them (protocols.md 2.4, 3.4)."""
    limits = model.input_limits(count)
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
