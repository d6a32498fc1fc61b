"""Named places where a test may end the process, as a power cut would; nothing otherwise.

Every step of a file's travel and every effect below it passes one: each write, sync and name
change, each commit, each step of a call. `docs/testing.md` lists the points.

`SEEDWATCH_KILL_AT=NAME` or `NAME:N` kills this process with SIGKILL when the point NAME is reached
for the N-th time (`any:N`: at the N-th point of all). `SEEDWATCH_KILL_LOG=FILE` appends a line
`NAME:N` for every point reached.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from pathlib import Path


class _Plan:
    """What is done at which point, and how often each was reached in this process."""

    def __init__(self, kill_at: str, log: str) -> None:
        self._wanted, _, nth = kill_at.partition(":")
        self._nth = int(nth or 1)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._log = os.open(Path(log), flags, 0o600) if log else None
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()

    def reach(self, point: str) -> None:
        with self._lock:  # threads reach them, too; none gets further while this one dies
            self._seen[point] += 1
            if self._log is not None:
                os.write(self._log, f"{point}:{self._seen[point]}\n".encode())
            self._seen["any"] += 1
            if self._wanted in {point, "any"} and self._seen[self._wanted] == self._nth:
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


_plan: _Plan | None = None


def arm(kill_at: str = "", log: str = "") -> None:
    """Kill at `NAME` or `NAME:N`, write every point to a file, or (with neither) do nothing."""
    global _plan  # noqa: PLW0603 - one check of a name is all that an unarmed point costs
    _plan = _Plan(kill_at, log) if kill_at or log else None


def is_armed() -> bool:
    """Whether points mean anything in this process."""
    return _plan is not None


def reached(point: str) -> None:
    """Pass a point: one step was taken (promises.md 2)."""
    if _plan is not None:
        _plan.reach(point)


arm(os.environ.get("SEEDWATCH_KILL_AT", ""), os.environ.get("SEEDWATCH_KILL_LOG", ""))
