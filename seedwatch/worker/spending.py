"""Watches the money of submits: room in the budgets, unknown prices, held tasks that fit again."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Final

import structlog

from seedwatch.budgets import Budgets, Wish, fitting, refusal
from seedwatch.catalog import Model, generation_bound
from seedwatch.errors import OverBudget, PriceUnknown
from seedwatch.lifecycle import HoldReason
from seedwatch.records import Claim, Generation, Money
from seedwatch.store.base import OpenTask
from seedwatch.worker.bill import Bill
from seedwatch.worker.outcome import failure_of
from seedwatch.worker.workplace import Workplace

_FOR_MONEY: Final[tuple[HoldReason, ...]] = ("budget", "price-unknown")
_DRIFT: Final = 0.2

log = structlog.get_logger()


def budgets_of(claim: Claim, place: Workplace) -> Budgets:
    """The limits that cover a claim."""
    return place.budgets_of(claim.rule.account, claim.source.folder)


async def require_room(claim: Claim, place: Workplace) -> None:
    """Spare the work on a request that its budgets would refuse; `begin_submit` decides.

    What would be refused beside it is held at once, so that it takes no turns of the account from
    folders that have room.

    Raises:
        OverBudget, PriceUnknown: as `begin_submit` would.
    """
    budgets = budgets_of(claim, place)
    if not budgets.limits:
        return
    uses = await place.store.budget_use(budgets)
    account = place.accounts[claim.rule.account]

    def refused(wanted: Generation) -> OverBudget | PriceUnknown | None:
        bound = generation_bound(account.model(wanted.model), wanted)
        return refusal(uses, bound, budgets.calendar)

    why = refused(claim.generation)
    if why is None:
        return
    beside = {
        task.task_id: (error.hold_reason, failure_of(error))
        for task in await place.store.ready_beside(claim)
        if (error := refused(task.generation)) is not None
    }
    if beside:
        await place.store.hold_ready(beside)
    raise why


def note_unpriced(account: str, model: Model, bound: Money | None, place: Workplace) -> None:
    """Say once for each model of an account that its price is not known."""
    if bound is None and (account, model.name) not in place.unpriced:
        place.unpriced.add((account, model.name))
        log.warning("model.unpriced", account=account, model=model.name)


def note_drift(claim: Claim, bill: Bill, place: Workplace) -> None:
    """Say once for each model that bills differ from the price list (promises.md 3, fault 74)."""
    told, listed = (claim.rule.account, claim.generation.model), bill.listed
    if bill.basis != "charged" or bill.cost is None or listed is None or told in place.drifted:
        return
    is_near = (
        bill.cost.currency == listed.currency
        and abs(bill.cost.micros - listed.micros) <= listed.micros * _DRIFT
    )
    if not is_near:
        place.drifted.add(told)
        log.warning(
            "price.drifted",
            account=told[0],
            model=told[1],
            charged=f"{bill.cost} {bill.cost.currency}",
            listed=f"{listed} {listed.currency}",
        )


async def free_held(place: Workplace) -> set[int]:
    """Let those held tasks go on that their budgets have room for now; returns their ids.

    A day or month may be over, a request may have cost less than its bound, a limit or price may
    have been changed in config.yaml.
    """
    held = await place.store.held_for(*_FOR_MONEY)
    if not held:
        return set()
    wishes = list(_wishes(held, place))
    limits = dict.fromkeys(chain.from_iterable(wish.limits for wish in wishes))
    calendar = place.budgets_of("", "").calendar
    uses = await place.store.budget_use(Budgets(tuple(limits), calendar))
    ids = fitting(wishes, uses)
    if ids and await place.store.release(ids, reasons=_FOR_MONEY):
        log.info("budget.freed", tasks=len(ids))
    return set(ids)


def _wishes(held: Iterable[OpenTask], place: Workplace) -> Iterable[Wish]:
    """The held tasks of accounts that are at work, each with its price and its limits."""
    for task in held:
        account = place.accounts.get(task.account)
        if account is not None:
            model = account.model(task.generation.model)
            bound = generation_bound(model, task.generation)
            yield Wish(task.task_id, bound, place.budgets_of(task.account, task.folder).limits)
