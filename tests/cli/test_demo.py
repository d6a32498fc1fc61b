"""The demo: real photographs through the real daemon; its verdict is not easily pleased."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from seedwatch.demo.parts import PARTS
from seedwatch.demo.verdict import judge
from tests.cli.desk import call

_TASKS = sum(part.task_count for part in PARTS)
_PICTURES = sum(len(part.results) for part in PARTS)


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ./demo of a first demo without DIR; progress is told line by line off a terminal."""
    directory = tmp_path_factory.mktemp("demo place")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        result = call("demo")
    assert result.exit_code == 0, result.output
    assert str(directory / "demo" / "run-1") in result.stdout
    assert f"All {_PICTURES} pictures" in result.stdout
    assert "image-edit: 5/5  5 done" in result.stdout
    return directory / "demo"


def _ledger(place: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (place / "ledger.jsonl").read_text().splitlines()]


def test_every_picture_is_there_and_opens(first_run: Path) -> None:
    """All pictures decode, every source is in done/, each task was accepted exactly once."""
    place = first_run / "run-1"
    pictures = [path for path in place.glob("*/outbox/*") if path.suffix in {".jpeg", ".png"}]
    assert len(pictures) == _PICTURES
    for path in pictures:
        with Image.open(path) as image:
            image.load()
    assert len(_ledger(place)) == _TASKS
    verdict = judge(place, _ledger(place))
    assert (verdict.faults, verdict.picture_count) == ([], _PICTURES)
    tasks = json.loads(call("tasks", "--json", "-c", place / "config.yaml").stdout)
    assert [task["state"] for task in tasks] == ["done"] * _TASKS


def test_a_second_run(first_run: Path, tmp_path: Path) -> None:
    """It works beside the first one: without --keep it replaces it, with --keep it does not."""
    place = tmp_path / "again"
    shutil.copytree(first_run, place)
    (place / "mine.txt").write_text("not a demo")
    (place / "run-7").mkdir()
    assert call("demo", place, "--keep").exit_code == 0
    assert sorted(path.name for path in place.iterdir()) == ["mine.txt", "run-1", "run-7", "run-8"]
    assert call("demo", place).exit_code == 0
    assert sorted(path.name for path in place.iterdir()) == ["mine.txt", "run-7", "run-9"]


def _spoil_missing(place: Path) -> None:
    (place / "group" / "outbox" / "seasons_1-3.jpeg").unlink()


def _spoil_truncated(place: Path) -> None:
    path = place / "image-edit" / "outbox" / "coffee_1.jpeg"
    path.write_bytes(path.read_bytes()[:-500])


def _spoil_sidecar(place: Path) -> None:
    (place / "two-references" / "outbox" / "stereo_1.jpeg.json").unlink()


def _spoil_source(place: Path) -> None:
    (place / "text-to-image" / "done" / "wishes.txt").unlink()


def _spoil_ledger(place: Path) -> None:
    ledger = place / "ledger.jsonl"
    first = ledger.read_text().splitlines()[0]
    ledger.write_text(ledger.read_text() + first + "\n")


@pytest.mark.parametrize(
    "spoil",
    [_spoil_missing, _spoil_truncated, _spoil_sidecar, _spoil_source, _spoil_ledger],
)
def test_the_verdict_notices(first_run: Path, tmp_path: Path, spoil: object) -> None:
    """A missing, torn or unexplained picture, a lost source, a second payment: each is a fault."""
    place = tmp_path / "spoilt"
    shutil.copytree(first_run / "run-1", place)
    assert callable(spoil)
    spoil(place)
    assert len(judge(place, _ledger(place)).faults) == 1


def test_a_demo_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the daemon leaves something undone, the demo ends with 1 and keeps everything."""

    async def idle(*_: object, **__: object) -> int:
        return 3

    monkeypatch.setattr("seedwatch.cli.commands.demo.run_daemon", idle)
    result = call("demo", tmp_path)
    assert result.exit_code == 1
    assert str(tmp_path / "run-1") in result.stderr
    assert (tmp_path / "run-1" / "config.yaml").is_file()


def test_a_place_that_cannot_be_used(tmp_path: Path) -> None:
    """A file in the way is one line and exit code 1 or 2, no traceback."""
    (tmp_path / "file").write_text("x")
    result = call("demo", tmp_path / "file" / "below")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
