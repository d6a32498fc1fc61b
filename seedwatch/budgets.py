"""Budgets: limits by day and month of an account or a folder, and what they allow; pure.

A limit counts what was settled, what is reserved by submits under way, and what may have been
charged (promises.md 12). A charge counts on the day of its submit, by the configured time zone,
whose days may have 23 or 25 hours (promises.md 3, faults 37 and 90). Amounts are micro-units.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from seedwatch.errors import OverBudget, PriceUnknown
from seedwatch.records import Money
from seedwatch.texts import say

Scope = Literal["account", "folder"]
Period = Literal["day", "month"]


@dataclass(frozen=True, slots=True)
class Budget:
    """What an account or a folder may spend, in micro-units; None: not limited so."""

    currency: str
    day: int | None = None
    month: int | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit: `most` may be spent by the account or folder `name` in each `period`."""

    scope: Scope
    name: str
    period: Period
    most: Money


def limits_of(scope: Scope, name: str, budget: Budget | None) -> tuple[Limit, ...]:
    """The limits of a budget; none where there is no budget."""
    if budget is None:
        return ()
    amounts: tuple[tuple[Period, int | None], ...] = (("day", budget.day), ("month", budget.month))
    return tuple(
        Limit(scope, name, period, Money(micros, budget.currency))
        for period, micros in amounts
        if micros is not None
    )


@dataclass(frozen=True, slots=True)
class Window:
    """A day or a month: seconds since 1970, the end excluded."""

    begins_at: float
    ends_at: float


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days and months of a time zone: `local`, or a name such as Europe/Berlin."""

    timezone: str = "local"

    def window(self, period: Period, at: float) -> Window:
        """The day or month that `at` lies in."""
        today = datetime.fromtimestamp(at, self._zone()).date()
        if period == "day":
            return Window(self._midnight(today), self._midnight(today + timedelta(days=1)))
        first = today.replace(day=1)
        after = (first + timedelta(days=31)).replace(day=1)
        return Window(self._midnight(first), self._midnight(after))

    def shown(self, at: float) -> str:
        """A time for a person, with its offset from UTC."""
        local = datetime.fromtimestamp(at, self._zone())
        return local.astimezone(self._zone()).strftime("%Y-%m-%d %H:%M %z")

    def _zone(self) -> ZoneInfo | None:
        """None: the system's own; times without a zone follow its rules, also those of the past."""
        return None if self.timezone == "local" else ZoneInfo(self.timezone)

    def _midnight(self, day: date) -> float:
        """The first instant of a day; where the clocks skip midnight, the one after the gap."""
        return datetime(day.year, day.month, day.day, tzinfo=self._zone()).timestamp()


@dataclass(frozen=True, slots=True)
class Budgets:
    """The limits that cover a submit, all of them, and whose days they count by."""

    limits: tuple[Limit, ...] = ()
    calendar: Calendar = Calendar()


NO_BUDGETS: Final = Budgets()


@dataclass(frozen=True, slots=True)
class Use:
    """How far a limit is used now, in micro-units of its currency.

    `unpriced_count`: attempts of the time whose price was not known, and so is not counted.
    """

    limit: Limit
    window: Window
    charged: int = 0
    uncertain: int = 0
    reserved: int = 0
    unpriced_count: int = 0

    @property
    def left(self) -> int:
        """What may still be spent; negative where a bill was higher than its bound."""
        return self.limit.most.micros - self.charged - self.uncertain - self.reserved


def refusal(
    uses: Sequence[Use], bound: Money | None, calendar: Calendar
) -> OverBudget | PriceUnknown | None:
    """Why a request that costs `bound` at most may not be sent now; None: it may.

    A price that is not known, or in another currency, cannot be held against a budget.
    """
    if not uses:
        return None
    if bound is None:
        return PriceUnknown(
            say("money.price_unknown", budget=named(uses[0].limit)),
            advice=say("money.price_unknown_do"),
        )
    for use in uses:
        if use.limit.most.currency != bound.currency:
            return PriceUnknown(
                say(
                    "money.other_currency",
                    budget=named(use.limit),
                    currency=use.limit.most.currency,
                    price=bound.currency,
                ),
                advice=say("money.price_unknown_do"),
            )
    passed = [use for use in uses if use.left < bound.micros]
    if not passed:
        return None
    return _over(max(passed, key=lambda use: _frees_at(use, bound)), bound, calendar)


def _frees_at(use: Use, bound: Money) -> float:
    """When the limit lets the request pass by itself; never, where it is less than the price."""
    return float("inf") if bound.micros > use.limit.most.micros else use.window.ends_at


def _over(use: Use, bound: Money, calendar: Calendar) -> OverBudget:
    currency = bound.currency
    message = say(
        "money.over_budget",
        budget=named(use.limit),
        most=f"{use.limit.most} {currency}",
        spent=Money(use.charged, currency),
        reserved=Money(use.reserved, currency),
        uncertain=Money(use.uncertain, currency),
        cost=f"{bound} {currency}",
    )
    if bound.micros > use.limit.most.micros:
        return OverBudget(message, advice=say("money.too_dear_do"))
    frees = calendar.shown(use.window.ends_at)
    return OverBudget(message, advice=say("money.over_budget_do", frees=frees))


def named(limit: Limit) -> str:
    """A limit in the middle of a sentence."""
    return say(f"money.of_{limit.scope}_{limit.period}", name=limit.name)


@dataclass(frozen=True, slots=True)
class Wish:
    """A held task that would be sent if its budgets had room; `bound` None: no known price."""

    task_id: int
    bound: Money | None
    limits: tuple[Limit, ...]


def fitting(wishes: Iterable[Wish], uses: Iterable[Use]) -> list[int]:
    """Ids of the wishes that fit together into what is left, in their order.

    One that nothing covers (any more) fits; one without a usable price fits no limit.
    """
    left = {use.limit: use.left for use in uses}
    ids = []
    for wish in wishes:
        micros = wish.bound.micros if wish.bound is not None else 0
        if all(_has_room(left, limit, wish.bound) for limit in wish.limits):
            for limit in wish.limits:
                left[limit] -= micros
            ids.append(wish.task_id)
    return ids


def _has_room(left: dict[Limit, int], limit: Limit, bound: Money | None) -> bool:
    is_counted = bound is not None and bound.currency == limit.most.currency
    return is_counted and bound is not None and bound.micros <= left[limit]
