"""An outbox that hangs while results are written: its claims come back, others go on."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest

from seedwatch import paths
from seedwatch.worker import outcome, workplace
from tests.flow.conftest import Studio
from tests.flow.test_mounts import at_work


@pytest.mark.fault(24)
def test_an_outbox_that_hangs(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its results wait in the spool and are delivered later; another folder is served meanwhile.

    Breaks if a worker waited for a share without end.
    """
    monkeypatch.setattr(workplace, "SILENCE_S", 0.3)
    monkeypatch.setattr(outcome, "DELIVERY_WAIT_S", 0.2)
    workspace = studio(account={"concurrency": 1})
    well = workspace.base / "well" / "inbox"
    well.mkdir(parents=True)
    config = json.loads(workspace.config.read_text())
    config["folders"].append(config["folders"][0] | {"name": "well", "inbox": str(well)})
    workspace.config.write_text(json.dumps(config))
    hung, go_on = str(workspace.outbox), threading.Event()
    real = paths.Root.link_new

    def hanging(root: paths.Root, *args: Any) -> bool:
        if str(root.path) == hung:
            go_on.wait(60)
        return real(root, *args)

    monkeypatch.setattr(paths.Root, "link_new", hanging)

    async def hang_and_heal() -> list[Any]:
        async with at_work(workspace) as until:
            workspace.drop("rocket.jpg")
            await until("SELECT 1 FROM tasks WHERE folder = 'shop' AND reason = 'delivery'")
            (well / "cup.jpg").write_bytes((workspace.inbox / "rocket.jpg").read_bytes())
            await until("SELECT 1 FROM jobs WHERE folder = 'well' AND outcome = 'done'")
            there = [path.name for path in workspace.outbox.rglob("*")]
            go_on.set()
            await until("SELECT 1 FROM jobs WHERE folder = 'shop' AND outcome = 'done'")
            return there

    assert asyncio.run(hang_and_heal()) == []
    assert len(workspace.simulator.ledger()) == 2
    assert len(workspace.results()) == 1
    assert workspace.torn_results() == []
