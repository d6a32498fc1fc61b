"""Reads settled inputs: a few in threads of the root, many in processes side by side."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from seedwatch.inbox.crew import Crew, CrewFailed
from seedwatch.inbox.inspection import Inspected, NotInspected, Wanted, inspect_input
from seedwatch.inbox.shares import while_beating
from seedwatch.paths import Root
from seedwatch.pulse import Pulse
from seedwatch.texts import say
from seedwatch.threads import RootThreads

_MOST_THREADS: Final = min(4, os.cpu_count() or 1)
_LARGE_BYTES: Final = 200_000
_FIRST_CHUNK: Final = 32
_LARGEST_CHUNK: Final = 256
_CHUNK_S: Final = 0.25
_CREW_FROM: Final = 500
_CREW_AGAIN_S: Final = 600.0


@dataclass(slots=True)
class Pace:
    """How many inputs to read at a time, and in how many threads; learns from what it saw.

    Decoding large pictures runs side by side; with small ones the threads would only wait for
    each other (the interpreter runs one at a time), so one does it all.
    """

    chunk: int = _FIRST_CHUNK
    threads: int = 1

    def learn(self, count: int, byte_count: int, took_s: float) -> None:
        """Aim at chunks that take `_CHUNK_S`, so that the first inputs of many are soon queued."""
        wanted = int(count * _CHUNK_S / max(took_s, 0.001))
        self.chunk = max(1, min(wanted, self.chunk * 4, _LARGEST_CHUNK))
        self.threads = _MOST_THREADS if byte_count > _LARGE_BYTES * count else 1


@dataclass(slots=True)
class _Part:
    """Inputs read in one thread; what was read of them counts even if the rest hangs."""

    wanted: Sequence[Wanted]
    found: list[Inspected | NotInspected] = field(default_factory=list)
    pulse: Pulse = field(default_factory=Pulse)


class Readers:
    """Everything that reads the inputs of one folder."""

    def __init__(self, root: Root, folder: str, language: Literal["en", "zh", "auto"]) -> None:
        self.pace = Pace()
        self._root = root
        self._folder = folder
        self._threads = RootThreads(folder, _MOST_THREADS)
        self._crew = Crew(str(root.path), folder, language)
        self._crew_from_at = 0.0

    def crew_for(self, count: int) -> int:
        """How many processes are to read where `count` inputs are waiting; 0: threads do it."""
        is_crew = count >= _CREW_FROM and time.monotonic() >= self._crew_from_at
        return self._crew.size if is_crew else 0

    async def read(
        self, wanted: Sequence[Wanted], *, in_crew: bool
    ) -> list[Inspected | NotInspected]:
        """Read a chunk of inputs, in order; raises nothing of the root."""
        began = time.monotonic()
        found = await self._in_crew(wanted) if in_crew else None
        if found is None:
            found = await self._in_threads(wanted)
        sources = [one.source for one in found if isinstance(one, Inspected)]
        byte_count = sum(member.byte_count for source in sources for member in source.members)
        self.pace.learn(len(wanted), byte_count, time.monotonic() - began)
        return found

    async def _in_crew(self, wanted: Sequence[Wanted]) -> list[Inspected | NotInspected] | None:
        try:
            return await self._crew.read(wanted)
        except CrewFailed:
            self._crew_from_at = time.monotonic() + _CREW_AGAIN_S
            return None

    async def _in_threads(self, wanted: Sequence[Wanted]) -> list[Inspected | NotInspected]:
        share = -(-len(wanted) // self.pace.threads)
        parts = [_Part(wanted[at : at + share]) for at in range(0, len(wanted), share)]
        await asyncio.gather(*(self._in_thread(part) for part in parts))
        return [found for part in parts for found in part.found]

    async def _in_thread(self, part: _Part) -> None:
        """Read one part; a file on which the root falls silent, and those after it, come later."""
        try:
            await while_beating(lambda: self._threads.call(self._read_all, part), part.pulse)
        except TimeoutError:
            found = list(part.found)  # the thread may come back to life
            silent = NotInspected("unreadable", say("inbox.silent", path=self._root.path))
            part.found = [*found, *[silent] * (len(part.wanted) - len(found))]

    def _read_all(self, part: _Part) -> None:
        found = part.found
        for wanted in part.wanted:
            found.append(inspect_input(self._root, self._folder, wanted))
            part.pulse.beat()

    def close(self) -> None:
        """End the processes."""
        self._crew.close()
