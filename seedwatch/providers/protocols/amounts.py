"""Reads amounts of money as answers write them; what is no plain amount is none."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

_MOST: Final = 1_000_000
"""no single request costs more; a larger number is another unit, or nonsense"""


def micros(value: object) -> int | None:
    """Micro-units of a number such as 0.035; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value <= _MOST:  # also what is no number at all
        return None
    return int((Decimal(repr(value)) * 1_000_000).to_integral_value())
