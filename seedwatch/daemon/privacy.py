"""Keeps what the daemon holds in memory to itself: no core file, no look by others (T3).

Called by the program, not by `run_daemon`: it holds for the whole process and for good.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from typing import Final

if sys.platform != "win32":
    import resource

_SET_DUMPABLE: Final = 4
_GET_DUMPABLE: Final = 3


def keep_to_itself() -> None:
    """Leave no core file; on Linux, no other program of the same user reads memory or environment.

    What the system does not know of is left out without a word.
    """
    if sys.platform != "win32":
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)


def is_dumpable() -> bool:
    """Whether other programs of the same user may read the memory of this process."""
    if sys.platform != "linux":
        return True
    return bool(ctypes.CDLL(None).prctl(_GET_DUMPABLE, 0, 0, 0, 0))
