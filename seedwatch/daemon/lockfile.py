"""One daemon per state directory; the system frees the lock when the process ends, however."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from seedwatch.errors import SeedwatchError
from seedwatch.paths import make_directories
from seedwatch.texts import say

_PATIENCE_S = 1.0
"""`is_owned` of a `status` running beside us holds the lock for an instant"""


class AnotherDaemon(SeedwatchError):
    """Another daemon owns this state directory (exit code 75)."""


def own(state_dir: Path) -> FileLock:
    """Take the state directory for this process; release the lock to give it back.

    Raises:
        AnotherDaemon: somebody else has it.
    """
    make_directories(state_dir, 0o700)
    lock = FileLock(state_dir / "daemon.lock", mode=0o600)
    try:
        lock.acquire(timeout=_PATIENCE_S, poll_interval=0.05)
    except Timeout as error:
        raise AnotherDaemon(
            say("daemon.another", path=state_dir), advice=say("daemon.another_do")
        ) from error
    return lock


def is_owned(state_dir: Path) -> bool:
    """Whether a daemon runs on this state directory now."""
    path = state_dir / "daemon.lock"
    if not path.exists():
        return False
    lock = FileLock(path, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False
