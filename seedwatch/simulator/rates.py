"""Counts what was taken in the last seconds, for rate limits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class Rates:
    """One sliding window per name; lives in the event loop."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._taken: dict[str, deque[tuple[float, int]]] = {}

    def take(self, name: str, count: int, *, most: int, period_s: float) -> bool:
        """Take `count` if at most `most` were taken within `period_s`; what is refused is free."""
        now = self._clock()
        window = self._taken.setdefault(name, deque())
        while window and window[0][0] <= now - period_s:
            window.popleft()
        if sum(taken for _, taken in window) + count > most:
            return False
        window.append((now, count))
        return True

    def clear(self) -> None:
        """Begin anew."""
        self._taken.clear()
