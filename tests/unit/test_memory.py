"""A daemon that waits takes little memory."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import pytest

from seedwatch.daemon.memory import give_back


def _rss_kb() -> int:
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0])


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's heap")
def test_free_memory_goes_back_to_the_system() -> None:
    """Free blocks below one that is in use are returned.

    Breaks if the heap is not trimmed: by itself glibc only gives back what lies at its end.
    """
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.free.argtypes = [ctypes.c_void_p]
    blocks = [libc.malloc(100_000) for _ in range(400)]
    for block in blocks:
        ctypes.memset(block, 1, 100_000)
    *freed, kept = blocks
    for block in freed:
        libc.free(block)
    before = _rss_kb()
    give_back()
    assert before - _rss_kb() > 20_000
    libc.free(kept)
