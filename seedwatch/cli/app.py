"""The command `seedwatch`: finds its commands by name and ends every call with an exit code."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final, NoReturn

import click

from seedwatch import __version__, texts
from seedwatch.cli.session import Session, near
from seedwatch.cli.spoken import Group, Option
from seedwatch.texts import say

COMMANDS: Final = (
    "init",
    "demo",
    "run",
    "check",
    "plan",
    "explain",
    "status",
    "tasks",
    "retry",
    "cancel",
    "release",
    "pause",
    "resume",
    "adopt",
    "audit",
    "key",
    "simulator",
    "schema",
    "completion",
)
"""Each is `command` of the module of its name in `seedwatch.cli.commands`."""


class App(Group):
    """The root: its commands are imported only when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All names, in the order a new user meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """The command of this name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"seedwatch.cli.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names.

        Raises:
            click.UsageError: there is none of this name.
        """
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            message = say("cli.no_such_command", name=name, hint=near(name, COMMANDS))
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """The list in `--help`, without importing a single command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, say(f"cli.help_{name}")) for name in COMMANDS])

    def main(self, args: Sequence[str] | None = None, *_: Any, **extra: Any) -> NoReturn:
        """Run one call; never returns, never shows a traceback (exit codes: contract.md 2)."""
        from seedwatch.cli.boundary import ended  # noqa: PLC0415 - only here

        _hold_standard_numbers()
        _make_streams_tolerant()
        texts.use("auto")
        session = Session()
        extra |= {"prog_name": "seedwatch", "standalone_mode": False, "obj": session}
        sys.exit(ended(lambda: super(App, self).main(args, **extra), session))


def _hold_standard_numbers() -> None:
    """Started with a closed stream, the next file would get its number, and words meant for it."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one


def _make_streams_tolerant() -> None:
    """What a terminal cannot show is escaped rather than an error: names are arbitrary bytes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@click.group("seedwatch", cls=App, help="cli.help")
@click.version_option(
    __version__, message="%(prog)s %(version)s", cls=Option, help="cli.option_version"
)
def app() -> None:
    """The root does nothing by itself."""
