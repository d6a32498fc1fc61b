"""Durations, rates and bursts as people write them, turned into numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from seedwatch.texts import say

UNLIMITED: Final = "unlimited"
MAX_DURATION_S: Final = 366 * 86_400
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?(ms|s|m|h)")
_RATE = re.compile(r"([1-9][0-9]{0,8})/(s|min|h)")
_BURST = re.compile(r"([1-9][0-9]{0,8})/(.+)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
_PER_MINUTE = {"s": 60.0, "min": 1.0, "h": 1 / 60}


@dataclass(frozen=True, slots=True)
class Burst:
    """At most `count` new files in any `period_s` seconds."""

    count: int
    period_s: float


def duration(written: object) -> float:
    """Seconds of `500ms`, `2s`, `10m`, `1h`.

    Raises:
        ValueError: with a sentence for the user.
    """
    found = _DURATION.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError(say("config.not_a_duration"))
    seconds = float(found[1]) * _SECONDS[found[2]]
    if seconds > MAX_DURATION_S:
        raise ValueError(say("config.duration_too_long"))
    return seconds


def rate(written: object) -> float | None:
    """Requests per minute of `300/min` (or `/s`, `/h`); None for `unlimited`.

    Raises:
        ValueError: with a sentence for the user.
    """
    if written == UNLIMITED:
        return None
    found = _RATE.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError(say("config.not_a_rate"))
    return int(found[1]) * _PER_MINUTE[found[2]]


def burst(written: object) -> Burst | None:
    """The limit of `5000/10m`; None for `unlimited`.

    Raises:
        ValueError: with a sentence for the user.
    """
    if written == UNLIMITED:
        return None
    found = _BURST.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise ValueError(say("config.not_a_burst"))
    period_s = duration(found[2])
    if period_s <= 0:
        raise ValueError(say("config.not_a_burst"))
    return Burst(int(found[1]), period_s)


def amount(written: object) -> int:
    """Micro-units of an amount of money such as 50, 0.25 or "12.50"; more than nothing.

    Raises:
        ValueError: with a sentence for the user.
    """
    micros = _micros(written)
    if not micros:
        raise ValueError(say("config.not_an_amount"))
    return micros


def price(written: object) -> int:
    """As `amount`; a price may be 0 (a server of one's own).

    Raises:
        ValueError: with a sentence for the user.
    """
    micros = _micros(written)
    if micros is None:
        raise ValueError(say("config.not_a_price_figure"))
    return micros


def _micros(written: object) -> int | None:
    """Micro-units of what is written as an amount; None where it is none."""
    if isinstance(written, bool) or not isinstance(written, (int, float, str)):
        return None
    text = format(Decimal(repr(written)), "f") if isinstance(written, float) else str(written)
    return int(Decimal(text) * 1_000_000) if _AMOUNT.fullmatch(text) else None
