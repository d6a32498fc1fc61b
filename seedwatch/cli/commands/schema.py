"""`seedwatch schema config|rule`: the JSON schema of a file, for editors."""

from __future__ import annotations

import click

from seedwatch.cli.screen import out_json
from seedwatch.cli.spoken import Command
from seedwatch.config.json_schema import config_schema, rule_schema


@click.command("schema", cls=Command, help="cli.help_schema")
@click.argument("file", type=click.Choice(["config", "rule"]))
def command(file: str) -> None:
    """Print it on stdout."""
    out_json(config_schema() if file == "config" else rule_schema())
