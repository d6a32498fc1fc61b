"""worker.spending: held tasks go on when a day is over, a limit is raised, a price is known."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from seedwatch.config.settings import load_settings
from seedwatch.outbox.spool import Spool
from seedwatch.records import Money
from seedwatch.store.sqlite import SqliteStore
from seedwatch.worker.accounts import Account
from seedwatch.worker.spending import free_held
from seedwatch.worker.workplace import Workplace
from tests.store.build import Clock, claimed, new_job, opened, states, submission

pytestmark = pytest.mark.anyio

MODEL = "doubao-seedream-4-5-251128"
CONFIG = """\
timezone: Asia/Shanghai
accounts: {{ark: {{provider: ark, budget: {budget}}}}}
folders: [{{name: shots, inbox: shots/inbox}}]
"""


@dataclass
class Desk:
    """A store with tasks that are held, and the workplace that may free them."""

    base: Path
    store: SqliteStore
    clock: Clock

    def place(self, budget: str) -> Workplace:
        """As the daemon makes it, with this budget for the account (0.04 USD each)."""
        config = self.base / "config.yaml"
        config.write_text(CONFIG.format(budget=budget))
        settings = load_settings(config)
        accounts = {name: Account.of(known) for name, known in settings.accounts.items()}
        spool = Spool(self.base / "spool")
        return Workplace(self.store, spool, accounts, {}, settings.budgets_of)

    async def held(self, *keys: str, **more: Any) -> None:
        """Tasks that are held."""
        await opened(self.store, new_job("a.png", *keys, model=MODEL, **{"hold": "budget"} | more))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An empty one."""
    clock = Clock()
    store = await SqliteStore.open(tmp_path / "state" / "queue.db", clock)
    yield Desk(tmp_path, store, clock)
    await store.close()


async def test_the_next_day_lets_them_go_on(desk: Desk) -> None:
    """At midnight of the configured zone as many go on as the new day pays for."""
    place = desk.place("{day: 0.08, currency: USD}")
    await opened(desk.store, new_job("b.png", model=MODEL))
    claim = await claimed(desk.store)
    dear = replace(submission(claim), price_bound=Money(80_000, "USD"))
    await desk.store.begin_submit(claim, dear, place.budgets_of("ark", "shots"))
    await desk.held("1", "2", "3")
    assert await free_held(place) == set()
    window = place.budgets_of("ark", "shots").calendar.window("day", desk.clock.now)
    desk.clock.now = window.ends_at - 1
    assert await free_held(place) == set()
    desk.clock.now = window.ends_at
    assert await free_held(place) == {2, 3}
    assert [row[1] for row in states(desk.base / "state" / "queue.db")[1:]] == [
        "ready",
        "ready",
        "held",
    ]


async def test_nothing_covers_them_any_more(desk: Desk) -> None:
    """Without a budget all go on, whatever their price; what is held for a person stays."""
    await desk.held("1", "2", hold="price-unknown")
    await opened(desk.store, new_job("b.png", hold="unsure", model=MODEL))
    assert await free_held(desk.place("none")) == {1, 2}
    assert await free_held(desk.place("none")) == set()


async def test_an_unknown_price_stays_held(desk: Desk) -> None:
    """A budget covers it: it waits until its price is known."""
    await opened(desk.store, new_job("a.png", hold="price-unknown", model="ep-2026"))
    assert await free_held(desk.place("{day: 5, currency: USD}")) == set()


async def test_an_account_that_is_not_at_work_frees_nothing(desk: Desk) -> None:
    """Its tasks stay held: nobody would claim them."""
    await desk.held("1", account="gone")
    assert await free_held(desk.place("none")) == set()
