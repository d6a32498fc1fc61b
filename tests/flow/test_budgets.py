"""Budgets from a dropped file to the ledger of the service: what fits is sent, the rest is held."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from seedwatch.simulator import RunningSimulator
from tests.campaigns.kinds import KINDS, drop
from tests.flow.conftest import Studio
from tests.flow.workspace import Workspace

PRICE = 40_000  # micro-USD of one picture of the model that a workspace uses
HELD = "SELECT reason, error_class, error_message, error_advice FROM tasks WHERE state = 'held'"
SPOKEN_FOR = (
    "SELECT (SELECT ifnull(sum(micros), 0) FROM ledger) + "
    "(SELECT ifnull(sum(micros), 0) FROM reserved)"
)


def usd(pictures: float, **more: Any) -> dict[str, Any]:
    """A daily budget for so many pictures."""
    return {"day": pictures * PRICE / 1_000_000, "currency": "USD", **more}


@pytest.mark.parametrize("where", ["account", "folder"])
def test_what_fits_is_sent_and_the_rest_waits(studio: Studio, where: str) -> None:
    """Five pictures and money for two: two are sent, three are held with a plain sentence."""
    budget = {"budget": usd(2.9)}
    workspace = studio(**{where: budget})
    for number in range(5):
        workspace.drop("rocket.jpg", f"{number}.jpg")

    assert workspace.run() == 3

    assert len(workspace.simulator.ledger()) == 2
    assert workspace.states() == {"done": 2, "held": 3}
    name = {"account": "account sim", "folder": "folder shop"}[where]
    for reason, kind, message, advice in workspace.rows(HELD):
        assert (reason, kind) == ("budget", "OverBudget")
        assert f"the daily budget of {name}, 0.116 USD: " in message
        assert "0.08 " in message  # spent by now, or still reserved
        assert "up to 0.04 USD" in message
        assert "goes on by itself" in advice
    assert len(list(workspace.inbox.glob("*.jpg"))) == 3


def test_a_full_budget_takes_no_turns_of_the_account(studio: Studio) -> None:
    """Thirty pictures, money for one, one request a second: the rest is held without its turn."""
    workspace = studio(account={"budget": usd(1), "rate": "60/min", "concurrency": 2})
    for number in range(30):
        workspace.drop("rocket.jpg", f"{number}.jpg")

    assert workspace.run() == 3

    assert workspace.states() == {"done": 1, "held": 29}
    ((claims,),) = workspace.rows("SELECT count(*) FROM events WHERE name = 'task.claimed'")
    assert claims <= 4
    assert {row[0] for row in workspace.rows(HELD)} == {"budget"}
    assert all("0.04 USD" in row[2] for row in workspace.rows(HELD))


def test_a_raised_limit_lets_them_go_on(studio: Studio) -> None:
    """After a restart with a higher limit nobody needs to release anything."""
    workspace = studio(account={"budget": usd(1)})
    workspace.drop("rocket.jpg", "a.jpg")
    workspace.drop("rocket.jpg", "b.jpg")
    assert workspace.run() == 3
    workspace.account["budget"] = usd(2)
    workspace.configure()

    assert workspace.run() == 0

    assert workspace.states() == {"done": 2}
    assert len(workspace.simulator.ledger()) == 2


def test_a_person_cannot_release_past_a_limit(studio: Studio) -> None:
    """`release` tries at once; without room the task is held again and nothing is sent."""
    workspace = studio(account={"budget": usd(0.5)})
    workspace.drop("rocket.jpg")
    assert workspace.run() == 3
    workspace.decide(lambda store: store.release([1]))

    assert workspace.run() == 3

    assert workspace.simulator.ledger() == []
    ((reason, _, _, advice),) = workspace.rows(HELD)
    assert reason == "budget"
    assert "more than the whole budget" in advice


def test_a_hold_that_comes_free_is_used_in_the_same_run(studio: Studio) -> None:
    """Two refused requests give their holds back: held pictures take their place by themselves."""
    workspace = studio(account={"budget": usd(2), "concurrency": 4})
    workspace.simulator.post_faults([{"do": "status", "args": {"code": 400}, "times": 2}])
    for number in range(5):
        workspace.drop("rocket.jpg", f"{number}.jpg")

    assert workspace.run() == 3

    assert workspace.states() == {"done": 2, "failed": 2, "held": 1}


@pytest.mark.parametrize(
    ("model", "currency", "said"),
    [
        ("ep-20260101120000-abcde", "USD", "is not known"),
        ("doubao-seedream-4-5-251128", "CNY", "is in USD"),
    ],
)
def test_what_cannot_be_counted_is_held(
    studio: Studio, model: str, currency: str, said: str
) -> None:
    """Under a budget an unknown price, or one in another currency, is held, and nothing sent."""
    budget = {"month": 100, "currency": currency}
    workspace = studio(rule={"model": model, "size": "2048x2048"}, account={"budget": budget})
    workspace.drop("rocket.jpg")

    assert workspace.run() == 3

    ((reason, kind, message, _),) = workspace.rows(HELD)
    assert (reason, kind) == ("price-unknown", "PriceUnknown")
    assert said in message
    assert workspace.simulator.ledger() == []
    workspace.account["budget"] = "none"
    workspace.configure()
    workspace.run()
    assert workspace.rows("SELECT * FROM attempts") != []


def test_an_unknown_price_is_mentioned_once(studio: Studio) -> None:
    """Without a budget it is sent, and one line of the log says that its price is not known."""
    workspace = studio(rule={"model": "ep-20260101120000-abcde", "size": "2048x2048"})
    for number in range(3):
        workspace.drop("rocket.jpg", f"{number}.jpg")
    workspace.start().wait(timeout=50)
    assert workspace.rows("SELECT count(*) FROM attempts") == [(3,)]
    assert workspace.log.read_text().count("model.unpriced") == 1


@pytest.mark.process
@pytest.mark.parametrize("point", ["submit.committed", "submit.answered", "collect.saved"])
def test_a_kill_keeps_what_was_spoken_for(studio: Studio, point: str) -> None:
    """P12: killed with a submit under way, the budget counts it, and the other picture waits."""
    workspace = studio(account={"budget": usd(1), "concurrency": 1})
    workspace.drop("rocket.jpg", "a.jpg")
    workspace.drop("rocket.jpg", "b.jpg")
    process = workspace.start(SEEDWATCH_KILL_AT=point)
    process.wait(timeout=50)
    assert process.returncode == -signal.SIGKILL
    assert workspace.rows(SPOKEN_FOR) == [(PRICE,)]

    assert workspace.run() == 3

    assert workspace.rows(SPOKEN_FOR) == [(PRICE,)]
    assert len(workspace.simulator.ledger()) <= 1
    assert ("budget",) in [row[:1] for row in workspace.rows(HELD)]


@pytest.mark.process
def test_a_storm_of_kills_stays_within_the_budget(tmp_path: Path) -> None:
    """P12: pictures rain, the daemon dies three times; neither side's ledger passes the limit."""
    most = 40
    with RunningSimulator(latency_s=0.05) as simulator:
        account = {"concurrency": 8, "budget": usd(most)}
        workspace = Workspace(tmp_path, simulator, account=account)
        for number in range(60):
            drop(KINDS["url"], workspace, number)
        for done in (3, 6, 9):
            process = workspace.start()
            workspace.until(f"SELECT 1 FROM tasks WHERE state = 'done' LIMIT 1 OFFSET {done - 1}")
            process.kill()
            process.wait(timeout=30)
            assert workspace.rows(SPOKEN_FOR)[0][0] <= most * PRICE
        workspace.run()
        assert workspace.rows(SPOKEN_FOR) == [(most * PRICE,)]
        unsure = sum(row[0] == "unsure" for row in workspace.rows(HELD))
        assert workspace.states()["done"] + unsure == most
        assert workspace.states()["done"] <= len(simulator.ledger()) <= most
