"""Fixtures of the whole suite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import canary


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
