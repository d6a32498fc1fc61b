"""Fixtures of the flow tests: a real simulator on a real socket, and a workspace beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from seedwatch.simulator import RunningSimulator
from seedwatch.worker import breaker, provider_memory, resolve
from seedwatch.worker.breaker import Patience
from tests.flow.providers import PROVIDERS, Desk
from tests.flow.workspace import Workspace


class Studio(Protocol):
    """Makes workspaces."""

    def __call__(
        self,
        *,
        rule: dict[str, Any] | None = None,
        folder: dict[str, Any] | None = None,
        account: dict[str, Any] | None = None,
    ) -> Workspace: ...


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[RunningSimulator]:
    """One simulator for all flow tests, quick to answer."""
    with RunningSimulator(latency_s=0.02) as simulator:
        yield simulator


@pytest.fixture
def simulator(running_simulator: RunningSimulator) -> RunningSimulator:
    """The simulator with an empty ledger and no faults."""
    running_simulator.reset()
    return running_simulator


@pytest.fixture
def studio(tmp_path: Path, simulator: RunningSimulator) -> Iterator[Studio]:
    """Make a workspace in this test's own directory; in the end everything in it must add up."""
    made: list[Workspace] = []

    def make(
        *,
        rule: dict[str, Any] | None = None,
        folder: dict[str, Any] | None = None,
        account: dict[str, Any] | None = None,
    ) -> Workspace:
        workspace = Workspace(tmp_path, simulator, rule or {}, folder or {}, account or {})
        made.append(workspace)
        return workspace

    yield make
    check(made)


def check(made: list[Workspace]) -> None:
    """The audit of each workspace finds no problem but those that the test says it made."""
    for workspace in made:
        problems = workspace.audit().problems
        assert {finding.kind for finding in problems} == workspace.known_problems, problems


@pytest.fixture
def desk(
    tmp_path: Path, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """A workspace at a provider with one prompt dropped; an absence is believed at once."""
    monkeypatch.setattr(resolve, "GRACE_S", 0.3)
    monkeypatch.setattr(resolve, "AGAIN_S", 0.1)
    monkeypatch.setattr(provider_memory, "UNLISTED_S", 0.0)
    monkeypatch.setitem(breaker.PATIENCE, "unanswered", Patience(2, 0.1, 0.1, "paused"))
    simulator.move_switches({"ark.lists_per_s": 0})
    made: list[Workspace] = []

    def make(name: str) -> Workspace:
        provider = PROVIDERS[name]
        account = {**provider.account, "base_url": simulator.url + provider.mount}
        workspace = Workspace(tmp_path, simulator, provider.rule, account=account)
        (workspace.inbox / "one.txt").write_text("a fox in the snow\n")
        made.append(workspace)
        return workspace

    yield make
    check(made)
