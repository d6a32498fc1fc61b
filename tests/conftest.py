"""Fixtures of the whole suite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import canary
from tests.fakes.mounts import Server, can_mount


@pytest.fixture(scope="session", autouse=True)
def _no_key_in_anything_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whatever the tests of this run wrote holds no key of theirs (P14).

    Logs, databases, spools, sidecars, cards, traces. Breaks if any of them is written unredacted.
    """
    yield
    assert canary.scan(tmp_path_factory.getbasetemp()) == []


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
