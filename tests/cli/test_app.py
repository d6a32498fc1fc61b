"""The frame around all commands: options, exit codes, errors on one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from seedwatch import __version__, logs
from seedwatch.cli.app import COMMANDS, app
from seedwatch.daemon import lockfile
from seedwatch.errors import StoreError
from tests.cli.desk import CANARY_KEY, Desk, call


def test_version() -> None:
    """`--version` prints name and version."""
    result = call("--version")
    assert (result.exit_code, result.stdout) == (0, f"seedwatch {__version__}\n")


def test_help_lists_every_command_without_importing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--help` names all commands, and imports none of them."""

    def refuse(name: str) -> None:
        raise AssertionError(name)

    monkeypatch.setattr("seedwatch.cli.app.import_module", refuse)
    result = call("--help")
    assert result.exit_code == 0
    listed = result.stdout.partition("Commands:")[2].split("\n")
    assert [line.split()[0] for line in listed if line.strip()] == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_explains_itself(name: str, option: str) -> None:
    """Each command has help in both languages, with the option for the configuration."""
    english = call(name, option)
    chinese = call(name, option, LC_ALL="zh_CN.UTF-8")
    assert english.exit_code == chinese.exit_code == 0
    assert "--config FILE" in english.stdout
    assert english.stdout != chinese.stdout
    assert "cli." not in english.stdout + chinese.stdout


def test_without_arguments_the_help_is_shown() -> None:
    """`seedwatch` alone is a usage error that helps."""
    result = call()
    assert result.exit_code == 2
    assert "Commands:" in result.stderr


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["stauts"], "seedwatch: There is no command stauts; did you mean status?"),
        (["--nonsense"], "seedwatch: No such option '--nonsense'."),
        (["schema"], "seedwatch: Missing argument '{config|rule}'. Choose from: config, rule"),
        (["simulator", "--port", "99999"], "seedwatch: Invalid value for '--port'"),
        (["tasks", "show", "zero"], "seedwatch: Invalid value for 'ID'"),
        (["tasks", "--state", "lost"], "seedwatch: Invalid value for '--state'"),
    ],
)
def test_usage_errors_are_one_line(args: list[str], expected: str) -> None:
    """A usage error is one line on stderr, exit code 2, nothing on stdout."""
    result = call(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith(expected)


@pytest.mark.parametrize("order", ["before", "after", "variable"])
def test_config_option_works_before_and_after_the_command(desk: Desk, order: str) -> None:
    """`-c FILE` may stand before or after the command, and wins over the environment."""
    config = str(desk.config)
    args, environment = {
        "before": (["-c", config, "tasks", "--json"], "nowhere.yaml"),
        "after": (["tasks", "--json", "--config", config], "nowhere.yaml"),
        "variable": (["tasks", "--json"], config),
    }[order]
    result = call(*args, SEEDWATCH_CONFIG=environment)
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])


def test_config_option_works_after_a_subcommand(desk: Desk) -> None:
    """Commands below a command take it, too; the last one counts."""
    result = call("-c", "nowhere.yaml", "key", "-c", "nor-here.yaml", "list", "-c", desk.config)
    assert result.exit_code == 0


def test_config_in_the_current_directory(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without option and variable ./config.yaml is used."""
    monkeypatch.chdir(desk.base)
    assert call("tasks").exit_code == 0


@pytest.mark.parametrize(
    "args",
    [
        ["run"],
        ["check"],
        ["plan"],
        ["explain", "x"],
        ["status"],
        ["tasks"],
        ["tasks", "show", "1"],
        ["retry", "--failed"],
        ["cancel", "1"],
        ["release", "1"],
        ["pause"],
        ["resume"],
        ["adopt", "shop"],
        ["key", "list"],
    ],
)
def test_every_mistake_in_the_configuration_is_told_at_once(desk: Desk, args: list[str]) -> None:
    """A broken configuration: one line for each mistake with its place, exit code 78."""
    desk.config.write_text("grase: 1h\naccounts:\n  ark: {provider: arc}\n\tfolders: []\n")
    tabbed = desk(*args)
    desk.config.write_text("grase: 1h\naccounts:\n  ark: {provider: arc}\n")
    result = desk(*args)
    assert tabbed.exit_code == result.exit_code == 78
    assert result.stdout == ""
    *before, first, second = result.stderr.splitlines()
    assert len(before) == (args == ["status"])  # that a daemon which runs goes on
    assert first.startswith(f"{desk.config}:1:1: grase: ")
    assert second.startswith(f"{desk.config}:3:19: accounts.ark.provider: ")


def test_missing_configuration(tmp_path: Path) -> None:
    """No configuration at all: exit code 78 and the command that makes one."""
    result = call("status", "-c", tmp_path / "config.yaml")
    assert result.exit_code == 78
    assert "seedwatch init" in result.stderr


def test_long_errors_are_not_wrapped(tmp_path: Path) -> None:
    """However long a path is, its error stays one line."""
    path = tmp_path / ("x" * 200) / ("y" * 200) / "config.yaml"
    result = call("status", "-c", path)
    assert result.stderr.count("\n") == 1
    assert str(path) in result.stderr


def test_control_characters_do_not_break_the_line(tmp_path: Path) -> None:
    """A newline in a name stays in its line, escaped."""
    result = call("status", "-c", tmp_path / "con\nfig.yaml")
    assert result.stderr.count("\n") == 1


def test_another_daemon(desk: Desk) -> None:
    """A second daemon on the same state directory ends with 75 and says what to do."""
    lock = lockfile.own(desk.base / "state")
    try:
        result = desk("run", "--until-idle")
    finally:
        lock.release()
    assert result.exit_code == 75
    assert str(desk.base / "state") in result.stderr


def test_damaged_database(desk: Desk) -> None:
    """A file that is no queue: one line, exit code 1, the file untouched."""
    database = desk.base / "state" / "queue.db"
    database.parent.mkdir()
    database.write_bytes(b"not a database, but longer than one page header" * 100)
    before = database.read_bytes()
    for args in (["tasks"], ["status"], ["cancel", "1"], ["pause"]):
        result = desk(*args)
        assert result.exit_code == 1
        assert result.stderr.count("\n") == 1
    assert database.read_bytes() == before


def test_our_own_faults_leave_a_trace_in_the_state_directory(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug is one line with the place of its trace; keys are masked there."""
    logs.hide(CANARY_KEY)
    desk.run()

    def broken(*_: object) -> None:
        raise ZeroDivisionError(f"with {CANARY_KEY}")

    monkeypatch.setattr("seedwatch.cli.commands.tasks.reading", broken)
    result = desk("tasks")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    (trace,) = (desk.base / "state").glob("seedwatch-trace-*.txt")
    assert str(trace) in result.stderr
    assert "ZeroDivisionError: with ***" in trace.read_text()


def test_debug_shows_the_trace(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEEDWATCH_DEBUG=1 shows the trace instead of keeping it."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("seedwatch.cli.commands.tasks.reading", broken)
    result = CliRunner().invoke(
        app, ["-c", str(desk.config), "tasks"], env={"SEEDWATCH_DEBUG": "1"}
    )
    assert result.exit_code == 1
    assert "ZeroDivisionError" in result.stderr.partition("Traceback")[2]


def test_errors_of_a_task_group_are_told_one_by_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that comes wrapped in a group is told as itself."""

    async def broken(*_: object, **__: object) -> int:
        raise ExceptionGroup("tasks", [StoreError("the disk is gone")])

    monkeypatch.setattr("seedwatch.cli.commands.run.run_daemon", broken)
    result = desk("run")
    assert (result.exit_code, result.stderr) == (1, "seedwatch: the disk is gone\n")


def test_interrupt(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends any command with 130 and without words."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("seedwatch.cli.commands.tasks.reading", interrupted)
    result = desk("tasks")
    assert (result.exit_code, result.stderr.strip()) == (130, "")
