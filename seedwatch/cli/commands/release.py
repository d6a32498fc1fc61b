"""`seedwatch release ID…|--held`: a person lets held tasks go on."""

from __future__ import annotations

import click

from seedwatch.cli.boundary import FAILED, FINE, tell
from seedwatch.cli.choosing import check_choice, named
from seedwatch.cli.queue import decide, reading
from seedwatch.cli.session import Session
from seedwatch.cli.spoken import Command, Option, folder_option
from seedwatch.texts import say


@click.command("release", cls=Command, help="cli.help_release")
@click.argument("task_ids", metavar="[ID]...", type=click.IntRange(1), nargs=-1)
@click.option("--held", is_flag=True, cls=Option, help="cli.release_held")
@folder_option
@click.pass_obj
def command(session: Session, task_ids: tuple[int, ...], held: bool, folder: str | None) -> int:
    """Release by id, or all that are held."""
    check_choice(task_ids, is_all=held, option="--held", folder=folder)
    settings = session.settings()
    if folder is not None:
        session.folder(folder)
    with reading(settings) as reader:
        tasks = named(reader, task_ids)
        wanted = reader.held_tasks(folder=folder) if held else list(tasks)
    count = decide(settings, lambda store: store.release(wanted))
    tell(say("cli.released", count=count))
    for task in tasks.values():
        if task.state != "held":
            tell(say("cli.not_held", id=task.id, state=task.state))
    return FINE if count == len(wanted) else FAILED
