"""Fixtures of the whole suite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.mounts import Server, can_mount


@pytest.fixture
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio, as the daemon does."""
    return "asyncio"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Shares that are really mounted, where this user may do that."""
    if not can_mount():
        pytest.skip("mounting needs root on Linux")
    try:
        found = Server(tmp_path / "server")
    except PermissionError:
        pytest.skip("this machine does not let anybody mount")
    yield found
    found.close()
