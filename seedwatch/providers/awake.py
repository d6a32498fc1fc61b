"""A time limit that counts only the time in which this process could have noticed anything.

A process that was stopped and continued, or a computer that slept, finds all its limits over at
once, and beside them, in its sockets, the answers that came meanwhile: these are read first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_TICK_S: Final = 1.0
_TICKS: Final = 10
"""so many at least, however short the limit is"""


@asynccontextmanager
async def awake_timeout(limit_s: float) -> AsyncIterator[None]:
    """As `asyncio.timeout`, but while the event loop stands still its time does too.

    Raises:
        TimeoutError: the limit is over.
    """
    loop = asyncio.get_running_loop()
    tick_s = min(_TICK_S, limit_s / _TICKS)
    left_s, last = limit_s, loop.time()
    timer: asyncio.TimerHandle
    async with asyncio.timeout(None) as limit:

        def tick() -> None:
            nonlocal left_s, last, timer
            now = loop.time()
            passed_s, last = now - last, now
            left_s -= min(passed_s, tick_s)
            if left_s <= 0 and passed_s < 2 * tick_s:  # else what came meanwhile is read first
                limit.reschedule(now)
                return
            timer = loop.call_later(tick_s, tick)

        timer = loop.call_later(tick_s, tick)
        try:
            yield
        finally:
            timer.cancel()
