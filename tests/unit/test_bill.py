"""worker.bill: what was really charged comes first, the price list second, nothing is guessed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from seedwatch.catalog import Model, find_model
from seedwatch.outbox.spool import Spool
from seedwatch.providers.base import Answer, Returned
from seedwatch.providers.protocols.amounts import micros
from seedwatch.records import CostBasis, Money
from seedwatch.store.sqlite import SqliteStore
from seedwatch.worker.bill import Bill, bill_of
from seedwatch.worker.spending import note_drift
from seedwatch.worker.workplace import Workplace
from tests.unit import made

LISTED = Money(40_000, "USD")


def _model(name: str = "doubao-seedream-4-5-251128") -> Model:
    return find_model("ark", name)


def _bill(answer: Answer, model: Model | None = None) -> Bill:
    outputs = [made.output(1), made.output(2, error="moderated")]
    return bill_of(made.claim(), model or _model(), answer, outputs)


@pytest.mark.parametrize("charged", [Money(55_000, "USD"), Money(0, "USD"), Money(300, "CNY")])
def test_what_the_answer_names_is_the_cost(charged: Money) -> None:
    """Higher than the list, nothing at all, or in another currency: told as it is."""
    bill = _bill(Answer((Returned(url="x"),), 1, charged=charged))
    assert bill == Bill(charged, "charged", LISTED)


def test_the_price_list_counts_billed_pictures() -> None:
    """Without an amount: those that the answer counts, else those that were made."""
    both = (Returned(url="x"), Returned(error="moderated"))
    assert _bill(Answer(both, 2)) == Bill(Money(80_000, "USD"), "estimate", Money(80_000, "USD"))
    assert _bill(Answer(both, None)) == Bill(LISTED, "estimate", LISTED)


def test_no_price_no_cost() -> None:
    """A model without a known price costs null, unless the answer says otherwise."""
    unknown = _model("ep-20260101120000-abcde")
    assert _bill(Answer((Returned(url="x"),), 1), unknown) == Bill(None, "", None)
    charged = Answer((Returned(url="x"),), 1, charged=LISTED)
    assert _bill(charged, unknown) == Bill(LISTED, "charged", None)


def test_an_amount_without_currency_counts_where_the_catalog_knows_it() -> None:
    """The operator said in what the provider charges; until then the price list is all there is."""
    answer = Answer((Returned(url="x"),), 1, charged_micros=35_000)
    assert _bill(answer) == Bill(LISTED, "estimate", LISTED)
    told = replace(_model(), charges_in="USD")
    assert _bill(answer, told) == Bill(Money(35_000, "USD"), "charged", LISTED)


@given(st.one_of(st.floats(), st.integers(), st.booleans(), st.text(), st.none()))
def test_any_value_is_an_amount_or_none(value: object) -> None:
    """Whatever stands in an answer: no crash, never less than nothing, never endless."""
    found = micros(value)
    assert found is None or 0 <= found <= 10**12


def test_amounts_are_exact() -> None:
    """0.035 is 35,000 millionths, not one less."""
    assert (micros(0.035), micros(1), micros(0), micros(1e-7)) == (35_000, 1_000_000, 0, 0)
    assert micros("0.035") == 35_000  # relays write numbers as texts
    assert (micros(-0.1), micros("x"), micros(True), micros(float("nan"))) == (None,) * 4


def test_a_negative_amount_is_none() -> None:
    """Nobody pays us: a nonsense amount is no bill."""
    assert _bill(Answer((Returned(url="x"),), 1, charged=Money(-1, "USD"))).cost == LISTED


@pytest.mark.fault(74)
@pytest.mark.anyio
async def test_a_drift_is_said_once(tmp_path: Path) -> None:
    """Fault 74: more than 20 % off the list, or another currency, is one line for each model."""
    store = await SqliteStore.open(tmp_path / "queue.db")
    claim = made.claim()

    def said(cost: Money | None, basis: CostBasis = "charged", times: int = 1) -> int:
        place = Workplace(store, Spool(tmp_path), {}, {})
        with structlog.testing.capture_logs() as lines:
            for _ in range(times):
                note_drift(claim, Bill(cost, basis, LISTED), place)
        return len(lines)

    assert said(Money(48_000, "USD")) == 0
    assert said(Money(32_000, "USD")) == 0
    assert said(Money(48_001, "USD"), times=3) == 1
    assert said(Money(31_999, "USD")) == 1
    assert said(Money(40_000, "CNY")) == 1
    assert said(Money(99_000, "USD"), "estimate") == 0
    await store.close()
