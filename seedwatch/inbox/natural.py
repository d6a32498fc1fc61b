"""Orders names as people do: 2 before 10, whatever the case."""

from __future__ import annotations

import heapq
import re
import unicodedata
from collections.abc import Iterable
from itertools import islice
from typing import Final

from seedwatch.records import RelPath

_NUMBER: Final = re.compile(r"0*([0-9]+)")
_END: Final = "\0\0"
_AT_A_TIME: Final = 4096


def natural_key(path: RelPath) -> str:
    """A sort key: numbers inside a name count by their value; equal ones go by their spelling.

    One string, as millions of them are compared: a number is NUL, its length and its digits, what
    ends a component two NULs, which no name has in it.

    >>> sorted(["b", "a10", "A2"], key=natural_key)
    ['A2', 'a10', 'b']
    """
    folded = unicodedata.normalize("NFC", path).casefold().replace("/", _END)
    return f"{_NUMBER.sub(_counted, folded)}{_END}{_END}{path}"


def _counted(number: re.Match[str]) -> str:
    digits = number[1]
    return f"\0{chr(len(digits))}{digits}"


def in_natural_order(paths: Iterable[RelPath]) -> list[RelPath]:
    """Sorted a few at a time: sorting a million at once would stop every other thread for long."""
    rest = iter(paths)
    runs = iter(lambda: sorted(islice(rest, _AT_A_TIME), key=natural_key), [])
    return list(heapq.merge(*runs, key=natural_key))
