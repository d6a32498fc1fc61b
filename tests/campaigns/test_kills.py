"""Larger seeds of the kill campaigns, each night; the largest are run by hand (docs/testing.md)."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.campaigns import clean_stops, kill_points, kill_storm
from tests.campaigns.kinds import KINDS, MAIN
from tests.campaigns.lives import Lives, SimulatorProcess
from tests.campaigns.restart_big import Big

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1200)]


@pytest.mark.fault(1)
@pytest.mark.parametrize("kind", KINDS)
def test_points_of_every_kind(kind: str) -> None:
    """A third of all points of each way home, by chance: nothing is lost, torn or paid twice."""
    found = kill_points.run([kind], seed=1, limit=60)
    assert found["ok"]
    assert found["cases"] == 60


@pytest.mark.fault(2)
@pytest.mark.parametrize("kind", ["handle", "url"])
def test_the_recovery_is_killed_too(kind: str) -> None:
    """A second kill at any point of the recovery comes to the same end as the first alone."""
    found = kill_points.run([kind], is_paired=True, seed=1, limit=80)
    assert found["ok"]
    assert found["cases"] == 80


@pytest.mark.fault(1)
@pytest.mark.parametrize(("seed", "kind"), list(enumerate(MAIN)))
def test_a_storm_of_each_kind(seed: int, kind: str) -> None:
    """150 sources and eight kills: rows, folders and the simulator's ledger agree."""
    found = kill_storm.play(Lives(), kind, 150, 8, seed)
    assert found["wrong"] == []


@pytest.mark.parametrize("kind", MAIN)
def test_clean_stops_of_each_kind(kind: str) -> None:
    """P18: fifteen stops at random moments, and nothing is in doubt."""
    assert clean_stops.play(Lives(), kind, 15, seed=2)["wrong"] == []


@pytest.mark.fault(1)
def test_a_restart_with_a_large_queue() -> None:
    """20,000 queued and 50 in flight, SIGKILL: it sends again within six seconds."""
    with (
        tempfile.TemporaryDirectory(prefix="restart-") as base,
        SimulatorProcess(Path(base)) as simulator,
    ):
        found = Big(Path(base) / "workspace", simulator, 20_000, 50).run()
    assert found["ok"], found
