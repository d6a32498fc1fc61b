"""`seedwatch explain PATH`: the rule of one file, and the exact request it would cause."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import click

from seedwatch.children import Children
from seedwatch.cli.boundary import BAD_CONFIG, FAILED, FINE, CommandFailed, tell
from seedwatch.cli.checks import rule_problems
from seedwatch.cli.inquiry import Inquiry, is_usable, rule_values
from seedwatch.cli.places import Place, contents_of, place_of
from seedwatch.cli.queue import reading
from seedwatch.cli.screen import out, out_json, shown
from seedwatch.cli.session import Session
from seedwatch.cli.spoken import Command, json_option
from seedwatch.config.effective import FolderSettings, Settings
from seedwatch.errors import ProviderError, TaskError
from seedwatch.inbox.preview import Preview
from seedwatch.texts import say
from seedwatch.worker.decoding import Decoding

_REQUESTS: Final = 10
"""of one file, for people; `--json` has them all"""


@click.command("explain", cls=Command, help="cli.help_explain")
@click.argument("path", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def command(session: Session, path: Path, as_json: bool) -> int:
    """Exit 0 if the file would be sent, 1 if not, 78 if its rule is broken; sends nothing."""
    settings = session.settings()
    folder, rel = place_of(path, settings)
    if folder.stopped_by:
        raise CommandFailed(f"{folder.name}: {folder.stopped_by}")
    contents = contents_of(Place(folder, (rel,)), settings)
    found = [*contents.at_work, *contents.inputs]
    if not found:
        raise CommandFailed(say("cli.explain_nothing", path=path))
    if len(found) > 1:
        raise CommandFailed(say("cli.explain_several", path=path, count=len(found)))
    seen = found[0]
    problems = rule_problems(folder, settings)[0] if seen.job is None else []
    if seen.why and set(seen.why.splitlines()) <= set(problems):
        for line in seen.why.splitlines():
            tell(line)
        return BAD_CONFIG
    told = _told(seen, folder, settings)
    told["is_at_work"] = bool(contents.at_work)
    if as_json:
        out_json(told)
    else:
        _out(told)
    return FINE if told["error"] is None and told["why"] is None else FAILED


def _told(seen: Preview, folder: FolderSettings, settings: Settings) -> dict[str, Any]:
    """The object of `explain --json`; `request` is that of the first task."""
    told: dict[str, Any] = {
        "path": seen.path,
        "folder": folder.name,
        "kind": seen.job.source.kind if seen.job is not None else None,
        "members": [m.path for m in seen.job.source.members] if seen.job is not None else [],
        "why": seen.why or None,
        "error": None,
        "notes": list(seen.notes),
        "rule": rule_values(seen.resolved) if seen.resolved is not None else {},
        "warnings": [str(line) for line in seen.resolved.warnings] if seen.resolved else [],
        "tasks": [],
        "request": None,
    }
    if seen.job is not None and seen.job.error is not None:
        failure = seen.job.error
        told["error"] = {
            "class": failure.error_class,
            "message": failure.message,
            "advice": failure.advice,
        }
    if is_usable(seen):
        _add_tasks(told, seen, folder, settings)
    return told


def _add_tasks(
    told: dict[str, Any], seen: Preview, folder: FolderSettings, settings: Settings
) -> None:
    assert seen.job is not None
    assert seen.resolved is not None
    account = settings.accounts[seen.job.rule.account]
    with reading(settings) as reader:
        uses = reader.budget_use(settings.budgets_of(account.name, folder.name))
    children = Children()
    inquiry = Inquiry(folder, account, seen.resolved, uses, settings.calendar, Decoding(children))
    try:
        told["tasks"] = [inquiry.task(task) for task in seen.job.tasks]
    except (TaskError, ProviderError) as error:
        told["error"] = {
            "class": type(error).__name__,
            "message": error.message,
            "advice": error.advice,
        }
    finally:
        children.close()
    if told["tasks"]:
        told["request"] = told["tasks"][0]["request"]


def _out(told: dict[str, Any]) -> None:
    out(shown(say("cli.explain_title", folder=told["folder"], path=told["path"])))
    for line in (told["why"], *told["notes"], *told["warnings"]):
        if line:
            out(shown(line))
    if told["error"] is not None:
        out(shown(f"{told['error']['message']} {told['error']['advice']}".strip()))
    if told["is_at_work"]:
        out(say("cli.explain_at_work"))
    if told["rule"]:
        out()
        _out_rule(told["rule"])
    for task in told["tasks"][:_REQUESTS]:
        out()
        _out_task(task, len(told["tasks"]))
    if len(told["tasks"]) > _REQUESTS:
        out(say("cli.explain_more", count=len(told["tasks"]) - _REQUESTS))


def _out_rule(rule: dict[str, dict[str, Any]]) -> None:
    """What somebody set comes first; defaults are told, too."""
    ordered = sorted(rule.items(), key=lambda entry: entry[1]["origin"] == "default")
    for key, known in ordered:
        value = known["value"]
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        out(f"  {key + ':':18}{shown(text):40}  # {known['origin']}")


def _out_task(task: dict[str, Any], count: int) -> None:
    cost = f"{task['cost_at_most']} {task['currency']}" if task["cost_at_most"] else "?"
    images = task["expected_outputs"]
    out(say("cli.explain_task", index=task["index"], count=count, images=images, cost=cost))
    if task["hold"]:
        out(say("cli.explain_held", reason=task["hold"]))
    if task["budget"] is not None and not task["budget"]["fits"]:
        out(shown(say("cli.explain_budget", why=task["budget"]["why"])))
    for change in task["changes"]:
        which = "change" if change["picture"] else "change_of_all"
        told = {"picture": change["picture"], "change": shown(change["change"])}
        out(say(f"cli.explain_{which}", **told))
    request = task["request"]
    out(f"{request['method']} {request['url']}")
    for name, value in request["headers"].items():
        out(f"{name}: {value}")
    out(json.dumps(request["body"], ensure_ascii=False, indent=2))
