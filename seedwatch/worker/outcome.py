"""The one place that maps an error to what happens next; pure (design.md 7).

The executor obeys: each verdict is one call of the store.
"""

from __future__ import annotations

from dataclasses import dataclass

from seedwatch.errors import (
    AccountStopped,
    Disposition,
    NotSent,
    ProviderError,
    RateLimited,
    RemoteFailed,
    SourceGone,
    TaskError,
)
from seedwatch.lifecycle import HoldReason
from seedwatch.records import Claim, Failure
from seedwatch.store.base import AttemptEnd, PauseScope
from seedwatch.worker.backoff import (
    limited_wait_s,
    result_wait_s,
    retry_delay_s,
)

PAUSE_S = 600.0
"""after a refused key or an empty balance: one probe every ten minutes (fault 50)"""
DELIVERY_WAIT_S = 15.0
_FIRST_ASK_S = 2.0


@dataclass(frozen=True, slots=True)
class Pause:
    """Claims of an account, folder or model stop until it is over or a person resumes."""

    scope: PauseScope
    name: str
    state: str
    until_s: float
    message: str = ""
    """why, where that is more than the error itself"""


@dataclass(frozen=True, slots=True)
class Fail:
    """Final; `attempt` says how the submit ended, None where none was begun."""

    attempt: AttemptEnd | None


@dataclass(frozen=True, slots=True)
class Retry:
    """Put back, an attempt used."""

    delay_s: float
    attempt: AttemptEnd


@dataclass(frozen=True, slots=True)
class Snooze:
    """Put back, no attempt used; where the account pauses, that pause is the wait."""

    delay_s: float
    reason: str
    attempt: AttemptEnd | None = None
    pause: Pause | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Parked for a person."""

    reason: HoldReason


@dataclass(frozen=True, slots=True)
class Doubt:
    """Its submit has no answer, but the provider can be asked what became of it."""

    delay_s: float


@dataclass(frozen=True, slots=True)
class Cancel:
    """The user's hand won."""

    reason: str


Verdict = Fail | Retry | Snooze | Hold | Doubt | Cancel


def decide(  # noqa: C901, PLR0911, PLR0912 - one row of design.md 7 each
    error: TaskError,
    claim: Claim,
    *,
    is_submitting: bool,
    max_attempts: int,
    chance: float,
    answered_s: float = 0.0,
    rest: Pause | None = None,
    can_ask: bool = False,
) -> Verdict:
    """What happens to the task after `error`.

    `answered_s`: how long the answer has been here whose results are still missing.
    `rest`: the service is down, and its account rests for so long (see `breaker`).
    `can_ask`: the provider can be asked what became of a submit, and was not yet.

    `is_submitting`: a submit was begun and has no handle yet; only then is there an attempt to end.
    What became of it, only an error of the provider's side can tell.
    """
    if is_submitting and not isinstance(error, ProviderError):
        return _uncertain(claim, chance, can_ask=can_ask)
    match error.disposition:
        case Disposition.FAIL:
            if claim.handle is not None and claim.handle.kind == "remote":
                return Fail("failed")  # as a task, which costs nothing (protocols.md 1.2, 4.3)
            return Fail(_ended("refused", is_submitting))
        case Disposition.CANCEL:
            return Cancel("removed" if isinstance(error, SourceGone) else "source-changed")
        case Disposition.HOLD:
            return Hold(error.hold_reason)
        case Disposition.RECONCILE:
            return _uncertain(claim, chance, can_ask=can_ask)
        case Disposition.PAUSE:
            assert isinstance(error, AccountStopped)
            return Snooze(
                0.0, error.account_state, _ended("refused", is_submitting), _pause(error, claim)
            )
        case Disposition.SNOOZE:
            return _snooze(error, claim, is_submitting=is_submitting, chance=chance)
        case Disposition.RETRY if isinstance(error, NotSent):
            return Snooze(0.0, "unreachable", _ended("not_sent", is_submitting), rest)
        case Disposition.RETRY if not is_submitting and not isinstance(error, RemoteFailed):
            return Snooze(result_wait_s(answered_s, chance), "result-later")
        case Disposition.RETRY if rest is not None:
            return Snooze(0.0, "outage", "failed", rest)
        case Disposition.RETRY:
            if claim.attempt_count + 1 >= max_attempts:
                return Fail("failed")
            return Retry(retry_delay_s(claim.attempt_count, chance), "failed")


def _uncertain(claim: Claim, chance: float, *, can_ask: bool) -> Retry | Hold | Doubt:
    if can_ask:
        return Doubt(_FIRST_ASK_S * (1 + chance))
    if claim.handle is not None and claim.handle.kind == "remote":
        return Hold("unsure")  # it was accepted: again would surely be paid twice (P4)
    if claim.unknown_count < claim.rule.resend_uncertain:
        return Retry(retry_delay_s(claim.unknown_count, chance), "unknown")
    return Hold("unsure")


def _ended(how: AttemptEnd, is_submitting: bool) -> AttemptEnd | None:  # noqa: FBT001 - one fact
    return how if is_submitting else None


def _snooze(error: TaskError, claim: Claim, *, is_submitting: bool, chance: float) -> Snooze:
    if isinstance(error, RateLimited):
        wait_s = limited_wait_s(error.retry_after_s, chance)
        pause = Pause("account", claim.rule.account, "limited", wait_s)
        return Snooze(0.0, "limited", _ended("refused", is_submitting), pause)
    return Snooze(DELIVERY_WAIT_S * (1 + chance), "delivery")


def _pause(error: AccountStopped, claim: Claim) -> Pause:
    account = claim.rule.account
    if error.account_state == "model":
        return Pause("model", f"{account}/{claim.generation.model}", "model", PAUSE_S)
    return Pause("account", account, error.account_state, PAUSE_S)


def failure_of(error: TaskError) -> Failure:
    """What rows, cards and the command line keep of an error."""
    return Failure(type(error).__name__, error.message, error.advice)
