"""Waits out what passes by itself: another program locks the database, or its disk is full.

Whoever waits for a commit waits with it, so that nothing is sent meanwhile (promises.md 3, faults 9
and 79). A command line that stands beside the daemon has none of it: a person waits there.
"""

from __future__ import annotations

import threading
from typing import Final

import structlog

from seedwatch.store.base import StoreUnavailable

_AGAIN_S: Final = 1.0

log = structlog.get_logger()


class Patience:
    """That of one thread; it ends when `given_up` is set."""

    def __init__(self, given_up: threading.Event) -> None:
        self._given_up = given_up
        self._is_waiting = False

    def lasts(self, why: BaseException | None) -> bool:
        """Wait a moment after an error that passes; False: it is no such error, or time to give up.

        None: it went well.
        """
        if not isinstance(why, StoreUnavailable):
            if self._is_waiting and why is None:
                log.info("database.unblocked")
                self._is_waiting = False
            return False
        if not self._is_waiting:
            self._is_waiting = True
            log.error("database.blocked", why=why.message, do=why.advice)
        return not self._given_up.wait(_AGAIN_S)
