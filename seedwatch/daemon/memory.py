"""Keeps the memory of a daemon that mostly waits small."""

from __future__ import annotations

import ctypes
import sys
from typing import Final

_ARENA_MAX: Final = -8
"""M_ARENA_MAX of glibc's mallopt(3)"""


def share_one_heap() -> None:
    """Let all threads take memory from one heap; call it before they start.

    glibc gives each thread one of its own, and twenty threads leave as many of them half empty
    (3 of 91 MB, measured with `python -m tests.bench idle`). Other systems do not.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Return free memory to the system: a burst leaves megabytes that glibc would keep for good."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
