"""What is remembered of each folder: its marker, and what the daemon last saw."""

from __future__ import annotations

from typing import Final

from seedwatch.store.base import Adoption, FolderReport
from seedwatch.store.events import write_event
from seedwatch.store.facts import Asks
from seedwatch.store.rows import to_json
from seedwatch.store.statements import sql
from seedwatch.store.text import clean, path_to_text
from seedwatch.store.writer import Tx

_ADOPTION: Final = sql("adoption")
_SAVE_ADOPTION: Final = sql("save_adoption")
_SAVE_FOLDER: Final = sql("save_folder")
_FOLDER_STATE: Final = sql("folder_state")
_DELIVER_AGAIN: Final = sql("deliver_again")
_RETIRE_AGAIN: Final = sql("retire_again")


def adoption(asks: Asks, folder: str) -> Adoption | None:
    """Its marker; None before its first adoption."""
    found = asks.rows(_ADOPTION, (folder,))
    return Adoption(found[0][0], bool(found[0][1])) if found else None


def save_adoption(tx: Tx, folder: str, wanted: Adoption) -> None:
    """Remember its marker."""
    if tx.run(_SAVE_ADOPTION, (folder, wanted.marker_id, int(wanted.is_complete), tx.now)):
        write_event(
            tx,
            "folder.adopted",
            fields={
                "name": folder,
                "marker": wanted.marker_id,
                "complete": wanted.is_complete,
            },
        )


def save_folder(tx: Tx, report: FolderReport) -> None:
    """Publish what the daemon sees; a folder that is back may have tasks to claim."""
    ignored = [(path_to_text(path), clean(why)) for path, why in report.ignored]
    before = tx.row(_FOLDER_STATE, (report.name,))
    changed = tx.run(
        _SAVE_FOLDER,
        (
            report.name,
            path_to_text(report.inbox),
            report.watch,
            report.state,
            clean(report.message),
            report.waiting_count,
            to_json(ignored),
            tx.now,
        ),
    )
    if report.state == "ok" and before is not None and before[0] != "ok":
        tx.run(_DELIVER_AGAIN, (report.name,))
        if tx.run(_RETIRE_AGAIN, {"now": tx.now, "folder": report.name}):
            tx.wakes.retire(tx.now)
    tx.wakes.is_for_all = tx.wakes.is_for_all or bool(changed)
