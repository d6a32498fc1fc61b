"""The ledger: one row per accepted generation, durable before the answer leaves."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any


class LedgerDamagedError(ValueError):
    """A ledger file holds a line that is not a ledger row; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Charge:
    """An accepted generation before it has its number.

    Attributes:
        size: as asked for, not as resolved; None if the request named none.
        refs: sha256 (hex) of the reference bytes as received, in order; of the text for a URL.
        at: seconds since 1970.
    """

    provider: str
    path: str
    model: str
    prompt: str
    size: str | None
    images_billed: int
    refs: tuple[str, ...]
    idempotency_key: str | None
    request_id: str
    key_sha256: str
    at: float


class Ledger:
    """Rows in memory and, with a file, the same rows as JSON lines (contract.md 5)."""

    def __init__(self, path: Path | None = None) -> None:
        self._rows: list[dict[str, Any]] = []
        self._file: FileIO | None = None
        self._size = 0
        self._unsaved: list[_Unsaved] = []
        self._saving = asyncio.Lock()
        # Its own thread: a sync must not queue behind fifty pictures.
        self._thread = ThreadPoolExecutor(1, "sim-ledger")
        if path is not None:
            self._open(path)

    def rows(self) -> list[dict[str, Any]]:
        """All rows in the order of acceptance; a copy of the list."""
        return list(self._rows)

    async def append(self, charge: Charge) -> None:
        """Number the charge and return once its row is synced to the file, if there is one.

        Raises:
            OSError: the file could not be written; the row stays and is tried again with the next.
        """
        row = _row(self._rows[-1]["n"] + 1 if self._rows else 1, charge)
        self._rows.append(row)
        if self._file is None:
            return
        mine = _Unsaved(_line(row))
        self._unsaved.append(mine)
        async with self._saving:
            # Whoever held the lock before may have saved this row along with its own.
            if not mine.is_saved:
                await self._save()

    async def settled(self) -> None:
        """Return once every row so far is synced.

        Raises:
            OSError: the file could not be written.
        """
        async with self._saving:
            if self._unsaved:
                await self._save()

    async def clear(self) -> None:
        """Forget every row, in the file too; the next row is number 1."""
        async with self._saving:
            self._rows.clear()
            self._unsaved.clear()
            if self._file is not None:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._thread, self._cut_to, 0)

    def close(self) -> None:
        """Close the file; rows already acknowledged are safe since their own sync."""
        self._thread.shutdown(wait=True)
        if self._file is not None:
            self._file.close()
            self._file = None

    async def _save(self) -> None:
        batch, self._unsaved = self._unsaved, []
        lines = b"".join(unsaved.line for unsaved in batch)
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, self._write, lines)
        except OSError:
            self._unsaved = batch + self._unsaved
            raise
        for unsaved in batch:
            unsaved.is_saved = True

    def _write(self, lines: bytes) -> None:
        assert self._file is not None
        try:
            unwritten = memoryview(lines)
            while unwritten:
                unwritten = unwritten[self._file.write(unwritten) :]
            os.fsync(self._file.fileno())
        except OSError:
            self._cut_to(self._size)
            raise
        self._size += len(lines)

    def _cut_to(self, size: int) -> None:
        assert self._file is not None
        self._file.truncate(size)
        self._file.seek(size)
        os.fsync(self._file.fileno())
        self._size = size

    def _open(self, path: Path) -> None:
        path.touch(exist_ok=True)
        self._file = FileIO(path, "r+")
        content = self._file.read()
        # A kill in the middle of a write leaves a line without its end: it was never acknowledged.
        whole = content[: content.rfind(b"\n") + 1]
        try:
            self._rows = [_parse(path, n, line) for n, line in enumerate(whole.splitlines(), 1)]
        except LedgerDamagedError:
            self._file.close()
            raise
        self._cut_to(len(whole))


@dataclass(slots=True)
class _Unsaved:
    line: bytes
    is_saved: bool = False


def _row(n: int, charge: Charge) -> dict[str, Any]:
    at = datetime.fromtimestamp(charge.at, UTC).isoformat(timespec="milliseconds")
    return {"n": n, **asdict(charge), "refs": list(charge.refs), "at": at.replace("+00:00", "Z")}


def _line(row: Mapping[str, Any]) -> bytes:
    return json.dumps(row, separators=(",", ":")).encode("ascii") + b"\n"


def _parse(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict) or not isinstance(row.get("n"), int):
        raise LedgerDamagedError(f"{path}:{number}: not a ledger row")
    return row
