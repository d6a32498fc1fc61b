"""`seedwatch demo [DIR]`: everything once, with real photographs, against the simulator."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import click

from seedwatch import logs
from seedwatch.cli.bars import Bars, FolderProgress
from seedwatch.cli.boundary import FAILED, FINE, INTERRUPTED, tell
from seedwatch.cli.queue import reading
from seedwatch.cli.screen import out, shown
from seedwatch.cli.spoken import Command, Option
from seedwatch.config.effective import Settings
from seedwatch.config.settings import load_settings
from seedwatch.daemon.supervisor import run_daemon
from seedwatch.demo.parts import PARTS
from seedwatch.demo.verdict import Verdict, judge
from seedwatch.demo.workspace import fill, open_workspace
from seedwatch.errors import StoreError
from seedwatch.simulator import RunningSimulator
from seedwatch.texts import say

_LOOK_S = 0.1


@click.command("demo", cls=Command, help="cli.help_demo")
@click.argument(
    "directory",
    metavar="[DIR]",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
)
@click.option("--keep", is_flag=True, cls=Option, help="cli.demo_keep")
def command(directory: Path, keep: bool) -> int:
    """Results stay in DIR/run-N; without `--keep` those of earlier demos are removed."""
    place = open_workspace(directory, keep_earlier=keep).resolve()
    with (
        RunningSimulator(ledger_path=place / "ledger.jsonl") as simulator,
        (place / "daemon.log").open("w", encoding="utf-8") as log,
    ):
        logs.set_up(log)
        settings = load_settings(fill(place, simulator.url))
        _tell_inputs(simulator.url)
        code = _run(settings)
        if code == INTERRUPTED:
            return INTERRUPTED
        verdict = judge(place, simulator.ledger())
    return _conclude(place, verdict, code)


def _tell_inputs(url: str) -> None:
    out(say("cli.demo_simulator", url=url))
    out()
    for part in PARTS:
        out(say("cli.demo_in", folder=part.name, inputs=", ".join(part.inputs)))
    out()


def _run(settings: Settings) -> int:
    """The daemon in this thread, which gets the signals; the bars in another one."""
    ended = threading.Event()
    with Bars() as bars:
        watcher = threading.Thread(target=_watch, args=(settings, bars.show, ended), daemon=True)
        watcher.start()
        try:
            return asyncio.run(run_daemon(settings, until_idle=True))
        finally:
            ended.set()
            watcher.join()


def _watch(
    settings: Settings, show: Callable[[list[FolderProgress]], None], ended: threading.Event
) -> None:
    """Look again and again, and once more after the end."""
    is_last = False
    while True:
        try:
            with reading(settings) as reader:
                counts = reader.folder_counts()
        except StoreError:
            counts = None  # the daemon makes the database just now
        if counts is not None:
            show(
                [
                    FolderProgress(part.name, part.task_count, counts.get(part.name, {}))
                    for part in PARTS
                ]
            )
        if is_last:
            return
        is_last = ended.wait(_LOOK_S)


def _conclude(place: Path, verdict: Verdict, code: int) -> int:
    out()
    for name, pictures in verdict.pictures.items():
        for picture, kind in pictures:
            out(say("cli.demo_out", folder=name, picture=picture, kind=kind))
    out()
    faults = list(verdict.faults)
    if code != FINE:
        faults.append(say("cli.demo_code", code=code))
    for fault in faults:
        tell(fault)
    where = shown(str(place))
    if faults:
        tell(say("cli.demo_failed", path=where, log=place / "daemon.log"))
        return FAILED
    tasks = sum(part.task_count for part in PARTS)
    out(say("cli.demo_fine", pictures=verdict.picture_count, tasks=tasks))
    out(say("cli.demo_where", path=where))
    return FINE
