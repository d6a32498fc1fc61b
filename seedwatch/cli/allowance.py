"""What `status`, `plan` and `explain` tell of budgets (docs/money.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from seedwatch.budgets import Limit, Use, named
from seedwatch.cli.outlook import price_of
from seedwatch.config.effective import Settings
from seedwatch.inbox.preview import Preview
from seedwatch.outbox.sidecar import rfc3339
from seedwatch.records import Money
from seedwatch.store.reads import Reader
from seedwatch.texts import say


@dataclass(slots=True)
class Share:
    """What inputs would take of a limit; `uncounted_count` tasks have no price in its currency."""

    micros: int = 0
    uncounted_count: int = 0


def standing(settings: Settings, reader: Reader) -> list[dict[str, Any]]:
    """`budgets` of `status --json`."""
    return [told(use) for use in reader.budget_use(settings.all_budgets())]


def told(use: Use) -> dict[str, Any]:
    """One limit and how far it is used; `price_unknown` counts charges it cannot count."""
    amounts = {
        "limit": use.limit.most.micros,
        "spent": use.charged,
        "uncertain": use.uncertain,
        "reserved": use.reserved,
        "left": use.left,
    }
    currency = use.limit.most.currency
    return {
        "scope": use.limit.scope,
        "name": use.limit.name,
        "period": use.limit.period,
        "currency": currency,
        **{name: str(Money(micros, currency)) for name, micros in amounts.items()},
        "price_unknown": use.unpriced_count,
        "from": rfc3339(use.window.begins_at),
        "until": rfc3339(use.window.ends_at),
    }


def shares_of(inputs: Iterable[tuple[str, Preview]], settings: Settings) -> dict[Limit, Share]:
    """What the inputs, each with the name of its folder, would take of every limit."""
    shares = {limit: Share() for limit in settings.all_budgets().limits}
    for folder, seen in inputs:
        if seen.job is None or seen.resolved is None or seen.job.error is not None:
            continue
        limits = settings.budgets_of(seen.job.rule.account, folder).limits
        for task in seen.job.tasks:
            bound = price_of(task, seen.resolved.model)
            for limit in limits:
                if task.reuse_of is not None:
                    continue
                if bound is None or bound.currency != limit.most.currency:
                    shares[limit].uncounted_count += 1
                else:
                    shares[limit].micros += bound.micros
    return shares


def plans(uses: Sequence[Use], shares: dict[Limit, Share]) -> list[dict[str, Any]]:
    """`budgets` of `plan --json`: those that the inputs would use, and whether they fit."""
    return [
        {
            **told(use),
            "planned": str(Money(share.micros, use.limit.most.currency)),
            "uncounted": share.uncounted_count,
            "fits": share.micros <= use.left and not share.uncounted_count,
        }
        for use in uses
        if (share := shares[use.limit]).micros or share.uncounted_count
    ]


def budget_line(budget: dict[str, Any]) -> str:
    """A limit of `status` for people."""
    line = say("cli.budget", budget=_title(budget), **_figures(budget))
    if budget["price_unknown"]:
        line += say("cli.budget_unpriced", count=budget["price_unknown"])
    return line


def plan_lines(budget: dict[str, Any]) -> list[str]:
    """A limit of `plan` for people."""
    figures = {**_figures(budget), "planned": budget["planned"]}
    words = {name: figures[name] for name in ("limit", "currency", "left", "planned")}
    is_over = not budget["fits"] and not budget["uncounted"]
    key = "cli.plan_over" if is_over else "cli.plan_fits"
    lines = [say(key, budget=_title(budget), **words)]
    if budget["uncounted"]:
        lines.append(say("cli.plan_uncounted", budget=_title(budget), count=budget["uncounted"]))
    return lines


def _title(budget: dict[str, Any]) -> str:
    most = Money(0, budget["currency"])
    title = named(Limit(budget["scope"], budget["name"], budget["period"], most))
    return title[:1].upper() + title[1:]


def _figures(budget: dict[str, Any]) -> dict[str, Any]:
    names = ("limit", "currency", "spent", "uncertain", "reserved", "left")
    return {name: budget[name] for name in names}
