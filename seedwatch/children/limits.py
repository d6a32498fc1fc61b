"""What a child may not do: take more memory or time than a picture needs, write, dump core, call.

Each limit is set where the system has it: Windows has none of them, macOS ignores the one on
memory. There the deadline of the parent is the limit (promises.md T5).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from typing import Final

if sys.platform != "win32":
    import resource

MEMORY_BYTES: Final = 512 << 20
CPU_S: Final = 45
"""of one part of the work; the largest picture that is taken needs some five seconds"""

_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_NO_NEW_PRIVS: Final = 38


def confine() -> None:
    """Give up, for good, what a child needs nothing of; called before anything is read."""
    if sys.platform != "win32":
        for limit, most in (
            (resource.RLIMIT_AS, MEMORY_BYTES),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, 0),
        ):
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(limit, (most, most))
    _leave_the_network()


def _leave_the_network() -> None:
    """A network of its own without any connection, where the system lets it have one.

    Root may have it as it is. Others need a name space of users for it, which takes no right away
    that they had on files.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
        unshare = getattr(libc, "unshare", None)
        if unshare is not None:
            unshare(_CLONE_NEWNET if os.geteuid() == 0 else _CLONE_NEWUSER | _CLONE_NEWNET)


def begin_part() -> None:
    """The next part of the work may take `CPU_S` of processor time; more ends the process."""
    if sys.platform != "win32":
        used = resource.getrusage(resource.RUSAGE_SELF)
        most = int(used.ru_utime + used.ru_stime) + CPU_S
        with contextlib.suppress(OSError, ValueError):
            _, hard = resource.getrlimit(resource.RLIMIT_CPU)
            resource.setrlimit(resource.RLIMIT_CPU, (most, hard))
