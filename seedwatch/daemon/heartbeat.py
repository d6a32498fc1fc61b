"""Whether the event loop goes on: the log hears that it stood still, systemd that it did not.

The words for systemd are those of sd_notify(3): `READY=1`, `STOPPING=1`, and `WATCHDOG=1` at least
twice in each `WatchdogSec=`; a daemon whose loop hangs says nothing and is started anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Mapping
from typing import Final

import structlog

BEAT_S: Final = 0.5
MOST_LAG_S: Final = 0.5

log = structlog.get_logger()


class ServiceManager:
    """Who started us, if it wants to hear from us; what cannot be told is dropped."""

    def __init__(self, address: str = "", watchdog_s: float | None = None) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog_s = watchdog_s
        """how long we may be silent; None: as long as we like"""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> ServiceManager:
        """As NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID tell."""
        micros = environment.get("WATCHDOG_USEC", "")
        is_meant = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        wants = is_meant and micros.isascii() and micros.isdigit() and int(micros) > 0
        watchdog_s = int(micros) / 1e6 if wants else None
        return cls(environment.get("NOTIFY_SOCKET", ""), watchdog_s)

    def tell(self, words: str) -> None:
        """Send it, without waiting."""
        if not self._address or not hasattr(socket, "AF_UNIX"):
            return
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender,
        ):
            sender.settimeout(0)
            sender.sendto(words.encode(), self._address)


class Heartbeat:
    """Beats in the event loop while the `with` block runs."""

    def __init__(self, manager: ServiceManager) -> None:
        self._manager = manager
        self._loop = asyncio.get_running_loop()
        self._beat_s = min(BEAT_S, (manager.watchdog_s or 4 * BEAT_S) / 4)
        self._due_at = 0.0
        self._told_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> None:
        self._beat_later()

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _beat_later(self) -> None:
        self._due_at = self._loop.time() + self._beat_s
        self._timer = self._loop.call_at(self._due_at, self._beat)

    def _beat(self) -> None:
        now = self._loop.time()
        lag_s = now - self._due_at
        if lag_s > MOST_LAG_S:
            log.warning("loop.blocked", lag_s=round(lag_s, 3))
        watchdog_s = self._manager.watchdog_s
        if watchdog_s is not None and now - self._told_at >= watchdog_s / 2 - self._beat_s:
            self._told_at = now
            self._manager.tell("WATCHDOG=1")
        self._beat_later()
