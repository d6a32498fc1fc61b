"""Streamed groups of Ark: what came of an answer that broke off is delivered, and said to be so."""

from __future__ import annotations

import errno
import json
import signal
import time
from pathlib import Path

import pytest

from seedwatch.outbox.spool import SpoolFile
from seedwatch.simulator import RunningSimulator
from tests.flow.conftest import Studio
from tests.flow.test_in_doubt import take_away
from tests.flow.workspace import Workspace

GROUP = {
    "mode": "text-to-image",
    "prompt": "{text}",
    "group": 5,
    "options": {"stream": True},
}


def _ask(workspace: Workspace) -> None:
    (workspace.inbox / "one.txt").write_text("a fox in the snow\n")


def _manifest(workspace: Workspace) -> dict[str, list[dict[str, object]]]:
    (path,) = workspace.outbox.glob("*.set.json")
    told: dict[str, list[dict[str, object]]] = json.loads(path.read_text())
    return told


def test_a_whole_stream(studio: Studio) -> None:
    """Five pictures come one after the other and are all delivered, in order."""
    workspace = studio(rule=GROUP)
    _ask(workspace)
    assert workspace.run() == 0
    assert [path.name for path in workspace.results()] == [f"one_1-{n}.jpeg" for n in range(1, 6)]
    assert _manifest(workspace)["missing"] == []


@pytest.mark.fault(62)
def test_a_stream_cut_after_the_third(studio: Studio) -> None:
    """Three pictures are delivered, two places are said to be missing, and nothing is sent again.

    Red when what came is thrown away with the answer that broke off.
    """
    workspace = studio(rule=GROUP)
    workspace.simulator.post_faults([{"do": "stream_cut", "args": {"after": 3}}])
    _ask(workspace)
    assert workspace.run() == 0
    assert [path.name for path in workspace.results()] == [f"one_1-{n}.jpeg" for n in range(1, 4)]
    assert [place["n"] for place in _manifest(workspace)["missing"]] == [4, 5]
    sidecar = workspace.sidecar(workspace.results()[0])
    assert [place["n"] for place in sidecar["set"]["missing"]] == [4, 5]
    assert len(workspace.simulator.ledger()) == 1
    assert workspace.rows("SELECT DISTINCT reason FROM tasks") == [("partial",)]


@pytest.mark.parametrize("framing", ["one-line", "multi-line", "broken"])
def test_a_moderated_picture_is_only_its_own(studio: Studio, framing: str) -> None:
    """A refused picture leaves its number free; the later ones are delivered all the same."""
    workspace = studio(rule=GROUP)
    workspace.simulator.move_switches({"ark.stream_framing": framing})
    workspace.simulator.post_faults([{"do": "partial_group", "args": {"keep": 3}}])
    _ask(workspace)
    assert workspace.run() == 0
    assert len(workspace.results()) == 3
    assert [place["n"] for place in _manifest(workspace)["missing"]] == [4, 5]


def _came(workspace: Workspace, count: int) -> bool:
    """Whether the unfinished answer holds so many pictures."""
    parts = (workspace.base / "state" / "spool").glob("*.answer.part")
    return any(path.read_bytes().count(b"partial_succeeded") >= 2 * count for path in parts)


def _until_came(workspace: Workspace, count: int) -> None:
    end = time.monotonic() + 30
    while not _came(workspace, count):
        assert time.monotonic() < end, "no part"
        time.sleep(0.02)


@pytest.mark.parametrize("is_away", [pytest.param(False, marks=pytest.mark.process), True])
def test_killed_in_the_middle_of_a_stream(tmp_path: Path, is_away: bool) -> None:
    """What had come before a SIGKILL is delivered after the restart, and nothing is paid twice.

    Also where its account is not configured at the next start, but at the one after it.

    Red when parts are not synced and taken up, but thrown away with the call.
    """
    with RunningSimulator(latency_s=5.0) as simulator:
        workspace = Workspace(tmp_path, simulator, GROUP)
        _ask(workspace)
        if is_away:
            workspace.stop_when(lambda: _came(workspace, 2))
            take_away(workspace)
            assert workspace.run() == 3
            workspace.configure(account="sim")
        else:
            daemon = workspace.start()
            _until_came(workspace, 2)
            daemon.send_signal(signal.SIGKILL)
            daemon.wait(20)
        assert workspace.run() == 0
        assert len(workspace.results()) >= 2
        assert len(_manifest(workspace)["missing"]) == 5 - len(workspace.results())
        assert len(simulator.ledger()) == 1
    assert workspace.torn_results() == []


@pytest.mark.fault(8)
def test_a_disk_that_fills_up_during_a_stream(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pictures that came before are delivered; nothing is paid twice (P6, fault 8).

    Red when an answer that could not be kept to its end is given up as a whole.
    """
    whole, count = SpoolFile.sync, 0

    def sync(file: SpoolFile) -> None:
        nonlocal count
        count += 1
        if count == 3:
            raise OSError(errno.ENOSPC, "no space left on device")
        whole(file)

    monkeypatch.setattr(SpoolFile, "sync", sync)
    workspace = studio(rule=GROUP)
    _ask(workspace)
    workspace.run()
    assert workspace.states() == {"done": 1}
    assert len(workspace.results()) >= 2
    assert len(workspace.simulator.ledger()) == 1
