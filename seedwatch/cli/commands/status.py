"""`seedwatch status`: what is going on, once or for as long as somebody watches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from time import sleep
from typing import Any, Final

import click

from seedwatch.cli.allowance import budget_line
from seedwatch.cli.bars import Bars, FolderProgress
from seedwatch.cli.boundary import tell
from seedwatch.cli.overview import overview
from seedwatch.cli.queue import reading
from seedwatch.cli.screen import counted, duration, out, out_json, out_table, shown
from seedwatch.cli.session import Session
from seedwatch.cli.spoken import Command, Option, json_option
from seedwatch.config.effective import Settings
from seedwatch.daemon.lockfile import is_owned
from seedwatch.errors import ConfigError
from seedwatch.lifecycle import FINAL, State
from seedwatch.texts import say

_LOOK_S: Final = 0.5
_STILL: Final = ("throughput", "finish_in_s")
"""what changes by itself while time goes by"""
_BUDGETED: Final = frozenset({"budget", "price-unknown"})
"""of these the advice says when they go on by themselves"""
_SPENT: Final = ("account", "currency", "today", "month", "uncertain", "reserved")


@click.command("status", cls=Command, help="cli.help_status")
@click.option("--watch", is_flag=True, cls=Option, help="cli.status_watch")
@json_option
@click.pass_obj
def command(session: Session, watch: bool, as_json: bool) -> None:
    """Show it; with `--watch` until Ctrl-C."""
    settings = _settings(session)
    if watch and as_json:
        _watch_json(settings)
    elif watch:
        _watch(settings)
    else:
        told = {"daemon": {"is_running": is_owned(settings.state_dir)}, **_look(settings)}
        if as_json:
            out_json(told)
        else:
            _out(told)


def _settings(session: Session) -> Settings:
    try:
        return session.settings()
    except ConfigError:
        if session.config_path.exists():
            tell(say("cli.config_goes_on"))
        raise


def _look(settings: Settings) -> dict[str, Any]:
    with reading(settings) as reader:
        return overview(settings, reader)


def _looks(settings: Settings) -> Iterator[dict[str, Any]]:
    """Look again and again; a new connection each time, as the database may come and go."""
    while True:
        yield _look(settings)
        sleep(_LOOK_S)


def _watch_json(settings: Settings) -> None:
    """One JSON object per line, for every change."""
    before: dict[str, Any] = {}
    for told in _looks(settings):
        now = {name: value for name, value in told.items() if name not in _STILL}
        if now != before:
            before = now
            click.echo(json.dumps(told))


def _watch(settings: Settings) -> None:
    """What was finished before the watch began does not fill the bars."""
    start: dict[str, dict[State, int]] = {}
    with Bars() as bars:
        for told in _looks(settings):
            for folder in told["folders"]:
                start.setdefault(folder["name"], folder["counts"])
            bars.show([_progress(folder, start[folder["name"]]) for folder in told["folders"]])


def _progress(folder: dict[str, Any], start: dict[State, int]) -> FolderProgress:
    """Old rows may be pruned meanwhile: never fewer than none."""
    counts: dict[State, int] = dict(folder["counts"])
    for state in FINAL:
        counts[state] = max(0, counts[state] - start[state])
    note = folder["state"] if folder["state"] != "ok" else ""
    return FolderProgress(folder["name"], sum(counts.values()), counts, note)


def _out(told: dict[str, Any]) -> None:
    if not told["daemon"]["is_running"]:
        out(say("cli.daemon_not_running"))
    _out_folders(told["folders"])
    out()
    _out_accounts(told["accounts"])
    for spent in told["spent"]:
        out(say("cli.spent", **{name: spent[name] for name in _SPENT}))
    for budget in told["budgets"]:
        out(shown(budget_line(budget)))
    out()
    out(say("cli.tasks_total", counts=counted(told["counts"])))
    _out_held(told)
    done, span = told["throughput"]["done"], told["throughput"]["span_s"]
    if done:
        out(say("cli.throughput", done=done, span=duration(span)))
    if told["finish_in_s"]:
        out(say("cli.finish_in", time=duration(told["finish_in_s"])))


def _out_held(told: dict[str, Any]) -> None:
    """What waits for a person, and which command decides."""
    for held in told["held"]:
        money = [held["price_bound"], held["request_id"]]
        said = held["message"]
        if held["reason"] in _BUDGETED:
            said = f"{said} {held['advice']}"
        known = "; ".join(part for part in (said, *money) if part)
        line = f"{held['id']} {held['folder']}: {held['source']}: {held['reason']}"
        out(shown(f"  {line}, {held['since']}{f' ({known})' if known else ''}"))
    if told["counts"]["held"] > len(told["held"]):
        out(say("cli.held_more", count=told["counts"]["held"] - len(told["held"])))
    if told["held"]:
        out(say("cli.held_do"))


def _out_folders(folders: list[dict[str, Any]]) -> None:
    names = ("folder", "state", "watch", "new_files", "tasks", "inbox")
    out_table(
        [say(f"cli.head_{name}") for name in names],
        [
            (
                folder["name"],
                folder["state"],
                folder["watch"],
                str(folder["waiting_files"]),
                counted(folder["counts"]),
                folder["inbox"],
            )
            for folder in folders
        ],
    )
    for folder in folders:
        for line in folder["message"].splitlines():
            out(shown(f"{folder['name']}: {line}"))
        if folder["identical_files"]:
            out(say("cli.identical", folder=folder["name"], count=folder["identical_files"]))
        for ignored in folder["ignored"]:
            path, why = shown(ignored["path"]), shown(ignored["why"])
            out(say("cli.ignored", folder=folder["name"], path=path, why=why))


def _out_accounts(accounts: list[dict[str, Any]]) -> None:
    names = ("account", "state", "provider", "in_flight")
    out_table(
        [say(f"cli.head_{name}") for name in names],
        [
            (account["name"], account["state"], account["provider"], str(account["in_flight"]))
            for account in accounts
        ],
    )
    for account in accounts:
        if account["message"]:
            out(shown(f"{account['name']}: {account['message']}"))
        for model in account["paused_models"]:
            out(shown(f"{account['name']}: {model['model']}: {model['message']}"))
