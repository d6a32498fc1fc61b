"""Fixtures of the command line's tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from seedwatch import texts
from seedwatch.simulator import RunningSimulator
from tests.cli.desk import Desk


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Commands choose the language of the process; give it back."""
    yield
    texts.use("en")


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[RunningSimulator]:
    """One simulator for all of these tests, quick to answer."""
    with RunningSimulator(latency_s=0.02) as simulator:
        yield simulator


@pytest.fixture
def simulator(running_simulator: RunningSimulator) -> RunningSimulator:
    """The simulator with an empty ledger and no faults."""
    running_simulator.reset()
    return running_simulator


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A workspace whose provider cannot be reached."""
    return Desk(tmp_path)


@pytest.fixture
def live_desk(tmp_path: Path, simulator: RunningSimulator) -> Desk:
    """A workspace at the simulator."""
    return Desk(tmp_path, simulator.url)


@pytest.fixture(scope="session")
def past_day(tmp_path_factory: pytest.TempPathFactory, running_simulator: RunningSimulator) -> Desk:
    """What one run leaves: tasks that are done (1, 3), failed (2, 4), and held: unsure (5).

    1: rocket.jpg · 2: thin.png, which no model takes · 3 and 4: two lines of mixed.txt, one
    refused · 5: unlucky.txt, whose answer was lost
    """
    desk = Desk(tmp_path_factory.mktemp("day"), running_simulator.url)
    running_simulator.reset()
    running_simulator.post_faults(
        [
            {"when": {"prompt_contains": "forbidden"}, "do": "moderated"},
            {"when": {"prompt_contains": "unlucky"}, "do": "reset_after_billing"},
        ]
    )
    desk.drop("rocket.jpg")
    assert desk.run() == 0
    Image.new("RGB", (10, 400), "red").save(desk.inbox / "thin.png")
    assert desk.run() == 3
    words = desk.base / "words" / "inbox"
    (words / "mixed.txt").write_text("a green field\na forbidden thing\n")
    assert desk.run() == 3
    (words / "unlucky.txt").write_text("an unlucky hand\n")
    assert desk.run() == 3
    return desk


@pytest.fixture
def day(past_day: Desk, tmp_path: Path, simulator: RunningSimulator) -> Desk:
    """A copy of `past_day` that a test may change; the simulator has no faults any more."""
    shutil.copytree(past_day.base, tmp_path / "day")
    return Desk(tmp_path / "day", simulator.url)
