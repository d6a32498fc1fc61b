"""`seedwatch completion SHELL`: the script that completes commands and options in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from seedwatch.cli.screen import out
from seedwatch.cli.spoken import Command

_SHELLS = ("bash", "zsh", "fish")


@click.command("completion", cls=Command, help="cli.help_completion")
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print it on stdout."""
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(ctx.find_root().command, {}, "seedwatch", "_SEEDWATCH_COMPLETE")
    # Not `source()`: for bash that starts a bash to ask for its version.
    out(script.source_template % script.source_vars())
