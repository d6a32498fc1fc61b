"""P16: a migration that is killed at any step leaves the old queue or the new one, whole."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from seedwatch import kill_points
from seedwatch.store.database import connect_writer
from seedwatch.store.migrations import VERSION, prepare, run_script
from tests.campaigns.lives import Lives
from tests.store.build import query

LAST = VERSION + 1
STEPS = {
    2: Path(prepare.__code__.co_filename).with_name("2.sql").read_text(),
    LAST: "CREATE TABLE moods (name TEXT PRIMARY KEY) STRICT;\n"
    "INSERT INTO moods (name) SELECT path FROM jobs;\nDELETE FROM meta WHERE name = 'old';",
}


def _migrate(path: str, kill_at: str, log: str) -> None:
    kill_points.arm(kill_at, log)
    prepare(Path(path), version=LAST, steps=STEPS)


def _old_queue(path: Path) -> Path:
    """A database of version 1 with a job in it."""
    path.parent.mkdir(parents=True)
    path.touch(mode=0o600)
    connection = connect_writer(path)
    run_script(connection, Path(__file__).with_name("schema_v1.sql").read_text())
    connection.execute("INSERT INTO meta VALUES ('old', 'yes')")
    connection.execute("INSERT INTO rules VALUES ('r', '{}')")
    connection.execute(
        "INSERT INTO jobs (folder, path, kind, sha256, rule, task_count, opened_at)"
        " VALUES ('f', 'a.png', 'picture', 's', 'r', 0, 1.0)"
    )
    connection.close()
    return path


def _version(path: Path) -> object:
    return query(path, "PRAGMA user_version")[0][0]


def _is_whole(path: Path) -> bool:
    return (
        query(path, "PRAGMA integrity_check") == [("ok",)]
        and query(path, "SELECT path FROM jobs") == [("a.png",)]
        and bool(query(path, "SELECT 1 FROM meta WHERE name = 'old'")) == (_version(path) == 1)
    )


@pytest.mark.process
@pytest.mark.fault(81)
def test_killed_at_every_step(tmp_path: Path) -> None:
    """At each point it is the old queue or the new one; the next start finishes, with its copy.

    Breaks if a step is committed before the last one, or the copy gets its name before it is whole.
    """
    lives = Lives(__name__)
    log = tmp_path / "points"
    lives.call(_migrate, str(_old_queue(tmp_path / "whole" / "queue.db")), "", str(log))
    points = log.read_text().split()
    assert {point.partition(":")[0] for point in points} >= {
        *("schema.copied", "schema.copy_synced", "schema.copy_named"),
        *("schema.statement", "schema.versioned", "schema.committed"),
    }
    seen = set()
    for n, point in enumerate(points):
        path = _old_queue(tmp_path / str(n) / "queue.db")
        assert lives.call(_migrate, str(path), point, "") == -signal.SIGKILL, point
        seen.add(_version(path))
        assert _version(path) in {1, LAST}, point
        assert _is_whole(path), point
        assert lives.call(_migrate, str(path), "", "") == 0, point
        assert _version(path) == LAST, point
        assert _is_whole(path), point
        copy = path.with_name("queue.db.v1.bak")
        assert (_version(copy), _is_whole(copy)) == (1, True), point
        left = {found.name for found in path.parent.iterdir()} - {"queue.db", copy.name}
        assert left <= {"queue.db-wal", "queue.db-shm", f"{copy.name}-wal", f"{copy.name}-shm"}
    assert seen == {1, LAST}
