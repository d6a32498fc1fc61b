"""Orders that may not be turned round: recovery before work, keeping before reading."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from seedwatch.daemon import supervisor
from seedwatch.inbox.folder import FolderWatch
from seedwatch.outbox.spool import SpoolFile
from seedwatch.providers.base import Answer
from seedwatch.providers.protocols.ark_images import ArkImages
from seedwatch.store.sqlite import SqliteStore
from seedwatch.worker.recovery import recover
from seedwatch.worker.workplace import Workplace
from tests.flow.conftest import Studio


def test_recovery_ends_before_anything_is_looked_at(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long recovery takes, no folder is looked at and nothing claimed before its end.

    Breaks if it is started beside the workers: a submit that is in doubt could be taken twice.
    """
    order: list[str] = []
    look, claim = FolderWatch.run, SqliteStore.claim

    async def slowly(place: Workplace) -> int:
        await asyncio.sleep(0.3)
        found = await recover(place)
        order.append("recovered")
        return found

    async def looking(watch: FolderWatch, *args: Any) -> None:
        order.append("looked")
        await look(watch, *args)

    async def claiming(store: SqliteStore, *args: Any) -> Any:
        order.append("claimed")
        return await claim(store, *args)

    monkeypatch.setattr(supervisor, "recover", slowly)
    monkeypatch.setattr(FolderWatch, "run", looking)
    monkeypatch.setattr(SqliteStore, "claim", claiming)
    workspace = studio()
    workspace.drop("rocket.jpg")

    assert workspace.run() == 0
    assert order[0] == "recovered"
    assert {"looked", "claimed"} <= set(order)


@pytest.mark.fault(58)
def test_an_answer_is_read_when_it_is_kept(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing looks into a paid answer before it lies synced under its name (P6).

    Breaks if it is read first: what cannot be read, or kills its reader, would be lost.
    """
    order: list[str] = []
    keep, read = SpoolFile.keep, ArkImages.read

    def keeping(file: SpoolFile) -> None:
        keep(file)
        order.append(file.part_path.name.split(".")[1])

    def reading(protocol: ArkImages, path: Path) -> Answer:
        order.append("read")
        return read(protocol, path)

    monkeypatch.setattr(SpoolFile, "keep", keeping)
    monkeypatch.setattr(ArkImages, "read", reading)
    workspace = studio()
    workspace.drop("rocket.jpg")

    assert workspace.run() == 0
    assert order[:2] == ["answer", "read"]
