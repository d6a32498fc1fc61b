"""`seedwatch retry ID…|--failed`: failed sources go back to their inboxes, for another try."""

from __future__ import annotations

import click

from seedwatch.cli.boundary import FAILED, FINE, CommandFailed, tell
from seedwatch.cli.bringing_back import bring_back, is_there
from seedwatch.cli.choosing import check_choice, named
from seedwatch.cli.queue import reading
from seedwatch.cli.session import Session
from seedwatch.cli.spoken import Command, Option, folder_option
from seedwatch.store.answers import FailedSource, TaskRow
from seedwatch.texts import say


@click.command("retry", cls=Command, help="cli.help_retry")
@click.argument("task_ids", metavar="[ID]...", type=click.IntRange(1), nargs=-1)
@click.option("--failed", is_flag=True, cls=Option, help="cli.retry_failed")
@folder_option
@click.pass_obj
def command(session: Session, task_ids: tuple[int, ...], failed: bool, folder: str | None) -> int:
    """Move them; the running daemon, or the next one, opens jobs for what is not done yet."""
    check_choice(task_ids, is_all=failed, option="--failed", folder=folder)
    settings = session.settings()
    if folder is not None:
        session.folder(folder)
    with reading(settings) as reader:
        tasks = named(reader, task_ids)
        sources = reader.failed_sources(folder=folder, task_ids=None if failed else list(task_ids))
    refused = _tell_refused(tasks, sources)
    latest = {(source.folder, source.retired_path): source for source in sources}
    wanted = [source for source in latest.values() if not failed or _lies_there(session, source)]
    refused += sum(not _retry(session, source) for source in wanted)
    if failed and not wanted:
        tell(say("cli.retry_none"))
    return FAILED if refused else FINE


def _tell_refused(tasks: dict[int, TaskRow], sources: list[FailedSource]) -> int:
    """Say of each named task whose source does not lie in failed/ what it needs instead."""
    jobs = {source.job_id for source in sources}
    refused = [task for task in tasks.values() if task.job_id not in jobs]
    for task in refused:
        key = "cli.retry_not"
        if task.state == "failed" and not task.outcome:
            key = "cli.retry_not_yet"
        elif task.state == "held":
            key = "cli.retry_held"
        tell(say(key, id=task.id, state=task.state))
    return len(refused)


def _lies_there(session: Session, source: FailedSource) -> bool:
    folder = session.settings().folder(source.folder)
    return folder is not None and is_there(source, folder)


def _retry(session: Session, source: FailedSource) -> bool:
    try:
        tell(_brought_back(session, source))
    except CommandFailed as error:
        tell(str(error))
    except OSError as error:
        tell(say("cli.retry_disk", path=source.path, why=error.strerror or type(error).__name__))
    else:
        return True
    return False


def _brought_back(session: Session, source: FailedSource) -> str:
    folder = session.settings().folder(source.folder)
    if folder is None:
        raise CommandFailed(say("cli.retry_no_folder", folder=source.folder))
    if not is_there(source, folder):
        raise CommandFailed(say("cli.retry_gone", path=folder.failed / source.retired_path))
    bring_back(source, folder)
    return say("cli.retried", path=source.path, inbox=folder.inbox)
