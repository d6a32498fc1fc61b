"""`retry`: a failed source goes back to its inbox, whole, over nothing, and is tried again."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest
from PIL import Image

from seedwatch.paths import CrossDeviceError, Root
from seedwatch.simulator import RunningSimulator
from tests.cli.desk import Desk


def _files(directory: Path) -> list[str]:
    return sorted(
        path.relative_to(directory).as_posix()
        for path in directory.rglob("*")
        if path.is_file() and path.name != ".seedwatch"
    )


def test_retry_by_id(day: Desk, simulator: RunningSimulator) -> None:
    """The source is back, its card gone; the next run pays only for what was not done."""
    result = day("retry", "4")
    assert result.exit_code == 0
    assert "mixed.txt" in result.stderr
    words = day.base / "words"
    assert _files(words / "failed") == []
    assert _files(words / "inbox") == ["mixed.txt", "unlucky.txt"]
    day("cancel", "5")
    assert day.run() == 0
    assert [row["prompt"] for row in simulator.ledger()] == ["a forbidden thing"]
    assert _files(words / "done") == ["mixed.txt"]


def test_retry_everything_that_failed(day: Desk) -> None:
    """`--failed` takes all folders, `--folder` one of them; a second time there is nothing."""
    assert day("retry", "--failed", "--folder", "shop").exit_code == 0
    assert _files(day.base / "shop" / "inbox") == ["thin.png"]
    assert _files(day.base / "words" / "failed") == ["mixed.txt", "mixed.txt.error.txt"]
    assert day("retry", "--failed").exit_code == 0
    assert _files(day.base / "words" / "failed") == []
    again = day("retry", "--failed")
    assert (again.exit_code, again.stderr.count("\n")) == (0, 1)


@pytest.mark.parametrize(
    ("task", "told"), [("1", "Task 1 is done"), ("5", "`seedwatch release 5`")]
)
def test_what_did_not_fail(day: Desk, task: str, told: str) -> None:
    """A task that is done or held is told what it needs instead; exit code 1."""
    result = day("retry", task)
    assert result.exit_code == 1
    assert told in result.stderr


def test_nothing_is_overwritten(day: Desk) -> None:
    """A file of that name in the inbox stays, and so does the failed one with its card.

    Breaks if the check before the move goes and the rename may replace.
    """
    taken = day.base / "words" / "inbox" / "mixed.txt"
    taken.write_text("mine\n")
    result = day("retry", "4")
    assert result.exit_code == 1
    assert str(taken) in result.stderr
    assert taken.read_text() == "mine\n"
    assert _files(day.base / "words" / "failed") == ["mixed.txt", "mixed.txt.error.txt"]


def test_a_source_that_was_taken_away(day: Desk) -> None:
    """A source that a person removed from failed/: told for its id, passed over by --failed."""
    (day.base / "shop" / "failed" / "thin.png").unlink()
    by_id = day("retry", "2")
    assert (by_id.exit_code, by_id.stderr.count("\n")) == (1, 1)
    assert day("retry", "--failed", "--folder", "shop").exit_code == 0


def test_a_share_that_is_not_mounted(day: Desk) -> None:
    """Nothing is written into an inbox without its marker (promises.md 11).

    Breaks if `bring_back` no longer looks for the marker.
    """
    (day.inbox / ".seedwatch").unlink()
    result = day("retry", "2")
    assert result.exit_code == 1
    assert _files(day.inbox) == []
    assert _files(day.base / "shop" / "failed") == ["thin.png", "thin.png.error.txt"]


def _fails(desk: Desk, simulator: RunningSimulator) -> None:
    simulator.post_faults([{"when": {}, "do": "moderated"}])
    assert desk.run() == 3
    simulator.reset()


def test_a_set_moves_whole(live_desk: Desk, simulator: RunningSimulator) -> None:
    """A subfolder of references goes back as one, with its prompt and its sub-path."""
    live_desk.rule = {"input": "folder"}
    live_desk.configure()
    live_desk.drop("motorcycle_left.png", "bikes/1.png")
    live_desk.drop("motorcycle_right.png", "bikes/2.png")
    (live_desk.inbox / "bikes" / "prompt.txt").write_text("side by side\n")
    before = _files(live_desk.inbox)
    _fails(live_desk, simulator)
    assert _files(live_desk.inbox) == []
    assert live_desk("retry", "--failed").exit_code == 0
    assert _files(live_desk.inbox) == before
    assert _files(live_desk.base / "shop" / "failed") == []
    assert live_desk.run() == 0


def test_a_pair_moves_together(live_desk: Desk, simulator: RunningSimulator) -> None:
    """A picture takes its text along, and is sent with that prompt again."""
    live_desk.rule = {"pair": True, "pair_wait": "100ms"}
    live_desk.configure()
    live_desk.drop("chelsea.png", "cats/a.png")
    (live_desk.inbox / "cats" / "a.txt").write_text("a sleepy cat\n")
    _fails(live_desk, simulator)
    assert live_desk("retry", "1").exit_code == 0
    assert _files(live_desk.inbox) == ["cats/a.png", "cats/a.txt"]
    assert live_desk.run() == 0
    assert [row["prompt"] for row in simulator.ledger()] == ["a sleepy cat"]


def test_another_file_system(day: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where failed/ lies elsewhere the source is copied, and removed only after that."""

    def refuse(*_: object) -> None:
        raise CrossDeviceError(errno.EXDEV, "another device")

    failed = day.base / "shop" / "failed"
    content = (failed / "thin.png").read_bytes()
    monkeypatch.setattr(Root, "move", refuse)
    assert day("retry", "2").exit_code == 0
    assert (day.inbox / "thin.png").read_bytes() == content
    assert _files(failed) == []


def test_a_folder_that_is_not_configured_any_more(day: Desk) -> None:
    """A source of a folder that was taken out of the configuration is told, not moved."""
    shutil.copy(day.config, day.base / "whole.yaml")
    day.configure(folders=[])
    result = day("retry", "2")
    assert result.exit_code == 1
    assert "shop" in result.stderr


def test_not_yet_retired(live_desk: Desk, simulator: RunningSimulator) -> None:
    """A failed task of a source that is still at work has to wait."""
    simulator.post_faults(
        [
            {"when": {"prompt_contains": "one"}, "do": "moderated"},
            {"when": {"prompt_contains": "two"}, "do": "reset_after_billing"},
        ]
    )
    (live_desk.base / "words" / "inbox" / "w.txt").write_text("one\ntwo\n")
    live_desk.run()
    result = live_desk("retry", "1")
    assert result.exit_code == 1
    assert "still at work" in result.stderr


def test_the_same_failure_again(day: Desk) -> None:
    """A source that fails, is retried and fails again can be retried again."""
    Image.new("RGB", (10, 401)).save(day.inbox / "thin2.png")
    day("retry", "--failed", "--folder", "shop")
    assert day.run() == 3
    assert _files(day.inbox) == []
    assert day("retry", "--failed", "--folder", "shop").exit_code == 0
    assert _files(day.inbox) == ["thin.png", "thin2.png"]
