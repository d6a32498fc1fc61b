"""Every command, option, exit code and JSON field is documented, and named commands exist."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from seedwatch.cli import boundary
from seedwatch.cli.app import COMMANDS, app
from seedwatch.cli.session import Session
from seedwatch.simulator import RunningSimulator
from seedwatch.texts import sentences
from tests.cli.desk import Desk
from tests.docs.reading import (
    DOCUMENTS,
    all_blocks,
    commands,
    content,
    document,
    prose,
    sections,
    spans,
    table,
)

_COMMANDS = document("commands")
_EVERYWHERE = {"--config", "--help", "--json"}
_PLACEHOLDERS = {"ID": "1", "ID...": "1", "账户": "ACCOUNT"}


def _all_commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(app, obj=Session())
    for name in COMMANDS:
        command = app.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            for below in command.list_commands(context):
                found = command.get_command(context, below)
                assert found is not None
                yield f"{name} {below}", found


def _section(name: str) -> str:
    """The section whose heading names the command."""
    found = [
        text
        for heading, text in sections(_COMMANDS).items()
        if any(f"{span} ".startswith(f"{name} ") for span in spans(heading))
    ]
    return "\n".join(found)


@pytest.mark.parametrize(("name", "command"), list(_all_commands()), ids=str)
def test_every_command_and_option_is_documented(name: str, command: click.Command) -> None:
    """A command without its heading, or an option its section does not name, is red here."""
    section = _section(name)
    assert section
    options = {opt for param in command.params for opt in param.opts if opt.startswith("--")}
    assert {option for option in options - _EVERYWHERE if option not in section} == set()
    if "--json" in options:
        assert "--json" in section


def test_options_of_all_commands_are_documented() -> None:
    """`--config`, `--help` and `--version` are explained once, for all commands."""
    told = set(spans(sections(_COMMANDS)["Commands"]))
    assert {"-c FILE", "--config FILE", "-h", "--help", "--version", "--json"} <= told


def test_every_exit_code_is_documented() -> None:
    """The table of exit codes has those of the code."""
    codes = {value for name, value in vars(boundary).items() if name.isupper() and name[0] != "_"}
    rows = table(_COMMANDS, "Commands").rows
    assert {int(row[0]) for row in rows} == {code for code in codes if isinstance(code, int)}


def _keys(told: Any) -> set[str]:
    if isinstance(told, dict):
        return set(told) | {key for value in told.values() for key in _keys(value)}
    return {key for entry in told for key in _keys(entry)} if isinstance(told, list) else set()


_FREE = {"rule", "cost", "body", "headers", "fields"}
"""objects whose keys stand elsewhere: rule keys, currencies, the wire, fields of events"""


def _without_free(told: Any) -> Any:
    if isinstance(told, dict):
        return {k: None if k in _FREE else _without_free(value) for k, value in told.items()}
    return [_without_free(entry) for entry in told] if isinstance(told, list) else told


def test_every_json_field_is_documented(tmp_path: Path) -> None:
    """What `--json` prints is explained, field by field: of a held task, of one that is done."""
    with RunningSimulator(latency_s=0.02) as simulator:
        desk = Desk(tmp_path, simulator.url, folder={"cold_start": 0})
        photo = desk.drop("rocket.jpg")
        (tmp_path / "words" / "inbox" / "wish.txt").write_text("a red bicycle\n")
        assert desk.run() == 3
    desk.drop("coffee.png")
    (desk.inbox / "notes.pdf").write_bytes(b"%PDF-")
    calls: list[tuple[str | Path, ...]] = [("check",), ("status",), ("key", "list"), ("tasks",)]
    calls += [("tasks", "show", "1"), ("tasks", "show", "2"), ("explain", photo), ("plan",)]
    known: set[str] = set()
    for call in calls:
        known |= _keys(_without_free(desk.json(*call)))
    assert {"submits", "request_sha256", "held", "left_alone"} <= known
    assert known - set(spans(content(_COMMANDS))) == set()


def _parses(line: str) -> None:
    """Parse a command line as `seedwatch` would, without running it.

    Raises:
        click.UsageError: there is no such command, option or form.
    """
    words = [_PLACEHOLDERS.get(word, word) for word in line.split()]
    command: click.Command = app
    context = app.make_context("seedwatch", words, obj=Session(), resilient_parsing=False)
    while isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        if not rest:
            return
        _, found, words = command.resolve_command(context, rest)
        assert found is not None
        command = found
        context = command.make_context(command.name, words, parent=context)


_IN_BLOCKS = {line for block in all_blocks("sh") for line in commands(block.text)}
_IN_SENTENCES = {
    line for path in DOCUMENTS for span in spans(prose(path)) for line in commands(span)
}
_IN_MESSAGES = {
    line
    for text in sentences().values()
    for message in text
    for span in spans(message)
    for line in commands(span)
    if "{" not in line
}


@pytest.mark.parametrize("line", sorted(_IN_BLOCKS | _IN_SENTENCES | _IN_MESSAGES))
def test_commands_that_are_named_exist(line: str) -> None:
    """Every command line in documents and messages is one that the program takes."""
    if line not in {"", "ARGS..."}:
        _parses(line)
