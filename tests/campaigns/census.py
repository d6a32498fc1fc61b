"""What must be true of a workspace after kills: files, results, rows, ledgers, keys.

Used by every campaign. `at_kill` holds at any instant; `after` holds once a run has ended by
itself. Both give sentences, one for each thing that is not as it must be.
"""

from __future__ import annotations

import base64
import collections
import hashlib
import json
import shutil
import tempfile
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import apsw

from seedwatch.cli.commands.audit import look
from seedwatch.config.settings import load_settings
from tests.flow.workspace import CANARY_KEY, Workspace

_PART = ".seedwatch-part-"


def digest(path: Path) -> str:
    """sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def at_kill(workspace: Workspace, dropped: Mapping[str, str]) -> list[str]:
    """P1 and P7 at this instant: `dropped` is name -> sha256 of what was whole in the inbox."""
    lying = _lying(workspace)
    wrong = [f"{name}: lost" for name, sha256 in dropped.items() if not lying[sha256]]
    return wrong + _torn(workspace)


def after(workspace: Workspace, dropped: Mapping[str, str]) -> list[str]:
    """All of it, once nothing is left to do."""
    return [
        *at_kill(workspace, dropped),
        *_misplaced(workspace, dropped),
        *_of_database(workspace),
        *_undelivered(workspace),
        *_of_ledgers(workspace),
        *_of_audit(workspace),
        *_tell_keys(workspace),
    ]


def in_doubt(workspace: Workspace) -> set[str]:
    """Submits under way whose answer does not lie whole in the spool: a kill leaves these open."""
    spool = workspace.base / "state" / "spool"
    rows = _queue(workspace, "SELECT id FROM attempts WHERE state = 'submitting'")
    return {row[0] for row in rows if not (spool / f"{row[0]}.answer").exists()}


def unsure(workspace: Workspace) -> int:
    """Tasks that wait for a person because an answer was lost."""
    return len(_queue(workspace, "SELECT 1 FROM tasks WHERE reason = 'unsure' AND state = 'held'"))


def states(workspace: Workspace) -> dict[str, int]:
    """How many tasks are in each state."""
    return dict(_queue(workspace, "SELECT state, count(*) FROM tasks GROUP BY state"))


def accepted(workspace: Workspace) -> collections.Counter[str]:
    """How often the simulator accepted each task, by its prompt or its picture."""
    return collections.Counter(
        row["refs"][0] if row["refs"] else row["prompt"] for row in workspace.simulator.ledger()
    )


def _queue(workspace: Workspace, query: str) -> list[tuple[Any, ...]]:
    """Rows of the queue; none where there is no queue, or no table, yet."""
    path = workspace.base / "state" / "queue.db"
    if not path.exists() or not path.stat().st_size:
        return []
    try:
        return _rows(path, query, apsw.SQLITE_OPEN_READONLY)
    except apsw.ReadOnlyError:  # a kill left work that only a writer may finish: let a copy have it
        with tempfile.TemporaryDirectory(prefix="census-") as base:
            for part in (path, path.with_name(f"{path.name}-wal")):
                if part.exists():
                    shutil.copy(part, base)
            return _rows(Path(base) / path.name, query, apsw.SQLITE_OPEN_READWRITE)


def _rows(path: Path, query: str, access: int) -> list[tuple[Any, ...]]:
    connection = apsw.Connection(str(path), flags=access)
    connection.set_busy_timeout(5000)
    try:
        is_made = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'events'").fetchall()
        return connection.execute(query).fetchall() if is_made else []
    finally:
        connection.close()


def _lying(workspace: Workspace) -> dict[str, list[str]]:
    """sha256 -> the areas where such bytes lie under a name of their own."""
    return collections.defaultdict(list, workspace.census())


def _misplaced(workspace: Workspace, dropped: Mapping[str, str]) -> Iterator[str]:
    """P1, P2: every source is in exactly one place, the one its job says."""
    wanted: dict[str, set[str]] = collections.defaultdict(set)
    query = "SELECT members.sha256, outcome FROM members JOIN jobs ON jobs.id = job_id"
    for sha256, outcome in _queue(workspace, query):
        wanted[sha256].add(outcome or "inbox")
    lying = _lying(workspace)
    for name, sha256 in dropped.items():
        if len(lying[sha256]) != 1 or set(lying[sha256]) != wanted[sha256]:
            yield f"{name}: in {lying[sha256]}, not in {sorted(wanted[sha256])}"
    for sha256 in lying.keys() - set(dropped.values()):
        yield f"a file that nobody dropped lies in {lying[sha256]}"
    for area in (workspace.inbox, workspace.outbox, workspace.done, workspace.failed):
        for path in area.rglob(f"{_PART}*") if area.exists() else []:
            if path.parent != workspace.inbox:  # of a lease: it goes an hour after the next start
                yield f"left over: {path.relative_to(workspace.base)}"


def _torn(workspace: Workspace) -> list[str]:
    """P7: what bears a result's name is whole, what has a sidecar is what the sidecar says."""
    if not workspace.outbox.exists():
        return []
    known = {row[0] for row in _queue(workspace, "SELECT sha256 FROM outputs")}
    wrong = []
    for result in workspace.results():
        sha256 = digest(result)
        told = result.with_name(f"{result.name}.json")
        if sha256 not in known:
            wrong.append(f"{result.name}: its bytes are of no output")
        if told.exists() and json.loads(told.read_text())["result"]["sha256"] != sha256:
            wrong.append(f"{result.name}: not what its sidecar says")
    return wrong


def _undelivered(workspace: Workspace) -> Iterator[str]:
    """Each output of a finished task lies in the outbox with its sidecar, and nothing else does."""
    query = (
        "SELECT path, sha256 FROM outputs JOIN tasks ON tasks.id = task_id"
        " WHERE state = 'done' AND error = ''"
    )
    promised = dict(_queue(workspace, query))
    for path, sha256 in promised.items():
        result = workspace.outbox / path
        if not result.exists() or digest(result) != sha256:
            yield f"{path}: not delivered as recorded"
        elif not result.with_name(f"{result.name}.json").exists():
            yield f"{path}: without a sidecar"
    for result in workspace.results():
        if result.relative_to(workspace.outbox).as_posix() not in promised:
            yield f"{result.name}: a result that no task has"


def _of_database(workspace: Workspace) -> Iterator[str]:
    """The database is whole, and nothing is left to do in it."""
    if (found := _queue(workspace, "PRAGMA integrity_check")) != [("ok",)]:
        yield f"integrity_check: {found}"
    if found := _queue(workspace, "PRAGMA foreign_key_check"):
        yield f"foreign_key_check: {found}"
    for state in states(workspace).keys() - {"done", "failed", "held", "cancelled"}:
        yield f"tasks still {state}"
    open_count = len(_queue(workspace, "SELECT 1 FROM attempts WHERE ended_at IS NULL"))
    if open_count:
        yield f"{open_count} attempts without an end"


def _of_ledgers(workspace: Workspace) -> Iterator[str]:
    """P3, P4, P5: the provider took each task once at most, and what it took has a row here."""
    query = (
        "SELECT tasks.id, state, reason, jobs.kind, members.sha256,"
        " json_extract(generation, '$.prompt'),"
        " (SELECT count(*) FROM attempts WHERE task_id = tasks.id),"
        " (SELECT count(*) FROM ledger WHERE task_id = tasks.id)"
        " FROM tasks JOIN jobs ON jobs.id = tasks.job_id"
        " JOIN members ON members.job_id = jobs.id AND members.n ="
        " (SELECT min(n) FROM members WHERE members.job_id = jobs.id)"
    )
    times = accepted(workspace)
    explained: set[str] = set()
    for task, state, reason, kind, sha256, prompt, attempts, charges in _queue(workspace, query):
        label = prompt if kind == "text" else sha256
        explained.add(label)
        if times[label] > 1:
            yield f"task {task}: accepted {times[label]} times"
        if times[label] > attempts:
            yield f"task {task}: accepted, but no attempt is recorded"
        if state == "done" and (times[label], charges) != (1, 1):
            yield f"task {task}: done with {times[label]} acceptances, {charges} charges"
        if state == "held" and reason == "unsure" and charges != 1:
            yield f"task {task}: unsure, but {charges} charges are recorded"
        if state == "held" and reason != "unsure":
            yield f"task {task}: held, {reason}"
    for label in times.keys() - explained:
        yield f"accepted, but of no task: {label}"


def _of_audit(workspace: Workspace) -> list[str]:
    """What `seedwatch audit` would say; it looks at the same things with code of its own."""
    found = look(load_settings(workspace.config)).findings
    return [f"audit: {finding}" for finding in found if finding.is_problem]


def spellings(key: str) -> dict[str, bytes]:
    """A key as it might be found (P14): raw, its ends, URL-encoded, base64 at each alignment."""
    raw = key.encode()
    found = {
        "raw": raw,
        "first 12": raw[:12],
        "last 12": raw[-12:],
        "URL-encoded": urllib.parse.quote(key, safe="").encode(),
    }
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw)
        found[f"base64, {shift}"] = coded[4 if shift else 0 : -4]
    return found


def _tell_keys(workspace: Workspace) -> Iterator[str]:
    """P14: the key stands in no file but its own."""
    patterns = spellings(CANARY_KEY)
    for path in workspace.base.rglob("*"):
        if path == workspace.key_file or not path.is_file():
            continue
        content = path.read_bytes()
        for name, pattern in patterns.items():
            if pattern in content:
                yield f"{path.relative_to(workspace.base)}: the key ({name})"
