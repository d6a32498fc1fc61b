"""One claim from the queue to the outbox, as a pipe of named steps; errors become verdicts."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import structlog

from seedwatch.errors import (
    AuthFailed,
    DeliveryError,
    LeaseLost,
    ProviderError,
    StoreError,
    TaskError,
)
from seedwatch.kill_points import reached
from seedwatch.lifecycle import HoldReason
from seedwatch.outbox import deliver, sidecar
from seedwatch.outbox.deliver import next_name
from seedwatch.records import Claim, Failure, Handle, Output
from seedwatch.store.base import NameTaken
from seedwatch.texts import say
from seedwatch.worker.breaker import PATIENCE, kind_of
from seedwatch.worker.collect import collect, fetch
from seedwatch.worker.outcome import (
    Cancel,
    Doubt,
    Fail,
    Hold,
    Pause,
    Retry,
    Snooze,
    Verdict,
    decide,
    failure_of,
)
from seedwatch.worker.remote import poll
from seedwatch.worker.resolve import resolve
from seedwatch.worker.reuse import reuse
from seedwatch.worker.submit import Submitting, submit
from seedwatch.worker.workplace import Workplace

log = structlog.get_logger()

_NO_FOLDER_S = 3600.0


def submitting_of(claim: Claim, place: Workplace) -> Submitting:
    """For `execute`, where somebody else wants to know when the request leaves."""
    account = place.accounts.get(claim.rule.account)
    return Submitting(account.memory.breakers.openings() if account else {})


async def execute(claim: Claim, place: Workplace, submitting: Submitting | None = None) -> None:
    """Carry one claim as far as it goes now; whatever happens ends in one store call.

    Raises:
        StoreError: the database is broken; the daemon stops.
        asyncio.CancelledError: the daemon stops now; recovery decides at the next start.
    """
    submitting = submitting or submitting_of(claim, place)
    with structlog.contextvars.bound_contextvars(task=claim.task_id, folder=claim.source.folder):
        try:
            await _carry(claim, place, submitting)
        except (LeaseLost, StoreError, asyncio.CancelledError) as error:
            if not isinstance(error, LeaseLost):
                raise
            log.info("task.lease_lost")
        except TaskError as error:
            await _obey(error, claim, place, submitting)
        except OSError as error:
            await _obey(_disk_error(error), claim, place, submitting)
        except Exception:
            log.exception("task.broke")
            failure = Failure("InternalError", say("worker.internal"), say("worker.internal_do"))
            reason: HoldReason = "unsure" if submitting.is_open else "internal"
            await _settle_quietly(place.store.hold(claim, reason, failure))


async def _carry(claim: Claim, place: Workplace, submitting: Submitting) -> None:
    if claim.source.folder not in place.folders:  # taken out of config.yaml; it may come back
        await _keep_for_later(claim, place, submitting)
        return
    is_fresh = claim.handle is None and claim.reuse_of is None
    if claim.reuse_of is not None and not claim.outputs:
        claim = await reuse(claim, place)
    elif claim.handle is None or claim.handle.kind != "answer":
        answered = await _ask(claim, place, submitting)
        breakers = place.accounts[claim.rule.account].memory.breakers
        breakers.succeeded("unreachable")
        if answered is None:
            if claim.handle is None:
                breakers.succeeded()
            return  # it waits for the provider
        claim = answered
    if not claim.outputs or _is_robbed(claim, place):
        claim = await collect(claim, place)
        if is_fresh:
            place.accounts[claim.rule.account].memory.breakers.succeeded()
    claim = await _deliver(claim, place)
    reached("deliver.done")
    is_partial = any(output.error for output in claim.outputs)
    await place.store.complete(claim, note="partial" if is_partial else "")
    reached("complete.committed")
    log.info("task.completed", results=sum(not output.error for output in claim.outputs))


def _is_robbed(claim: Claim, place: Workplace) -> bool:
    """Whether pictures left the spool before any was delivered, while their answer is still here.

    An antivirus program may take them into quarantine (promises.md 3, fault 96).
    """
    outputs = [output for output in claim.outputs if not output.error]
    return (
        claim.handle is not None
        and claim.handle.kind == "answer"
        and not any(output.is_delivered for output in outputs)
        and not all(place.spool.has(output.spool_name) for output in outputs)
    )


async def _keep_for_later(claim: Claim, place: Workplace, submitting: Submitting) -> None:
    """Without its folder nothing is sent, but what is paid for comes home: it is gone in a day."""
    answered: Claim | None = claim
    if claim.handle is not None and claim.handle.kind != "answer":
        answered = await _ask(claim, place, submitting)
    if answered is None:
        return
    if answered.handle is not None and not answered.outputs:
        await fetch(answered, place)
    await place.store.snooze(claim, _NO_FOLDER_S, "no-folder")


async def _ask(claim: Claim, place: Workplace, submitting: Submitting) -> Claim | None:
    """The provider's part: a paid call, a look at work there, or at what became of a call."""
    match claim.handle:
        case None:
            answered = await submit(claim, place, submitting)
            log.info("task.submitted", waits=answered is None)
            return answered
        case Handle("doubt"):
            return await resolve(claim, place, submitting)
        case _:
            return await poll(claim, place)


async def _deliver(claim: Claim, place: Workplace) -> Claim:
    """Step 9 for every output that was made: picture, then sidecar; the manifest last."""
    folder = place.folders[claim.source.folder]
    outputs = list(claim.outputs)
    for position, output in enumerate(outputs):
        if not output.error and not output.is_delivered:
            outputs[position] = await _deliver_result(claim, output, outputs, place)
    results = _results(outputs)
    if len(results) > 1:
        await folder.threads.call(deliver.deliver_manifest, claim, results, folder.roots.outbox)
    return replace(claim, outputs=tuple(outputs))


async def _deliver_result(
    claim: Claim, output: Output, outputs: Sequence[Output], place: Workplace
) -> Output:
    """Deliver under the promised name, or under the next free one that is promised first."""
    folder, provider = place.folders[claim.source.folder], _provider(claim, place)
    taken = {other.path for other in outputs}

    async def is_delivered() -> bool:
        told = sidecar.sidecar(
            claim, provider, output, _results(outputs), place.clock(), place.queue_id
        )
        return await folder.threads.call(
            deliver.deliver_result, told, output, folder.roots, place.spool
        )

    while not await is_delivered():
        path = await folder.threads.call(
            next_name, claim, output, len(_results(outputs)), folder.roots.outbox, taken
        )
        taken.add(path)
        with suppress(NameTaken):
            await place.store.move_output(claim, output.n, path)
            output = replace(output, path=path)
    if len(outputs) > 1:  # `complete` says it of a single one
        await place.store.output_delivered(claim, output.n)
    return output


def _results(outputs: Sequence[Output]) -> list[Output]:
    return [output for output in outputs if not output.is_preview]


def _provider(claim: Claim, place: Workplace) -> str:
    return place.accounts[claim.rule.account].settings.provider


async def _obey(error: TaskError, claim: Claim, place: Workplace, submitting: Submitting) -> None:
    account = place.accounts[claim.rule.account]
    rest = _rest(error, claim, place, submitting)
    verdict = decide(
        error,
        claim,
        is_submitting=submitting.is_open,
        max_attempts=account.settings.max_attempts,
        chance=place.chance(),
        answered_s=_answered_s(claim, place),
        rest=rest,
        can_ask=claim.handle is None and account.can_ask(claim.generation.model),
    )
    if isinstance(error, AuthFailed):
        account.key.forget()
    log.warning("task.stopped", error=type(error).__name__, why=error.message, verdict=verdict)
    if rest is not None and not isinstance(verdict, Snooze):
        await _pause(rest, error, place)
    await _settle_quietly(_apply(verdict, error, claim, place))


def _rest(error: TaskError, claim: Claim, place: Workplace, submitting: Submitting) -> Pause | None:
    """How long the account rests after this error, because its service seems to be down."""
    breakers = place.accounts[claim.rule.account].memory.breakers
    kind = kind_of(error, is_submitting=submitting.is_open, is_fresh=claim.handle is None)
    if kind is None:
        if submitting.is_open and isinstance(error, ProviderError):  # a refusal is an answer, too
            breakers.succeeded()
        return None
    breaker = breakers.failed(kind, claim.task_id, submitting.began)
    if not breaker.openings:
        return None
    account = claim.rule.account
    why = say(f"worker.down_{kind}", why=error.message, account=account)
    state, rest_s = PATIENCE[kind].account_state, breaker.rest_s(place.chance())
    return Pause("account", account, state, rest_s, why)


async def _apply(verdict: Verdict, error: TaskError, claim: Claim, place: Workplace) -> None:
    store, failure = place.store, failure_of(error)
    match verdict:
        case Fail(attempt):
            await store.fail(claim, failure, attempt=attempt)
        case Retry(delay_s, attempt):
            await store.retry(claim, delay_s, failure, attempt=attempt)
        case Snooze(delay_s, reason, attempt, pause):
            if pause is not None:
                await _pause(pause, error, place)
            await store.snooze(claim, delay_s, reason, failure=failure, attempt=attempt)
        case Hold(reason):
            await store.hold(claim, reason, failure)
        case Doubt(delay_s):
            await store.doubt(claim, delay_s, failure)
        case Cancel(reason):
            await store.cancel_claim(claim, reason)


def _answered_s(claim: Claim, place: Workplace) -> float:
    """How long the answer of a claim has been in the spool, or its submit without one."""
    if claim.handle is not None and claim.handle.kind == "doubt":
        return max(0.0, place.clock() - claim.submitted_at)
    if claim.handle is None or not place.spool.has(claim.handle.name):
        return 0.0
    return max(0.0, place.clock() - place.spool.written_at(claim.handle.name))


async def _pause(pause: Pause, error: TaskError, place: Workplace) -> None:
    why = pause.message or str(error)
    is_news = await place.store.pause(pause.scope, pause.name, pause.state, why, pause.until_s)
    if is_news:
        log.error(
            "account.paused",
            scope=pause.scope,
            name=pause.name,
            state=pause.state,
            why=error.message,
            do=error.advice,
        )


async def _settle_quietly(write: object) -> None:
    """The last write of a claim; a lease that was lost meanwhile is somebody else's decision."""
    try:
        await asyncio.shield(asyncio.ensure_future(write))  # type: ignore[call-overload]  # a coroutine
    except LeaseLost:
        log.info("task.lease_lost")


def _disk_error(error: OSError) -> TaskError:
    if error.errno in {errno.EACCES, errno.EPERM}:
        return DeliveryError(say("worker.no_permission", why=error))
    return DeliveryError(say("worker.disk", why=error))
