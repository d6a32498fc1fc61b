"""Fixtures of the intake tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.inbox.stage import Stage


class MakeStage(Protocol):
    """Makes stages; `rule` and `folder` are merged into the configuration."""

    def __call__(
        self,
        *,
        rule: dict[str, Any] | None = None,
        folder: dict[str, Any] | None = None,
        has_inbox: bool = True,
    ) -> Stage: ...


@pytest.fixture
def make_stage(tmp_path: Path) -> MakeStage:
    """A stage in the test's own directory."""

    def make(
        *,
        rule: dict[str, Any] | None = None,
        folder: dict[str, Any] | None = None,
        has_inbox: bool = True,
    ) -> Stage:
        return Stage(tmp_path, folder or {}, rule or {}, has_inbox)

    return make
