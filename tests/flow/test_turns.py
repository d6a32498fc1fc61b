"""One folder's flood does not keep another folder waiting."""

from __future__ import annotations

import json

import anyio
import pytest

from tests.flow.conftest import Studio
from tests.flow.live import is_done, until, working

LINES = 40
TEXT = {"mode": "text-to-image", "prompt": "{text}"}


@pytest.mark.anyio
@pytest.mark.fault(34)
async def test_a_single_picture_passes_a_flood(studio: Studio) -> None:
    """What comes to another folder meanwhile has its turn, long before the flood is over.

    Breaks if claims only go by age.
    """
    workspace = studio(rule=TEXT, account={"concurrency": 2})
    config = json.loads(workspace.config.read_text())
    (workspace.base / "well").mkdir()
    config["folders"].append(config["folders"][0] | {"name": "well", "inbox": "well"})
    workspace.config.write_text(json.dumps(config))
    workspace.simulator.post_faults([{"do": "delay", "args": {"seconds": 0.2}, "times": 2 * LINES}])
    flood = "".join(f"fox {n}\n" for n in range(LINES))
    await anyio.Path(workspace.inbox / "flood.txt").write_text(flood)
    async with working(workspace):
        await until(lambda: len(workspace.simulator.ledger()) >= 2)
        await anyio.Path(workspace.base / "well" / "one.txt").write_text("a hedgehog\n")
        await until(is_done(workspace, "one.txt"))
    prompts = [row["prompt"] for row in workspace.simulator.ledger()]
    assert "a hedgehog" in prompts
    assert len(prompts) < LINES * 3 // 4
