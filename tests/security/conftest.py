"""The fixtures of the flow tests: a simulator and workspaces beside it."""

from __future__ import annotations

from tests.flow.conftest import running_simulator, simulator, studio

__all__ = ["running_simulator", "simulator", "studio"]
