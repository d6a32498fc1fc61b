"""Budgets as commands show them: `status`, `plan`, `explain`, `check`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.desk import Desk

USD = {"day": 0.07, "month": 5, "currency": "USD"}  # a picture costs 0.03


@pytest.fixture
def full(live_desk: Desk) -> Desk:
    """Three pictures; the account may spend enough for two a day, the folder for one a month."""
    live_desk.account = {"budget": USD, "concurrency": 1}
    live_desk.folder = {"budget": {"month": 0.03, "currency": "USD"}}
    live_desk.configure(timezone="Asia/Shanghai")
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        live_desk.drop("rocket.jpg", name)
    return live_desk


def _of(budgets: list[dict[str, Any]], scope: str, period: str) -> dict[str, Any]:
    (found,) = [b for b in budgets if (b["scope"], b["period"]) == (scope, period)]
    return found


def test_status_shows_spent_and_limit(full: Desk) -> None:
    """Each limit with what is spent, uncertain, reserved and left; `spent` names limits, too."""
    assert full.run() == 3
    status = full.json("status")
    day = _of(status["budgets"], "account", "day")
    assert (day["name"], day["limit"], day["spent"], day["left"]) == ("sim", "0.07", "0.03", "0.04")
    assert (day["uncertain"], day["reserved"], day["price_unknown"]) == ("0.00", "0.00", 0)
    assert day["from"].endswith("T16:00:00.000Z")  # midnight in Shanghai
    month = _of(status["budgets"], "folder", "month")
    assert (month["name"], month["spent"], month["left"]) == ("shop", "0.03", "0.00")
    (spent,) = status["spent"]
    assert (spent["today"], spent["limit_today"], spent["limit_month"]) == ("0.03", "0.07", "5.00")
    told = full("status").stdout
    assert "The daily budget of account sim: 0.03 of 0.07 USD spent, 0.00 uncertain" in told
    assert "The monthly budget of folder shop: 0.03 of 0.03 USD spent" in told
    assert "would pass the monthly budget of folder shop" in told
    assert "It goes on by itself when there is room again, at the latest 2" in told


def test_status_without_budgets(day: Desk) -> None:
    """No budget, no line; the limits of `spent` are null."""
    status = day.json("status")
    assert status["budgets"] == []
    assert status["spent"][0]["limit_today"] is None


def test_plan_says_what_fits(full: Desk) -> None:
    """What the inboxes would take of each limit, and which part would be held."""
    budgets = full.json("plan")["budgets"]
    assert len(budgets) == 3
    assert [(b["scope"], b["period"], b["planned"], b["fits"]) for b in budgets] == [
        ("account", "day", "0.09", False),
        ("account", "month", "0.09", True),
        ("folder", "month", "0.09", False),
    ]
    told = full("plan").stdout
    assert "only 0.07 left, this takes up to 0.09; a part would be held" in told
    assert "The monthly budget of account sim, 5.00 USD: 5.00 left, this takes up to 0.09" in told


def test_plan_without_inputs_leaves_budgets_alone(desk: Desk) -> None:
    """A budget that nothing would use has no line."""
    desk.account = {"budget": USD}
    desk.configure()
    assert desk.json("plan")["budgets"] == []


def test_explain_says_whether_it_fits(full: Desk) -> None:
    """Before the run the picture fits; afterwards there is no room, and the sentence says why."""
    assert full.json("explain", full.inbox / "a.jpg")["tasks"][0]["budget"] == {
        "fits": True,
        "why": None,
    }
    full.run()
    full.drop("chelsea.png", "new.png")
    (task,) = full.json("explain", full.inbox / "new.png")["tasks"]
    assert task["budget"]["fits"] is False
    assert "monthly budget of folder shop" in task["budget"]["why"]
    assert "Its budget has no room for it now" in full("explain", full.inbox / "new.png").stdout


def test_explain_without_budget(desk: Desk) -> None:
    """Nothing covers it: nothing is said."""
    photo = desk.drop("rocket.jpg")
    assert desk.json("explain", photo)["tasks"][0]["budget"] is None


@pytest.mark.parametrize(
    ("model", "currency"),
    [("doubao-seedream-4-0-250828", "CNY"), ("ep-20260101120000-abcde", "USD")],
)
def test_what_a_budget_cannot_count(desk: Desk, model: str, currency: str) -> None:
    """`check` warns and `plan` says that the tasks would be held; neither is an error."""
    desk.account = {"budget": {"month": 5, "currency": currency}}
    desk.rule = {"model": model, "size": "2048x2048"}
    desk.configure()
    desk.drop("rocket.jpg")
    checked = desk.json("check")
    assert any(model in line and "price-unknown" in line for line in checked["warnings"])
    (budget,) = desk.json("plan")["budgets"]
    assert (budget["planned"], budget["uncounted"], budget["fits"]) == ("0.00", 1, False)
    assert "1 tasks have no known price in its currency" in desk("plan").stdout


def test_an_unknown_price_without_budget(desk: Desk) -> None:
    """`check` says it in one line for each model of a folder."""
    desk.rule = {"model": "ep-20260101120000-abcde", "size": "2048x2048"}
    desk.configure()
    lines = [line for line in desk.json("check")["warnings"] if "price of ep-2026" in line]
    assert len(lines) == 1
