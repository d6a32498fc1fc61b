"""`seedwatch ARGS` under a wall clock that is off; `quick` with short waits between tries.

    python -m tests.campaigns.shifted OFFSET_S quick|real ARGS...

Only `time.time` is off: monotonic clocks and file systems go on as they are.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable


def _shifted(real: Callable[[], float], offset_s: float) -> Callable[[], float]:
    return lambda: real() + offset_s


def _hurry() -> None:
    """Waits that are minutes for users are moments here."""
    from seedwatch.worker import (  # noqa: PLC0415 - after the clock
        backoff,
        collect,
        outcome,
        provider_memory,
        resolve,
        retiring,
    )

    resolve.GRACE_S, resolve.AGAIN_S, provider_memory.UNLISTED_S = 0.3, 0.1, 0.0
    backoff._FIRST_S, backoff._FREE_WAIT_S, backoff._UNSAID_WAIT_S = 0.1, 0.3, 1.0
    collect._FRESH_S, outcome._FIRST_ASK_S = 1.0, 0.2
    outcome.DELIVERY_WAIT_S, retiring._AGAIN_S = 0.5, 0.5


def main() -> None:
    """Shift the clock before anything of the product is imported, then run it."""
    offset_s, pace = float(sys.argv.pop(1)), sys.argv.pop(1)
    if offset_s:
        time.time = _shifted(time.time, offset_s)
    if pace == "quick":
        _hurry()
    from seedwatch.cli import main as seedwatch  # noqa: PLC0415 - after the clock

    seedwatch()


if __name__ == "__main__":
    main()
