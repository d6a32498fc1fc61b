"""`seedwatch check`: is everything as it should be, before anything is paid for?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from seedwatch.cli.boundary import BAD_CONFIG, FAILED, FINE, tell
from seedwatch.cli.checks import check_all
from seedwatch.cli.findings import Findings
from seedwatch.cli.screen import out, out_json, out_table
from seedwatch.cli.session import Session
from seedwatch.cli.spoken import Command, json_option
from seedwatch.errors import ConfigError
from seedwatch.texts import say


@click.command("check", cls=Command, help="cli.help_check")
@json_option
@click.pass_obj
def command(session: Session, as_json: bool) -> int:
    """Exit 78 for mistakes in configuration or rules, 1 for other problems, 0 with warnings."""
    try:
        found = check_all(session.settings())
    except ConfigError as error:
        if not as_json:
            raise
        found = Findings(rules=[str(problem) for problem in error.problems])
    code = BAD_CONFIG if found.rules else FAILED if found.problems else FINE
    if as_json:
        out_json(_as_json(found, code))
    else:
        _out(session, found, code)
    return code


def _as_json(found: Findings, code: int) -> dict[str, Any]:
    return {
        "ok": code == FINE,
        "problems": [*found.rules, *found.problems],
        "warnings": found.warnings,
        "folders": found.folders,
        "accounts": found.accounts,
        "state": found.state,
    }


def _out(session: Session, found: Findings, code: int) -> None:
    out_table(
        [say(f"cli.head_{name}") for name in ("folder", "watch", "disk", "rename", "inbox")],
        [_cells(folder) for folder in found.folders],
    )
    out()
    out_table(
        [
            say(f"cli.head_{name}")
            for name in ("folder", "root", "links", "names", "sync", "case", "times")
        ],
        [row for folder in found.folders for row in _capabilities(folder)],
    )
    out()
    out_table(
        [say(f"cli.head_{name}") for name in ("account", "provider", "key", "state")],
        [
            (
                account["name"],
                account["provider"],
                account["key"],
                _standing(account),
            )
            for account in found.accounts
        ],
    )
    for line in found.rules:
        tell(line)
    for line in found.problems:
        tell(say("cli.problem", message=line))
    for line in found.warnings:
        tell(say("cli.warning", message=line))
    if code == FINE:
        out()
        out(say("cli.check_fine", config=session.config_path))


def _standing(account: dict[str, Any]) -> str:
    """Whether the key is there, and what the service says is left."""
    if not account["has_key"]:
        return say("cli.key_absent")
    return ", ".join(filter(None, (say("cli.key_present"), account["balance"])))


def _capabilities(folder: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """What was tried out in the folder's roots."""
    for root, seen in folder["capabilities"].items():
        yield (
            folder["name"],
            root,
            say("cli.yes") if seen["hard_links"] else say("cli.no"),
            seen["no_replace"],
            say("cli.yes") if seen["directory_sync"] else say("cli.no"),
            say("cli.yes") if seen["case_sensitive"] else say("cli.no"),
            f"{seen['time_resolution_s']:g} s",
        )


def _cells(folder: dict[str, Any]) -> tuple[str, ...]:
    rename = folder["rename"] or "-"
    return folder["name"], folder["watch"], folder["file_system"] or "-", rename, folder["inbox"]
