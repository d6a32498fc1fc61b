"""`seedwatch tasks` and `tasks show ID`: the queue and its history."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Final, get_args

import click

from seedwatch.cli.boundary import CommandFailed, tell
from seedwatch.cli.presenting import Presenter
from seedwatch.cli.queue import reading
from seedwatch.cli.screen import is_terminal, out, out_json, out_table, shortened, shown
from seedwatch.cli.session import Session
from seedwatch.cli.spoken import Command, Group, Option, folder_option, json_option
from seedwatch.lifecycle import State
from seedwatch.store.answers import TaskRow
from seedwatch.texts import say

_ON_A_SCREEN: Final = 200
"""the newest tasks that a table on a terminal shows"""


@click.group("tasks", cls=Group, help="cli.help_tasks", invoke_without_command=True)
@click.option(
    "--state",
    metavar="S",
    type=click.Choice(get_args(State)),
    cls=Option,
    help="cli.tasks_state",
)
@folder_option
@json_option
@click.pass_context
def command(ctx: click.Context, state: State | None, folder: str | None, as_json: bool) -> None:
    """List tasks by id, the oldest first."""
    if ctx.invoked_subcommand is not None:
        return
    session = ctx.ensure_object(Session)
    settings = session.settings()
    if folder is not None:
        session.folder(folder)
    with reading(settings) as reader:
        rows = reader.tasks(state=state, folder=folder)
        if as_json:
            presenter = Presenter(settings)
            _out_json_list(presenter.task(row) for row in rows)
        else:
            _out_rows(rows)


def _out_json_list(objects: Iterable[dict[str, Any]]) -> None:
    """One list, written as it is read: a million tasks take no memory."""
    before = "[\n"
    for entry in objects:
        click.echo(before + json.dumps(entry), nl=False)
        before = ",\n"
    click.echo("\n]" if before == ",\n" else "[]")


def _out_rows(rows: Iterator[TaskRow]) -> None:
    shown_rows = deque(rows, maxlen=_ON_A_SCREEN if is_terminal() else None)
    if not shown_rows:
        tell(say("cli.tasks_none"))
        return
    names = ("id", "state", "reason", "folder", "source", "model", "prompt", "cost")
    out_table([say(f"cli.head_{name}") for name in names], map(_cells, shown_rows))


def _cells(row: TaskRow) -> tuple[str, ...]:
    cost = f"{row.cost} {row.cost.currency}" if row.cost is not None else ""
    prompt = shortened(row.prompt, 40) if is_terminal() else row.prompt
    return str(row.id), row.state, row.reason, row.folder, row.source, row.model, prompt, cost


@command.command("show", cls=Command, help="cli.help_tasks_show")
@click.argument("task_id", metavar="ID", type=click.IntRange(1))
@json_option
@click.pass_context
def show(ctx: click.Context, task_id: int, as_json: bool) -> None:
    """Tell the whole story of one task."""
    session = ctx.ensure_object(Session)
    as_json = as_json or bool(ctx.parent and ctx.parent.params.get("as_json"))
    settings = session.settings()
    with reading(settings) as reader:
        story = reader.task_story(task_id)
    if story is None:
        raise CommandFailed(say("cli.no_such_task", id=task_id))
    told = Presenter(settings).story(story)
    if as_json:
        out_json(told)
    else:
        _out_story(told)


def _out_story(told: dict[str, Any]) -> None:
    submits, events = told.pop("submits"), told.pop("events")
    for name, value in told.items():
        if value not in (None, []):
            out(f"{name + ':':18}{_plain(value)}")
    for submit in submits:
        out()
        out(say("cli.show_submit", id=submit.pop("id")))
        for name, value in submit.items():
            if value is not None:
                out(f"  {name + ':':16}{_plain(value)}")
    out()
    for event in events:
        move = f" {event['from'] or ''} -> {event['to']}" if event["to"] else ""
        reason = f" ({event['reason']})" if event["reason"] else ""
        fields = f" {_plain(event['fields'])}" if "fields" in event else ""
        out(shown(f"{event['at']} {event['name']}{move}{reason}{fields}"))


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(shown(str(part)) for part in value)
    if isinstance(value, dict):
        return shown("; ".join(f"{key} {part}" for key, part in value.items() if part))
    return shown(str(value))
