"""Two daemons in two processes with one inbox: each source is paid for once, whoever dies."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time

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
        _until_lease(workspace.inbox / ".seedwatch-lease")
        second = subprocess.Popen((*command, "run"), stderr=subprocess.DEVNULL)
        for number in range(COUNT):
            workspace.drop("rocket.jpg", f"{number}.jpg")
        workspace.until(f"SELECT 1 FROM jobs WHERE outcome = 'done' HAVING count(*) > {COUNT}", 60)
        assert _folder(command) == "foreign"
        assert len(workspace.simulator.ledger()) == COUNT + 1

        first.send_signal(signal.SIGKILL)
        first.wait()
        workspace.drop("chelsea.png")
        end = time.monotonic() + 90
        while not (workspace.done / "chelsea.png").exists() and time.monotonic() < end:
            time.sleep(0.2)
        assert (workspace.done / "chelsea.png").exists()
        assert _folder(command) == "ok"
        assert len(workspace.simulator.ledger()) == COUNT + 2
    finally:
        for process in (first, second):
            if process is not None:
                process.kill()
                process.wait()


def _until_lease(path: object) -> None:
    end = time.monotonic() + 20
    while not path.exists() and time.monotonic() < end:  # type: ignore[attr-defined]
        time.sleep(0.02)


def _folder(command: tuple[str, ...]) -> str:
    told = subprocess.run((*command, "status", "--json"), capture_output=True, check=True)
    state: str = json.loads(told.stdout)["folders"][0]["state"]
    return state
