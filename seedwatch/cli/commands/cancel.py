"""`seedwatch cancel ID…`: a person does not want these tasks any more."""

from __future__ import annotations

import asyncio

import click

from seedwatch.cli.boundary import FAILED, FINE, tell
from seedwatch.cli.choosing import named
from seedwatch.cli.queue import decide, reading
from seedwatch.cli.session import Session
from seedwatch.cli.spoken import Command
from seedwatch.config.credentials import MissingKey
from seedwatch.config.effective import Settings
from seedwatch.errors import ProviderError
from seedwatch.lifecycle import FINAL
from seedwatch.records import Handle
from seedwatch.store.answers import TaskRow
from seedwatch.texts import say
from seedwatch.worker.questions import recall, with_account


def _recalled(settings: Settings, task: TaskRow) -> str:
    """What became of the work at the provider, in a sentence."""
    assert task.handle is not None
    handle = Handle("remote", task.handle)
    account = settings.accounts.get(task.account)
    if account is None or not account.is_built:
        return say("cli.cancel_goes_on", id=task.id, handle=handle.name)
    try:
        is_stopped = asyncio.run(
            with_account(account, lambda asked: recall(asked, task.model, handle))
        )
    except (ProviderError, MissingKey) as error:
        return say("cli.cancel_not_asked", id=task.id, handle=handle.name, why=error)
    key = "cli.cancel_stopped" if is_stopped else "cli.cancel_goes_on"
    return say(key, id=task.id, handle=handle.name)


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
    for task in before.values():
        if task.is_remote and after[task.id].state == "cancelled":
            tell(_recalled(settings, task))
    for task_id, task in after.items():
        if task.state != "cancelled":
            reason = "cli.cancel_final" if task.state in FINAL else "cli.cancel_running"
            tell(say(reason, id=task_id, state=task.state))
    return FINE if count == len(before) else FAILED
