"""A folder that is taken out of config.yaml while its work is at the provider."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seedwatch.worker import execute
from tests.flow.live import until, working
from tests.flow.providers import Desk
from tests.flow.workspace import Workspace


def _spooled_pictures(workspace: Workspace) -> list[Path]:
    return list((workspace.base / "state" / "spool").glob("*.[0-9]"))


@pytest.mark.anyio
async def test_what_is_paid_for_is_fetched_for_a_folder_that_is_gone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its picture is brought home before the link is over, and delivered when the folder is back.

    Breaks if nothing is done for a folder that is not configured: links are over after a day.
    """
    monkeypatch.setattr(execute, "_NO_FOLDER_S", 0.2)
    workspace = desk("apimart")
    with_it = workspace.config.read_text()
    async with working(workspace):
        await until(lambda: workspace.rows("SELECT 1 FROM tasks WHERE handle_kind = 'remote'"))
    assert _spooled_pictures(workspace) == []
    settings = json.loads(with_it)
    (workspace.base / "other").mkdir()
    settings["folders"][0] |= {"name": "other", "inbox": "other"}
    workspace.config.write_text(json.dumps(settings))
    async with working(workspace):
        await until(lambda: _spooled_pictures(workspace))
        await until(lambda: workspace.rows("SELECT 1 FROM tasks WHERE reason = 'no-folder'"))
        assert workspace.results() == []
    workspace.config.write_text(with_it)
    async with working(workspace):
        await until(workspace.results)
        await until(lambda: workspace.states() == {"done": 1})
    assert len(workspace.simulator.ledger()) == 1
