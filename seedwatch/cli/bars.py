"""Progress of folders while somebody watches: bars on a terminal, a line per change elsewhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self

from seedwatch.cli.screen import counted, is_terminal, out, shown
from seedwatch.lifecycle import FINAL, STATES, State

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


@dataclass(frozen=True, slots=True)
class FolderProgress:
    """How far a folder is; `counts` are those that matter to the watcher."""

    name: str
    total: int
    counts: dict[State, int] = field(default_factory=dict)
    note: str = ""

    @property
    def finished(self) -> int:
        """Tasks that are final, whatever became of them."""
        return sum(self.counts.get(state, 0) for state in FINAL)

    @property
    def told(self) -> str:
        """The counts in words."""
        ordered: dict[str, int] = {state: self.counts.get(state, 0) for state in STATES}
        return f"{counted(ordered)}{f' ({self.note})' if self.note else ''}"


class Bars:
    """Shows progress again and again; a context manager, as bars have to be taken down."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._bars: dict[str, TaskID] = {}
        self._lines: dict[str, str] = {}

    def __enter__(self) -> Self:
        if is_terminal():
            self._progress = _progress()
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def show(self, folders: Sequence[FolderProgress]) -> None:
        """Show how far they are now."""
        for folder in folders:
            if self._progress is None:
                self._line(folder)
            else:
                self._bar(self._progress, folder)

    def _line(self, folder: FolderProgress) -> None:
        line = f"{shown(folder.name)}: {folder.finished}/{folder.total}  {folder.told}"
        if self._lines.get(folder.name) != line:
            self._lines[folder.name] = line
            out(f"{time.strftime('%H:%M:%S')} {line}")

    def _bar(self, progress: Progress, folder: FolderProgress) -> None:
        if folder.name not in self._bars:
            self._bars[folder.name] = progress.add_task(shown(folder.name), total=1, told="")
        progress.update(
            self._bars[folder.name],
            # A bar without a total would move for ever, also when there is nothing to do.
            total=max(folder.total, 1),
            completed=folder.finished if folder.total else 1,
            told=f"{folder.finished}/{folder.total}  {folder.told}",
        )


def _progress() -> Progress:
    from rich.console import Console  # noqa: PLC0415 - costs 60 ms
    from rich.progress import (  # noqa: PLC0415 - as above
        BarColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[told]}", markup=False),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(),
    )
