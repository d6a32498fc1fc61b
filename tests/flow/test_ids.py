"""Ids do not come from a chance that repeats itself; if one did, nothing would be sent (95)."""

from __future__ import annotations

import ast
import random
import uuid
from pathlib import Path

import pytest

from seedwatch.simulator import RunningSimulator
from tests.docs.reading import ROOT
from tests.flow.workspace import Workspace

pytestmark = pytest.mark.fault(95)


def _modules_that_import(name: str) -> set[str]:
    found = set()
    for path in sorted((ROOT / "seedwatch").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if name in names:
                found.add(path.relative_to(ROOT / "seedwatch").as_posix())
    return found


def test_only_waits_are_left_to_a_chance_that_can_be_seeded() -> None:
    """`random` decides how long to wait, and what the simulator does; ids are the system's."""
    users = {path for path in _modules_that_import("random") if not path.startswith("simulator/")}
    assert users == {"worker/workplace.py"}


def test_the_same_seed_gives_other_ids(tmp_path: Path, simulator: RunningSimulator) -> None:
    """Two lives that begin with the same chance name their attempts and leases differently."""
    seen: set[str] = set()
    for life in range(2):
        random.seed(0)
        workspace = Workspace(tmp_path / str(life), simulator)
        workspace.drop("coffee.png")
        assert workspace.run() == 0
        seen |= {name for (name,) in workspace.rows("SELECT id FROM attempts")}
        seen |= {n for (n,) in workspace.rows("SELECT value FROM meta WHERE name = 'install_id'")}
    assert len(seen) == 4


def test_a_repeated_id_sends_nothing(
    tmp_path: Path, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row of an attempt cannot be written twice: the second task is held before it is sent.

    Red without the unique index: two requests would bear one idempotency key and one spool file.
    """
    same = uuid.uuid4()
    monkeypatch.setattr("seedwatch.worker.prepare.uuid.uuid4", lambda: same)
    workspace = Workspace(tmp_path, simulator, account={"concurrency": 1})
    workspace.drop("coffee.png", "a.png")
    workspace.drop("coffee.png", "b.png")
    assert workspace.run() == 3
    assert workspace.states() == {"done": 1, "held": 1}
    assert workspace.rows("SELECT reason FROM tasks WHERE state = 'held'") == [("internal",)]
    assert len(simulator.ledger()) == 1
    assert workspace.torn_results() == []
