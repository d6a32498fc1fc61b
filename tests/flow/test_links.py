"""Results behind links that fail or are over: each picture that was paid for is brought home."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import apsw
import pytest

from seedwatch.daemon import maintenance
from seedwatch.simulator import RunningSimulator
from seedwatch.worker import collect, lanes, outcome, workplace
from tests.fakes.front import Front, Scripted
from tests.flow.providers import POLL, PROVIDERS
from tests.flow.workspace import Workspace


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be fetched is asked for again at once."""
    monkeypatch.setattr(outcome, "result_wait_s", lambda *_: 0.05)
    monkeypatch.setattr(collect, "_FRESH_S", 0.0)


def _workspace(tmp_path: Path, front: Front, **rule: Any) -> Workspace:
    account = {"provider": "apimart", **POLL, "base_url": f"{front.url}/apimart/v1"}
    rule = {**PROVIDERS["apimart"].rule, "group": 3, **rule}
    workspace = Workspace(tmp_path, front.simulator, rule, account=account)
    (workspace.inbox / "one.txt").write_text("a fox in the snow\n")
    return workspace


@pytest.mark.fault(65)
def test_a_picture_is_fetched_once(tmp_path: Path, simulator: RunningSimulator) -> None:
    """The second link fails at first, and the first is over then: all three are delivered.

    Red when a round of fetches begins anew, and with it what lies in the spool is lost.
    """
    links: list[str] = []

    def flaky(method: str, path: str) -> Scripted | None:
        if method != "GET" or "/tasks/" in path:
            return None
        links.append(path)
        if len(links) == 2:
            return 503, b""
        return (403, b"") if path in links[:-1] and path != links[1] else None

    with Front(simulator, flaky) as front:
        workspace = _workspace(tmp_path, front)
        assert workspace.run() == 0
    assert len(workspace.results()) == 3
    assert len(links) == 4
    assert len(simulator.ledger()) == 1


@pytest.mark.fault(65)
@pytest.mark.parametrize("status", ["failed", "cancelled", "lost"])
def test_the_others_are_delivered_where_one_link_is_over(
    tmp_path: Path, simulator: RunningSimulator, status: str
) -> None:
    """What the provider says later of work that it finished takes nothing back.

    Red when one dead link holds the whole set, or a finished task is submitted again.
    """
    dead: list[str] = []

    def over(method: str, path: str) -> Scripted | None:
        if method == "GET" and "/tasks/" in path and dead:
            told = b'{"data": {"id": "x", "status": "%s"}}' % status.encode()
            return (404, b"{}") if status == "lost" else (200, told)
        if method == "GET" and "/tasks/" not in path:
            dead.append(path)
            return (403, b"") if path == dead[0] else None
        return None

    with Front(simulator, over) as front:
        workspace = _workspace(tmp_path, front)
        workspace.run()
    assert workspace.states() == {"done": 1}
    assert len(workspace.results()) == 2
    assert len(simulator.ledger()) == 1


def test_a_slow_set_keeps_its_lease(
    tmp_path: Path, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many slow downloads take longer than a lease: nobody else begins the same work meanwhile.

    Red when the task is taken back, and two workers write the same files of the spool.
    """
    monkeypatch.setattr(lanes, "_LEASE_MARGIN_S", 1.0 - lanes._LONGEST_CALL_S)
    monkeypatch.setattr(workplace, "KEEP_EVERY_S", 0.3)
    monkeypatch.setattr(maintenance, "_REAP_S", 1)

    def slow(method: str, path: str) -> Scripted | None:
        if method == "GET" and "/tasks/" not in path:
            time.sleep(0.8)
        return None

    with Front(simulator, slow) as front:
        workspace = _workspace(tmp_path, front)
        assert workspace.run() == 0
    assert len(workspace.results()) == 3
    assert workspace.rows("SELECT * FROM events WHERE name = 'task.interrupted'") == []


@pytest.mark.process
def test_results_come_home_without_their_folder(
    tmp_path: Path, simulator: RunningSimulator
) -> None:
    """Its folder is taken out of config.yaml while the work goes on, and is back days later.

    Red when the provider is not asked meanwhile: the links are over by then.
    """
    is_over = False

    def over(method: str, path: str) -> Scripted | None:
        return (404, b"{}") if is_over else None

    with Front(simulator, over) as front:
        workspace = _workspace(tmp_path, front)
        daemon = workspace.start(SEEDWATCH_KILL_AT="submit.handle_saved")
        daemon.wait(50)
        workspace.folder = {"name": "another", "inbox": "another/inbox"}
        (tmp_path / "another" / "inbox").mkdir(parents=True)
        workspace.configure()
        with workspace.running():
            workspace.until("SELECT 1 FROM tasks WHERE reason = 'no-folder'")
        is_over = True
        workspace.folder = {}
        workspace.configure()
        with apsw.Connection(str(tmp_path / "state" / "queue.db")) as database:
            database.execute("UPDATE tasks SET run_at = 0")  # an hour later
        assert workspace.run() == 0
    assert len(workspace.results()) == 3
    assert len(simulator.ledger()) == 1
