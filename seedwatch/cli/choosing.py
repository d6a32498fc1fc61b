"""Which tasks a person named: their ids must exist, or all of a kind are meant."""

from __future__ import annotations

from collections.abc import Sequence

import click

from seedwatch.cli.boundary import CommandFailed, tell
from seedwatch.lifecycle import State
from seedwatch.store.answers import TaskRow
from seedwatch.store.reads import Reader
from seedwatch.texts import say


def named(reader: Reader, task_ids: Sequence[int]) -> dict[int, TaskRow]:
    """The tasks of these ids.

    Raises:
        CommandFailed: one of them does not exist; nothing is done to the others.
    """
    found: dict[int, TaskRow] = {}
    for task_id in task_ids:
        page = reader.task_page(after=task_id - 1, count=1)
        if not page or page[0].id != task_id:
            raise CommandFailed(say("cli.no_such_task", id=task_id))
        found[task_id] = page[0]
    return found


def check_choice(task_ids: Sequence[int], *, is_all: bool, option: str, folder: str | None) -> None:
    """Either ids or all of a kind.

    Raises:
        click.UsageError: neither, both, or `--folder` with ids.
    """
    if bool(task_ids) == is_all:
        raise click.UsageError(say("cli.ids_or_all", option=option))
    if folder is not None and not is_all:
        raise click.UsageError(say("cli.folder_needs", option=option))


def tell_refused(tasks: dict[int, TaskRow], key: str, states: frozenset[State]) -> int:
    """Say of each task in one of these states why nothing was done; returns how many."""
    refused = [task for task in tasks.values() if task.state in states]
    for task in refused:
        tell(say(key, id=task.id, state=task.state))
    return len(refused)
