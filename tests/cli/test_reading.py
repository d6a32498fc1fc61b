"""`tasks`, `tasks show` and `status`: what the queue holds, for people and for programs."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

import pytest

from seedwatch.cli.overview import finish_in_s
from seedwatch.daemon import lockfile
from seedwatch.lifecycle import STATES
from seedwatch.store.answers import Throughput
from tests.cli.desk import MODEL, Desk

_FIELDS = (
    "id, state, reason, folder, account, provider, mode, model, prompt, source, source_sha256, "
    "refs, attempts, handle, outputs, expected_outputs, cost, currency, error, created_at, "
    "updated_at"
)


def test_tasks_json(past_day: Desk) -> None:
    """Each task has every field of the contract, with absolute paths that exist."""
    tasks = past_day.json("tasks")
    assert [(task["id"], task["state"]) for task in tasks] == [
        (1, "done"),
        (2, "failed"),
        (3, "done"),
        (4, "failed"),
        (5, "held"),
    ]
    for task in tasks:
        assert set(_FIELDS.split(", ")) <= task.keys()
        assert datetime.fromisoformat(task["created_at"]).utcoffset() is not None
        assert task["created_at"].endswith("Z")
        assert (task["provider"], task["model"]) == ("ark", MODEL)
        for path in (*task["outputs"], *task["refs"]):
            assert Path(path).is_absolute()
            assert Path(path).is_file()
    rocket, thin, *_, unlucky = tasks
    assert rocket["source"] == "rocket.jpg"
    photo = past_day.base / "shop" / "done" / "rocket.jpg"
    assert rocket["source_sha256"] == hashlib.sha256(photo.read_bytes()).hexdigest()
    assert rocket["refs"] == [str(photo)]
    assert rocket["outputs"] == [str(past_day.base / "shop" / "outbox" / "rocket_1.jpeg")]
    assert (rocket["cost"], rocket["currency"], rocket["error"]) == ("0.03", "USD", None)
    assert (thin["attempts"], thin["outputs"], thin["cost"]) == (0, [], None)
    assert thin["error"]["class"] == "SourceError"
    assert thin["error"]["message"]
    assert (unlucky["reason"], unlucky["attempts"]) == ("unsure", 1)


def test_tasks_filters(past_day: Desk) -> None:
    """`--state` and `--folder` choose; an unknown folder is a usage error."""
    assert [task["id"] for task in past_day.json("tasks", "--state", "failed")] == [2, 4]
    both = past_day.json("tasks", "--state", "done", "--folder", "words")
    assert [task["id"] for task in both] == [3]
    assert past_day("tasks", "--folder", "wards").exit_code == 2


def test_tasks_for_people(past_day: Desk) -> None:
    """Away from a terminal the table is whole: one line for each task, nothing cut."""
    lines = past_day("tasks").stdout.splitlines()
    assert len(lines) == 6
    assert lines[0].split()[:3] == ["ID", "STATE", "REASON"]
    assert "an unlucky hand" in lines[5]
    assert not any("…" in line for line in lines)


def test_no_tasks(desk: Desk) -> None:
    """Before any daemon ran the list is empty, and nothing is made on disk by asking."""
    assert desk.json("tasks") == []
    result = desk("tasks")
    assert (result.exit_code, result.stdout) == (0, "")
    assert not (desk.base / "state").exists()


def test_show(past_day: Desk) -> None:
    """The story of a task: its submits with the request id, its events in order."""
    story = past_day.json("tasks", "show", "1")
    (submit,) = story["submits"]
    assert submit["request_id"]
    assert submit["state"] == "accepted"
    moves = [(event["from"], event["to"]) for event in story["events"] if event["to"]]
    assert moves[0][1] == "ready"
    assert moves[-1] == ("running", "done")
    told = past_day("tasks", "show", "1").stdout
    assert submit["request_id"] in told
    assert "task.completed running -> done" in told


def test_show_json_before_the_subcommand(past_day: Desk) -> None:
    """`tasks --json show ID` means the same as `tasks show ID --json`."""
    before = json.loads(past_day("tasks", "--json", "show", "2").stdout)
    assert before == past_day.json("tasks", "show", "2")


def test_show_unknown(past_day: Desk) -> None:
    """A task that does not exist: exit code 1, one line."""
    result = past_day("tasks", "show", "99")
    assert (result.exit_code, result.stderr) == (1, "seedwatch: There is no task 99.\n")


def test_status_json(past_day: Desk) -> None:
    """The object of the contract: folders, accounts, counts by state, what was spent."""
    status = past_day.json("status")
    shop, words = status["folders"]
    assert (shop["name"], shop["inbox"]) == ("shop", str(past_day.inbox))
    assert shop["watch"] in {"events", "poll"}
    assert (shop["state"], shop["waiting_files"]) == ("ok", 0)
    assert set(shop["counts"]) == set(STATES)
    assert (shop["counts"]["done"], shop["counts"]["failed"]) == (1, 1)
    assert (words["counts"]["held"], status["counts"]["done"]) == (1, 2)
    assert (
        status["accounts"][0] | {"name": "sim", "provider": "ark", "state": "ok"}
        == (status["accounts"][0])
    )
    assert status["accounts"][0]["in_flight"] == 0
    assert status["spent"][0]["month"] == "0.06"
    assert status["spent"][0]["uncertain"] == "0.03"
    (held,) = status["held"]
    assert (held["id"], held["reason"], held["price_bound"]) == (5, "unsure", "0.03 USD")


def test_status_for_people(past_day: Desk) -> None:
    """The same in words: what waits for a person, and the command that decides."""
    told = past_day("status").stdout
    assert "No daemon is running" in told
    assert "unlucky.txt: unsure" in told
    assert "seedwatch release ID" in told
    lock = lockfile.own(past_day.base / "state")
    try:
        assert "No daemon is running" not in past_day("status").stdout
        assert past_day.json("status")["daemon"] == {"is_running": True}
    finally:
        lock.release()


def test_status_before_any_daemon(desk: Desk) -> None:
    """Without a database the folders are still told, missing ones as unavailable."""
    (desk.base / "words" / "inbox").rmdir()
    status = desk.json("status")
    assert [folder["state"] for folder in status["folders"]] == ["ok", "unavailable"]
    assert sum(status["counts"].values()) == 0


def test_run_says_what_is_not_finished(day: Desk) -> None:
    """Exit code 3 comes with a line that counts what is left."""
    result = day("run", "--until-idle")
    assert result.exit_code == 3
    assert "2 failed, 1 held" in result.stderr.splitlines()[-1]


def test_ignored_files_are_mentioned(live_desk: Desk) -> None:
    """Files that are left alone are told once, with the reason."""
    (live_desk.inbox / "notes.docx").write_bytes(b"PK not really")
    live_desk.run()
    (ignored,) = live_desk.json("status")["folders"][0]["ignored"]
    assert ignored["path"] == "notes.docx"
    assert "notes.docx" in live_desk("status").stdout


def _looks(monkeypatch: pytest.MonkeyPatch, desk: Desk, *steps: object) -> None:
    """Let `--watch` look once after each step, then press Ctrl-C."""
    remaining = iter(steps)

    def sleep(_: float) -> None:
        step = next(remaining, None)
        if step is None:
            raise KeyboardInterrupt
        assert callable(step)
        step()

    monkeypatch.setattr("seedwatch.cli.commands.status.sleep", sleep)


def test_watch_away_from_a_terminal(day: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """`status --watch` prints a line per change, until Ctrl-C."""

    def nothing() -> None:
        return

    _looks(monkeypatch, day, nothing, lambda: day("cancel", "5"), nothing)
    result = day("status", "--watch")
    assert result.exit_code == 130
    lines = [line.split(" ", 1)[1] for line in result.stdout.splitlines()]
    assert lines == [
        "shop: 0/0  none",
        "words: 0/1  1 held",
        "words: 1/1  1 cancelled",
    ]


def test_watch_json(day: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """`status --watch --json` prints one object per line and change."""
    _looks(monkeypatch, day, lambda: None, lambda: day("pause"))
    lines = day("status", "--watch", "--json").stdout.splitlines()
    states = [json.loads(line)["accounts"][0]["state"] for line in lines]
    assert states == ["ok", "paused"]


@pytest.mark.parametrize(
    ("counts", "throughput", "expected"),
    [
        ({}, Throughput(5, 600), 0.0),
        ({"ready": 10, "running": 2, "held": 7}, Throughput(60, 600), 120.0),
        ({"ready": 10}, Throughput(0, 600), None),
    ],
)
def test_time_to_finish(
    counts: dict[str, int], throughput: Throughput, expected: float | None
) -> None:
    """What is left at the pace of the last minutes; held tasks are not waited for."""
    assert finish_in_s(counts, throughput) == expected  # type: ignore[arg-type]  # literal keys


@pytest.mark.fault(86)
def test_a_folder_that_was_taken_out_is_told(past_day: Desk) -> None:
    """With tasks that wait for a person, or for the folder, it stays in the list."""
    settings = past_day.config.read_text()
    try:
        past_day.config.write_text(settings.replace('"name": "words"', '"name": "letters"'))
        folders = {folder["name"]: folder for folder in past_day.json("status")["folders"]}
    finally:
        past_day.config.write_text(settings)
    assert set(folders) == {"shop", "words", "letters"}
    assert folders["words"]["state"] == "unavailable"
    assert "config.yaml" in folders["words"]["message"]
    assert folders["words"]["counts"]["held"] == 1


@pytest.mark.fault(86)
def test_status_of_a_broken_configuration(desk: Desk) -> None:
    """Its mistakes are told, and that a daemon goes on with the configuration before; exit 78."""
    desk.configure(graze="10m")
    result = desk("status")
    assert result.exit_code == 78
    assert "goes on with the one before" in result.stderr
    assert "graze" in result.stderr
