"""A daemon at work in the test's own process, until the block ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, MutableMapping
from typing import Any

import structlog

from seedwatch.config.settings import load_settings
from seedwatch.daemon.supervisor import run_daemon
from tests.flow.workspace import Workspace

Lines = list[MutableMapping[str, Any]]


@contextlib.asynccontextmanager
async def working(workspace: Workspace) -> AsyncIterator[Lines]:
    """A daemon, and what it logs; it is stopped as by `kill`."""
    with structlog.testing.capture_logs() as lines:
        daemon = asyncio.create_task(run_daemon(load_settings(workspace.config)))
        await until(lambda: said(lines, "daemon.started"))
        try:
            yield lines
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            assert await daemon == 0


async def until(is_so: Callable[[], object], most_s: float = 20.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(most_s):
        while not is_so():  # noqa: ASYNC110 - files and rows of a daemon set no event of ours
            await asyncio.sleep(0.02)


def said(lines: Lines, event: str) -> int:
    """How often the log says so."""
    return sum(line["event"] == event for line in lines)


def is_done(workspace: Workspace, name: str) -> Callable[[], object]:
    """Whether a file's task is done."""
    query = "SELECT 1 FROM tasks JOIN jobs ON jobs.id = job_id WHERE state = 'done' AND path = ?"
    return lambda: workspace.rows(query, name)
