"""What an answer changes is written as one, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedwatch.errors import StoreError
from seedwatch.records import Handle
from seedwatch.store import moves
from seedwatch.store.base import HandleTaken
from seedwatch.store.sqlite import SqliteStore
from tests.store.build import Clock, new_job, opened, states, submitted

pytestmark = pytest.mark.anyio


async def test_an_answer_that_cannot_be_recorded(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a handle that is used already is called that; any other error stays itself.

    Breaks if every error counts as a handle that is taken: the provider would be blamed.
    """
    store = await SqliteStore.open(path, Clock())
    await opened(store, new_job())
    claim = await submitted(store)
    monkeypatch.setattr(moves, "_ACCEPT_ATTEMPT", "no statement")
    with pytest.raises(StoreError) as told:
        await store.save_handle(claim, Handle("answer", "x"))
    assert not isinstance(told.value, HandleTaken)
    assert states(path) == [(1, "running", "")]
    await store.close()
