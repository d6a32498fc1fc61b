"""A person's decisions: cancel, release, pause, resume, adopt; beside a running daemon, too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seedwatch.config.settings import load_settings
from seedwatch.daemon.supervisor import run_daemon
from seedwatch.simulator import RunningSimulator
from tests.cli.desk import Desk


def _states(desk: Desk) -> dict[int, str]:
    return {task["id"]: task["state"] for task in desk.json("tasks")}


def test_cancel(day: Desk) -> None:
    """A held task is cancelled; its source then leaves the inbox with a card."""
    assert day("cancel", "5").exit_code == 0
    assert _states(day)[5] == "cancelled"
    assert day.run() == 0
    assert (day.base / "words" / "failed" / "unlucky.txt.error.txt").is_file()


def test_cancel_what_is_finished(day: Desk) -> None:
    """A finished task stays as it is: exit code 1, and the others are still cancelled."""
    result = day("cancel", "1", "5")
    assert result.exit_code == 1
    assert "Task 1 is done" in result.stderr
    assert _states(day) == {1: "done", 2: "failed", 3: "done", 4: "failed", 5: "cancelled"}


@pytest.mark.parametrize("command", ["cancel", "release", "retry"])
def test_an_unknown_id_stops_the_command(day: Desk, command: str) -> None:
    """If one of the ids does not exist, nothing is done to the others."""
    before = day.json("tasks")
    result = day(command, "5", "77")
    assert (result.exit_code, result.stderr) == (1, "seedwatch: There is no task 77.\n")
    assert day.json("tasks") == before


def test_release(day: Desk, simulator: RunningSimulator) -> None:
    """A released task is sent again and done by the next run."""
    assert day("release", "5").exit_code == 0
    assert _states(day)[5] == "ready"
    assert day.run() == 0
    assert _states(day)[5] == "done"
    assert len(simulator.ledger()) == 1


def test_release_all_held(day: Desk) -> None:
    """`--held` releases all, `--folder` those of one folder."""
    assert day("release", "--held", "--folder", "shop").exit_code == 0
    assert _states(day)[5] == "held"
    assert day("release", "--held").exit_code == 0
    assert _states(day)[5] == "ready"


@pytest.mark.parametrize(
    "args",
    [
        ["release"],
        ["release", "5", "--held"],
        ["release", "5", "--folder", "words"],
        ["retry"],
        ["retry", "2", "--failed"],
        ["cancel"],
        ["pause", "--folder", "shop", "--account", "sim"],
        ["pause", "--account", "sin"],
        ["resume", "--folder", "shap"],
        ["adopt"],
        ["adopt", "shap"],
    ],
)
def test_ambiguous_wishes_are_usage_errors(day: Desk, args: list[str]) -> None:
    """Neither ids nor all, both, or a name that does not exist: exit code 2, nothing done."""
    before = day.json("tasks")
    result = day(*args)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert day.json("tasks") == before


def test_release_what_is_not_held(day: Desk) -> None:
    """A task that is not held is told with its state."""
    result = day("release", "1")
    assert result.exit_code == 1
    assert "Task 1 is done, not held." in result.stderr


def _account(desk: Desk) -> dict[str, Any]:
    account: dict[str, Any] = desk.json("status")["accounts"][0]
    return account


def test_pause_and_resume_everything(live_desk: Desk, simulator: RunningSimulator) -> None:
    """Without an option all accounts pause: nothing is sent until `resume`."""
    assert live_desk("pause").exit_code == 0
    assert _account(live_desk)["state"] == "paused"
    live_desk.drop("rocket.jpg")
    assert live_desk.run() == 3
    assert simulator.ledger() == []
    assert live_desk("resume").exit_code == 0
    assert _account(live_desk)["state"] == "ok"
    assert live_desk.run() == 0
    assert len(simulator.ledger()) == 1


def test_pause_one_folder(live_desk: Desk, simulator: RunningSimulator) -> None:
    """A paused folder waits, the others go on."""
    live_desk("pause", "--folder", "shop")
    live_desk.drop("rocket.jpg")
    (live_desk.base / "words" / "inbox" / "a.txt").write_text("a lamp\n")
    assert live_desk.run() == 3
    assert [row["prompt"] for row in simulator.ledger()] == ["a lamp"]
    states = [folder["state"] for folder in live_desk.json("status")["folders"]]
    assert states == ["paused", "ok"]
    assert "Folder shop goes on." in live_desk("resume", "--folder", "shop").stderr
    assert live_desk.run() == 0


def test_pausing_twice(live_desk: Desk) -> None:
    """The second `pause` says so, as does a `resume` of what was not paused."""
    live_desk("pause", "--account", "sim")
    again = live_desk("pause", "--account", "sim")
    assert (again.exit_code, again.stderr) == (0, "Account sim was paused already.\n")
    live_desk("resume", "--account", "sim")
    again = live_desk("resume")
    assert (again.exit_code, again.stderr) == (0, "Nothing of that was paused.\n")


def test_resume_ends_pauses_of_the_daemon(live_desk: Desk, simulator: RunningSimulator) -> None:
    """A refused key pauses the account (auth); `resume` ends that, too."""
    simulator.post_faults([{"when": {}, "do": "status", "args": {"code": 401}, "times": 1}])
    live_desk.drop("rocket.jpg")
    assert live_desk.run() == 3
    account = _account(live_desk)
    assert account["state"] == "auth"
    assert account["message"]
    assert account["message"] in live_desk("status").stdout
    live_desk("resume", "--account", "sim")
    assert _account(live_desk)["state"] == "ok"


def test_decisions_beside_a_running_daemon(live_desk: Desk, simulator: RunningSimulator) -> None:
    """`pause` and `resume` reach a running daemon: it stops claiming, and goes on by itself."""
    live_desk("pause")
    live_desk.drop("rocket.jpg")
    settings = load_settings(live_desk.config)

    async def scene() -> int:
        daemon = asyncio.create_task(run_daemon(settings))
        await _until(lambda: _has_task(live_desk))
        assert simulator.ledger() == []
        await asyncio.to_thread(_resume, live_desk)
        await _until(lambda: any((live_desk.base / "shop").glob("done/*")))
        daemon.cancel()
        await asyncio.gather(daemon, return_exceptions=True)
        return len(simulator.ledger())

    assert asyncio.run(scene()) == 1


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(is_so):  # noqa: ASYNC110 - files tell no event
            await asyncio.sleep(0.05)


def _reader(desk: Desk) -> Any:
    from seedwatch.cli.queue import reading  # noqa: PLC0415 - only here

    return reading(load_settings(desk.config))


def _has_task(desk: Desk) -> bool:
    with _reader(desk) as reader:
        return bool(reader.task_page())


def _resume(desk: Desk) -> None:
    from seedwatch.cli.queue import decide  # noqa: PLC0415 - only here

    decide(load_settings(desk.config), lambda store: store.resume("account", "sim"))


def test_adopt(live_desk: Desk, simulator: RunningSimulator) -> None:
    """An inbox that lost its marker stands still until it is adopted; `cold_start` applies."""
    assert live_desk.run() == 0
    marker = live_desk.inbox / ".seedwatch"
    marker.unlink()
    live_desk.folder = {"cold_start": 0}
    live_desk.configure()
    live_desk.drop("rocket.jpg")
    live_desk.run()
    assert live_desk.json("status")["folders"][0]["state"] in {"unavailable", "foreign"}
    assert live_desk.json("tasks") == []
    assert live_desk("adopt", "shop").exit_code == 0
    assert json.loads(marker.read_text())["folder"] == "shop"
    assert live_desk.run() == 3
    assert [task["reason"] for task in live_desk.json("tasks")] == ["cold-start"]
    assert simulator.ledger() == []


def test_adopt_what_is_not_there(desk: Desk) -> None:
    """A missing inbox is not made: one line, exit code 1; the others are adopted."""
    (desk.base / "words" / "inbox").rmdir()
    result = desk("adopt", "words", "shop")
    assert result.exit_code == 1
    assert not (desk.base / "words" / "inbox").exists()
    assert Path(desk.inbox / ".seedwatch").is_file()
