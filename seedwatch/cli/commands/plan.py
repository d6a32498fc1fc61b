"""`seedwatch plan [PATH…]`: what the present content of the inboxes would cause and cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seedwatch.cli.allowance import plan_lines, plans, shares_of
from seedwatch.cli.boundary import FAILED, FINE, tell
from seedwatch.cli.outlook import Sums, folder_outlook, identical_count, input_sums
from seedwatch.cli.places import contents_of, places_of
from seedwatch.cli.queue import reading
from seedwatch.cli.screen import out, out_json, out_table, shown
from seedwatch.cli.session import Session
from seedwatch.cli.spoken import Command, json_option
from seedwatch.inbox.preview import Preview
from seedwatch.texts import say


@click.command("plan", cls=Command, help="cli.help_plan")
@click.argument("paths", metavar="[PATH]...", type=click.Path(path_type=Path), nargs=-1)
@json_option
@click.pass_obj
def command(session: Session, paths: tuple[Path, ...], as_json: bool) -> int:
    """Look, count, multiply; nothing is sent and nothing is changed."""
    settings = session.settings()
    folders: list[dict[str, Any]] = []
    inputs: list[tuple[str, Preview]] = []
    total = Sums()
    code = FINE
    for place in places_of(paths, settings):
        folder = place.folder
        if folder.stopped_by:
            tell(f"{folder.name}: {folder.stopped_by}")
            continue
        try:
            contents = contents_of(place, settings)
        except OSError as error:
            code = FAILED
            why = error.strerror or type(error).__name__
            tell(say("cli.check_disk", folder=folder.name, path=folder.inbox, why=why))
            continue
        folders.append(folder_outlook(folder, contents))
        inputs += [(folder.name, seen) for seen in contents.inputs]
    for _, seen in inputs:
        total.add(input_sums(seen))
    total.held_count = sum(folder["held"] for folder in folders)
    everything = {
        **total.as_json(),
        "identical_files": identical_count(seen for _, seen in inputs),
    }
    with reading(settings) as reader:
        uses = reader.budget_use(settings.all_budgets())
    budgets = plans(uses, shares_of(inputs, settings))
    if as_json:
        out_json({"folders": folders, "total": everything, "budgets": budgets})
    else:
        _out(folders, everything, budgets)
    return code


def _out(
    folders: list[dict[str, Any]], total: dict[str, Any], budgets: list[dict[str, Any]]
) -> None:
    names = ("folder", "inputs", "tasks", "images", "cost", "held", "identical", "at_work")
    rows = [(folder["name"], *_cells(folder), str(folder["at_work"])) for folder in folders]
    at_work = str(sum(folder["at_work"] for folder in folders))
    rows.append((say("cli.total"), *_cells(total), at_work))
    out_table([say(f"cli.head_{name}") for name in names], rows)
    for folder in folders:
        if folder["hold"]:
            out(say("cli.plan_cold", folder=folder["name"], count=folder["sources"]))
        for file in folder["files"]:
            if file["error"]:
                out(_line(folder, file["path"], file["error"]))
        for left in folder["left_alone"]:
            out(_line(folder, left["path"], left["why"]))
    if total["price_unknown"]:
        out(say("cli.plan_unpriced", count=total["price_unknown"]))
    for budget in budgets:
        for line in plan_lines(budget):
            out(shown(line))
    out(say("cli.plan_note"))


def _line(folder: dict[str, Any], path: str, why: str) -> str:
    return say("cli.ignored", folder=folder["name"], path=shown(path), why=shown(why))


def _cells(sums: dict[str, Any]) -> tuple[str, ...]:
    cost = " + ".join(f"{amount} {currency}" for currency, amount in sums["cost"].items())
    counts = (str(sums[name]) for name in ("sources", "tasks", "images"))
    return *counts, cost or "-", str(sums["held"]), str(sums["identical_files"])
