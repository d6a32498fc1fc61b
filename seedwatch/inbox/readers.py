"""Reads settled inputs in chunks that learn from what they saw, large pictures side by side."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from seedwatch.children import Children
from seedwatch.inbox.inspection import Inspected, NotInspected, Wanted
from seedwatch.inbox.reading import DecodingPulse, Reader, Told
from seedwatch.inbox.shares import while_beating
from seedwatch.paths import Root
from seedwatch.texts import say
from seedwatch.threads import RootThreads

_MOST_AT_A_TIME: Final = min(4, os.cpu_count() or 1)
_LARGE_BYTES: Final = 200_000
_FIRST_CHUNK: Final = 32
_LARGEST_CHUNK: Final = 256
_CHUNK_S: Final = 0.25
_MANY: Final = 500


@dataclass(slots=True)
class Pace:
    """How many inputs to read as one chunk, and in how many parts at a time; it learns."""

    chunk: int = _FIRST_CHUNK
    at_a_time: int = 1

    def learn(self, count: int, byte_count: int, took_s: float) -> None:
        """Aim at chunks that take `_CHUNK_S`, so that the first inputs of many are soon queued."""
        wanted = int(count * _CHUNK_S / max(took_s, 0.001))
        self.chunk = max(1, min(wanted, self.chunk * 4, _LARGEST_CHUNK))
        self.at_a_time = _MOST_AT_A_TIME if byte_count > _LARGE_BYTES * count else 1


@dataclass(slots=True)
class _Part:
    """Inputs read in one thread; what was read of them counts even if the rest hangs."""

    wanted: Sequence[Wanted]
    found: Told = field(default_factory=list)
    pulse: DecodingPulse = field(default_factory=DecodingPulse)


class Readers:
    """Everything that reads the inputs of one folder."""

    def __init__(self, root: Root, folder: str, children: Children) -> None:
        self.pace = Pace()
        self._root = root
        self._children = children
        self._reader = Reader(root, folder, children)
        self._threads = RootThreads(folder, _MOST_AT_A_TIME)

    def are_many(self, count: int) -> bool:
        """Whether so many inputs are waiting that whole chunks are read in children."""
        return count >= _MANY

    def chunks_ahead(self, count: int) -> int:
        """How many chunks to read at a time where `count` inputs are waiting."""
        return 2 * _MOST_AT_A_TIME if self.are_many(count) else 1

    async def warm(self) -> None:
        """Have a child ready for inputs that are about to settle."""
        await self._threads.call(self._children.warm)

    async def read(
        self, wanted: Sequence[Wanted], *, is_one_of_many: bool = False
    ) -> list[Inspected | NotInspected]:
        """Read a chunk of inputs, in order; raises nothing of the root."""
        began = time.monotonic()
        share = len(wanted) if is_one_of_many else -(-len(wanted) // self.pace.at_a_time)
        parts = [_Part(wanted[at : at + share]) for at in range(0, len(wanted), share)]
        await asyncio.gather(*(self._read(part, is_one_of_many) for part in parts))
        found = [one for part in parts for one in part.found]
        sources = [one.source for one in found if isinstance(one, Inspected)]
        byte_count = sum(member.byte_count for source in sources for member in source.members)
        self.pace.learn(len(wanted), byte_count, time.monotonic() - began)
        return found

    async def _read(self, part: _Part, is_one_of_many: bool) -> None:  # noqa: FBT001 - handed on
        """Read one part; a file on which the root falls silent, and those after it, come later."""
        found = part.found

        def told(some: Told) -> None:
            found.extend(some)
            part.pulse.beat()

        def read() -> None:
            self._reader.read(part.wanted, told, part.pulse, is_one_of_many=is_one_of_many)

        try:
            await while_beating(lambda: self._threads.call(read), part.pulse)
        except TimeoutError:
            silent = NotInspected("unreadable", say("inbox.silent", path=self._root.path))
            # A copy: the thread may come back to life.
            part.found = [*found, *[silent] * (len(part.wanted) - len(found))]
