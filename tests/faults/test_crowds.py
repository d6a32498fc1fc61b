"""Very many files at once, or for years: all are found, in bounded memory, without a standstill."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.flow.conftest import Studio
from tests.flow.workspace import Workspace

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]
BURST, OLD = 10_000, 200_000
_QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")
_EVENTS = 3
"""of a new file at least: it is made, written and closed"""


@pytest.fixture
def daemon(studio: Studio) -> Iterator[tuple[Workspace, subprocess.Popen[str]]]:
    """A daemon that takes files and sends nothing; its inbox is emptied in the end."""
    workspace = studio(folder={"watch": "events", "poll_interval": "1h", "burst": "unlimited"})
    process = workspace.start(is_until_idle=False)
    workspace.until("SELECT 1 FROM folders WHERE watch = 'events'")
    workspace.decide(lambda store: store.pause("account", "sim", "paused", "", None))
    yield workspace, process
    process.terminate()
    process.wait(30)
    workspace.decide(lambda store: store.cancel(range(1, BURST + 1)))
    _empty(workspace)


def _empty(workspace: Workspace) -> None:
    for path in workspace.inbox.iterdir():
        if not path.name.startswith("."):
            path.unlink()


def _drop(workspace: Workspace, count: int) -> None:
    """Small pictures, each with bytes of its own."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48)).save(buffer, "PNG")
    for n in range(count):
        (workspace.inbox / f"{n}.png").write_bytes(buffer.getvalue() + b"%d" % n)


def _memory_mb(process: subprocess.Popen[str]) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@pytest.mark.fault(28)
def test_more_events_than_the_system_keeps(
    daemon: tuple[Workspace, subprocess.Popen[str]],
) -> None:
    """Events that were dropped while the daemon stood still cost no file.

    Breaks if only files are looked at that an event named.
    """
    workspace, process = daemon
    count = int(_QUEUE.read_text()) // _EVENTS + 500
    assert count <= BURST
    process.send_signal(signal.SIGSTOP)
    _drop(workspace, count)
    process.send_signal(signal.SIGCONT)
    workspace.until(f"SELECT 1 WHERE (SELECT count(*) FROM jobs) = {count}", 120)


@pytest.mark.fault(34)
def test_ten_thousand_at_once(daemon: tuple[Workspace, subprocess.Popen[str]]) -> None:
    """All are recorded, in bounded memory."""
    workspace, process = daemon
    _drop(workspace, BURST)
    workspace.until(f"SELECT 1 WHERE (SELECT count(*) FROM jobs) = {BURST}", 120)
    assert _memory_mb(process) < 130
    assert "loop.blocked" not in workspace.log.read_text()


@pytest.mark.fault(35)
def test_an_inbox_full_of_old_files(studio: Studio) -> None:
    """A first look at very many files stops nothing else, and a new picture is made meanwhile.

    By hand with 1,000,000: the loop stood still for 8 s when all were sorted in one step.
    """
    workspace = studio(folder={"cold_start": "unlimited"})
    for n in range(OLD):
        os.close(os.open(f"{workspace.inbox}/IMG_{n:07d}.xmp", os.O_CREAT | os.O_WRONLY))
    workspace.drop("rocket.jpg", "zebra.jpg")  # behind all others
    with workspace.running():
        workspace.until("SELECT 1 FROM jobs WHERE outcome = 'done'", 200)
        told = workspace.log.read_text()
    _empty(workspace)
    assert "loop.blocked" not in told


@pytest.mark.fault(34)
def test_a_hundred_thousand_prompts(studio: Studio) -> None:
    """Five prompt files of 20,000 lines become their tasks while everything else goes on.

    Breaks if tasks are made in the event loop: it stood still for 4 s.
    """
    workspace = studio(
        rule={"mode": "text-to-image", "prompt": "{text}"}, folder={"burst": "unlimited"}
    )
    workspace.key_file.write_text("")
    for number in range(5):
        lines = "".join(f"fox {number} {n}\n" for n in range(20_000))
        (workspace.inbox / f"{number}.txt").write_text(lines)
    with workspace.running():
        workspace.until("SELECT 1 WHERE (SELECT count(*) FROM tasks) = 100000", 120)
    assert "loop.blocked" not in workspace.log.read_text()
