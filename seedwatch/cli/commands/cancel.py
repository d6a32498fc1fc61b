"""`seedwatch cancel ID…`: a person does not want these tasks any more."""

from __future__ import annotations

import click

from seedwatch.cli.boundary import FAILED, FINE, tell
from seedwatch.cli.choosing import named
from seedwatch.cli.queue import decide, reading
from seedwatch.cli.session import Session
from seedwatch.cli.spoken import Command
from seedwatch.lifecycle import FINAL
from seedwatch.texts import say


@click.command("cancel", cls=Command, help="cli.help_cancel")
@click.argument("task_ids", metavar="ID...", type=click.IntRange(1), nargs=-1, required=True)
@click.pass_obj
def command(session: Session, task_ids: tuple[int, ...]) -> int:
    """Cancel what is neither finished nor being sent just now."""
    settings = session.settings()
    with reading(settings) as reader:
        before = named(reader, task_ids)
        count = decide(settings, lambda store: store.cancel(list(before)))
        after = named(reader, list(before))
    tell(say("cli.cancelled", count=count))
    for task_id, task in after.items():
        if task.state != "cancelled":
            reason = "cli.cancel_final" if task.state in FINAL else "cli.cancel_running"
            tell(say(reason, id=task_id, state=task.state))
    return FINE if count == len(before) else FAILED
