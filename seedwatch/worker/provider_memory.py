"""What is remembered of a provider while the daemon runs; lost with it, and never about money."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from seedwatch.worker.breaker import Breakers

_LINK_KEPT_S = 12 * 3600.0
"""An uploaded file lives for 72 h (protocols.md 4.4); what is sent now must be there for hours."""
_MOST_KEPT = 1000
_LOOKS = 3
_LOOKED_S = 600.0
_LIST_EVERY_S = 1.0
UNLISTED_S = 60.0
"""so long after the first of them, by a clock nobody can set, the last of the looks at a list that
prove an absence is made (promises.md 3, fault 73; P17)"""


class UploadedLinks:
    """The links of pictures that were uploaded lately: a brand's logo goes over the wire once."""

    def __init__(self) -> None:
        self._links: dict[str, tuple[str, float]] = {}

    def link(self, sha256: str) -> str | None:
        """The link of a picture, if it is surely still there."""
        link, until = self._links.get(sha256, ("", 0.0))
        return link if until > time.monotonic() else None

    def remember(self, sha256: str, link: str) -> None:
        """It was uploaded just now."""
        self._links[sha256] = link, time.monotonic() + _LINK_KEPT_S
        while len(self._links) > _MOST_KEPT:
            del self._links[next(iter(self._links))]


class Absences:
    """How often, and since when, the provider did not know a piece of work (promises.md 3, 70).

    Forgotten at a restart: then it is looked for as often again.
    """

    def __init__(self, looks: int = _LOOKS, span_s: float = _LOOKED_S) -> None:
        self._looks = looks
        self._span_s = span_s
        self._seen: dict[str, tuple[int, float]] = {}

    def is_certain(self, attempt_id: str) -> bool:
        """Count one more look in vain; whether that is enough to believe it."""
        count, first_at = self._seen.get(attempt_id, (0, time.monotonic()))
        self._seen[attempt_id] = count + 1, first_at
        return count + 1 >= self._looks and time.monotonic() - first_at >= self._span_s

    def count(self, attempt_id: str) -> int:
        """How many looks were in vain."""
        return self._seen.get(attempt_id, (0, 0.0))[0]

    def forget(self, attempt_id: str) -> None:
        """It was seen after all, or is decided."""
        self._seen.pop(attempt_id, None)


@dataclass(slots=True)
class Turns:
    """Keeps requests of one kind apart: lists are allowed once a second (protocols.md 3.1)."""

    every_s: float = _LIST_EVERY_S
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _next_at: float = 0.0

    async def wait(self) -> None:
        """Return when it is this caller's turn."""
        async with self._lock:
            await asyncio.sleep(max(0.0, self._next_at - time.monotonic()))
            self._next_at = time.monotonic() + self.every_s


@dataclass(slots=True)
class ProviderMemory:
    """All of it, for one account."""

    uploaded: UploadedLinks = field(default_factory=UploadedLinks)
    lost: Absences = field(default_factory=Absences)
    """work whose id the provider gave, and does not know any more"""
    unlisted: Absences = field(default_factory=lambda: Absences(looks=3, span_s=UNLISTED_S))
    """submits that are in no page of its list"""
    list_turns: Turns = field(default_factory=Turns)
    breakers: Breakers = field(default_factory=Breakers)
    """whether its service is down"""
