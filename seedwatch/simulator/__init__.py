"""The built-in provider simulator: real HTTP, no money, independent of the client code."""

from __future__ import annotations

from seedwatch.simulator.running import RunningSimulator
from seedwatch.simulator.server import serve

__all__ = ["RunningSimulator", "serve"]
