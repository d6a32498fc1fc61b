"""Drives a daemon in this process through a fault: it comes, shows, and goes again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, MutableMapping
from typing import Any

import apsw
from structlog.testing import capture_logs

from seedwatch.config.settings import load_settings
from seedwatch.daemon.supervisor import run_daemon
from tests.flow.workspace import Workspace

Told = list[MutableMapping[str, Any]]
"""The log lines so far"""
Step = tuple[Callable[[Told], bool], Callable[[], object]]
"""When it is time, and what to do then"""

RETIRED = "SELECT 1 FROM jobs WHERE retired_path != ''"


def through(workspace: Workspace, *steps: Step, end: str = RETIRED) -> Told:
    """Run, taking each step when its time comes, until the query `end` gives a row; the log.

    The stop is a signal, and a clean one.
    """

    async def run() -> None:
        daemon = asyncio.create_task(run_daemon(load_settings(workspace.config)))
        for is_time, act in (*steps, (row(workspace, end), lambda: None)):
            async with asyncio.timeout(30):
                while not await asyncio.to_thread(is_time, told):
                    assert not daemon.done(), "it ended before"
                    await asyncio.sleep(0.02)
            await asyncio.to_thread(act)
        os.kill(os.getpid(), signal.SIGTERM)
        assert await daemon == 0

    with capture_logs() as told:
        asyncio.run(run())
    return told


def row(workspace: Workspace, query: str) -> Callable[[Told], bool]:
    """It is time when the query gives a row."""

    def is_there(_told: Told) -> bool:
        with contextlib.suppress(apsw.Error):
            return bool(workspace.rows(query))
        return False

    return is_there


def line(event: str) -> Callable[[Told], bool]:
    """It is time when this was logged."""
    return any_line(event)


def any_line(*events: str) -> Callable[[Told], bool]:
    """It is time when one of these was logged."""
    return lambda told: any(line["event"] in events for line in told)
