"""A clock that a test sets."""

from __future__ import annotations


class Clock:
    """Seconds since 1970."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.5

    def __call__(self) -> float:
        return self.now
