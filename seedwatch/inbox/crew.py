"""Processes that read large numbers of inputs side by side, started when they are needed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import sys
from collections.abc import Sequence
from typing import Final, Literal

import structlog

from seedwatch.inbox.inspection import Inspected, NotInspected, Wanted
from seedwatch.inbox.reading_child import LENGTH, Request, framed
from seedwatch.inbox.shares import DEADLINE_S

log = structlog.get_logger()

_READER: Final = "from seedwatch.inbox.reading_child import main; main()"
_IDLE_S: Final = 5.0
_KEPT_VARIABLES: Final = frozenset(
    {"HOME", "LANG", "LC_ALL", "LC_MESSAGES", "PATH", "PYTHONPATH", "SYSTEMROOT", "TEMP", "TMP"}
)
"""All that a reader needs of the environment; keys may stand in the rest."""


class CrewFailed(Exception):
    """A reader could not be started, fell silent or died; the inputs were not read."""


class Crew:
    """Readers of one inbox; they end by themselves after a while without work."""

    def __init__(self, root: str, folder: str, language: Literal["en", "zh", "auto"]) -> None:
        self.size = max(1, min(4, os.cpu_count() or 1))
        self._root = root
        self._folder = folder
        self._language = language
        self._free: list[asyncio.subprocess.Process] = []
        self._busy: set[asyncio.subprocess.Process] = set()
        self._places = asyncio.Semaphore(self.size)
        self._end: asyncio.TimerHandle | None = None

    async def read(self, wanted: Sequence[Wanted]) -> list[Inspected | NotInspected]:
        """Read inputs in one of the processes, in order.

        Raises:
            CrewFailed: it did not work; the process is gone.
        """
        async with self._places:
            reader = await self._take()
            try:
                found = await self._ask(reader, wanted)
            except (OSError, EOFError, pickle.UnpicklingError) as error:
                log.warning("reader.lost", folder=self._folder, why=str(error))
                raise CrewFailed(str(error)) from error
            else:
                self._free.append(reader)
                return found
            finally:
                self._busy.discard(reader)
                if reader not in self._free:
                    _kill(reader)
                self._end_later()

    async def _take(self) -> asyncio.subprocess.Process:
        reader = self._free.pop() if self._free else await self._start()
        self._busy.add(reader)
        return reader

    async def _start(self) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-c", _READER),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={name: text for name, text in os.environ.items() if name in _KEPT_VARIABLES},
            )
        except OSError as error:
            raise CrewFailed(str(error)) from error

    async def _ask(
        self, reader: asyncio.subprocess.Process, wanted: Sequence[Wanted]
    ) -> list[Inspected | NotInspected]:
        """One request; the reader tells at least now and then how far it is."""
        if reader.stdin is None or reader.stdout is None:
            raise OSError("a reader without pipes")
        request = Request(self._root, self._folder, self._language, wanted)
        reader.stdin.write(framed(request))
        await reader.stdin.drain()
        found: list[Inspected | NotInspected] = []
        while len(found) < len(wanted):
            async with asyncio.timeout(DEADLINE_S):
                header = await reader.stdout.readexactly(LENGTH.size)
                content = await reader.stdout.readexactly(LENGTH.unpack(header)[0])
            found += pickle.loads(content)  # noqa: S301 - our own child's pipe, nobody else's
        return found

    def _end_later(self) -> None:
        if self._end is not None:
            self._end.cancel()
        self._end = asyncio.get_running_loop().call_later(_IDLE_S, self._end_idle)

    def _end_idle(self) -> None:
        while self._free:
            _kill(self._free.pop())

    def close(self) -> None:
        """End all readers now."""
        if self._end is not None:
            self._end.cancel()
        self._end_idle()
        for reader in self._busy:
            _kill(reader)


def _kill(reader: asyncio.subprocess.Process) -> None:
    """A reader has nothing to lose; the event loop collects what is left of it."""
    with contextlib.suppress(ProcessLookupError):
        reader.kill()
