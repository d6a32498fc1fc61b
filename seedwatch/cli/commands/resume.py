"""`seedwatch resume`: go on with a folder, an account, or everything that is paused."""

from __future__ import annotations

import click

from seedwatch.cli.boundary import tell
from seedwatch.cli.queue import decide, reading
from seedwatch.cli.scopes import scope_options, wanted_scopes
from seedwatch.cli.session import Session
from seedwatch.cli.spoken import Command
from seedwatch.store.answers import PauseRow
from seedwatch.store.base import PauseScope, TaskStore
from seedwatch.texts import say


@click.command("resume", cls=Command, help="cli.help_resume")
@scope_options
@click.pass_obj
def command(session: Session, folder: str | None, account: str | None) -> None:
    """End a pause, whoever began it: a person, a refused key, an empty balance."""
    settings = session.settings()
    is_everything = folder is None and account is None
    scopes = [] if is_everything else wanted_scopes(session, folder, account)
    with reading(settings) as reader:
        paused = {
            (row.scope, row.name) for row in reader.pauses() if is_everything or _is_of(row, scopes)
        }

    async def resume(store: TaskStore) -> None:
        for scope, name in paused:
            await store.resume(scope, name)

    if not paused:
        tell(say("cli.nothing_paused"))
        return
    decide(settings, resume)
    for scope, name in sorted(paused):
        tell(say(f"cli.resumed_{scope}", name=name))


def _is_of(row: PauseRow, scopes: list[tuple[PauseScope, str]]) -> bool:
    """Whether the pause is one of these; a model (`account/model`) belongs to its account."""
    if row.scope == "model":
        return ("account", row.name.partition("/")[0]) in scopes
    return (row.scope, row.name) in scopes
