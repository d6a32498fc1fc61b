"""Two daemons in two processes with one inbox: each source is paid for once, whoever dies."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.flow.conftest import Studio

COUNT = 12


@pytest.mark.nightly
@pytest.mark.process
@pytest.mark.fault(83)
@pytest.mark.fault(84)
@pytest.mark.timeout(240)
def test_two_processes_and_one_inbox(studio: Studio) -> None:
    """The second, with a copy of the first one's state, waits; when that is killed it takes over.

    Breaks if only the marker were asked: both know it.
    """
    workspace = studio()
    workspace.drop("rocket.jpg", "first.jpg")
    assert workspace.run() == 0
    shutil.copytree(workspace.base / "state", workspace.base / "state2")
    config = json.loads(workspace.config.read_text()) | {"state_dir": "./state2"}
    second_config = workspace.base / "second.yaml"
    second_config.write_text(json.dumps(config))

    first = workspace.start(is_until_idle=False)
    command = (sys.executable, "-m", "seedwatch", "-c", str(second_config))
    second: subprocess.Popen[bytes] | None = None
    try:
        workspace.until("SELECT 1 FROM folders WHERE state = 'ok' AND is_reported = 1")
        _until((workspace.inbox / ".seedwatch-lease").exists, 20)
        second = subprocess.Popen((*command, "run"), stderr=subprocess.DEVNULL)
        for number in range(COUNT):
            workspace.drop("rocket.jpg", f"{number}.jpg")
        workspace.until(
            f"SELECT 1 WHERE (SELECT count(*) FROM jobs WHERE outcome = 'done') > {COUNT}", 60
        )
        _until(lambda: _folder(command) == "foreign", 30)
        assert len(workspace.simulator.ledger()) == COUNT + 1

        first.send_signal(signal.SIGKILL)
        first.wait()
        workspace.drop("chelsea.png")
        _until((workspace.done / "chelsea.png").exists, 90)
        _until(lambda: _folder(command) == "ok", 30)
        assert len(workspace.simulator.ledger()) == COUNT + 2
        workspace.known_problems = {"result-orphan"}  # what the second delivered
    finally:
        for process in (first, second):
            if process is not None:
                process.kill()
                process.wait()


def _until(is_so: Callable[[], bool], most_s: float) -> None:
    end = time.monotonic() + most_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.1)


def _folder(command: tuple[str, ...]) -> str:
    told = subprocess.run((*command, "status", "--json"), capture_output=True, check=True)
    state: str = json.loads(told.stdout)["folders"][0]["state"]
    return state
