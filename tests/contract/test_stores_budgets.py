"""What every TaskStore does for budgets: reserved with the attempt, settled at its end (P12)."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedwatch.budgets import Budget, Budgets, Calendar, Limit, Use, limits_of
from seedwatch.errors import OverBudget, PriceUnknown
from seedwatch.records import Claim, Handle, Money, Submission
from seedwatch.store.base import AttemptEnd, OpenTask, TaskStore
from tests.store.build import (
    LEASE_S,
    OOPS,
    Clock,
    accepted,
    claimed,
    finish,
    new_job,
    opened,
    query,
    room,
    states,
    submission,
)

pytestmark = pytest.mark.anyio

BOUND = 40_000  # of every submission here
DAY = 86_400


def budgets(
    day: int | None = None,
    month: int | None = None,
    *,
    folder_day: int | None = None,
    currency: str = "USD",
) -> Budgets:
    """Limits of account ark and of folder shots, in UTC; counted in bounds of a submission."""
    account = Budget(currency, _micros(day), _micros(month))
    limits = limits_of("account", "ark", account)
    if folder_day is not None:
        limits += limits_of("folder", "shots", Budget(currency, _micros(folder_day)))
    return Budgets(limits, Calendar("UTC"))


def _micros(count: int | None) -> int | None:
    return None if count is None else count * BOUND


async def used(store: TaskStore, wanted: Budgets) -> tuple[int, int, int]:
    """(charged, uncertain, reserved) of the first limit."""
    use = (await store.budget_use(wanted))[0]
    return use.charged, use.uncertain, use.reserved


async def begun(store: TaskStore, wanted: Budgets, count: int) -> list[Claim]:
    """So many tasks of one new job, each with its submit begun."""
    await opened(store, new_job("a.png", *[str(n) for n in range(count)]))
    claims = await store.claim(room(), LEASE_S)
    for claim in claims:
        await store.begin_submit(claim, submission(claim), wanted)
    return claims


async def test_a_submit_reserves_its_bound(store: TaskStore) -> None:
    """What a submit under way may cost is spoken for, for each limit that covers it."""
    wanted = budgets(3, 10, folder_day=2)
    await begun(store, wanted, 2)
    uses = await store.budget_use(wanted)
    assert [(use.limit.scope, use.limit.period) for use in uses] == [
        ("account", "day"),
        ("account", "month"),
        ("folder", "day"),
    ]
    assert [use.reserved for use in uses] == [2 * BOUND] * 3
    assert [use.left for use in uses] == [BOUND, 8 * BOUND, 0]


@pytest.mark.parametrize(
    ("wanted", "named"),
    [
        (budgets(2), "daily budget of account ark"),
        (budgets(None, 2), "monthly budget of account ark"),
        (budgets(9, 9, folder_day=2), "daily budget of folder shots"),
        (budgets(2, 2), "monthly budget of account ark"),  # it frees itself last
    ],
)
async def test_a_full_limit_refuses_the_next(
    store: TaskStore, path: Path, wanted: Budgets, named: str
) -> None:
    """The submit that would pass a limit writes nothing and says which limit, and its figures."""
    await begun(store, wanted, 2)
    await opened(store, new_job("b.png"))
    claim = await claimed(store)
    with pytest.raises(OverBudget) as caught:
        await store.begin_submit(claim, submission(claim), wanted)
    assert named in caught.value.message
    assert "0.08 USD" in caught.value.message
    assert "up to 0.04 USD" in caught.value.message
    assert "by itself" in caught.value.advice
    assert query(path, "SELECT count(*) FROM attempts") == [(2,)]
    await store.hold(claim, "budget", OOPS)
    assert states(path)[-1] == (3, "held", "budget")


async def test_the_last_bit_of_a_limit_can_be_spent(store: TaskStore) -> None:
    """A limit of exactly what is asked for is no obstacle."""
    await begun(store, budgets(3), 3)
    assert (await store.budget_use(budgets(3)))[0].left == 0


@pytest.mark.parametrize("end", ["not_sent", "refused", "failed"])
async def test_a_submit_that_cost_nothing_gives_its_hold_back(
    store: TaskStore, end: AttemptEnd
) -> None:
    """Refused, not sent, failed there: the next one may go."""
    (claim,) = await begun(store, budgets(1), 1)
    await store.fail(claim, OOPS, attempt=end)
    assert await used(store, budgets(1)) == (0, 0, 0)
    await begun_anew(store, budgets(1))


async def begun_anew(store: TaskStore, wanted: Budgets) -> None:
    """One more task, submitted."""
    await opened(store, new_job("next.png"))
    claim = await claimed(store)
    await store.begin_submit(claim, submission(claim), wanted)


async def test_an_uncertain_charge_stays_counted(store: TaskStore) -> None:
    """What may have been charged is counted with its bound, also after a person gave it up."""
    (claim,) = await begun(store, budgets(1), 1)
    await store.hold(claim, "unsure", OOPS)
    assert await used(store, budgets(1)) == (0, BOUND, 0)
    assert await store.cancel([claim.task_id]) == 1
    assert await used(store, budgets(1)) == (0, BOUND, 0)
    await opened(store, new_job("b.png"))
    claim = await claimed(store)
    with pytest.raises(OverBudget):
        await store.begin_submit(claim, submission(claim), budgets(1))


async def test_the_real_cost_takes_the_place_of_the_bound(store: TaskStore) -> None:
    """A lower bill leaves more for others; a higher one is told as it is, beyond the limit."""
    wanted = budgets(1)
    await opened(store, new_job())
    claim = await accepted(store)
    await finish(store, claim, Money(10_000, "USD"))
    assert await used(store, wanted) == (10_000, 0, 0)
    await opened(store, new_job("b.png"))
    claim = await accepted(store)
    await finish(store, claim, Money(50_000, "USD"))
    (use,) = await store.budget_use(wanted)
    assert (use.charged, use.left) == (60_000, -20_000)


async def test_a_bill_in_another_currency_counts_with_its_bound(
    store: TaskStore, path: Path
) -> None:
    """A budget in USD does not lose a charge that the answer names in CNY; the attempt tells it."""
    await opened(store, new_job())
    await finish(store, await accepted(store), Money(300_000, "CNY"))
    assert await used(store, budgets(1)) == (BOUND, 0, 0)
    assert query(path, "SELECT micros, currency, is_bound FROM ledger") == [(BOUND, "USD", 1)]
    assert query(path, "SELECT cost_micros, currency FROM attempts") == [(300_000, "CNY")]


@pytest.mark.parametrize("bound", [None, Money(1, "CNY")])
async def test_no_price_in_the_currency_no_submit(
    store: TaskStore, path: Path, bound: Money | None
) -> None:
    """Where a budget covers a task, an unknown price or another currency is not sent."""
    await opened(store, new_job())
    claim = await claimed(store)
    wanted = Submission("attempt-1", None, "f" * 64, bound)
    with pytest.raises(PriceUnknown):
        await store.begin_submit(claim, wanted, budgets(5))
    assert query(path, "SELECT count(*) FROM attempts") == [(0,)]
    await store.begin_submit(claim, wanted)  # nothing covers it


async def test_others_are_not_counted(store: TaskStore) -> None:
    """A limit counts its own account or folder, and its own currency."""
    await opened(store, new_job(folder="other"))
    claim = await claimed(store)
    await store.begin_submit(claim, submission(claim))
    of_folder = Budgets(limits_of("folder", "shots", Budget("USD", BOUND)), Calendar("UTC"))
    assert await used(store, of_folder) == (0, 0, 0)
    assert await used(store, budgets(1, currency="CNY")) == (0, 0, 0)
    assert await used(store, budgets(1)) == (0, 0, BOUND)


async def test_an_unpriced_charge_is_counted_by_number(store: TaskStore) -> None:
    """What was paid at an unknown price before there was a budget is at least said."""
    await opened(store, new_job())
    claim = await claimed(store)
    await store.begin_submit(claim, Submission("attempt-1", None, "f" * 64, None))
    await store.save_handle(claim, Handle("remote", "x"))
    await finish(store, claim)
    (use,) = await store.budget_use(budgets(1))
    assert (use.charged, use.unpriced_count) == (0, 1)


@pytest.mark.fault(90)
async def test_a_charge_counts_on_the_day_of_its_submit(store: TaskStore, clock: Clock) -> None:
    """Fault 90: sent before midnight, settled after it: it is yesterday's, and today is free."""
    clock.now = 1_800_000_000 // DAY * DAY + DAY - 1
    await opened(store, new_job())
    claim = await accepted(store)
    yesterday = clock.now
    clock.now += 2
    assert await used(store, budgets(1)) == (0, 0, 0)
    await finish(store, claim, Money(30_000, "USD"))
    assert await used(store, budgets(1)) == (0, 0, 0)
    assert await used(store, budgets(None, 1)) == (30_000, 0, 0)
    clock.now = yesterday
    assert await used(store, budgets(1)) == (30_000, 0, 0)


@pytest.mark.fault(90)
@pytest.mark.parametrize("is_settled", [False, True])
async def test_a_clock_set_back_over_midnight(
    store: TaskStore, clock: Clock, is_settled: bool
) -> None:
    """P17: what was sent while the clock said tomorrow is tomorrow's; today's room is today's."""
    clock.now = 1_800_000_000 // DAY * DAY + DAY + 1
    await opened(store, new_job())
    claim = await accepted(store)
    if is_settled:
        await finish(store, claim)
    clock.now -= 2
    assert await used(store, budgets(1)) == (0, 0, 0)
    await begun_anew(store, budgets(1))
    clock.now += 2
    assert sum(await used(store, budgets(1))) == BOUND


async def test_a_restart_forgets_nothing(store: TaskStore) -> None:
    """A submit that was under way at a kill stays reserved, and counts when it is found unsure."""
    await begun(store, budgets(1), 1)
    (doubt,) = await store.recover()
    assert await used(store, budgets(1)) == (0, 0, BOUND)
    await store.answer_missing(doubt.attempt_id, resend=False, failure=OOPS)
    assert await used(store, budgets(1)) == (0, BOUND, 0)


async def test_held_for_a_reason_in_the_order_of_claims(store: TaskStore) -> None:
    """Tasks that wait for their budgets are told, best first, and only for the wanted reasons."""
    await opened(
        store,
        new_job("a.png", hold="budget"),
        new_job("b.png", hold="burst"),
        new_job("c.png", hold="price-unknown", priority=3),
    )
    held = await store.held_for("budget", "price-unknown")
    assert [(task.task_id, task.account, task.folder) for task in held] == [
        (3, "ark", "shots"),
        (1, "ark", "shots"),
    ]
    assert isinstance(held[0], OpenTask)
    assert held[0].generation.prompt == "k"


async def test_many_held_tasks_hide_nobody(store: TaskStore) -> None:
    """However many are held for one folder, those of another folder and account are told, too."""
    keys = [str(n) for n in range(700)]
    await opened(
        store,
        new_job("a.png", *keys, hold="budget"),
        new_job("b.png", hold="budget", folder="other"),
        new_job("c.png", hold="budget", account="mine"),
    )
    held = await store.held_for("budget")
    assert [task.task_id for task in held[:500]] == list(range(1, 501))
    assert {701, 702} <= {task.task_id for task in held}


async def test_what_is_ready_beside_a_claim(store: TaskStore) -> None:
    """The next of the same account and folder: not held, not later, not others', not free ones."""
    await opened(
        store,
        new_job("a.png", "1", "2", "3", "4"),
        new_job("b.png", hold="burst"),
        new_job("c.png", folder="other"),
        new_job("d.png", account="mine"),
        new_job("e.png", reuse_of=1),
        new_job("f.png", priority=2),
    )
    first, second, third = await store.claim(room(3), LEASE_S)
    await store.snooze(second, 60, "later")
    assert [task.task_id for task in await store.ready_beside(first)] == [3, 4]
    await store.snooze(third, 0, "again")
    assert [task.task_id for task in await store.ready_beside(first)] == [2, 3, 4]


async def test_what_is_ready_can_be_held(store: TaskStore, path: Path) -> None:
    """With its own reason and sentence; what was claimed or ended meanwhile is left alone."""
    await opened(store, new_job("a.png", "1", "2", "3"))
    (claim,) = await store.claim(room(1), LEASE_S)
    assert await store.cancel([3]) == 1
    holds = dict.fromkeys((1, 2, 3), ("budget", OOPS))
    assert await store.hold_ready(holds) == 1  # type: ignore[arg-type]  # a reason
    assert [row[1:] for row in states(path)] == [
        ("running", ""),
        ("held", "budget"),
        ("cancelled", "by-hand"),
    ]
    assert query(path, "SELECT error_message FROM tasks WHERE id = 2") == [(OOPS.message,)]
    assert await store.release([2]) == 1
    await store.snooze(claim, 0, "again")


async def test_release_for_a_reason_leaves_others_held(store: TaskStore, path: Path) -> None:
    """What is held for another reason by now, perhaps paid, is not sent by a budget that frees."""
    await opened(store, new_job("a.png", hold="budget"), new_job("b.png", hold="unsure"))
    assert await store.release([1, 2], reasons=["budget"]) == 1
    assert states(path) == [(1, "ready", ""), (2, "held", "unsure")]


def test_a_use_has_what_is_left() -> None:
    """Left is the limit without what is charged, uncertain and reserved."""
    limit = Limit("account", "ark", "day", Money(100, "USD"))
    window = Calendar("UTC").window("day", 0.0)
    assert Use(limit, window, charged=50, uncertain=20, reserved=40).left == -10
