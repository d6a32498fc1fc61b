"""`seedwatch run`: the daemon in the foreground."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from seedwatch import logs
from seedwatch.cli.boundary import UNFINISHED, tell
from seedwatch.cli.queue import reading
from seedwatch.cli.screen import counted
from seedwatch.cli.session import Session
from seedwatch.cli.spoken import Command, Option
from seedwatch.cli.starter import make_workspace
from seedwatch.config.credentials import take_variables
from seedwatch.config.settings import CONFIG_NAME, Settings
from seedwatch.daemon.descriptors import raise_limit
from seedwatch.daemon.privacy import keep_to_itself
from seedwatch.daemon.supervisor import run_daemon
from seedwatch.texts import say


@click.command("run", cls=Command, help="cli.help_run")
@click.option("--until-idle", is_flag=True, cls=Option, help="cli.run_until_idle")
@click.option("--init", "is_first_use", is_flag=True, cls=Option, help="cli.run_init")
@click.pass_obj
def command(session: Session, until_idle: bool, is_first_use: bool) -> int:
    """Work until a signal comes, or until nothing is left to do."""
    if is_first_use and session.config is None and not session.config_path.exists():
        made = make_workspace(Path())
        session.config = Path(CONFIG_NAME)
        tell(say("cli.init_first_use", config=made.config, inbox=made.inboxes[0]))
    settings = session.settings()
    for warning in settings.warnings():
        tell(say("cli.warning", message=warning))
    logs.set_up()
    keep_to_itself()
    raise_limit()
    take_variables(account.key for account in settings.accounts.values())
    code = asyncio.run(run_daemon(settings, until_idle=until_idle))
    if code == UNFINISHED:
        _tell_unfinished(settings)
    return code


def _tell_unfinished(settings: Settings) -> None:
    """Why the exit code is 3, and where to look."""
    with reading(settings) as reader:
        counts = reader.counts()
    left: dict[str, int] = {
        state: count for state, count in counts.items() if state not in {"done", "cancelled"}
    }
    tell(say("cli.unfinished", counts=counted(left)))
