"""Whether the system tells of what is written in a directory: tried out with a file of our own."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

from seedwatch.inbox.watcher import Watcher, WatchFailed

_PATIENCE_S: Final = 2.0


def hears(directory: Path) -> bool:
    """Make a file there and wait for its event."""
    awake = threading.Event()
    watcher = Watcher(str(directory), awake.set)
    try:
        watcher.start((0, 0), 1)
    except WatchFailed:
        return False
    try:
        (directory / "heard").touch()
        return awake.wait(_PATIENCE_S)
    finally:
        watcher.stop()
