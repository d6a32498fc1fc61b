"""One quick simulator for all tests of this folder, cleared before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from seedwatch.simulator import RunningSimulator

LATENCY_S = 0.01


@pytest.fixture(scope="session")
def running() -> Iterator[RunningSimulator]:
    """A simulator that answers nearly at once."""
    with RunningSimulator(latency_s=LATENCY_S) as simulator:
        yield simulator


@pytest.fixture
def sim(running: RunningSimulator) -> RunningSimulator:
    """The same, without faults and rows of other tests."""
    running.reset()
    return running
