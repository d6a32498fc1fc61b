"""Very many files: more events than the system keeps, floods, and inboxes full of old files."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.bench import intake
from tests.flow.conftest import Studio
from tests.flow.workspace import Workspace

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(300)]
MAKER = """\
import sys
for number in range(100_000):
    open(f"{sys.argv[1]}/{number:06}.old", "x").close()
"""
TEXT = {"mode": "text-to-image", "prompt": "{text}"}


def _write(inbox: Path, count: int) -> None:
    for number in range(count):
        (inbox / f"{number:06}.txt").write_text(f"fox {number}\n")


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@pytest.mark.fault(28)
def test_more_events_than_the_system_keeps(studio: Studio) -> None:
    """Stopped while 20,000 files come: the events overflow, and all the files are found.

    Breaks if only files that an event names are looked at.
    """
    kept = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    count = 20_000
    assert 2 * count > kept
    workspace = studio(rule=TEXT, folder={"watch": "events", "burst": "1/10m"})
    daemon = workspace.start(is_until_idle=False)
    try:
        workspace.until("SELECT 1 FROM folders WHERE watch = 'events'")
        daemon.send_signal(signal.SIGSTOP)
        _write(workspace.inbox, count)
        daemon.send_signal(signal.SIGCONT)
        workspace.until(f"SELECT 1 WHERE (SELECT count(*) FROM jobs) = {count}", most_s=200)
        daemon.terminate()
        assert daemon.wait(30) == 0
    finally:
        daemon.kill()
    assert len(workspace.simulator.ledger()) <= 1


def _with_second_folder(workspace: Workspace) -> Path:
    settings: dict[str, Any] = json.loads(workspace.config.read_text())
    other = workspace.base / "other" / "inbox"
    other.mkdir(parents=True)
    settings["folders"].append(
        settings["folders"][0] | {"name": "other", "inbox": "other/inbox", "outbox": None}
    )
    del settings["folders"][1]["outbox"]
    workspace.config.write_text(json.dumps(settings))
    return other


@pytest.mark.fault(34)
def test_ten_thousand_at_once(studio: Studio) -> None:
    """A flood in one inbox: another inbox gets its turn at once, and memory stays bounded.

    Breaks if claims go by the order of arrival alone.
    """
    workspace = studio(rule=TEXT, folder={"burst": "unlimited"})
    other = _with_second_folder(workspace)
    daemon = workspace.start(is_until_idle=False)
    try:
        workspace.until("SELECT 1 FROM folders WHERE name = 'shop'")
        _write(workspace.inbox, 10_000)
        workspace.until("SELECT 1 WHERE (SELECT count(*) FROM jobs) > 1000", most_s=100)
        (other / "late.txt").write_text("a late fox\n")
        done = "tasks JOIN jobs ON jobs.id = job_id WHERE tasks.state = 'done' AND jobs.folder ="
        workspace.until(f"SELECT 1 FROM {done} 'other'", most_s=100)
        [(before,)] = workspace.rows(f"SELECT count(*) FROM {done} 'shop'")
        assert before < 2_000
        workspace.until("SELECT 1 WHERE (SELECT count(*) FROM jobs) = 10001", most_s=200)
        assert _peak_mb(daemon.pid) < 300
        daemon.terminate()
        assert daemon.wait(30) == 0
    finally:
        daemon.kill()
    assert "held" not in workspace.states()


@pytest.mark.fault(35)
def test_an_inbox_full_of_old_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """100,000 files that are no inputs, and a new one: it is found, and the loop is never held up.

    A look that finds nothing moved does not list them again.
    Breaks if they are listed or sorted in one piece in the event loop.
    """
    monkeypatch.chdir(tmp_path)
    lags: list[float] = []

    async def run(place: Path) -> float:
        inbox = place / "inbox"
        async with intake._watching(place, lags) as recorder:
            making = await asyncio.create_subprocess_exec(sys.executable, "-c", MAKER, str(inbox))
            assert await making.wait() == 0
            await asyncio.sleep(3)  # several looks
            [name] = intake._make_pictures(place, 1)
            began = time.monotonic()
            (place / name).rename(inbox / name)
            await recorder.until(1)
            return time.monotonic() - began

    with intake._workspace(0.1) as place:
        took_s = asyncio.run(run(place))
    lags.sort()
    assert took_s < 10
    assert lags[len(lags) * 99 // 100] < 0.1
