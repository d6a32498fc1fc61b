"""`seedwatch pause`: stop claiming for a folder, an account, or everything."""

from __future__ import annotations

import click

from seedwatch.cli.boundary import tell
from seedwatch.cli.queue import decide
from seedwatch.cli.scopes import scope_options, wanted_scopes
from seedwatch.cli.session import Session
from seedwatch.cli.spoken import Command
from seedwatch.store.base import PauseScope, TaskStore
from seedwatch.texts import say


@click.command("pause", cls=Command, help="cli.help_pause")
@scope_options
@click.pass_obj
def command(session: Session, folder: str | None, account: str | None) -> None:
    """What is in flight is finished; nothing new is sent."""
    scopes = wanted_scopes(session, folder, account)

    async def pause(store: TaskStore) -> list[tuple[PauseScope, str, bool]]:
        message = say("cli.pause_message")
        return [
            (scope, name, await store.pause(scope, name, "paused", message, None))
            for scope, name in scopes
        ]

    for scope, name, is_news in decide(session.settings(), pause):
        tell(say(f"cli.paused_{scope}" if is_news else f"cli.paused_already_{scope}", name=name))
