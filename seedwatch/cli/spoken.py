"""Commands and options whose help is looked up when it is shown, in the user's language.

`help` of a command, option or group is the key of a sentence (`cli.help_run`), not the sentence.
Every command also takes `-c/--config`, so that it works before and after the command's name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from seedwatch.cli.session import Session
from seedwatch.texts import say


class Option(click.Option):
    """An option whose `help` is the key of a sentence."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Name and sentence, as `--help` lists them."""
        record = super().get_help_record(ctx)
        if record is None or self.help is None:
            return record
        return record[0], record[1].replace(self.help, say(self.help), 1)


def _remember_config(ctx: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.ensure_object(Session).config = value


def _config_option() -> Option:
    return Option(
        ["-c", "--config"],
        type=click.Path(path_type=Path),
        metavar="FILE",
        expose_value=False,
        callback=_remember_config,
        help="cli.option_config",
    )


class _Spoken(click.Command):
    def __init__(self, name: str | None, **rest: Any) -> None:
        rest["params"] = [*(rest.get("params") or []), _config_option()]
        super().__init__(name, **rest)
        self.context_settings.setdefault("help_option_names", ["-h", "--help"])

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 - click's signature
        return say(self.help) if self.help else ""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        if self.help:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(say(self.help))

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = say("cli.option_help")
        return option


class Command(_Spoken):
    """A command of `seedwatch`; its return value, if any, is the exit code."""


class Group(_Spoken, click.Group):
    """A command with commands below it."""

    command_class = Command


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--json`: machine-readable output (contract.md 4)."""
    return click.option("--json", "as_json", is_flag=True, cls=Option, help="cli.option_json")(
        command
    )


def folder_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--folder NAME`."""
    return click.option("--folder", metavar="NAME", cls=Option, help="cli.option_folder")(command)
