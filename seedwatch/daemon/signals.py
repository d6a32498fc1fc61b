"""Stop signals only set an event; a second one ends the process at once, still consistent."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from seedwatch import logs

INTERRUPTED = 130
_LAST_LINES_S = 0.2
"""what was logged goes out with the process, if somebody reads it"""


class Stop:
    """Asked for by SIGTERM, SIGINT or (on Windows) Ctrl-Break; `by_hand` tells Ctrl-C."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.by_hand = False

    def ask(self, number: int) -> None:
        """The first signal asks for a clean stop, the second ends the process now."""
        if self.event.is_set():
            logs.finish(_LAST_LINES_S)
            os._exit(128 + number)  # rows and spool are consistent at every instant
        self.by_hand = number == signal.SIGINT
        self.event.set()

    def listen(self) -> None:
        """Take the signals over for this event loop."""
        loop = asyncio.get_running_loop()
        if sys.platform == "win32":
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK):
                signal.signal(number, lambda n, _: loop.call_soon_threadsafe(self.ask, n))
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.ask, number)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
