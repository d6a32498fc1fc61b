"""The event loop is watched: what blocks it is logged, and systemd hears that it goes on (100)."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from seedwatch.daemon.heartbeat import Heartbeat, ServiceManager
from tests.flow.conftest import Studio

pytestmark = pytest.mark.fault(100)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket of a service manager."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        receiver.setblocking(False)
        yield receiver


def _told(service: socket.socket) -> list[str]:
    words = []
    while True:
        try:
            words.append(service.recv(4096).decode())
        except BlockingIOError:
            return words


def _lags(block_s: float) -> list[float]:
    async def run() -> None:
        with Heartbeat(ServiceManager()):
            await asyncio.sleep(0.3)
            time.sleep(block_s)  # noqa: ASYNC251 - what is tested
            await asyncio.sleep(0.1)

    with capture_logs() as lines:
        asyncio.run(run())
    return [line["lag_s"] for line in lines if line["event"] == "loop.blocked"]


def test_a_call_that_blocks_the_loop_is_logged() -> None:
    """Longer than half a second: one line says how long.

    Breaks if the lag is not looked at.
    """
    [lag_s] = _lags(1.0)
    assert 0.5 < lag_s < 5


def test_a_short_pause_is_not_logged() -> None:
    """What everybody does now and then is no news: only lags above half a second are."""
    assert [lag_s for lag_s in _lags(0.05) if lag_s <= 0.5] == []


def test_systemd_is_told(
    studio: Studio, service: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ready when folders are watched, alive all the time, stopping at the end."""
    workspace = studio(rule={"mode": "text-to-image", "prompt": "{text}"})
    (workspace.inbox / "one.txt").write_text("a fox\n")
    monkeypatch.setenv("NOTIFY_SOCKET", service.getsockname())
    monkeypatch.setenv("WATCHDOG_USEC", "600000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    assert workspace.run() == 0
    words = _told(service)
    assert words.count("READY=1") == 1
    assert words.index("READY=1") < words.index("STOPPING=1")
    assert words.count("WATCHDOG=1") >= 1
    assert set(words) == {"READY=1", "STOPPING=1", "WATCHDOG=1"}


def test_a_blocked_loop_is_silent(service: socket.socket) -> None:
    """It sees a loop that hangs: nothing is said meanwhile.

    Breaks if another thread speaks for the loop.
    """

    async def run() -> int:
        with Heartbeat(ServiceManager(service.getsockname(), 0.5)):
            await asyncio.sleep(0.6)
            assert "WATCHDOG=1" in _told(service)
            time.sleep(0.6)  # noqa: ASYNC251 - what is tested
            return len(_told(service))

    assert asyncio.run(run()) == 0


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "garbage"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_what_systemd_wants(environment: dict[str, str], expected: float | None) -> None:
    """Only a number that is meant for this process asks for signs of life."""
    assert ServiceManager.of(environment).watchdog_s == expected


@pytest.mark.parametrize("address", ["", "@nobody-listens-there", "/nowhere/notify", "x" * 200])
def test_nobody_listens(address: str) -> None:
    """Without a service manager, or with one that is gone, nothing happens."""
    ServiceManager(address).tell("READY=1")
