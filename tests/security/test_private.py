"""What other users of the machine find: nothing (T10); and what they may have laid there (T13)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from seedwatch.errors import StoreError
from seedwatch.store.sqlite import SqliteStore
from tests.flow.conftest import Studio

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")


def test_nobody_else_can_look_into_the_state(studio: Studio) -> None:
    """After a whole run, and whatever the umask was, others enter no directory of the state (T10).

    Breaks if the state, the spool or a file in them is made with the usual mode.
    """
    workspace = studio()
    workspace.drop("coffee.png")
    before = os.umask(0o000)
    try:
        assert workspace.run() == 0
    finally:
        os.umask(before)
    state = workspace.base / "state"
    found = {path: stat.S_IMODE(path.lstat().st_mode) for path in (state, *state.rglob("*"))}
    assert len(found) > 4
    closed = [path for path, mode in found.items() if path.is_dir() and mode & 0o077 == 0]
    assert {state, state / "spool"} <= {*closed}
    files = {path: oct(mode) for path, mode in found.items() if path.is_file()}
    outside = {path for path in files if path.parent.name != "spool"}
    assert [files[path] for path in outside if found[path] & 0o077] == []


def test_what_is_shared_with_an_outbox_lies_in_a_closed_directory(studio: Studio) -> None:
    """A result has the mode of any new file there; its second name in the spool nobody reaches."""
    workspace = studio()
    workspace.drop("coffee.png")
    assert workspace.run() == 0
    (result,) = workspace.results()
    assert stat.S_IMODE(result.stat().st_mode) & 0o600 == 0o600
    assert stat.S_IMODE((workspace.base / "state" / "spool").stat().st_mode) == 0o700


@pytest.mark.anyio
@pytest.mark.parametrize("mode", [0o777, 0o757, 0o702])
async def test_a_state_that_others_may_change_is_refused(tmp_path: Path, mode: int) -> None:
    """Who could write there could lay a queue that was paid, or is to be paid again (T13).

    Breaks if the mode of the directory is not looked at.
    """
    state = tmp_path / "state"
    state.mkdir()
    state.chmod(mode)
    with pytest.raises(StoreError, match="others may write"):
        await SqliteStore.open(state / "queue.db")
    assert not (state / "queue.db").exists()
    state.chmod(0o755)
    store = await SqliteStore.open(state / "queue.db")
    await store.close()


@pytest.mark.anyio
async def test_a_database_that_others_may_change_is_refused(tmp_path: Path) -> None:
    """The file itself, too (T13)."""
    store = await SqliteStore.open(tmp_path / "queue.db")
    await store.close()
    (tmp_path / "queue.db").chmod(0o666)
    with pytest.raises(StoreError, match="others may write"):
        await SqliteStore.open(tmp_path / "queue.db")
