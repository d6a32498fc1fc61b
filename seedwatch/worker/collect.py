"""Step 7: reads the spooled answer and brings every picture of it whole into the spool."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from seedwatch.errors import (
    AnswerUnreadable,
    HandleExpired,
    Rejected,
    RemoteFailed,
    SourceError,
    Unavailable,
)
from seedwatch.kill_points import reached
from seedwatch.outbox.deliver import choose_names
from seedwatch.outbox.spool import SpoolFile
from seedwatch.providers import answer_file
from seedwatch.providers.base import Answer, Returned, WireProtocol
from seedwatch.records import FIRST_PREVIEW, Claim, CostBasis, Handle, Money, Output
from seedwatch.store.base import NameTaken
from seedwatch.texts import say
from seedwatch.worker.bill import bill_of
from seedwatch.worker.reading import read_answer
from seedwatch.worker.remote import look
from seedwatch.worker.spending import note_drift
from seedwatch.worker.workplace import LeaseKeeper, Workplace

_PICTURE_BYTES = 100 << 20
_VIDEO_BYTES = 1 << 30
"""more than half a minute in 4k ever has"""
_DOWNLOAD_S = 300.0
_FRESH_S = 120.0
"""no link is over so soon; a picture may not have come to where its link leads yet"""

log = structlog.get_logger()


async def collect(claim: Claim, place: Workplace) -> Claim:
    """Steps 7 and 8: outputs whole in the spool, their names and cost committed.

    Raises:
        ProviderError: nothing usable was made, or it cannot be fetched just now.
        OSError: the outbox cannot be asked for free names.
    """
    account = place.accounts[claim.rule.account]
    answer, outputs = await fetch(claim, place)
    bill = bill_of(claim, account.model(claim.generation.model), answer, outputs)
    note_drift(claim, bill, place)
    outputs += await _previews(claim, answer, place)
    named = await save_named(claim, outputs, bill.cost, place, bill.basis)
    reached("collect.saved")
    return replace(
        claim,
        outputs=tuple(named),
        cost=bill.cost,
        cost_basis=bill.basis,
        request_id=claim.request_id or answer.request_id,
    )


async def fetch(claim: Claim, place: Workplace) -> tuple[Answer, list[Output]]:
    """Step 7: every result of the answer whole in the spool; what is there is not fetched again.

    Raises:
        ProviderError: nothing usable was made, or it cannot be fetched just now.
    """
    assert claim.handle is not None
    assert claim.attempt_id is not None
    protocol = place.accounts[claim.rule.account].protocol(claim.generation.model)
    answer_path = place.spool.path(claim.handle.name)
    answer = _whole(await _read(claim.handle.name, protocol, place), claim.expected_outputs)
    outputs, gone = await _fetched_all(claim, answer, place)
    if gone is not None and await _is_refreshed(claim, place):
        answer = _whole(await _read(claim.handle.name, protocol, place), claim.expected_outputs)
        outputs, gone = await _fetched_all(claim, answer, place)
    reached("collect.spooled")
    if gone is not None:
        answered_s = place.clock() - place.spool.written_at(claim.handle.name)
        if 0 <= answered_s < _FRESH_S:
            raise Unavailable(gone.message, status=gone.status) from gone
        if all(output.error for output in outputs):
            raise gone
    if all(output.error for output in outputs):
        raise AnswerUnreadable(
            outputs[0].error,
            advice=say("provider.unreadable_advice", path=answer_path),
            request_id=answer.request_id,
        )
    return answer, outputs


async def _read(name: str, protocol: WireProtocol, place: Workplace) -> Answer:
    answer = await read_answer(protocol, name, place)
    assert isinstance(answer, Answer)  # what still runs is no answer in the spool
    return answer


def _whole(answer: Answer, expected_count: int) -> Answer:
    """With what is missing at the end of an answer that broke off as errors in its places."""
    missing = expected_count - len(answer.returned)
    if not answer.is_cut or missing <= 0:
        return answer
    gaps = (Returned(error=say("provider.cut_off")),) * missing
    return replace(answer, returned=answer.returned + gaps)


async def _is_refreshed(claim: Claim, place: Workplace) -> bool:
    """Ask once more for work whose links are over: a look may bring fresh ones (fault 65)."""
    if claim.remote is None:
        return False
    try:
        return await look(Handle("remote", claim.remote), claim, place) is not None
    except (HandleExpired, Rejected, RemoteFailed) as error:
        log.warning("links.not_renewed", task=claim.task_id, why=error.message)
        return False  # what was finished and paid for does not become undone


async def _fetched_all(
    claim: Claim, answer: Answer, place: Workplace
) -> tuple[list[Output], HandleExpired | None]:
    """Every place that can be brought here, and why a link is over, if one is.

    Raises:
        Unavailable: one does not answer just now; the others are in the spool already.
    """
    outputs: list[Output] = []
    gone: HandleExpired | None = None
    later: Unavailable | None = None
    lease = LeaseKeeper(claim, place)
    for n, returned in enumerate(answer.returned, start=1):
        await lease.keep()
        try:
            outputs.append(await _fetched(claim, n, returned, place))
        except HandleExpired as error:
            gone = error
            outputs.append(_missing(n, error.message))
        except Unavailable as error:
            later = error
    if later is not None:
        raise later
    return outputs, gone


async def _previews(claim: Claim, answer: Answer, place: Workplace) -> list[Output]:
    """What was shown on the way, where the rule keeps it; one that is broken is no loss."""
    if claim.rule.previews == "ignore":
        return []
    kept = [
        await _fetched(claim, n, preview, place)
        for n, preview in enumerate(answer.previews, start=FIRST_PREVIEW + 1)
    ]
    return [output for output in kept if not output.error]


async def save_named(
    claim: Claim,
    outputs: Sequence[Output],
    cost: Money | None,
    place: Workplace,
    basis: CostBasis = "estimate",
) -> list[Output]:
    """Step 8: commit the outputs under names that neither a file nor another task has."""
    folder = place.folders[claim.source.folder]
    outbox, taken = folder.roots.outbox, set[str]()
    while True:
        named = await folder.threads.call(choose_names, claim, outputs, outbox, taken)
        try:
            await place.store.save_outputs(claim, named, cost, basis)
        except NameTaken:  # promised to another task whose picture is not there yet
            taken |= {output.path for output in named}
        else:
            return named


async def _fetched(claim: Claim, n: int, returned: Returned, place: Workplace) -> Output:
    """One place of the answer as a whole file in the spool, or the error that stands there."""
    if returned.error:
        return _missing(n, returned.error)
    try:
        return await place.downloads.call(_bring, claim, n, returned, place)
    except AnswerUnreadable as error:
        return _missing(n, error.message)


def _missing(n: int, error: str) -> Output:
    return Output(n, "", "", 0, "", 0, 0, error=error)


def _bring(claim: Claim, n: int, returned: Returned, place: Workplace) -> Output:
    """In a thread: write the bytes, check their structure to the end, then sync and name them.

    Raises:
        HandleExpired, Unavailable: the link is over, or does not answer just now.
        AnswerUnreadable: it is not a whole picture; the bytes stay in the spool as evidence.
    """
    name = place.spool.picture_name(claim.attempt_id or "", n)
    if place.spool.has(name) and (kept := _kept(n, name, place)) is not None:
        return kept  # its link may be over by now
    with place.spool.writing(name) as file:
        if returned.url:
            transport = place.accounts[claim.rule.account].transport
            transport.download(returned.url, file, _most_bytes(claim, place), _DOWNLOAD_S)
        else:
            _decode(claim, returned, file, place)
        file.flush()
        try:
            output = _inspected(n, name, file.part_path, file.sha256, place)
        except SourceError as error:
            raise AnswerUnreadable(say("provider.not_a_picture", why=error.message)) from error
        file.keep()
        return output


def _kept(n: int, name: str, place: Workplace) -> Output | None:
    """A picture that was brought before; None: it is not whole after all."""
    path = place.spool.path(name)
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return _inspected(n, name, path, sha256, place)
    except SourceError:
        return None


def _inspected(n: int, name: str, path: Path, sha256: str, place: Workplace) -> Output:
    with path.open("rb") as written:
        outline = place.decoding.inspect_result(written)
    byte_count = path.stat().st_size
    return Output(n, name, sha256, byte_count, outline.media_type, outline.width, outline.height)


def _most_bytes(claim: Claim, place: Workplace) -> int:
    model = place.accounts[claim.rule.account].model(claim.generation.model)
    return _VIDEO_BYTES if model.answers == "video" else _PICTURE_BYTES


def _decode(claim: Claim, returned: Returned, file: SpoolFile, place: Workplace) -> None:
    assert claim.handle is not None
    try:
        with place.spool.path(claim.handle.name).open("rb") as answer:
            file.write_all(answer_file.decoded(answer, returned.base64))
    except answer_file.UnreadableAnswerError as error:
        raise AnswerUnreadable(say("provider.not_a_picture", why=error)) from error
