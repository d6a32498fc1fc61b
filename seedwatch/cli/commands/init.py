"""`seedwatch init [DIR]`: a workspace with a commented configuration."""

from __future__ import annotations

from pathlib import Path

import click

from seedwatch.cli.screen import out, shown
from seedwatch.cli.spoken import Command
from seedwatch.cli.starter import make_workspace
from seedwatch.texts import say


@click.command("init", cls=Command, help="cli.help_init")
@click.argument(
    "directory",
    metavar="[DIR]",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
)
def command(directory: Path) -> None:
    """Make it and say what to do next."""
    made = make_workspace(directory)
    out(say("cli.init_made", path=shown(str(made.config))))
    for inbox in made.inboxes:
        out(say("cli.init_inbox", path=shown(str(inbox))))
    out(say("cli.init_next", config=shown(str(made.config))))
