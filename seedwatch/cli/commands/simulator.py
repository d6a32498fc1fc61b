"""`seedwatch simulator`: the built-in imitation of the providers, on a port of this machine."""

from __future__ import annotations

from pathlib import Path

import click

from seedwatch.cli.spoken import Command, Option
from seedwatch.simulator.server import DEFAULT_HOST, DEFAULT_LATENCY_S, DEFAULT_PORT, serve


@click.command("simulator", cls=Command, help="cli.help_simulator")
@click.option(
    "--host", metavar="H", default=DEFAULT_HOST, show_default=True, cls=Option, help="cli.sim_host"
)
@click.option(
    "--port",
    metavar="P",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    cls=Option,
    help="cli.sim_port",
)
@click.option(
    "--latency",
    metavar="S",
    type=click.FloatRange(0, 3600),
    default=DEFAULT_LATENCY_S,
    show_default=True,
    cls=Option,
    help="cli.sim_latency",
)
@click.option(
    "--ledger",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    cls=Option,
    help="cli.sim_ledger",
)
def command(host: str, port: int, latency: float, ledger: Path | None) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    serve(host, port, latency, ledger)
