"""worker.backoff: waits grow, are spread by chance, and stay within bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch.worker.backoff import (
    limited_wait_s,
    result_wait_s,
    retry_delay_s,
)

chances = st.floats(0, 1, exclude_max=True)


@given(st.integers(0, 10_000), chances)
def test_retries_wait_between_half_a_second_and_five_minutes(count: int, chance: float) -> None:
    """However many attempts were used, the wait is never nothing and never endless."""
    assert 0.5 <= retry_delay_s(count, chance) <= 300.5


def test_the_bound_doubles_with_each_attempt() -> None:
    """Full jitter: chance decides between the floor and a bound of 2, 4, 8 ... seconds."""
    assert [retry_delay_s(count, 0.0) for count in range(4)] == [0.5] * 4
    bounds = [retry_delay_s(count, 1.0) - 0.5 for count in range(10)]
    assert bounds == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@pytest.mark.fault(53)
@pytest.mark.fault(54)
@pytest.mark.parametrize(
    ("asked", "least"),
    [(None, 60), (0, 1), (-5, 1), (0.2, 1), (7, 7), (3600, 3600), (315_360_000, 3600)],
)
def test_a_limit_is_obeyed_within_bounds(asked: float | None, least: float) -> None:
    """Between 1 s and 1 h whatever was asked, a minute where nothing was said (fault 53)."""
    assert limited_wait_s(asked, 0.0) == least
    assert limited_wait_s(asked, 1.0) == pytest.approx(least * 1.1)


@pytest.mark.fault(69)
@given(st.floats(-1e9, 1e9), chances)
def test_a_result_is_looked_for_less_and_less_often(answered_s: float, chance: float) -> None:
    """Every few seconds at first, once an hour at the most rarely, also after a clock jump."""
    assert 5 <= result_wait_s(answered_s, chance) <= 3600
    assert result_wait_s(0.0, chance) <= 10
    assert result_wait_s(86_400.0, 0.0) == 1800


@pytest.mark.fault(53)
@given(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)), chances)
def test_no_answer_stops_an_account_for_ever(asked: float | None, chance: float) -> None:
    """Not even infinity or NaN does."""
    assert 1 <= limited_wait_s(asked, chance) < 3961
