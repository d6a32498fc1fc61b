"""What is printed: names of any kind on one line, tables for pipes and terminals, bars."""

from __future__ import annotations

import io
import json
import os
import re
import sys

import pytest
from PIL import Image

from seedwatch.cli import screen
from seedwatch.cli.bars import Bars, FolderProgress
from tests.cli.desk import Desk


class _Terminal(io.StringIO):
    """A stdout that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


def _on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> _Terminal:
    """A terminal of 60 columns; in the test itself, as pytest changes stdout after fixtures."""
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return terminal


@pytest.mark.fault(19)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain 图片.png", "plain 图片.png"),
        ("two\nlines\t\x1b[31m", "two\\nlines\\t\\x1b[31m"),
        (os.fsdecode(b"caf\xe9.png"), "caf\\xe9.png"),
        ("evil\u202egnp.exe", "evil\\u202egnp.exe"),
    ],
)
def test_shown(text: str, expected: str) -> None:
    """Control and direction characters and bytes that are no text are escaped."""
    assert screen.shown(text) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.4, "0s"), (59, "59s"), (60, "1m"), (3660, "1h 01m"), (190_000, "2d 4h")],
)
def test_duration(seconds: float, expected: str) -> None:
    """Times as a person says them."""
    assert screen.duration(seconds) == expected


@pytest.mark.fault(19)
def test_odd_names_survive_json(live_desk: Desk) -> None:
    """A name that is no UTF-8 comes out of `tasks --json` as it is; tables show it escaped."""
    name = os.fsdecode(b"caf\xe9\n.png")
    Image.new("RGB", (10, 400)).save(live_desk.inbox / "x.png")
    (live_desk.inbox / "x.png").rename(live_desk.inbox / name)
    assert live_desk.run() == 3
    listed = live_desk("tasks", "--json")
    assert listed.stdout.isascii()
    (task,) = json.loads(listed.stdout)
    assert task["source"] == name
    assert os.path.exists(task["source_path"])  # noqa: PTH110 - pathlib would do as well
    assert "caf\\xe9\\n.png" in live_desk("tasks").stdout
    assert live_desk("tasks", "show", "1").exit_code == 0


def test_markup_in_names_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Square brackets in a name are no colours."""
    screen.out_table(["A"], [["[red]x[/red]"]])
    assert capsys.readouterr().out == "A\n[red]x[/red]\n"


def test_a_terminal_gets_colours_and_fitting_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal states are coloured and no line is wider than it."""
    terminal = _on_a_terminal(monkeypatch)
    screen.out_table(["STATE", "PROMPT"], [["failed", "x" * 200]])
    told = terminal.getvalue()
    assert "\x1b[31mfailed" in told
    assert all(len(re.sub(r"\x1b\[[\d;]*m", "", line)) <= 60 for line in told.splitlines())


def test_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR is respected: no colours, on a terminal either."""
    terminal = _on_a_terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    screen.out_table(["STATE"], [["failed"]])
    assert "\x1b[31m" not in terminal.getvalue()


def test_bars_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal each folder has a bar that is taken down in the end."""
    terminal = _on_a_terminal(monkeypatch)
    with Bars() as shown:
        shown.show([FolderProgress("a [b]", 4, {"done": 1, "ready": 3})])
        shown.show([FolderProgress("a [b]", 4, {"done": 4}), FolderProgress("empty", 0)])
    told = terminal.getvalue()
    assert "a [b]" in told
    assert "4/4  4 done" in told
    assert told.rstrip().endswith("\x1b[?25h")


def test_lines_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    """Off a terminal a line is printed only when something changed."""
    with Bars() as shown:
        for done in (1, 1, 2):
            shown.show([FolderProgress("a", 4, {"done": done}, "paused")])
    lines = [line.split(" ", 1)[1] for line in capsys.readouterr().out.splitlines()]
    assert lines == ["a: 1/4  1 done (paused)", "a: 2/4  2 done (paused)"]
