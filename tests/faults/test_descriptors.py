"""Hardly any file may be open: less is sent at once, and nothing breaks off in the middle."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from seedwatch.daemon.descriptors import claims_within
from tests.flow.conftest import Studio
from tests.flow.workspace import Workspace

if sys.platform == "linux":
    from resource import RLIMIT_NOFILE, prlimit

pytestmark = [
    pytest.mark.fault(18),
    pytest.mark.skipif(sys.platform != "linux", reason="limits another process by prlimit"),
]
TEXT = {"mode": "text-to-image", "prompt": "{text}"}
REFUSED = "Too many open files"


def _drop(workspace: Workspace, count: int) -> None:
    (workspace.inbox / "prompts.txt").write_text("".join(f"fox {n}\n" for n in range(count)))


def _all_once(workspace: Workspace, count: int) -> None:
    assert workspace.states() == {"done": count}
    prompts = [one["prompt"] for one in workspace.simulator.ledger()]
    assert len(prompts) == len(set(prompts)) == count
    assert workspace.torn_results() == []


@pytest.mark.parametrize(
    ("limit", "wanted", "places"),
    [
        (None, [4, 60], [4, 60]),
        (1024, [4, 60], [4, 60]),
        (310, [4, 60], [4, 60]),
        (94, [4, 60], [1, 11]),
        (10, [4, 60], [1, 1]),
    ],
)
def test_places_by_what_may_be_open(
    limit: int | None, wanted: list[int], places: list[int]
) -> None:
    """As many as are configured where they fit, else shares of what fits, at least one each."""
    assert claims_within(limit, wanted, folder_count=1) == places


@pytest.mark.nightly
@pytest.mark.timeout(120)
def test_sixty_four_files_are_enough(studio: Studio) -> None:
    """With 60 requests wanted at once and 64 files, all is sent once, and no file is refused.

    Breaks if the lanes claim as many as are configured.
    """
    workspace = studio(rule=TEXT, account={"concurrency": 60})
    workspace.simulator.post_faults([{"do": "delay", "args": {"seconds": 0.2}, "times": 150}])
    _drop(workspace, 150)
    daemon = workspace.start()
    prlimit(daemon.pid, RLIMIT_NOFILE, (64, 64))
    assert daemon.wait(90) == 0, workspace.log.read_text()
    told = workspace.log.read_text()
    assert "files.few" in told
    assert REFUSED not in told
    _all_once(workspace, 150)


@pytest.mark.nightly
@pytest.mark.timeout(300)
@pytest.mark.parametrize("left", [0, 1, 3])
def test_no_descriptor_left_in_the_middle(studio: Studio, left: int) -> None:
    """Refused at work, it tries again later; nothing is lost or paid for twice.

    Breaks if an answer that cannot be kept, or a refused folder, ends a task.
    """
    workspace = studio(rule=TEXT, account={"concurrency": 20})
    _drop(workspace, 120)
    daemon = workspace.start()
    workspace.until("SELECT 1 FROM tasks WHERE state = 'done'")
    open_now = len(list(Path(f"/proc/{daemon.pid}/fd").iterdir()))
    prlimit(daemon.pid, RLIMIT_NOFILE, (open_now + left, 4096))
    end = time.monotonic() + 20
    while REFUSED not in workspace.log.read_text():
        assert time.monotonic() < end, "nothing was refused"
        time.sleep(0.02)
    prlimit(daemon.pid, RLIMIT_NOFILE, (4096, 4096))
    assert daemon.wait(200) in {0, 3}, workspace.log.read_text()
    workspace.run()
    _all_once(workspace, 120)
