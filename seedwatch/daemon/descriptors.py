"""How many files the system lets the daemon have open, and how many claims at once that carries.

Out of descriptors, requests cannot be sent and answers cannot be kept: better to carry on fewer
claims than to find that out in the middle of one (promises.md 3, fault 18).
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from typing import Final

if sys.platform != "win32":
    import resource

_WANTED: Final = 16_384
_OF_THE_DAEMON: Final = 40
"""the queue, log, lock, pipes of children, and threads that read pictures"""
_OF_A_FOLDER: Final = 6
"""its watch, and the directories that its threads work in"""
_OF_A_CLAIM: Final = 4
"""its connection, its file in the spool, the spool, and the connection that its pictures come by"""


def raise_limit() -> None:
    """Let this process have as many files open as it may, up to 16,384; for good."""
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = _WANTED if hard == resource.RLIM_INFINITY else min(hard, _WANTED)
        if soft != resource.RLIM_INFINITY and soft < most:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def most_open() -> int | None:
    """How many files this process may have open; None: as many as there is memory for."""
    if sys.platform != "win32":
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY:
            return soft
    return None


def claims_within(limit: int | None, wanted: Sequence[int], folder_count: int) -> list[int]:
    """What each account may have at work: what it wants, or its share of what the limit carries.

    One at least: an account without any would wait for ever.
    """
    if limit is None:
        return list(wanted)
    there = (limit - _OF_THE_DAEMON - _OF_A_FOLDER * folder_count) // _OF_A_CLAIM
    if sum(wanted) <= there:
        return list(wanted)
    return [max(1, there * count // sum(wanted)) for count in wanted]
