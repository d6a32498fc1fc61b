"""`audit`: whatever is tampered with is found and named; repairing loses nothing and costs nothing.

Every kind of finding is provoked here by really doing the damage. Breaks if a check is left out.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from seedwatch.audit.census import Census
from seedwatch.audit.findings import MENDED, NOTES, PROBLEMS
from seedwatch.audit.looking import audit, examine, take_census
from seedwatch.config.settings import load_settings
from seedwatch.store.auditing import AuditRows
from seedwatch.store.reads import open_reader
from tests.cli.desk import Desk


def _files(desk: Desk) -> dict[str, bytes]:
    """Every file of the folders; the state directory changes when a database is opened."""
    return {
        str(path.relative_to(desk.base)): path.read_bytes()
        for path in sorted(desk.base.rglob("*"))
        if path.is_file() and "state" not in path.relative_to(desk.base).parts
    }


def _tampered(desk: Desk, *statements: str) -> None:
    """Change rows as a careless tool would: triggers and foreign keys do not stop it."""
    connection = apsw.Connection(str(desk.base / "state" / "queue.db"))
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'"):
        connection.execute(f'DROP TRIGGER "{name}"')
    for statement in statements:
        connection.execute(statement)
        assert connection.changes() > 0, statement
    connection.close()


def _kinds(found: dict[str, Any]) -> set[str]:
    return {finding["kind"] for finding in [*found["problems"], *found["notes"]]}


def _age(path: Path) -> None:
    past = time.time() - 3600
    os.utime(path, (past, past))


def test_a_day_adds_up(day: Desk) -> None:
    """Done, failed and held work: exit code 0, every source in one state, nothing is changed."""
    before = _files(day)
    result = day("audit")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Everything adds up." in result.stdout
    assert "4 sources: 1 done, 2 failed, 1 held" in result.stdout
    assert _files(day) == before


def test_json(day: Desk) -> None:
    """The same for programs, with what was looked at."""
    found = day.json("audit")
    assert (found["ok"], found["problems"], found["notes"]) == (True, [], [])
    assert found["looked_at"]["tasks"] == 5
    assert found["looked_at"]["charges"] == 3
    assert found["looked_at"]["results"] == 2
    assert found["sources"] == {"done": 1, "failed": 2, "held": 1}


def test_before_the_first_run(desk: Desk) -> None:
    """Without a queue there is nothing that could not add up; files in inboxes are new."""
    desk.drop("rocket.jpg")
    found = desk.json("audit")
    assert found["ok"]
    assert found["sources"] == {"new": 1}
    assert not (desk.base / "state").exists()


# --- files -------------------------------------------------------------------------------------

_ROCKET = "shop/done/rocket.jpg"
_RESULT = "shop/outbox/rocket_1.jpeg"
_THIN = "shop/failed/thin.png"


def _gone(path: str) -> Callable[[Desk], None]:
    return lambda desk: (desk.base / path).unlink()


def _longer(path: str) -> Callable[[Desk], None]:
    def lengthen(desk: Desk) -> None:
        with (desk.base / path).open("ab") as file:
            file.write(b"x")

    return lengthen


def _away(path: str) -> Callable[[Desk], None]:
    def move(desk: Desk) -> None:
        (desk.base / path).rename(desk.base / "elsewhere")

    return move


def _from_another_queue(desk: Desk) -> None:
    """A result with its sidecar that the queue has no record of."""
    outbox = desk.base / "shop" / "outbox"
    told = json.loads((outbox / "rocket_1.jpeg.json").read_text())
    told["attempt"] = "0" * 32
    (outbox / "old_1.jpeg.json").write_text(json.dumps(told))
    shutil.copy(outbox / "rocket_1.jpeg", outbox / "old_1.jpeg")


DAMAGED_FILES: dict[str, tuple[str, Callable[[Desk], None]]] = {
    "source removed": ("source-missing", _gone(_ROCKET)),
    "source edited": ("source-changed", _longer(_ROCKET)),
    "failed source removed": ("source-missing", _gone(_THIN)),
    "card removed": ("card-missing", _gone(_THIN + ".error.txt")),
    "result removed": ("result-missing", _gone(_RESULT)),
    "result edited": ("result-changed", _longer(_RESULT)),
    "sidecar removed": ("sidecar-missing", _gone(_RESULT + ".json")),
    "marker removed": ("folder-away", _gone("words/inbox/.seedwatch")),
    "outbox away": ("folder-away", _away("shop/outbox")),
    "done away": ("folder-away", _away("shop/done")),
    "result of another queue": ("result-orphan", _from_another_queue),
}


@pytest.mark.parametrize("damage", DAMAGED_FILES)
def test_damaged_files(day: Desk, damage: str) -> None:
    """Each is a problem of its own kind: exit code 1, its path named.

    `--repair` writes down what a person did, or puts the card back; it changes no other file.
    """
    kind, act = DAMAGED_FILES[damage]
    act(day)
    result = day("audit")
    assert result.exit_code == 1, result.stdout
    found = day.json("audit")
    assert _kinds(found) == {kind}
    assert str(day.base) in found["problems"][0]["what"]
    before = _files(day)
    repaired = day("audit", "--repair")
    is_mended = kind in MENDED
    assert repaired.exit_code == (0 if is_mended else 1), repaired.stdout
    assert day("audit").exit_code == repaired.exit_code
    changed = {path for path, content in _files(day).items() if before.get(path) != content}
    assert changed == ({_THIN + ".error.txt"} if kind == "card-missing" else set())


def test_a_moved_source_is_not_lost(day: Desk) -> None:
    """Renamed within done/, or moved back into an inbox: its bytes are there, all is well."""
    done = day.base / "shop" / "done"
    (done / "rocket.jpg").rename(done / "first try.jpg")
    assert day("audit").exit_code == 0
    (done / "first try.jpg").rename(day.inbox / "rocket.jpg")
    found = day.json("audit")
    assert found["ok"]
    assert found["sources"]["new"] == 1
    (done / "rocket.jpg").write_text("another file in its place")
    assert day("audit").exit_code == 0


def test_an_older_copy_of_the_queue(day: Desk, past_day: Desk) -> None:
    """A queue that is new or restored does not know the results: each is named."""
    shutil.rmtree(day.base / "state")
    found = day.json("audit")
    assert {problem["kind"] for problem in found["problems"]} == {"result-orphan"}
    assert len(found["problems"]) == 2


# --- rows --------------------------------------------------------------------------------------

DAMAGED_ROWS = {
    "charge deleted": ("charge-missing", "DELETE FROM ledger WHERE task_id = 5"),
    "charge invented": (
        "charge-unfounded",
        "UPDATE attempts SET state = 'refused' WHERE task_id = 1",
    ),
    "submit deleted": ("charge-unfounded", "DELETE FROM attempts WHERE task_id = 5"),
    "charge changed": (
        "charge-differs",
        "UPDATE ledger SET micros = micros + 1 WHERE task_id = 1",
    ),
    "charge of another kind": (
        "charge-differs",
        "UPDATE ledger SET kind = 'charged' WHERE task_id = 5",
    ),
    "cost changed": ("charge-differs", "UPDATE tasks SET cost_micros = 1 WHERE id = 1"),
    "submit reopened": (
        "submit-adrift",
        "UPDATE attempts SET ended_at = NULL WHERE task_id = 1",
    ),
    "submit forgotten": ("submit-adrift", "UPDATE tasks SET attempt_id = 'gone' WHERE id = 5"),
    "event deleted": (
        "history-broken",
        "DELETE FROM events WHERE task_id = 1 AND name = 'task.claimed'",
    ),
    "last event deleted": (
        "history-broken",
        "DELETE FROM events WHERE task_id = 1 AND name = 'task.completed'",
    ),
    "retirement not told": (
        "history-broken",
        "DELETE FROM events WHERE job_id = 1 AND name = 'job.retired'",
    ),
    "state changed": (
        "history-broken",
        "UPDATE tasks SET state = 'cancelled', final_state = 'cancelled' WHERE id = 2",
    ),
    "job not settled": (
        "job-incomplete",
        "UPDATE jobs SET settled_at = NULL, retire_at = NULL, retired_at = NULL, outcome = NULL",
    ),
    "task missing": ("job-incomplete", "UPDATE jobs SET task_count = 3 WHERE id = 1"),
    "count changed": (
        "counts-wrong",
        "UPDATE final_counts SET task_count = 9",
    ),
    "rule deleted": ("database-damaged", "DELETE FROM rules"),
    "paid result lost": (
        "paid-missing",
        "UPDATE outputs SET is_delivered = 0, spool_name = 'lost.1' WHERE task_id = 1",
    ),
    "paid answer lost": (
        "paid-missing",
        "UPDATE tasks SET handle_kind = 'answer', handle_name = 'x', attempt_id = 'x' WHERE id = 5",
    ),
}


@pytest.mark.parametrize("damage", DAMAGED_ROWS)
def test_damaged_rows(day: Desk, damage: str) -> None:
    """Rows that do not agree are found; nothing is repaired by guessing (exit code 1 remains)."""
    kind, statement = DAMAGED_ROWS[damage]
    _tampered(day, statement)
    found = day.json("audit")
    assert kind in _kinds(found), found
    assert not found["ok"]
    assert day("audit", "--repair").exit_code == 1


# --- what settles by itself --------------------------------------------------------------------


def _retirement_cut_short(desk: Desk) -> None:
    _tampered(
        desk,
        "UPDATE jobs SET retired_at = NULL, outcome = NULL, retired_path = '' WHERE id = 1",
        "DELETE FROM events WHERE name = 'job.retired' AND job_id = 1",
    )


def _part(desk: Desk) -> None:
    part = desk.base / "shop" / "outbox" / ".seedwatch-part-0123456789abcdef"
    part.write_bytes(b"half a picture")
    _age(part)


NOTED: dict[str, tuple[str, Callable[[Desk], None]]] = {
    "taken out of the inbox": ("source-gone", _gone("words/inbox/unlucky.txt")),
    "retirement cut short": ("retire-pending", _retirement_cut_short),
    "temporary file": ("part-left", _part),
    "safety copy removed": (
        "copy-missing",
        lambda desk: next((desk.base / "state" / "spool").glob("*.1")).unlink(),
    ),
    "spare file in the spool": (
        "spool-spare",
        lambda desk: (desk.base / "state" / "spool" / f"{'0' * 32}.answer").touch(),
    ),
    "task under way": (
        "work-pending",
        lambda desk: _tampered(
            desk,
            "UPDATE tasks SET state = 'running', lease_token = 't', lease_until = 1, reason = '' "
            "WHERE id = 5",
            "INSERT INTO events (at, name, task_id, from_state, to_state) VALUES "
            "(1, 'task.released', 5, 'held', 'ready'), (1, 'task.claimed', 5, 'ready', 'running')",
        ),
    ),
    "folder taken out": (
        "folder-unknown",
        lambda desk: desk.configure(folders=[{"name": "new", "inbox": "shop/inbox"}]),
    ),
}


@pytest.mark.parametrize("change", NOTED)
def test_notes(day: Desk, change: str) -> None:
    """What settles by itself is told, but the exit code is 0; `--repair` may do it at once."""
    kind, act = NOTED[change]
    act(day)
    found = day.json("audit")
    assert (_kinds(found), found["ok"]) == ({kind}, True), found
    repaired = day.json("audit", "--repair")
    assert repaired["ok"]
    assert bool(repaired["repaired"]) == (kind in MENDED)
    assert _kinds(repaired) == (set() if kind in MENDED else {kind})


def test_a_fresh_temporary_file_may_be_in_use(day: Desk) -> None:
    """One that was written to a moment ago is neither told nor removed."""
    part = day.base / "shop" / "outbox" / ".seedwatch-part-0123456789abcdef"
    part.write_bytes(b"half a picture")
    assert day("audit", "--repair").exit_code == 0
    assert part.exists()


def test_a_set_of_which_a_part_is_gone(day: Desk, live_desk: Desk) -> None:
    """A set is one source: what is left of it is still there, what is missing is told."""
    desk = live_desk
    desk.rule = {"input": "folder"}
    desk.configure()
    for name in ("a.jpg", "b.jpg"):
        desk.drop("rocket.jpg", f"set/{name}")
    assert desk.run() == 0
    assert desk("audit").exit_code == 0
    (desk.base / "shop" / "done" / "set" / "b.jpg").unlink()
    found = desk.json("audit")
    assert (_kinds(found), found["ok"]) == ({"source-in-part"}, True)


# --- beside a running daemon ---------------------------------------------------------------------


def _rows(desk: Desk) -> AuditRows:
    with open_reader(desk.base / "state" / "queue.db") as reader:
        return reader.audit_rows()


def test_what_only_moves_is_not_reported(day: Desk) -> None:
    """Found once beside a running daemon, but not again: it was in motion.

    Breaks if the first look counts.
    """
    source = day.base / "shop" / "done" / "rocket.jpg"
    source.rename(day.base / "in motion")
    looks: list[bool] = []

    def read() -> AuditRows:
        if looks:
            (day.base / "in motion").rename(source)
        looks.append(True)
        return _rows(day)

    settings = load_settings(day.config)
    report = audit(settings, read, lambda: True, pause_s=0.01)
    assert (len(looks), report.problems) == (2, [])


def test_what_stays_wrong_is_reported(day: Desk) -> None:
    """Found in every look beside a running daemon: it is a problem."""
    (day.base / "shop" / "done" / "rocket.jpg").unlink()
    settings = load_settings(day.config)
    report = audit(settings, lambda: _rows(day), lambda: True, pause_s=0.01)
    assert [finding.kind for finding in report.problems] == ["source-missing"]


def test_a_file_that_the_daemon_does_not_see(day: Desk) -> None:
    """A daemon that says nothing is new, while something is: that file has no state at all."""
    shutil.copy(day.base / _ROCKET, day.inbox / "overlooked.jpg")
    settings, rows = load_settings(day.config), _rows(day)
    running: Census = take_census(settings, rows, is_running=True)
    assert [finding.kind for finding in examine(running).problems] == ["source-unseen"]
    stopped = take_census(settings, rows, is_running=False)
    assert examine(stopped).problems == []


def test_every_kind_is_provoked() -> None:
    """No kind of finding is without a test above."""
    tried = {kind for kind, _ in (*DAMAGED_FILES.values(), *DAMAGED_ROWS.values(), *NOTED.values())}
    assert tried | {"source-unseen", "source-in-part"} == PROBLEMS | NOTES
