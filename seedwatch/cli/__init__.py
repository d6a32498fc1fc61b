"""The command line: one module per command, each loaded when it is used."""

from __future__ import annotations


def main() -> None:
    """Run `seedwatch` with the arguments of this process, and end it with the exit code."""
    from seedwatch.cli.app import app  # noqa: PLC0415 - importing the package stays free

    app.main(prog_name="seedwatch")
