"""Steps of slow work, counted: so that a share that is slow is told from one that hangs.

Whoever touches a share beats after each step; whoever waits for it gives up only after a time
without any beat.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


class Pulse:
    """Counts steps; `whole` counts along."""

    def __init__(self, whole: Pulse | None = None) -> None:
        self.beats = 0
        self._whole = whole

    def beat(self) -> None:
        """One more step was made."""
        self.beats += 1
        if self._whole is not None:
            self._whole.beats += 1


class OwnPulse(Pulse):
    """Beats for the work of whichever thread it is used in."""

    def beat(self) -> None:
        """As the function `beat`."""
        beat()


class _Here(threading.local):
    pulse: Pulse | None = None


_here = _Here()


def beat() -> None:
    """The work that runs in this thread made one more step."""
    if _here.pulse is not None:
        _here.pulse.beat()


@contextlib.contextmanager
def followed(pulse: Pulse) -> Iterator[None]:
    """What this thread does now beats there."""
    before, _here.pulse = _here.pulse, pulse
    try:
        yield
    finally:
        _here.pulse = before
