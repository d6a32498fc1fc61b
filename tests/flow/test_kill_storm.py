"""Small seeds of the campaigns with many tasks; the large ones are run by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns import clean_stops, kill_storm
from tests.campaigns.lives import Lives


@pytest.mark.process
@pytest.mark.fault(1)
def test_forty_sources_four_kills() -> None:
    """After random SIGKILLs nothing is lost, torn or paid twice, and rows and ledger agree."""
    found = kill_storm.play(Lives(), "url", 40, 4, seed=7)
    assert found["wrong"] == []
    assert found["kills"] == 4


@pytest.mark.process
def test_six_clean_stops() -> None:
    """SIGTERM at random moments leaves no submit in doubt: calls in flight come to their end.

    Breaks if a stop cancels what is in flight instead of waiting for it.
    """
    found = clean_stops.play(Lives(), "b64", 6, seed=3)
    assert found["wrong"] == []
    assert (found["stops"], found["unsure"]) == (6, 0)
    assert found["stops_in_a_call"] > 0


def test_a_storm_is_shared_out() -> None:
    """All tasks and kills are in one storm or another, and those done before are left out."""
    plan = list(kill_storm.storms(1000, 50, 300, ["a", "b"]))
    kinds, counts, kills = zip(*plan, strict=True)
    assert kinds == ("a", "b", "a", "b")
    assert (sum(counts), sum(kills)) == (1000, 50)


def test_a_storm_is_not_run_again(tmp_path: Path) -> None:
    """What stands in the file that a campaign goes on with is read, not repeated."""
    assert kill_storm.done_before(tmp_path / "none.jsonl") == {}
    (tmp_path / "some.jsonl").write_text('{"seed": 4, "tasks": 10, "seconds": 1.5, "ok": true}\n')
    rows = kill_storm.done_before(tmp_path / "some.jsonl")
    assert kill_storm.summary(list(rows.values()))["tasks"] == 10
