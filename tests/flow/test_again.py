"""Sources that come back with the bytes of one that is done (rule key `again`, P21)."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from seedwatch.daemon.maintenance import KEEP_S, SpoolSweep
from seedwatch.outbox.spool import Spool
from seedwatch.store import DATABASE
from seedwatch.store.sqlite import SqliteStore
from seedwatch.worker.workplace import Workplace
from tests.cli.desk import call
from tests.flow.conftest import Studio
from tests.flow.workspace import Workspace


def _twice(studio: Studio, again: str) -> Workspace:
    """The same file under the same name twice; the first is done and lies in done/."""
    workspace = studio(rule={"again": again})
    workspace.drop("rocket.jpg")
    assert workspace.run() == 0
    workspace.drop("rocket.jpg")
    return workspace


def _json(workspace: Workspace, *command: str) -> Any:
    return json.loads(call(*command, "--json", "-c", workspace.config).stdout)


@pytest.mark.fault(98)
def test_a_source_that_comes_back_is_held(studio: Studio) -> None:
    """Nothing is paid for it; `status` and `tasks` name the reason, and `release` pays (P21)."""
    workspace = _twice(studio, "hold")

    assert workspace.run() == 3

    assert len(workspace.simulator.ledger()) == 1
    assert [(task["state"], task["reason"]) for task in _json(workspace, "tasks")] == [
        ("done", None),
        ("held", "seen-before"),
    ]
    assert _json(workspace, "status")["counts"]["held"] == 1
    assert call("release", "--held", "-c", workspace.config).exit_code == 0
    assert workspace.run() == 0
    assert len(workspace.simulator.ledger()) == 2


@pytest.mark.fault(98)
def test_a_source_that_comes_back_runs_again(studio: Studio) -> None:
    """`again: run` pays once more, without a question."""
    workspace = _twice(studio, "run")
    assert workspace.run() == 0
    assert len(workspace.simulator.ledger()) == 2


def test_a_stored_result_is_delivered_again_and_its_copy_swept(studio: Studio) -> None:
    """`again: reuse` costs nothing; its copy in the spool stays as long as its row does.

    Red when the copies are no files that the sweep knows: each reuse would leave one for ever.
    """
    workspace = _twice(studio, "reuse")
    assert workspace.run() == 0
    assert len(workspace.simulator.ledger()) == 1
    first, second = workspace.results()
    assert first.read_bytes() == second.read_bytes()
    before, after = asyncio.run(_swept(workspace))
    assert before == after + 1
    assert not list((workspace.base / "state" / "spool").glob("*.[0-9]"))[after:]


def _spooled_pictures(workspace: Workspace) -> list[Path]:
    return list((workspace.base / "state" / "spool").glob("*.[0-9]"))


def test_a_stored_result_comes_from_the_outbox(studio: Studio) -> None:
    """Where its copy is no longer kept, the picture that was delivered does as well."""
    workspace = _twice(studio, "reuse")
    for path in _spooled_pictures(workspace):
        path.unlink()
    assert workspace.run() == 0
    first, second = workspace.results()
    assert first.read_bytes() == second.read_bytes()
    assert len(workspace.simulator.ledger()) == 1


@pytest.mark.parametrize("is_changed", [True, False])
def test_a_stored_result_that_is_gone_costs_nothing(studio: Studio, is_changed: bool) -> None:
    """Changed or taken away, it is not paid for again in silence: the task is held and says so.

    Breaks if bytes are delivered that are not those of the first time.
    """
    workspace = _twice(studio, "reuse")
    (result,) = workspace.results()
    for path in (*_spooled_pictures(workspace), result):
        path.unlink()
    if is_changed:
        result.write_bytes(b"another picture")
    assert workspace.run() == 3
    assert len(workspace.simulator.ledger()) == 1
    assert workspace.states() == {"done": 1, "held": 1}
    workspace.known_problems = {"result-changed" if is_changed else "result-missing"}


async def _swept(workspace: Workspace) -> tuple[int, int]:
    """How many picture files two sweeps leave, before and after the rows of the reuse are gone."""
    store = await SqliteStore.open(workspace.base / "state" / DATABASE)
    spool = Spool(workspace.base / "state" / "spool")
    later = Workplace(store, spool, {}, {}, clock=lambda: time.time() + 2 * KEEP_S)
    sweep = SpoolSweep(later)

    async def left() -> int:
        await sweep.run()
        await sweep.run()
        return len(list(spool.directory.glob("*.1")))

    before = await left()
    names = await store.spool_names()
    reused = {name for name in names if len(name) == len("0" * 16)}
    (copy,) = reused

    async def without_it() -> set[str]:
        return names - reused

    store.spool_names = without_it  # type: ignore[method-assign]  # as after `prune`, a month later
    after = await left()
    assert copy not in spool.attempts()
    await store.close()
    return before, after
