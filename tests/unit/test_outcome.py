"""worker.outcome: what each error class does to a task, before and while a submit is open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch import errors
from seedwatch.errors import Disposition, TaskError
from seedwatch.worker.outcome import (
    PAUSE_S,
    Cancel,
    Fail,
    Hold,
    Pause,
    Retry,
    Snooze,
    Verdict,
    decide,
    failure_of,
)
from tests.unit import made

CHANCE = 0.5
ACCOUNT = "ark"


def _verdict(
    error: TaskError, *, is_submitting: bool, attempts: int = 0, unknown: int = 0, resend: int = 0
) -> Verdict:
    claim = made.claim(
        attempt_count=attempts,
        unknown_count=unknown,
        rule=made.rule(resend_uncertain=resend),
    )
    rest = UNREACHED if isinstance(error, errors.NotSent) else None
    return decide(
        error, claim, is_submitting=is_submitting, max_attempts=3, chance=CHANCE, rest=rest
    )


def _made(kind: type[TaskError]) -> TaskError:
    return kind("what happened")


AUTH, QUOTA = (
    Pause("account", ACCOUNT, "auth", PAUSE_S),
    Pause("account", ACCOUNT, "quota", PAUSE_S),
)
CLOSED = Pause("model", f"{ACCOUNT}/{made.MODEL}", "model", PAUSE_S)
LIMITED = Pause("account", ACCOUNT, "limited", 63.0)
UNREACHED = Pause("account", ACCOUNT, "limited", 1.5)
UNSURE = Hold("unsure")

TABLE: dict[type[TaskError], tuple[Verdict, Verdict]] = {
    # error class: (nothing was begun, or its answer is safe) , (a submit is open)
    errors.SourceError: (Fail(None), UNSURE),
    errors.SourceGone: (Cancel("removed"), UNSURE),
    errors.SourceForeign: (Cancel("removed"), UNSURE),
    errors.SourceChanged: (Cancel("source-changed"), UNSURE),
    errors.DeliveryError: (Snooze(22.5, "delivery"), UNSURE),
    errors.DecoderBroken: (Hold("quarantine"), UNSURE),
    errors.ResultGone: (Hold("seen-before"), UNSURE),
    errors.OverBudget: (Hold("budget"), UNSURE),
    errors.PriceUnknown: (Hold("price-unknown"), UNSURE),
    errors.Rejected: (Fail(None), Fail("refused")),
    errors.Moderated: (Fail(None), Fail("refused")),
    errors.Unavailable: (Snooze(7.5, "result-later"), Retry(1.5, "failed")),
    errors.NotSent: (
        Snooze(0.0, "unreachable", None, UNREACHED),
        Snooze(0.0, "unreachable", "not_sent", UNREACHED),
    ),
    errors.RateLimited: (
        Snooze(0.0, "limited", None, LIMITED),
        Snooze(0.0, "limited", "refused", LIMITED),
    ),
    errors.AuthFailed: (Snooze(0.0, "auth", None, AUTH), Snooze(0.0, "auth", "refused", AUTH)),
    errors.QuotaExhausted: (
        Snooze(0.0, "quota", None, QUOTA),
        Snooze(0.0, "quota", "refused", QUOTA),
    ),
    errors.ModelClosed: (
        Snooze(0.0, "model", None, CLOSED),
        Snooze(0.0, "model", "refused", CLOSED),
    ),
    errors.RemoteFailed: (Retry(1.5, "failed"), Retry(1.5, "failed")),
    errors.OutcomeUnknown: (UNSURE, UNSURE),
    errors.AnswerUnreadable: (Hold("unreadable"), Hold("unreadable")),
    errors.HandleExpired: (Hold("expired"), Hold("expired")),
}


def _concrete(kind: type[TaskError] = TaskError) -> Iterator[type[TaskError]]:
    for inner in kind.__subclasses__():
        if inner.__module__ == "seedwatch.errors":
            if inner not in {errors.ProviderError, errors.AccountStopped}:
                yield inner
            yield from _concrete(inner)


def test_the_table_is_complete() -> None:
    """Every error class that can end a claim stands in the table, and every disposition occurs."""
    assert set(TABLE) == set(_concrete())
    assert {kind.disposition for kind in TABLE} == set(Disposition)


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("is_submitting", [False, True])
def test_each_error_has_its_verdict(kind: type[TaskError], is_submitting: bool) -> None:
    """The table of design.md 7, for both moments.

    Red when, for example, an unknown outcome is retried, or a local error during a submit ends it
    as not sent (the request would be paid twice).
    """
    assert _verdict(_made(kind), is_submitting=is_submitting) == TABLE[kind][is_submitting]


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.__name__)
def test_only_what_provably_spent_nothing_gives_its_hold_back(kind: type[TaskError]) -> None:
    """While a submit is open, only the provider's own refusal or a failure to send ends it free."""
    verdict = _verdict(_made(kind), is_submitting=True)
    ended = getattr(verdict, "attempt", "unknown")
    is_free = ended in {"not_sent", "refused"}
    refused = (errors.Rejected, errors.RateLimited, errors.AccountStopped)
    assert is_free == issubclass(kind, (errors.NotSent, *refused))


@pytest.mark.fault(55)
@pytest.mark.parametrize("kind", [errors.Unavailable, errors.RemoteFailed])
def test_attempts_are_bounded(kind: type[TaskError]) -> None:
    """The third failing submit of three is the last (P13). Red when the bound is off by one."""
    verdicts = [
        _verdict(_made(kind), is_submitting=True, attempts=attempts) for attempts in range(4)
    ]
    assert [type(verdict) for verdict in verdicts] == [Retry, Retry, Fail, Fail]
    assert verdicts[2] == Fail("failed")


@pytest.mark.fault(39)
def test_what_costs_nothing_is_not_bounded() -> None:
    """Unreachable services, limits and looks at a result use no attempt, however often."""
    for kind in (errors.NotSent, errors.RateLimited, errors.AuthFailed):
        assert isinstance(_verdict(_made(kind), is_submitting=True, attempts=99), Snooze)
    late = _verdict(errors.Unavailable("later"), is_submitting=False, attempts=99)
    assert isinstance(late, Snooze)


@pytest.mark.parametrize(
    ("resend", "unknown", "expected"),
    [(0, 0, UNSURE), (1, 0, "resend"), (1, 1, UNSURE), (2, 1, "resend"), (2, 2, UNSURE)],
)
def test_the_uncertain_is_sent_again_only_as_often_as_the_rule_says(
    resend: int, unknown: int, expected: Hold | str
) -> None:
    """At most `resend_uncertain` times by itself, never by default (P5)."""
    verdict = _verdict(
        errors.OutcomeUnknown("?"), is_submitting=True, unknown=unknown, resend=resend
    )
    if expected == "resend":
        assert isinstance(verdict, Retry)
        assert verdict.attempt == "unknown"
    else:
        assert verdict == expected


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 100), st.sampled_from(list(TABLE)))
def test_every_delay_is_bounded(chance: float, attempts: int, kind: type[TaskError]) -> None:
    """No verdict waits for less than nothing or for more than an hour and a bit."""
    claim = made.claim(attempt_count=attempts)
    for is_submitting in (False, True):
        verdict = decide(
            _made(kind), claim, is_submitting=is_submitting, max_attempts=3, chance=chance
        )
        assert 0 <= getattr(verdict, "delay_s", 0) < 3961


@pytest.mark.fault(53)
@pytest.mark.fault(54)
@pytest.mark.parametrize(
    ("asked", "expected"), [(None, 63.0), (30.0, 31.5), (0.0, 1.05), (1e9, 3780.0)]
)
def test_the_whole_account_waits_as_long_as_it_was_told(
    asked: float | None, expected: float
) -> None:
    """A 429 stops the account for the time it names, within bounds (fault 53)."""
    error = errors.RateLimited("slow down", retry_after_s=asked)
    verdict = _verdict(error, is_submitting=True)
    assert isinstance(verdict, Snooze)
    assert verdict.pause is not None
    assert verdict.pause == Pause("account", ACCOUNT, "limited", verdict.pause.until_s)
    assert verdict.pause.until_s == pytest.approx(expected)
    assert verdict.delay_s == 0.0  # a person's resume lets the task go at once


@pytest.mark.fault(55)
def test_an_outage_uses_no_attempt() -> None:
    """While the account rests because its service is down, a failure is nobody's attempt."""
    rest = Pause("account", ACCOUNT, "limited", 5.0)
    verdict = decide(
        errors.Unavailable("503"),
        made.claim(attempt_count=2),
        is_submitting=True,
        max_attempts=3,
        chance=CHANCE,
        rest=rest,
    )
    assert verdict == Snooze(0.0, "outage", "failed", rest)


def test_a_result_that_does_not_come_is_looked_for_less_and_less_often() -> None:
    """The longer the answer is here, the rarer its missing result is asked for, at no cost."""
    waits = []
    for answered_s in (0.0, 60.0, 3600.0, 86_400.0):
        verdict = decide(
            errors.Unavailable("later"),
            made.claim(),
            is_submitting=False,
            max_attempts=3,
            chance=CHANCE,
            answered_s=answered_s,
        )
        assert isinstance(verdict, Snooze)
        assert verdict.attempt is None
        waits.append(verdict.delay_s)
    assert waits == [7.5, 11.25, 675, 2700]


def test_what_is_kept_of_an_error() -> None:
    """Class, sentence and advice, as cards and rows show them."""
    failure = failure_of(errors.Moderated("refused", advice="change it"))
    assert (failure.error_class, failure.message, failure.advice) == (
        "Moderated",
        "refused",
        "change it",
    )
