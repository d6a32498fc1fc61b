"""Named places where a test may end the process, as a power cut would; nothing otherwise.

`SEEDWATCH_KILL_AT=NAME` or `NAME:N` kills this process with SIGKILL when the point NAME is
reached for the N-th time. `docs/testing.md` lists the points.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

_wanted, _, _nth = os.environ.get("SEEDWATCH_KILL_AT", "").partition(":")
_seen: Counter[str] = Counter()


def reached(point: str) -> None:
    """Mark one step of a file's travel (promises.md 2)."""
    if point != _wanted:
        return
    _seen[point] += 1
    if _seen[point] == int(_nth or 1):
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
