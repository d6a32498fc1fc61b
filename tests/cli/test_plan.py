"""`plan`: tasks, pictures and cost of what lies in the inboxes; nothing is sent or changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedwatch.simulator import RunningSimulator
from tests.cli.desk import Desk


@pytest.fixture
def full(live_desk: Desk) -> Desk:
    """Three pictures, two of them the same, and a file of two prompts."""
    live_desk.drop("rocket.jpg")
    live_desk.drop("rocket.jpg", "deep/er/copy.jpg")
    live_desk.drop("chelsea.png")
    (live_desk.base / "words" / "inbox" / "w.txt").write_text("# no\na cat\n\na dog\n")
    return live_desk


def _census(directory: Path) -> list[str]:
    return sorted(str(path) for path in directory.rglob("*"))


def test_counts_and_cost(full: Desk, simulator: RunningSimulator) -> None:
    """Per folder and in total; sends nothing and leaves every folder as it was."""
    before = _census(full.base)
    plan = full.json("plan")
    shop, words = plan["folders"]
    assert [shop[name] for name in ("sources", "tasks", "images")] == [3, 3, 3]
    assert (shop["cost"], shop["identical_files"]) == ({"USD": "0.09"}, 1)
    assert [words[name] for name in ("sources", "tasks", "images")] == [1, 2, 2]
    total = plan["total"]
    assert [total[name] for name in ("sources", "tasks", "images")] == [4, 5, 5]
    assert (total["cost"], total["identical_files"]) == ({"USD": "0.15"}, 1)
    assert simulator.ledger() == []
    assert _census(full.base) == before


def test_the_plan_comes_true(full: Desk, simulator: RunningSimulator) -> None:
    """What `plan` announced is what `run` then does and pays; afterwards there is nothing left."""
    plan = full.json("plan")["total"]
    assert full.run() == 0
    assert len(simulator.ledger()) == plan["tasks"]
    assert full.json("status")["spent"][0]["month"] == plan["cost"]["USD"]
    after = full.json("plan")["total"]
    assert (after["tasks"], after["cost"]) == (0, {})


def test_for_people(full: Desk) -> None:
    """A line for each folder and the total."""
    lines = full("plan").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["shop", "words", "total"]
    assert "0.15 USD" in lines[3]


def test_paths(full: Desk) -> None:
    """A file, a folder in an inbox, or one that holds inboxes may be named."""
    one = full.json("plan", full.inbox / "rocket.jpg")
    assert [folder["name"] for folder in one["folders"]] == ["shop"]
    assert one["total"]["tasks"] == 1
    assert full.json("plan", full.inbox / "deep")["total"]["tasks"] == 1
    assert full.json("plan", full.inbox)["total"]["tasks"] == 3
    assert full.json("plan", full.base)["total"]["tasks"] == 5


@pytest.mark.parametrize("path", ["config.yaml", "nowhere.png"])
def test_paths_that_are_no_input(full: Desk, path: str) -> None:
    """A path outside of the inboxes, or one that is not there: exit code 1, one line."""
    result = full("plan", full.base / path)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)


def test_what_would_be_held(full: Desk) -> None:
    """More files than `cold_start` at the first use are announced as held."""
    full.folder = {"cold_start": 2}
    full.configure()
    (shop, _) = full.json("plan")["folders"]
    assert (shop["hold"], shop["held"]) == ("cold-start", 3)
    assert "seedwatch release --held --folder shop" in full("plan").stdout


def test_what_came_back(full: Desk) -> None:
    """A copy of what is done and still lies in done/ is announced as held: seen-before."""
    full.run()
    full.drop("rocket.jpg")
    (shop, _) = full.json("plan")["folders"]
    assert (shop["tasks"], shop["held"]) == (1, 1)


def test_what_is_at_work_is_not_planned_again(day: Desk) -> None:
    """A source that has its job already (here: held) is counted apart."""
    _, words = day.json("plan")["folders"]
    assert (words["tasks"], words["at_work"]) == (0, 1)


def test_what_cannot_be_used(full: Desk) -> None:
    """Files that would fail or be left alone are named with the reason."""
    (full.inbox / "letter.docx").write_bytes(b"PK")
    (full.inbox / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    told = full("plan").stdout
    assert "letter.docx" in told
    assert "broken.jpg" in told
    assert full.json("plan")["total"]["tasks"] == 5


def test_a_missing_inbox_does_not_hide_the_others(full: Desk) -> None:
    """An inbox that is away: its line on stderr, exit code 1, the other folder is told."""
    (full.base / "words" / "inbox" / "w.txt").unlink()
    (full.base / "words" / "inbox").rmdir()
    result = full("plan", "--json")
    assert result.exit_code == 1
    assert "words" in result.stderr
    assert '"shop"' in result.stdout
