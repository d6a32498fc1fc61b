"""Small seeds of the campaigns with a yard; the large ones are run by hand (docs/testing.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.campaigns import random_engine, soak, unmounts
from tests.campaigns.apart import SimulatorProcess
from tests.campaigns.yard import Yard

pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorProcess]:
    """One simulator in a process of its own."""
    with SimulatorProcess(latency_s=0.05) as running:
        yield running


@pytest.mark.timeout(900)
def test_random_stories(simulator: SimulatorProcess) -> None:
    """Twenty stories by chance end with nothing lost, torn, unrecorded or paid twice.

    Breaks if any promise of promises.md 1 that a story can touch is broken.
    """
    told: list[dict[str, Any]] = []
    random_engine.run(simulator, 20, 20, 7, told.append)
    assert len(told) >= 20
    assert all(row["ok"] for row in told)


@pytest.mark.timeout(300)
def test_a_share_that_goes_and_comes(simulator: SimulatorProcess, tmp_path: Path) -> None:
    """Ten times away under load: nothing is written in its place, nothing is lost."""
    found = unmounts.run(simulator, tmp_path, 10, 7)
    assert found["ok"], found


@pytest.mark.timeout(300)
def test_a_short_soak(simulator: SimulatorProcess, tmp_path: Path) -> None:
    """Two minutes with faults and kills: ledger, rows and files agree in the end."""
    wanted = ["--minutes", "2", "--rate", "5", "--kill-every", "40", "--seed", "7"]
    found = soak.run(simulator, tmp_path, soak.parsed(wanted))
    assert found["found"] == [], found
    assert found["lives"] >= 3


def test_a_yard_tells_what_is_wrong(simulator: SimulatorProcess, tmp_path: Path) -> None:
    """Negative control: a lost source, a stray file, a changed plant and a charge are each told."""
    yard = Yard(tmp_path, simulator, "words")
    try:
        yard.drop()
        yard.drop()
        yard.settle()
        assert yard.check() == []
        yard.plant(0)
        (yard.workspace.done / "f001.txt").unlink()
        yard.share.go()
        (yard.share.point / "stray").touch()
        if yard.share.is_mount:
            yard.mount()
        yard.planted[tmp_path / "gone"] = "0" * 64
        yard.destroyed.clear()
        yard.simulator.reset()
        told = {line.partition(":")[0] for line in yard.check()}
        assert told >= {"audit", "P1", "P8", "P11", "ledger"}
    finally:
        yard.close()
