"""The daemon stands still for a while: stopped and continued, or on a laptop that slept."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest

from seedwatch.config.settings import load_settings
from seedwatch.daemon.supervisor import run_daemon
from tests.flow.conftest import Studio
from tests.flow.providers import Desk
from tests.flow.workspace import Workspace

TEXT = {"mode": "text-to-image", "prompt": "{text}"}


async def _stand_still_in_call(workspace: Workspace, still_s: float) -> int:
    """Run; once a request was accepted nothing happens in this process's loop for a while."""
    daemon = asyncio.create_task(run_daemon(load_settings(workspace.config), until_idle=True))
    while not await asyncio.to_thread(workspace.simulator.ledger):
        assert not daemon.done(), "it ended before"
        await asyncio.sleep(0.01)
    time.sleep(still_s)  # noqa: ASYNC251 - what is tested
    return await daemon


@pytest.mark.fault(7)
def test_an_answer_that_came_meanwhile_is_taken(studio: Studio) -> None:
    """The answer came while the daemon stood still for longer than it waits for answers.

    It lies in the socket and is taken; nothing is held as unsure.
    Breaks if the time of a paid call goes on while nobody could have read its answer.
    """
    workspace = studio(rule=TEXT, account={"timeout": "1s"})
    workspace.simulator.post_faults([{"do": "delay", "args": {"seconds": 0.3}}])
    (workspace.inbox / "one.txt").write_text("a fox in the snow\n")
    code = asyncio.run(_stand_still_in_call(workspace, 3.6))
    assert (code, workspace.states()) == (0, {"done": 1})
    assert len(workspace.simulator.ledger()) == 1


@pytest.mark.nightly
@pytest.mark.fault(7)
@pytest.mark.parametrize("provider", ["ark pictures", "apimart"])
def test_a_stopped_process_goes_on(desk: Desk, provider: str) -> None:
    """SIGSTOP in a call, SIGCONT after its time is over: done, accepted once, nobody rushes."""
    workspace = desk(provider)
    workspace.account["timeout"] = "2s"
    workspace.configure()
    workspace.simulator.post_faults([{"do": "delay", "args": {"seconds": 1}}])
    (workspace.inbox / "more.txt").write_text("".join(f"fox {n}\n" for n in range(20)))
    daemon = workspace.start()
    while not workspace.simulator.ledger():
        time.sleep(0.02)
    daemon.send_signal(signal.SIGSTOP)
    time.sleep(8)  # what is tested: longer than the limit of the call
    daemon.send_signal(signal.SIGCONT)
    try:
        assert daemon.wait(40) == 0, workspace.log.read_text()
    finally:
        daemon.kill()
    assert workspace.states() == {"done": 21}
    assert len(workspace.simulator.ledger()) == 21
    assert '"loop.blocked"' in workspace.log.read_text()
