"""worker.breaker: when a service counts as down, and how it comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch import errors
from seedwatch.errors import TaskError
from seedwatch.worker.breaker import PATIENCE, Breaker, Breakers, Kind, kind_of

KINDS: list[Kind] = list(PATIENCE)


def _after(kind: Kind, *tasks: int) -> Breaker:
    breaker = Breaker(kind)
    for task in tasks:
        breaker = breaker.after_failure(task, breaker.openings)
    return breaker


@pytest.mark.parametrize(
    ("kind", "tasks", "is_open"),
    [
        ("unreachable", (1,), True),
        ("failing", (1, 2), False),
        ("failing", (1, 2, 1), True),
        ("failing", (1,) * 50, False),
        ("unanswered", (1,), False),
        ("unanswered", (1, 2), True),
        ("unanswered", (1, 1, 1), False),
    ],
)
def test_what_opens_a_breaker(kind: Kind, tasks: tuple[int, ...], *, is_open: bool) -> None:
    """Failures in a row of several tasks; one task that always fails is to blame itself (P13).

    Red when the tasks are not told apart: a poisonous prompt would stop its whole account.
    """
    assert bool(_after(kind, *tasks).openings) is is_open


@pytest.mark.parametrize("kind", KINDS)
def test_requests_that_were_on_their_way_tell_nothing_new(kind: Kind) -> None:
    """Fifty that fail with the one that opened it do not make the rest fifty times longer."""
    breaker = _after(kind, 1, 2, 3)
    assert breaker.openings >= 1
    again = breaker
    for task in range(50):
        again = again.after_failure(task, 0)
    assert again == breaker
    assert breaker.after_failure(7, breaker.openings).openings == breaker.openings + 1


@given(st.sampled_from(KINDS), st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_rests_grow_and_end(kind: Kind, openings: int, chance: float) -> None:
    """A dead door is knocked at less and less often, but never given up."""
    patience = PATIENCE[kind]
    rest_s = Breaker(kind, openings=openings).rest_s(chance)
    assert patience.first_s / 2 <= rest_s <= patience.longest_s
    assert rest_s <= Breaker(kind, openings=openings + 1).rest_s(chance)
    assert Breaker(kind, openings=30).rest_s(1.0) == patience.longest_s


@pytest.mark.parametrize(
    ("error", "before", "in_submit"),
    [
        (errors.NotSent("x"), "unreachable", "unreachable"),
        (errors.Unavailable("x"), None, "failing"),
        (errors.OutcomeUnknown("x"), None, "unanswered"),
        (errors.RateLimited("x"), None, None),
        (errors.Rejected("x"), None, None),
        (errors.SourceError("x"), None, None),
    ],
)
def test_what_says_something_of_the_service(
    error: TaskError, before: Kind | None, in_submit: Kind | None
) -> None:
    """A look in vain is free and says nothing; a refusal is an answer."""
    assert kind_of(error, is_submitting=False, is_fresh=False) == before
    assert kind_of(error, is_submitting=True, is_fresh=True) == in_submit
    if isinstance(error, errors.OutcomeUnknown):  # its answer came, and cannot be read
        assert kind_of(error, is_submitting=False, is_fresh=True) == in_submit


def test_all_of_an_account() -> None:
    """A paid success closes all of them, a look that came back only what it proves."""
    breakers = Breakers()
    assert breakers.are_closed
    for task in range(3):
        breakers.failed("failing", task, {})
    breakers.failed("unreachable", 1, {})
    assert not breakers.are_closed
    breakers.succeeded("unreachable")
    assert breakers.openings() == {"unreachable": 0, "failing": 1, "unanswered": 0}
    breakers.succeeded()
    assert breakers.are_closed
