"""Guards against surprise spending: what they hold, how that is seen, and how it is let go."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.desk import call
from tests.flow.conftest import Studio
from tests.flow.workspace import Workspace

TEXT = {"mode": "text-to-image", "prompt": "{text}"}


def _json(workspace: Workspace, *command: str) -> Any:
    return json.loads(call(*command, "--json", "-c", workspace.config).stdout)


def _held(workspace: Workspace) -> list[str]:
    """The reasons of tasks that are held, as `tasks` tells them."""
    return [task["reason"] for task in _json(workspace, "tasks", "--state", "held")]


def _drop(workspace: Workspace, *names: str) -> None:
    for name in names:
        (workspace.inbox / f"{name}.txt").write_text(f"a boat called {name}")


@pytest.mark.parametrize("count", [25, 26])
def test_a_first_use_of_a_full_inbox(studio: Studio, count: int) -> None:
    """25 old files run; of 26 all are held, and nothing is sent before one command (P21).

    Red when the limit is off by one, or only what is beyond it is held.
    """
    workspace = studio(rule=TEXT, folder={"cold_start": 25})
    _drop(workspace, *(f"p{number:02}" for number in range(count)))

    code = workspace.run()

    if count == 25:
        assert (code, workspace.states()) == (0, {"done": 25})
        return
    assert (code, workspace.simulator.ledger()) == (3, [])
    assert _held(workspace) == ["cold-start"] * 26
    assert _json(workspace, "status")["folders"][0]["counts"]["held"] == 26
    _drop(workspace, "new")  # what comes later is no old file
    assert workspace.run() == 3
    assert workspace.states() == {"held": 26, "done": 1}
    told = call("release", "--held", "--folder", "shop", "-c", workspace.config)
    assert told.exit_code == 0
    assert workspace.run() == 0
    assert workspace.states() == {"done": 27}


def test_a_flood_of_files(studio: Studio) -> None:
    """Of those beyond the folder's limit each is held, over runs too, until one command (P21).

    Red when the count of the window starts anew with each run.
    """
    workspace = studio(rule=TEXT, folder={"burst": "3/10m"})
    _drop(workspace, "a", "b", "c", "d")
    assert workspace.run() == 3
    assert workspace.states() == {"done": 3, "held": 1}
    _drop(workspace, "e")
    assert workspace.run() == 3
    assert _held(workspace) == ["burst", "burst"]
    assert len(workspace.simulator.ledger()) == 3
    assert call("release", "--held", "-c", workspace.config).exit_code == 0
    assert workspace.run() == 0
    assert workspace.states() == {"done": 5}


def test_failures_of_one_kind_are_tried_again_together(studio: Studio) -> None:
    """`retry --failed` brings all of a folder back; what is done is not paid for again."""
    workspace = studio(rule=TEXT)
    body = '{"error":{"code":"InvalidParameter","message":"no"}}'
    workspace.simulator.post_faults(
        [{"when": {"prompt_contains": "bad"}, "do": "status", "args": {"code": 400, "body": body}}]
    )
    _drop(workspace, "good", "bad-1", "bad-2")
    assert workspace.run() == 3
    assert workspace.states() == {"done": 1, "failed": 2}
    workspace.simulator.reset()
    assert call("retry", "--failed", "--folder", "shop", "-c", workspace.config).exit_code == 0
    assert workspace.run() == 0
    assert len(workspace.simulator.ledger()) == 2


def test_identical_files_are_counted(studio: Studio) -> None:
    """Two names, one content: `plan` and `status` say so before anything is paid for."""
    workspace = studio(folder={"cold_start": 0})
    workspace.drop("rocket.jpg")
    workspace.drop("rocket.jpg", "copy.jpg")
    (folder,) = _json(workspace, "plan")["folders"]
    assert (folder["sources"], folder["identical_files"]) == (2, 1)
    assert workspace.run() == 3
    (folder,) = _json(workspace, "status")["folders"]
    assert folder["identical_files"] == 1
    assert "shop: 1 sources" in call("status", "-c", workspace.config).stdout
