"""`seedwatch adopt FOLDER…`: accept inboxes whose marker is missing or foreign."""

from __future__ import annotations

from pathlib import Path

import click

from seedwatch.cli.boundary import FAILED, FINE, tell
from seedwatch.cli.queue import decide
from seedwatch.cli.session import Session
from seedwatch.cli.spoken import Command
from seedwatch.config.effective import FolderSettings
from seedwatch.inbox.shares import adopt
from seedwatch.outbox.roots import Roots
from seedwatch.store.base import TaskStore
from seedwatch.texts import say


@click.command("adopt", cls=Command, help="cli.help_adopt")
@click.argument("folders", metavar="FOLDER...", nargs=-1, required=True)
@click.pass_obj
def command(session: Session, folders: tuple[str, ...]) -> int:
    """Write our marker; what lies there counts as found at a first adoption (`cold_start`)."""
    settings = session.settings()
    wanted = {name: session.folder(name) for name in folders}

    async def adopt_all(store: TaskStore) -> int:
        results = [await _adopt(store, folder, settings.state_dir) for folder in wanted.values()]
        return FINE if all(results) else FAILED

    return decide(settings, adopt_all)


async def _adopt(store: TaskStore, folder: FolderSettings, state_dir: Path) -> bool:
    try:
        roots = Roots.at(folder.inbox_root, folder.outbox, folder.done, folder.failed)
        await adopt(store, roots, folder.name, state_dir)
    except OSError as error:
        why = error.strerror or type(error).__name__
        tell(say("cli.adopt_failed", folder=folder.name, inbox=folder.inbox, why=why))
        return False
    tell(say("cli.adopted", folder=folder.name, inbox=folder.inbox))
    return True
