"""config.yaml is changed while the daemon runs: all of it holds, or nothing (promises.md, P15)."""

from __future__ import annotations

import asyncio
import json
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seedwatch.config.settings import load_settings
from seedwatch.daemon import reloading
from seedwatch.simulator import RunningSimulator
from tests.fakes.front import Front, Scripted
from tests.flow.live import is_done, said, until, working
from tests.flow.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.fault(86)]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is looked at often."""
    monkeypatch.setattr(reloading, "LOOK_S", 0.03)


def _held(gate: threading.Event, words: bytes = b"") -> Callable[[str, str], Scripted | None]:
    """Lets the first request wait at the gate."""
    seen: list[str] = []

    def script(method: str, path: str) -> Scripted | None:
        if method == "POST" and not seen:
            seen.append(path)
            gate.wait(20)
        return None

    return script


def _behind(front: Front) -> dict[str, Any]:
    return {"base_url": f"{front.url}/ark/api/v3"}


async def test_what_is_at_work_keeps_its_rule(tmp_path: Path, simulator: RunningSimulator) -> None:
    """A new prompt is for new files: a request under way and a task that waits keep theirs.

    New work begins at once beside the request that is under way. Red when a reload waits for it.
    """
    gate = threading.Event()
    with Front(simulator, _held(gate)) as front:
        workspace = Workspace(
            tmp_path, simulator, account={**_behind(front), "concurrency": 2, "rate": "600/min"}
        )
        async with working(workspace) as lines:
            workspace.drop("coffee.png", "one.png")
            await until(lambda: front.seen)
            workspace.configure(prompt="make it snow")
            await until(lambda: said(lines, "config.loaded"))
            workspace.drop("coffee.png", "two.png")
            await until(is_done(workspace, "two.png"))
            assert workspace.states() == {"done": 1, "running": 1}
            gate.set()
            await until(is_done(workspace, "one.png"))
            await until(
                lambda: len(workspace.census()) == 1 and not list(workspace.inbox.glob("*.png"))
            )
    prompts = {
        workspace.sidecar(path)["source"]["name"]: workspace.sidecar(path)["prompt"]
        for path in workspace.results()
    }
    assert prompts == {"one.png": "make it rain", "two.png": "make it snow"}
    assert len(simulator.ledger()) == 2


BROKEN: dict[str, Callable[[str], str | None]] = {
    "half written": lambda text: text[: len(text) // 2],
    "empty": lambda _: "",
    "gone": lambda _: None,
    "an unknown key": lambda text: text.replace('"grace"', '"graze"'),
    "no such model option": lambda text: text.replace('"2K"', '"17K"'),
    "another state directory": lambda text: text.replace('"./state"', '"./elsewhere"'),
    "a certificate that is none": lambda text: text.replace(
        '"provider"', '"ca_file": "config.yaml", "provider"'
    ),
    "folders inside each other": lambda text: text.replace(
        '"inbox": "shop/inbox"', '"inbox": "shop/inbox", "outbox": "shop/inbox/out"'
    ),
}


OFTEN = ["half written", "empty", "another state directory"]
RARELY = [pytest.param(how, marks=pytest.mark.nightly) for how in BROKEN if how not in OFTEN]


@pytest.mark.parametrize("how", [*OFTEN, *RARELY])
async def test_a_broken_configuration_changes_nothing(
    tmp_path: Path, simulator: RunningSimulator, how: str
) -> None:
    """The one before goes on, and the log says why; mended, all of the new one holds.

    Red when a part of a broken file is taken over: the new folder, the new prompt.
    """
    workspace = Workspace(tmp_path, simulator)
    async with working(workspace) as lines:
        (tmp_path / "more" / "inbox").mkdir(parents=True)
        good = _with_another_folder(workspace)
        broken = BROKEN[how](good)
        _write(workspace.config, broken)
        await until(lambda: said(lines, "config.refused"))
        workspace.drop("coffee.png", "one.png")
        await until(is_done(workspace, "one.png"))
        assert not (tmp_path / "more" / "outbox").exists()
        assert not (tmp_path / "elsewhere").exists()
        assert not said(lines, "config.loaded")
        _write(workspace.config, good)
        await until((tmp_path / "more" / "outbox").exists)
        (tmp_path / "more" / "inbox" / "two.png").write_bytes(
            (workspace.done / "one.png").read_bytes()
        )
        await until(is_done(workspace, "two.png"))
    (one,) = workspace.results()
    assert workspace.sidecar(one)["prompt"] == "make it rain"
    assert said(lines, "config.loaded") == 1


def _with_another_folder(workspace: Workspace, **rule: Any) -> str:
    settings = json.loads(workspace.config.read_text())
    another = {**settings["folders"][0], "name": "more", "inbox": "more/inbox"}
    another["rule"] = {**another["rule"], "prompt": "make it snow", **rule}
    settings["folders"].append(another)
    return json.dumps(settings)


def _write(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
    else:
        path.write_text(text)


async def test_a_folder_that_is_taken_out_with_work_under_way(
    tmp_path: Path, simulator: RunningSimulator
) -> None:
    """What was sent is delivered and its source retired; what was not sent waits for the folder.

    Red when the request's result stays in the spool, or is paid for again when the folder is back.
    """
    gate = threading.Event()
    with Front(simulator, _held(gate)) as front:
        workspace = Workspace(tmp_path, simulator, account={**_behind(front), "concurrency": 1})
        async with working(workspace) as lines:
            workspace.drop("coffee.png", "one.png")
            await until(lambda: front.seen)
            workspace.drop("coffee.png", "two.png")
            await until(lambda: workspace.states() == {"running": 1, "ready": 1})
            both = workspace.config.read_text()
            settings = json.loads(_with_another_folder(workspace))
            (tmp_path / "more" / "inbox").mkdir(parents=True)
            del settings["folders"][0]
            workspace.config.write_text(json.dumps(settings))
            await until(lambda: said(lines, "config.loaded"))
            gate.set()
            await until((workspace.done / "one.png").exists)
            assert [path.name for path in workspace.results()] == ["one_1.jpeg"]
            assert (workspace.inbox / "two.png").exists()
            (tmp_path / "more" / "inbox" / "three.png").write_bytes(
                (workspace.inbox / "two.png").read_bytes()
            )
            await until(is_done(workspace, "three.png"))
            assert workspace.states() == {"done": 2, "ready": 1}
            workspace.config.write_text(both)
            await until((workspace.done / "two.png").exists)
    assert len(simulator.ledger()) == 3
    assert workspace.torn_results() == []


async def test_a_raised_budget_holds_at_once(tmp_path: Path, simulator: RunningSimulator) -> None:
    """Held for a budget: with a higher limit in the file it goes on without a restart."""
    budget = {"day": 0.01, "currency": "USD"}
    workspace = Workspace(tmp_path, simulator, account={"budget": budget})
    async with working(workspace):
        workspace.drop("coffee.png")
        await until(lambda: workspace.rows("SELECT 1 FROM tasks WHERE reason = 'budget'"))
        workspace.account = {"budget": {**budget, "day": 100}}
        workspace.configure()
        await until(lambda: workspace.states() == {"done": 1})
    assert len(simulator.ledger()) == 1


async def test_the_same_settings_change_nothing(
    tmp_path: Path, simulator: RunningSimulator
) -> None:
    """A file that is only touched, or written anew as it was, begins nothing."""
    workspace = Workspace(tmp_path, simulator)
    async with working(workspace) as lines:
        workspace.configure()
        os.utime(workspace.config, (1, 1))
        await asyncio.sleep(0.3)
        assert not said(lines, "config.loaded")
        workspace.drop("coffee.png")
        await until(is_done(workspace, "coffee.png"))


async def test_a_file_that_still_changes_is_not_read(
    tmp_path: Path, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two looks it must stay as it is: nobody reads the first half of a file.

    Red when a change is read at the look that notices it.
    """
    workspace = Workspace(tmp_path, simulator)
    watch = reloading.ConfigWatch(load_settings(workspace.config))
    reads: list[str] = []
    real = reloading._load

    def counted(*args: Any) -> Any:
        reads.append(workspace.config.read_text())
        return real(*args)

    monkeypatch.setattr(reloading, "_load", counted)
    workspace.configure(prompt="make it snow")
    whole = workspace.config.read_text()
    for length in (10, 200, len(whole)):
        workspace.config.write_text(whole[:length])
        assert await watch.changed() is None
    settings = await watch.changed()
    assert reads == [whole]
    assert settings is not None
    assert await watch.changed() is None


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(3))
async def test_many_changes_in_a_rain_of_files(
    tmp_path: Path, simulator: RunningSimulator, seed: int
) -> None:
    """Good and broken files by turns while pictures come: each is made once and delivered."""
    chance = random.Random(seed)
    workspace = Workspace(tmp_path, simulator, grace="30s")
    simulator.post_faults([{"do": "delay", "when": {"every": 3}, "args": {"seconds": 0.3}}])
    async with working(workspace) as lines:
        for n in range(60):
            workspace.drop("coffee.png", f"{n}.png")
            if chance.random() < 0.3:
                _write(
                    workspace.config,
                    BROKEN[chance.choice(list(BROKEN))](
                        workspace.config.read_text() if workspace.config.exists() else ""
                    ),
                )
            else:
                workspace.account = {"concurrency": chance.randint(1, 6)}
                workspace.configure(prompt=f"make it {n}")
            await asyncio.sleep(chance.random() * 0.2)
        workspace.configure()
        await until(lambda: workspace.states() == {"done": 60}, 60)
        await until(lambda: len(list(workspace.done.glob("*.png"))) == 60)
    assert said(lines, "config.loaded") > 3
    assert len(simulator.ledger()) == 60
    assert workspace.torn_results() == []
    assert len(workspace.results()) == 60
