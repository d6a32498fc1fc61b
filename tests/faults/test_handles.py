"""Too few file descriptors, and descriptors of a share that went stale."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seedwatch.inbox import folder
from seedwatch.worker import outcome, retiring
from tests.faults.driving import line, through
from tests.flow.conftest import Studio

TEXT = {"mode": "text-to-image", "prompt": "{text}"}


@pytest.mark.nightly
@pytest.mark.fault(18)
@pytest.mark.parametrize("most", [64, 48])
def test_few_file_descriptors(studio: Studio, most: int) -> None:
    """With more work than descriptors it goes on slower: no crash, nothing paid twice or lost.

    Breaks if a descriptor that cannot be had counts as a fault of the source or of the answer.
    """
    workspace = studio(rule=TEXT, account={"concurrency": 60})
    for number in range(60):
        (workspace.inbox / f"{number}.txt").write_text(f"fox {number}\n")
    limited = f"ulimit -n {most}; exec '{sys.executable}' -m seedwatch -c '{workspace.config}' run"
    with (
        workspace.log.open("a") as log,
        subprocess.Popen(["sh", "-c", limited], stderr=log) as daemon,
    ):
        try:
            workspace.until(
                "SELECT 1 WHERE (SELECT count(*) FROM tasks WHERE state = 'done') = 60", 45
            )
            daemon.terminate()
            assert daemon.wait(20) == 0
        finally:
            daemon.kill()
    assert workspace.states() == {"done": 60}
    assert len(workspace.simulator.ledger()) == 60
    assert "Too many open files" in workspace.log.read_text()
    assert '"task.broke"' not in workspace.log.read_text()


class Opening:
    """Lets the system's `open` of one root fail with an error, as its number among them decides."""

    def __init__(self, root: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fails: Callable[[int], bool] = lambda _nth: False
        self._number = number
        self.count = 0
        self._root = str(root)
        self._real = os.open
        monkeypatch.setattr(os, "open", self._open)

    def _open(self, path: str | Path, *args: int, **named: int | None) -> int:
        if str(path) == self._root:
            self.count += 1
            if self.fails(self.count):
                raise OSError(self._number, os.strerror(self._number), str(path))
        return self._real(path, *args, **named)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a root is tried again at once."""
    monkeypatch.setattr(outcome, "DELIVERY_WAIT_S", 0.1)
    monkeypatch.setattr(retiring, "_AGAIN_S", 0.1)
    monkeypatch.setattr(folder, "_AWAY_FIRST_S", 0.1)


@pytest.mark.nightly
@pytest.mark.fault(18)
@pytest.mark.fault(23)
@pytest.mark.parametrize("area", ["inbox", "outbox", "done"])
@pytest.mark.parametrize("nth", range(1, 8))
@pytest.mark.parametrize("number", [errno.ESTALE, errno.EMFILE, errno.EIO])
def test_an_opening_that_fails_once(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, area: str, nth: int, number: int
) -> None:
    """Whichever opening of a root fails, it is opened anew, and its task is done.

    Breaks if an error of a root counts as a file that is gone.
    """
    workspace = studio(rule=TEXT)
    (workspace.inbox / "one.txt").write_text("a fox\n")
    opening = Opening(getattr(workspace, area), number, monkeypatch)
    opening.fails = lambda at: at == nth
    through(workspace)
    assert workspace.states() == {"done": 1}
    assert len(workspace.simulator.ledger()) == 1
    assert list(workspace.census().values()) == [["done"]]


@pytest.mark.fault(23)
@pytest.mark.parametrize(
    ("area", "told"),
    [("inbox", "folder.changed"), ("outbox", "task.stopped"), ("done", "source.stuck")],
)
def test_stale_until_it_is_mounted_anew(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, area: str, told: str
) -> None:
    """Nothing counts as gone and nothing is paid twice while it lasts; then all is done."""
    workspace = studio(rule=TEXT)
    (workspace.inbox / "one.txt").write_text("a fox\n")
    opening = Opening(getattr(workspace, area), errno.ESTALE, monkeypatch)
    opening.fails = lambda _nth: True

    def mount() -> None:
        assert workspace.rows("SELECT 1 FROM tasks WHERE state = 'cancelled'") == []
        opening.fails = lambda _nth: False

    through(workspace, (line(told), mount))
    assert workspace.states() == {"done": 1}
    assert len(workspace.simulator.ledger()) == 1
    assert list(workspace.census().values()) == [["done"]]


@pytest.mark.nightly
@pytest.mark.fault(14)
@pytest.mark.parametrize("nth", range(1, 13))
def test_a_sync_that_fails_once(studio: Studio, monkeypatch: pytest.MonkeyPatch, nth: int) -> None:
    """Whichever sync of a file or directory of ours fails, the task is done and paid once.

    Breaks if what could not be synced is used, or a paid answer is given up for it.
    """
    real, count = os.fsync, 0

    def fsync(fd: int) -> None:
        nonlocal count
        count += 1
        if count == nth:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(fd)

    workspace = studio(rule=TEXT)
    assert workspace.run() == 0  # a database that cannot be made ends the start
    (workspace.inbox / "one.txt").write_text("a fox\n")
    monkeypatch.setattr(os, "fsync", fsync)
    through(workspace)
    assert workspace.states() == {"done": 1}
    assert len(workspace.simulator.ledger()) == 1
    assert list(workspace.census().values()) == [["done"]]
    assert workspace.torn_results() == []
