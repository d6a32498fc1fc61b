"""outbox.cards: what happened, what it cost, what to do; plain text that no stranger can forge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch import texts
from seedwatch.outbox.cards import card, is_card_of
from seedwatch.records import Failure, Money, SettledJob
from tests.unit import made

INBOX, OUTBOX = Path("/shots/inbox"), Path("/shots/outbox")
REFUSED = Failure("Rejected", "The service refuses the request: size.", "Change the rule.")


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    texts.use("en")
    yield
    texts.use("en")


def _card(job: SettledJob) -> str:
    return card(job, INBOX, OUTBOX).decode()


def test_it_says_what_happened_what_it_cost_and_what_to_do() -> None:
    """A failed picture: its name, the reason, the advice, the cost, and how to try again."""
    said = _card(made.job(made.source("sub/photo.png"), "failed", failures=(REFUSED,)))
    assert said == (
        "photo.png was not finished.\n"
        "\n"
        "What happened: The service refuses the request: size.\n"
        "What to do: Change the rule.\n"
        "\n"
        "Cost: nothing was charged.\n"
        "\n"
        "To try again, move the file back to the inbox: /shots/inbox\n"
    )


def test_it_counts_what_became_of_several_tasks() -> None:
    """Of several tasks it says how many are done, failed, cancelled, and where the pictures are."""
    job = made.job(
        made.source(),
        *("done", "failed", "cancelled", "done"),
        failures=(REFUSED, REFUSED),
        cost=Money(80_000, "USD"),
        result_count=2,
    )
    said = _card(job)
    assert "Of 4 tasks: 2 done, 1 failed, 1 cancelled." in said
    assert "Cost so far: 0.08 USD." in said
    assert "outbox: /shots/outbox" in said
    assert said.count("What happened") == 1


def test_an_unknown_price_is_said() -> None:
    """Pictures without a known price were still paid for."""
    job = made.job(made.source(), "done", "failed", failures=(REFUSED,), result_count=1)
    assert "the price is not known" in _card(job)


def test_a_cancelled_source_says_so() -> None:
    """Where nothing failed a person cancelled it."""
    assert "Cancelled by a person" in _card(made.job(made.source(), "cancelled"))


def test_many_failures_stay_readable() -> None:
    """A prompt file of thousands of bad lines does not make a card of thousands of lines."""
    failures = tuple(Failure("Rejected", f"line {n}", "") for n in range(5000))
    assert len(_card(made.job(made.source(), "failed", failures=failures)).splitlines()) < 40


@given(st.text(alphabet=st.characters(), min_size=1), st.text(alphabet=st.characters()))
def test_names_and_messages_cannot_forge_lines(name: str, message: str) -> None:
    """Control, direction and line-end characters of names and providers are escaped (T8).

    Red when a name or a message is put into the card as it is.
    """
    name = name.replace("/", "_")
    job = made.job(made.source(name), "failed", failures=(Failure("Rejected", message, message),))
    said = card(job, Path(f"/in/{name}"), Path(f"/out/{name}")).decode()
    assert len(said.splitlines()) == 7 + bool(message)
    assert "\x1b" not in said
    assert "\u202e" not in said


@pytest.mark.parametrize("language", ["en", "zh"])
def test_our_card_is_known_again(language: str) -> None:
    """A card is known as ours for that source in whatever language it was written."""
    texts.use("zh" if language == "zh" else "en")
    job = made.job(made.source("sub/photo\udcff.png"), "failed", failures=(REFUSED,))
    content = card(job, INBOX, OUTBOX)
    texts.use("en")
    assert is_card_of(content, "sub/photo\udcff.png")
    assert not is_card_of(content, "sub/other.png")
    assert not is_card_of(b"notes of a person", "sub/photo\udcff.png")
    assert not is_card_of(b"", "photo.png")
