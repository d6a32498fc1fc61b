"""What reads the daemon's log is slow, gone or full, and the daemon works on."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.disks import Disk
from tests.flow.conftest import Studio
from tests.flow.workspace import Workspace

pytestmark = [pytest.mark.nightly, pytest.mark.fault(93)]
TEXT = {"mode": "text-to-image", "prompt": "{text}"}


def _command(workspace: Workspace) -> list[str]:
    return [sys.executable, "-m", "seedwatch", "-c", str(workspace.config), "run", "--until-idle"]


def _drop_prompts(workspace: Workspace, count: int) -> None:
    prompts = "".join(f"a fox number {number}\n" for number in range(count))
    (workspace.inbox / "prompts.txt").write_text(prompts)


def _code(daemon: subprocess.Popen[bytes]) -> int:
    """Its exit code; one that does not end is killed."""
    try:
        return daemon.wait(20)
    finally:
        daemon.kill()


def test_nobody_reads_the_log(studio: Studio) -> None:
    """A full pipe that nobody reads stops no task, and not the end of the process.

    Breaks if lines are written by whoever logs.
    """
    workspace = studio(rule=TEXT)
    _drop_prompts(workspace, 30)
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    with subprocess.Popen(_command(workspace), stderr=writing) as daemon:
        os.close(writing)
        assert _code(daemon) == 0
    assert workspace.states() == {"done": 30}
    with os.fdopen(reading) as reader:
        first = json.loads(reader.readline())
    assert first["event"] in {"folder.changed", "daemon.started"}


def test_the_reader_of_the_log_goes_away(studio: Studio) -> None:
    """`seedwatch run 2>&1 | head -1`: all tasks are done, without their log."""
    workspace = studio(rule=TEXT)
    _drop_prompts(workspace, 10)
    with subprocess.Popen(_command(workspace), stderr=subprocess.PIPE) as daemon:
        assert daemon.stderr is not None
        daemon.stderr.readline()
        daemon.stderr.close()
        assert _code(daemon) == 0
    assert workspace.states() == {"done": 10}


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_started_with_closed_streams(studio: Studio, closed: str) -> None:
    """Whatever standard stream is missing, no file of ours takes its number.

    Breaks if the numbers 0 to 2 are left free for the next file that is opened.
    """
    workspace = studio(rule=TEXT)
    _drop_prompts(workspace, 3)
    command = " ".join(f"'{part}'" for part in _command(workspace)[:-1])
    with subprocess.Popen(["sh", "-c", f"exec {command} {closed}"]) as daemon:
        workspace.until("SELECT 1 FROM jobs WHERE retired_path != ''")
        numbers = Path(f"/proc/{daemon.pid}/fd")
        standard = {str((numbers / str(number)).readlink()) for number in range(3)}
        daemon.terminate()
        assert _code(daemon) == 0
    assert [name for name in standard if str(workspace.base) in name] == []
    assert "/dev/null" in standard
    assert workspace.states() == {"done": 3}
    assert workspace.torn_results() == []


@pytest.mark.fault(11)
def test_the_disk_of_log_and_temporary_files_is_full(small_disk: Disk, studio: Studio) -> None:
    """No room for the log, and none in TMPDIR: every task is done all the same.

    When there is room again, the log says what is missing.
    """
    workspace = studio(rule=TEXT)
    _drop_prompts(workspace, 10)
    with (small_disk.path / "daemon.log").open("w") as log:
        small_disk.fill()
        command = _command(workspace)[:-1]
        environment = os.environ | {"TMPDIR": str(small_disk.path)}
        with subprocess.Popen(command, stderr=log, env=environment) as daemon:
            workspace.until("SELECT 1 FROM jobs WHERE retired_path != ''")
            small_disk.free()
            daemon.terminate()
            assert _code(daemon) == 0
    assert workspace.states() == {"done": 10}
    events = [
        json.loads(line) for line in (small_disk.path / "daemon.log").read_text().splitlines()
    ]
    assert events[0]["event"] == "lines.dropped"
    assert events[0]["count"] >= 10
    assert events[-1]["event"] == "daemon.stopped"
