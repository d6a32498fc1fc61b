"""Reads amounts of money as answers write them; what is no plain amount is none."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

_MOST: Final = 1_000_000
"""no single request costs more; a larger number is another unit, or nonsense"""
_MOST_LETTERS: Final = 60


def micros(value: object) -> int | None:
    """Micro-units of a number such as 0.035, also as a text (protocols.md 1.3); else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value)[:_MOST_LETTERS])
        is_sane = 0 <= amount <= _MOST
    except (InvalidOperation, ValueError):  # no number at all, or one of endless digits
        return None
    return int((amount * 1_000_000).to_integral_value()) if is_sane else None
