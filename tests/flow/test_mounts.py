"""Outbox, done and failed on shares that are really mounted: what happens while they are not."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from seedwatch.config.settings import load_settings
from seedwatch.daemon.supervisor import run_daemon
from tests.cli.desk import call
from tests.fakes.mounts import Server
from tests.flow.conftest import Studio
from tests.flow.workspace import Workspace

ALL_FINE = [("done",)]


def state_of(workspace: Workspace) -> tuple[str, str]:
    ((state, message),) = workspace.rows("SELECT state, message FROM folders")
    return state, message


@pytest.mark.fault(20)
@pytest.mark.parametrize("name", ["outbox", "done", "failed"])
def test_a_target_that_is_not_mounted(server: Server, studio: Studio, name: str) -> None:
    """A folder whose results could not be brought away pays for nothing and writes nothing there.

    Breaks if an unmounted outbox were taken for an empty one.
    """
    workspace = studio()
    point = workspace.base / "shop" / name
    server.mount(name, point)
    workspace.drop("rocket.jpg")
    assert workspace.run() == 0
    server.pull(point)
    workspace.drop("chelsea.png")

    assert workspace.run() == 0  # nothing was taken in
    assert list(point.iterdir()) == []
    assert len(workspace.simulator.ledger()) == 1
    state, message = state_of(workspace)
    assert state == "unavailable"
    assert str(point) in message

    server.mount(name, point)
    assert workspace.run() == 0
    assert state_of(workspace) == ("ok", "")
    assert len(workspace.results()) == 2
    assert len(workspace.simulator.ledger()) == 2


@contextlib.asynccontextmanager
async def at_work(workspace: Workspace) -> AsyncIterator[Callable[[str], Awaitable[None]]]:
    """The daemon in this process; gives what waits until a query has rows."""
    daemon = asyncio.create_task(run_daemon(load_settings(workspace.config)))

    async def until(query: str) -> None:
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(Exception):  # the queue is not there yet
                    if await asyncio.to_thread(workspace.rows, query):
                        return
                await asyncio.sleep(0.02)

    try:
        yield until
    finally:
        daemon.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await daemon


@pytest.mark.fault(21)
@pytest.mark.parametrize("name", ["outbox", "done"])
def test_a_target_that_is_pulled_during_a_paid_call(
    server: Server, studio: Studio, name: str
) -> None:
    """The result waits in the spool, nothing is written below, and it is delivered once it can.

    Breaks if steps opened the outbox without making sure of it (`Root.key`), or if a folder that is
    back did not have its deliveries tried at once.
    """
    workspace = studio()
    point = workspace.base / "shop" / name
    server.mount(name, point)
    workspace.simulator.post_faults([{"when": {}, "do": "delay", "args": {"seconds": 0.6}}])

    async def pull_and_mount() -> list[str]:
        async with at_work(workspace) as until:
            await until("SELECT 1 FROM folders WHERE state = 'ok'")
            workspace.drop("rocket.jpg")
            await until("SELECT 1 FROM attempts")
            server.pull(point)
            await until("SELECT 1 FROM folders WHERE state = 'unavailable'")
            await until("SELECT 1 FROM attempts WHERE handle_kind = 'answer'")
            await asyncio.sleep(0.4)
            below = [path.name for path in point.rglob("*")]
            server.mount(name, point)
            await until("SELECT 1 FROM jobs WHERE outcome = 'done'")
            return below

    began = time.monotonic()
    assert asyncio.run(pull_and_mount()) == []
    assert time.monotonic() - began < 10
    assert workspace.rows("SELECT state FROM tasks") == ALL_FINE
    assert len(workspace.simulator.ledger()) == 1
    assert workspace.torn_results() == []
    assert len(workspace.results()) == 1


@pytest.mark.fault(16)
def test_an_outbox_that_turns_read_only(server: Server, studio: Studio) -> None:
    """Nothing is paid for while results could not be delivered; then it goes on by itself."""
    workspace = studio()
    server.mount("outbox", workspace.outbox)
    workspace.drop("rocket.jpg")
    assert workspace.run() == 0
    server.protect(workspace.outbox, is_read_only=True)
    workspace.drop("chelsea.png")

    assert workspace.run() == 0
    state, message = state_of(workspace)
    assert state == "read-only"
    assert str(workspace.outbox) in message
    assert len(workspace.simulator.ledger()) == 1

    server.protect(workspace.outbox, is_read_only=False)
    assert workspace.run() == 0
    assert len(workspace.results()) == 2


@pytest.mark.fault(22)
def test_an_outbox_of_another_kind_waits_for_adopt(server: Server, studio: Studio) -> None:
    """Another kind of file system at the same place is taken for another share until adopted."""
    workspace = studio()
    server.mount("outbox", workspace.outbox)
    workspace.drop("rocket.jpg")
    assert workspace.run() == 0
    memory = workspace.base / "state" / "mounts.json"
    memory.write_text(memory.read_text().replace("tmpfs", "cifs"))

    workspace.drop("chelsea.png")
    assert workspace.run() == 0
    assert state_of(workspace)[0] == "foreign"
    assert len(workspace.simulator.ledger()) == 1

    result = call("-c", str(workspace.config), "adopt", "shop")
    assert result.exit_code == 0, result.output
    assert workspace.run() == 0
    assert len(workspace.results()) == 2
