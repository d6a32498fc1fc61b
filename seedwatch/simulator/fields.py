"""Reads the fields of a JSON body or a form, strictly; how a refusal is worded is the surface's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Invalid = Callable[[str, str], Exception]
"""Makes the surface's refusal from the field's name and a clause that says what is wrong."""


class Fields:
    """The fields of one request; those that are null were left out before.

    Every method raises what `invalid` makes if the value is of another kind or out of range.
    """

    def __init__(self, given: Mapping[str, Any], invalid: Invalid) -> None:
        self.given = given
        self._invalid = invalid

    def text(self, name: str) -> str | None:
        """A string, or None if it is not there."""
        value = self.given.get(name)
        if value is not None and not isinstance(value, str):
            raise self._invalid(name, "a string is expected")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self.given.get(name, default)
        if not isinstance(value, bool):
            raise self._invalid(name, "a boolean is expected")
        return value

    def choice(self, name: str, known: tuple[str, ...]) -> str:
        """One of the known words; the first is the default."""
        value = self.given.get(name, known[0])
        if value not in known:
            choices = ", ".join(f"`{choice}`" for choice in known)
            raise self._invalid(name, f"it must be one of {choices}")
        return str(value)

    def whole(self, name: str, low: int, high: int, *, default: int) -> int:
        """An integer from low to high."""
        value = self.given.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._invalid(name, f"it must be an integer between {low} and {high}")
        return value
