"""No child takes the database, its lock or a paid answer with it (85)."""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path

import pytest

from seedwatch.children import Children
from seedwatch.daemon import lockfile
from seedwatch.outbox.spool import Spool
from seedwatch.store.sqlite import SqliteStore
from tests.docs.reading import ROOT

pytestmark = [
    pytest.mark.fault(85),
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what a process has open"),
]


def _open_below(directory: Path, process: int | str = "self") -> dict[int, str]:
    """The descriptors of a process that lie below a directory, by their file."""
    found = {}
    for entry in Path(f"/proc/{process}/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue  # closed meanwhile
        if target.startswith(f"{directory}/"):
            found[int(entry.name)] = target.removeprefix(f"{directory}/")
    return found


async def test_nothing_of_the_state_is_inherited(tmp_path: Path) -> None:
    """The database, its log, the daemon's lock and the spool are closed in any program we start.

    Red when one of them is opened without close-on-exec: SQLite's locks would be lost with the
    child's end, and the daemon's lock would outlive the daemon.
    """
    lock = lockfile.own(tmp_path)
    store = await SqliteStore.open(tmp_path / "queue.db")
    spool = Spool(tmp_path / "spool")
    spool.prepare()
    with spool.writing("a" * 32 + ".answer") as answer:
        answer.write(b"paid")
        opened = _open_below(tmp_path)
        assert {"daemon.lock", "queue.db", "queue.db-wal"} <= set(opened.values())
        assert any(name.startswith("spool/") for name in opened.values())
        assert [name for number, name in opened.items() if os.get_inheritable(number)] == []
    await store.close()
    lock.release()


@pytest.mark.nightly
@pytest.mark.process
async def test_a_reader_has_nothing_of_it_open(tmp_path: Path) -> None:
    """A real child, beside an open database: it has no file of the state directory."""
    lock = lockfile.own(tmp_path)
    store = await SqliteStore.open(tmp_path / "queue.db")
    children = Children()
    children.warm()
    (pid,) = children.pids
    assert _open_below(tmp_path, pid) == {}
    children.close()
    await store.close()
    lock.release()


def test_no_child_is_a_fork_of_the_daemon() -> None:
    """Children are new programs: a copy of this process would hold the connection itself.

    What `multiprocessing` starts is a fork on Linux unless "spawn" is asked for.
    """
    found = []
    for path in sorted((ROOT / "seedwatch").rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        names = {getattr(node, "attr", getattr(node, "id", "")) for node in nodes}
        words = {node.value for node in nodes if isinstance(node, ast.Constant)}
        uses_pools = "multiprocessing" in path.read_text("utf-8") or "ProcessPoolExecutor" in names
        if {"fork", "forkpty"} & names or "fork" in words or (uses_pools and "spawn" not in words):
            found.append(path.name)
    assert found == []
