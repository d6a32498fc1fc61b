"""Orders names as people do: 2 before 10, whatever the case."""

from __future__ import annotations

import re
import unicodedata
from typing import TypeAlias

from seedwatch.records import RelPath

_NUMBER = re.compile(r"([0-9]+)")
NaturalKey: TypeAlias = tuple[list[list[str | int]], str]


def natural_key(path: RelPath) -> NaturalKey:
    """A sort key: numbers inside a name count by their value; equal ones go by their spelling.

    >>> sorted(["b", "a10", "A2"], key=natural_key)
    ['A2', 'a10', 'b']
    """
    folded = unicodedata.normalize("NFC", path).casefold()
    return [_parts(component) for component in folded.split("/")], path


def _parts(component: str) -> list[str | int]:
    """Text and numbers by turns, text first, so that like is compared with like."""
    parts: list[str | int] = list(_NUMBER.split(component))
    parts[1::2] = [int(number) for number in parts[1::2]]
    return parts
