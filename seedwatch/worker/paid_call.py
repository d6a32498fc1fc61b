"""The paid call itself: what comes back is whole and synced in the spool before it is read."""

from __future__ import annotations

import structlog

from seedwatch.errors import NotSent, OutcomeUnknown, ProviderError
from seedwatch.logs import one_line, redacted
from seedwatch.outbox.spool import SpoolFile
from seedwatch.providers.base import Answer, Exchange, Pending, Reply, TaskProtocol, WireProtocol
from seedwatch.records import Handle
from seedwatch.texts import say
from seedwatch.worker.accounts import Account
from seedwatch.worker.reading import read_answer
from seedwatch.worker.workplace import Workplace

_PART_ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")

log = structlog.get_logger()


class _Frames:
    """The sink of a streamed answer: what ends a part of it is synced at once (promises.md P6)."""

    def __init__(self, file: SpoolFile) -> None:
        self._file = file
        self._before = b""

    def write(self, piece: bytes, /) -> None:
        """The line may cut anywhere: in the end of a part, or in the beginning of the next."""
        self._file.write(piece)
        seen = self._before + piece
        if any(end in seen for end in _PART_ENDS):
            self._file.sync()
        self._before = seen[-3:]  # an end may count twice, which costs one more sync


async def send_paid(
    account: Account,
    protocol: WireProtocol,
    exchange: Exchange,
    attempt_id: str,
    place: Workplace,
    *,
    most_bytes: int,
    timeout_s: float,
) -> tuple[Handle, str]:
    """Send it; returns what the task waits for now, and the request id.

    Raises:
        NotSent: it cannot have reached the provider.
        OutcomeUnknown: it may have; no usable answer is here.
        ProviderError: the provider refused it.
    """
    name = place.spool.answer_name(attempt_id)
    has_left = False
    try:
        with place.spool.writing(name) as file:
            has_left = True
            reply = await account.transport.send_paid(
                exchange,
                _Frames(file) if exchange.is_streamed else file,
                most_bytes=most_bytes,
                timeout_s=timeout_s,
            )
            if 200 <= reply.status < 300:
                await place.local.call(file.keep)
    except OSError as error:
        if not has_left:
            raise NotSent(say("worker.disk", why=error)) from error
        # the answer could not be kept: it may have been paid for, and some of it may be here, or
        # all of it, where only its name could not be made durable
        if place.spool.has(name) or await salvage(protocol, attempt_id, place):
            return Handle("answer", name), ""
        raise OutcomeUnknown(
            say("worker.answer_not_kept", why=error), advice=say("provider.unsure_advice")
        ) from error
    except OutcomeUnknown:
        if not await salvage(protocol, attempt_id, place):
            raise
        return await taken(protocol, name, place), ""
    if not 200 <= reply.status < 300:
        raise protocol.refusal(reply)
    return await taken(protocol, name, place), _request_id(reply)


async def salvage(protocol: WireProtocol, attempt_id: str, place: Workplace) -> bool:
    """Keep what came of an answer that broke off, if it names work or a picture; whether it did."""
    name = place.spool.answer_name(attempt_id)
    part_path = place.spool.part_path(name)
    if not part_path.is_file():
        return False
    try:
        outcome = await place.local.call(protocol.read, part_path)
        returned = outcome.returned if isinstance(outcome, Answer) else ()
        if not isinstance(outcome, Handle) and not any(p.url or p.base64 for p in returned):
            return False
        await place.local.call(place.spool.keep_part, name)
    except ProviderError:
        return False
    except OSError as error:  # no reason not to start, nor to leave a task as it is
        log.warning("answer.stays_part", attempt=attempt_id, why=str(error))
        return False
    log.warning("answer.salvaged", attempt=attempt_id, pictures=len(returned))
    return True


async def taken(protocol: WireProtocol, name: str, place: Workplace) -> Handle:
    """What an answer in the spool makes the task wait for: work at the provider, or itself.

    Raises:
        ProviderError: as `WireProtocol.read`, of a protocol with tasks.
    """
    if not isinstance(protocol, TaskProtocol):
        return Handle("answer", name)
    outcome = await read_answer(protocol, name, place)
    if isinstance(outcome, Pending) and outcome.handle is not None:
        return outcome.handle
    if isinstance(outcome, Handle):
        return outcome
    if isinstance(outcome, Answer):
        return Handle("answer", name)
    raise OutcomeUnknown(
        say("provider.unreadable", why=say("provider.no_task_named")),
        advice=say("provider.unsure_advice"),
    )


def _request_id(reply: Reply) -> str:
    return one_line(redacted(reply.headers.get("x-request-id", "")))[:200]
