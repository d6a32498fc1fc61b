"""A database that another program holds: nothing is sent meanwhile, and nothing is lost (79)."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import apsw
import pytest

from seedwatch.errors import StoreError
from seedwatch.simulator import RunningSimulator
from seedwatch.store import DATABASE, database, patience
from seedwatch.store.base import StoreUnavailable
from seedwatch.store.sqlite import SqliteStore
from tests.flow.workspace import Workspace

pytestmark = pytest.mark.fault(79)


class _Thief:
    """Takes the write lock just before the daemon makes a certain call, once, and keeps it."""

    def __init__(self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
        self._path = workspace.base / "state" / DATABASE
        self._lock: apsw.Connection | None = None
        self.has_taken = threading.Event()
        real = getattr(SqliteStore, call)

        async def robbed(store: SqliteStore, *args: Any, **options: Any) -> object:
            if not self.has_taken.is_set():
                self._take()
            return await real(store, *args, **options)

        monkeypatch.setattr(SqliteStore, call, robbed)
        monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 20)
        monkeypatch.setattr(patience, "_AGAIN_S", 0.02)

    def _take(self) -> None:
        self._lock = apsw.Connection(str(self._path))
        self._lock.execute("BEGIN IMMEDIATE")
        self.has_taken.set()

    def give_back(self) -> None:
        assert self._lock is not None
        self._lock.close()


@pytest.mark.parametrize(
    "call",
    [
        "begin_submit",
        "save_handle",
        *(pytest.param(call, marks=pytest.mark.nightly) for call in ("claim", "complete")),
    ],
)
def test_locked_for_a_while(
    tmp_path: Path, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Locked at any step far beyond the busy timeout: the work goes on when it is free again.

    Red when the daemon stops on a lock, or when it sends before its row is written.
    """
    workspace = Workspace(tmp_path, simulator)
    workspace.drop("coffee.png")
    thief = _Thief(workspace, monkeypatch, call)
    sent: list[int] = []

    def later() -> None:
        thief.has_taken.wait(20)
        threading.Event().wait(0.3)  # some fifteen busy timeouts
        sent.append(len(simulator.ledger()))
        thief.give_back()

    waiting = threading.Thread(target=later)
    waiting.start()
    assert workspace.run() == 0
    waiting.join()
    assert sent == [0 if call in {"claim", "begin_submit"} else 1]
    assert workspace.states() == {"done": 1}
    assert len(simulator.ledger()) == 1


def test_locked_for_ever(
    tmp_path: Path, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop does not wait for ever; the next start takes up what was answered meanwhile."""
    workspace = Workspace(tmp_path, simulator, grace="100ms")
    workspace.drop("coffee.png")
    with monkeypatch.context() as patched:
        thief = _Thief(workspace, patched, "save_handle")

        def stop() -> None:
            thief.has_taken.wait(20)
            os.kill(os.getpid(), signal.SIGTERM)  # the daemon listens: it was robbed at work

        stopping = threading.Thread(target=stop)
        stopping.start()
        with pytest.raises(StoreError) as raised:
            workspace.run()
        stopping.join()
    assert type(raised.value) is StoreUnavailable
    thief.give_back()
    assert workspace.run() == 0
    assert workspace.states() == {"done": 1}
    assert len(simulator.ledger()) == 1
