"""Budgets: days that are longer or shorter, what may be sent, and what goes on by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch import texts
from seedwatch.budgets import (
    Budget,
    Calendar,
    Limit,
    Use,
    Window,
    Wish,
    fitting,
    limits_of,
    refusal,
)
from seedwatch.errors import OverBudget, PriceUnknown
from seedwatch.records import Money

UTC_DAYS = Calendar("UTC")
DAY = Limit("account", "ark", "day", Money(100, "CNY"))
MONTH = Limit("account", "ark", "month", Money(1000, "CNY"))
NOON = 1_800_000_000.0
ZONES = ["UTC", "Europe/Berlin", "Asia/Shanghai", "America/Havana", "Pacific/Apia", "Asia/Beirut"]


@pytest.fixture
def berlin_system(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The system's own time zone is that of Berlin."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(text: str) -> float:
    """Seconds since 1970 of an ISO time."""
    return datetime.fromisoformat(text).timestamp()


def use(limit: Limit, taken: int = 0) -> Use:
    """A limit of which so much is charged."""
    return Use(limit, UTC_DAYS.window(limit.period, NOON), charged=taken)


@pytest.mark.fault(37)
@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)]
)
def test_days_have_23_24_or_25_hours(day: str, hours: int) -> None:
    """Fault 37: where clocks are changed the day of a budget is as long as the day is."""
    window = Calendar("Europe/Berlin").window("day", at(f"{day}T12:00+02:00"))
    assert window.ends_at - window.begins_at == hours * 3600


@pytest.mark.fault(37)
@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the system's zone is fixed there")
@pytest.mark.usefixtures("berlin_system")
@pytest.mark.parametrize("instant", ["2026-03-29T03:00+02:00", "2026-10-25T23:30+01:00"])
def test_local_days_follow_the_rules_of_the_system(instant: str) -> None:
    """`local` is the zone with its rules, not the offset of the moment."""
    assert Calendar("local").window("day", at(instant)) == Calendar("Europe/Berlin").window(
        "day", at(instant)
    )
    assert Calendar("local").window("month", at(instant)) == Calendar("Europe/Berlin").window(
        "month", at(instant)
    )


@pytest.mark.fault(37)
def test_a_month_is_that_of_the_zone() -> None:
    """Late on the 30th of November in London it is December in Shanghai."""
    window = Calendar("Asia/Shanghai").window("month", at("2026-11-30T20:00+00:00"))
    assert window == Window(at("2026-12-01T00:00+08:00"), at("2027-01-01T00:00+08:00"))


@given(st.sampled_from(ZONES), st.integers(1_200_000_000, 2_200_000_000))
def test_windows_follow_each_other_without_gap(zone: str, instant: int) -> None:
    """Every instant lies in its own day, and the next day begins where it ends."""
    calendar = Calendar(zone)
    for period in ("day", "month"):
        window = calendar.window(period, instant)
        assert window.begins_at <= instant < window.ends_at
        assert calendar.window(period, window.begins_at) == window
        after = calendar.window(period, window.ends_at)
        assert after.begins_at == window.ends_at


def test_limits_of_a_budget() -> None:
    """A limit for each period that is set."""
    assert limits_of("account", "ark", Budget("CNY", 100, 1000)) == (DAY, MONTH)
    assert limits_of("account", "ark", Budget("CNY", None, 1000)) == (MONTH,)
    assert limits_of("account", "ark", None) == ()


def test_what_fits_is_sent() -> None:
    """Up to the last millionth; and anything where nothing covers it, priced or not."""
    assert refusal([use(DAY, 60), use(MONTH)], Money(40, "CNY"), UTC_DAYS) is None
    assert refusal([], None, UTC_DAYS) is None


def test_over_budget_says_all_a_person_needs() -> None:
    """Which budget, its limit, what is spent, what this costs, when it goes on by itself."""
    full = Use(DAY, UTC_DAYS.window("day", NOON), charged=50, uncertain=20, reserved=10)
    why = refusal([full], Money(30, "CNY"), UTC_DAYS)
    assert isinstance(why, OverBudget)
    assert why.message == (
        "This would pass the daily budget of account ark, 0.0001 CNY: 0.00005 spent, 0.00001 "
        "reserved by requests under way, 0.00002 uncertain; this request costs up to 0.00003 CNY."
    )
    assert "2027-01-16 00:00 +0000" in why.advice
    texts.use("zh")
    try:
        assert "账户 ark 的每日预算" in str(refusal([full], Money(30, "CNY"), UTC_DAYS))
    finally:
        texts.use("en")


def test_the_limit_that_frees_last_is_named() -> None:
    """Of several it is the month; and one that is smaller than the price never frees by itself."""
    both = refusal([use(MONTH, 1000), use(DAY, 100)], Money(1, "CNY"), UTC_DAYS)
    assert "monthly" in str(both)
    never = refusal([use(MONTH, 900), use(DAY)], Money(101, "CNY"), UTC_DAYS)
    assert "daily" in str(never)
    assert "more than the whole budget" in str(never)


@pytest.mark.parametrize("bound", [None, Money(1, "USD")])
def test_what_cannot_be_counted_is_not_sent(bound: Money | None) -> None:
    """No price, or one in another currency, under a budget: held as price-unknown."""
    why = refusal([use(DAY)], bound, UTC_DAYS)
    assert isinstance(why, PriceUnknown)
    assert why.hold_reason == "price-unknown"
    assert "catalog:" in why.advice


def test_held_tasks_go_on_as_far_as_they_fit() -> None:
    """In their order, each taking its share; a smaller one may pass where a bigger one waits."""
    wishes = [
        Wish(1, Money(60, "CNY"), (DAY, MONTH)),
        Wish(2, Money(60, "CNY"), (DAY, MONTH)),
        Wish(3, Money(40, "CNY"), (DAY, MONTH)),
        Wish(4, Money(1, "CNY"), (MONTH,)),
        Wish(5, None, (MONTH,)),
        Wish(6, Money(1, "USD"), (MONTH,)),
        Wish(7, None, ()),
    ]
    assert fitting(wishes, [use(DAY), use(MONTH, 100)]) == [1, 3, 4, 7]
    assert fitting(wishes, [use(DAY), use(MONTH, 1000)]) == [7]


@given(st.integers(0, 200), st.lists(st.tuples(st.integers(0, 80), st.booleans()), max_size=20))
def test_what_goes_on_never_passes_a_limit(taken: int, asked: list[tuple[int, bool]]) -> None:
    """However many are held, those that go on fit together, and none that fits is left behind."""
    wishes = [
        Wish(n, Money(micros, "CNY"), (DAY, MONTH) if is_daily else (MONTH,))
        for n, (micros, is_daily) in enumerate(asked)
    ]
    uses = [use(DAY, taken), use(MONTH, taken)]
    ids = set(fitting(wishes, uses))
    for limit, left in ((DAY, 100 - taken), (MONTH, 1000 - taken)):
        chosen = [w for w in wishes if w.task_id in ids and limit in w.limits]
        assert not chosen or sum(w.bound.micros for w in chosen if w.bound) <= left


def test_a_time_is_shown_with_its_offset() -> None:
    """A person can tell which midnight is meant."""
    instant = datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()
    assert Calendar("Asia/Shanghai").shown(instant) == "2026-11-26 20:00 +0800"
