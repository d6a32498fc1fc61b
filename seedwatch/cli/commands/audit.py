"""`seedwatch audit`: proves that files, rows and charges agree (promises.md P2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from seedwatch.audit.findings import Finding, Report
from seedwatch.audit.looking import audit
from seedwatch.audit.mending import Mender
from seedwatch.cli.boundary import FAILED, FINE
from seedwatch.cli.queue import decide, reading
from seedwatch.cli.screen import counted, out, out_json, shown
from seedwatch.cli.session import Session
from seedwatch.cli.spoken import Command, Option, json_option
from seedwatch.config.effective import Settings
from seedwatch.daemon.lockfile import is_owned
from seedwatch.records import SettledJob
from seedwatch.store.auditing import AuditRows
from seedwatch.store.base import TaskStore
from seedwatch.texts import say

_COUNTED = ("tasks", "charges", "results", "spooled", "events")


@click.command("audit", cls=Command, help="cli.help_audit")
@click.option("--repair", is_flag=True, cls=Option, help="cli.audit_repair")
@json_option
@click.pass_obj
def command(session: Session, repair: bool, as_json: bool) -> int:
    """Exit 0 if everything adds up, 1 if not; with `--repair`: if it does afterwards."""
    settings = session.settings()
    report, mended = look(settings), list[Finding]()
    if repair and any(finding.is_mended for finding in report.findings):
        mended = _mend(settings, report)
        report = look(settings)
    if as_json:
        out_json(_as_json(report, mended))
    else:
        _out(report, mended)
    return FAILED if report.problems else FINE


def look(settings: Settings) -> Report:
    """Compare everything once, beside a running daemon twice.

    Raises:
        StoreError: the queue cannot be read.
        OSError: a folder cannot be read.
    """

    def read() -> AuditRows:
        with reading(settings) as reader:
            return reader.audit_rows()

    return audit(settings, read, lambda: is_owned(settings.state_dir))


def _mend(settings: Settings, report: Report) -> list[Finding]:
    def jobs(ids: Sequence[int]) -> list[SettledJob]:
        with reading(settings) as reader:
            return reader.settled_jobs(ids)

    async def mend(store: TaskStore) -> list[Finding]:
        is_running = is_owned(settings.state_dir)
        return await Mender(settings, store, jobs, is_running).mend(report.findings)

    return decide(settings, mend)


def _as_json(report: Report, mended: Sequence[Finding]) -> dict[str, Any]:
    return {
        "ok": not report.problems,
        "looked_at": dict(report.counts),
        "sources": dict(sorted(report.states.items())),
        "problems": [finding.as_json() for finding in report.problems],
        "notes": [finding.as_json() for finding in report.notes],
        "repaired": [finding.as_json() for finding in mended],
    }


def _out(report: Report, mended: Sequence[Finding]) -> None:
    for finding in mended:
        out(say("audit.repaired", message=shown(finding.sentence)))
    for finding in report.problems:
        out(say("audit.problem", message=shown(finding.sentence)))
    for finding in report.notes:
        out(say("audit.note", message=shown(finding.sentence)))
    states = dict(sorted(report.states.items()))
    out(say("audit.sources", count=report.counts["sources"], states=counted(states)))
    out(say("audit.looked_at", **{name: report.counts[name] for name in _COUNTED}))
    if not report.problems:
        out(say("audit.fine"))
        return
    out(say("audit.not_fine", count=len(report.problems)))
    if any(finding.is_mended for finding in report.problems):
        out(say("audit.repair_do"))
