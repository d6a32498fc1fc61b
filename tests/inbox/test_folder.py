"""The watch over time: slow writers, changes, removals, retries, holds, restarts."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seedwatch.inbox import events, health, shares, watcher
from seedwatch.inbox.looks import Look
from seedwatch.inbox.markers import RootFacts, look_at_root
from seedwatch.inbox.scanner import Scanner
from seedwatch.inbox.shares import adopt
from seedwatch.outbox.roots import Roots, Trouble
from seedwatch.paths import Root
from seedwatch.records import SettledJob
from tests.inbox.conftest import MakeStage
from tests.inbox.stage import Stage, Watching, picture

pytestmark = pytest.mark.anyio
TEXT_MODE = {"mode": "text-to-image", "prompt": None}


@pytest.mark.fault(31)
async def test_a_slow_writer_is_taken_once_and_whole(make_stage: MakeStage) -> None:
    """A file that grows with pauses longer than `settle` is taken when it is whole, and once."""
    stage = make_stage(folder={"settle": "60ms"})
    content = picture(320, 240, kind="PNG")
    async with stage.watching() as at_work:
        with (stage.inbox / "a.png").open("wb", buffering=0) as file:
            step = len(content) // 5 + 1
            for start in range(0, len(content), step):
                file.write(content[start : start + step])
                await asyncio.sleep(0.15)
        await at_work.until_recorded(1)
        await at_work.until(lambda: at_work.watch.is_idle)

        outcome = at_work.outcome()

    assert outcome.sources == {"a.png": ("ready",)}
    assert stage.rows("SELECT byte_count FROM members") == [(len(content),)]


@pytest.mark.fault(31)
async def test_a_preallocated_file_waits_for_its_content(make_stage: MakeStage) -> None:
    """A file of its final size without its content is not taken, and not failed too early."""
    stage = make_stage()
    content = picture(320, 240)
    path = stage.drop("a.jpg", bytes(len(content)))
    async with stage.watching() as at_work:
        await at_work.until(lambda: bool(at_work.watch._arrivals.settling.reasons()))
        path.write_bytes(content)
        assert await at_work.until_recorded(1) == ["a.jpg"]
        assert at_work.outcome().sources == {"a.jpg": ("ready",)}


async def test_a_folder_of_400_files_moved_in(make_stage: MakeStage) -> None:
    """A tree that is moved in at once is taken completely, by events as by polling."""
    stage = make_stage(folder={"watch": "events", "poll_interval": "1h", "cold_start": "unlimited"})
    aside = stage.base / "aside"
    for number in range(400):
        path = aside / f"d{number % 7}" / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture())
    async with stage.watching() as at_work:
        await at_work.until_state("ok")
        aside.rename(stage.inbox / "moved")
        paths = await at_work.until_recorded(400)

    assert len(set(paths)) == 400
    assert all(path.startswith("moved/d") for path in paths)


async def test_temporary_names_and_replacements(make_stage: MakeStage) -> None:
    """A download is taken under its final name; a replacement while waiting counts as new."""
    stage = make_stage(folder={"settle": "200ms"})
    async with stage.watching() as at_work:
        part = stage.drop("a.jpg.part", picture(colour="red"))
        await at_work.until_state("ok")
        part.rename(stage.inbox / "a.jpg")
        await at_work.until(lambda: at_work.watch._arrivals.contents.waiting_count == 1)
        stage.drop("b.tmp", picture(32, 32)).replace(stage.inbox / "a.jpg")
        assert await at_work.until_recorded(1) == ["a.jpg"]

    assert stage.rows("SELECT byte_count FROM members") == [(len(picture(32, 32)),)]


async def test_deleted_before_it_settled(make_stage: MakeStage) -> None:
    """A file that is taken away in its window leaves no trace."""
    stage = make_stage(folder={"settle": "300ms"})
    async with stage.watching() as at_work:
        path = stage.drop("a.jpg")
        await at_work.until(lambda: at_work.watch._arrivals.contents.waiting_count == 1)
        path.unlink()
        await at_work.until(lambda: at_work.watch.is_idle)
        assert at_work.paths() == []


async def test_removed_before_it_is_sent(make_stage: MakeStage) -> None:
    """Taken out of the inbox: what was not sent is cancelled, also if nobody looked meanwhile."""
    stage = make_stage()
    first, second = stage.drop("a.jpg"), stage.drop("b.jpg")
    async with stage.watching() as at_work:
        await at_work.until_recorded(2)
        first.unlink()
        await at_work.until(lambda: at_work.outcome().sources["a.jpg"] == ("cancelled",))
    second.unlink()
    async with stage.watching() as at_work:
        await at_work.until(lambda: at_work.outcome().sources["b.jpg"] == ("cancelled",))
        assert at_work.outcome().reasons["b.jpg"] == "removed"


@pytest.mark.fault(32)
async def test_changed_after_it_was_taken(make_stage: MakeStage) -> None:
    """New bytes under the same name are a new job; the same bytes touched again are none."""
    stage = make_stage()
    path = stage.drop("a.jpg", picture(colour="red"))
    async with stage.watching() as at_work:
        await at_work.until_recorded(1)
        os.utime(path, (1, 1))
        at_work.watch.rescan()
        await at_work.until(lambda: at_work.watch.is_idle)
        assert len(at_work.paths()) == 1
        path.write_bytes(picture(colour="blue"))
        at_work.watch.rescan()
        assert await at_work.until_recorded(2) == ["a.jpg", "a.jpg"]


async def test_an_event_tells_of_a_change_in_place(make_stage: MakeStage) -> None:
    """With events a rewritten file is noticed at once, though its directory did not change."""
    stage = make_stage(folder={"watch": "events", "poll_interval": "1h"})
    path = stage.drop("a.jpg", picture(colour="red"))
    async with stage.watching() as at_work:
        await at_work.until_recorded(1)
        with path.open("r+b") as file:
            file.write(picture(colour="blue"))
        await at_work.until_recorded(2)


async def test_a_restart_opens_nothing_twice(make_stage: MakeStage) -> None:
    """What the store knows is not read again; what came while nobody looked is taken."""
    stage = make_stage(rule={"input": "folder"}, folder={"cold_start": 3})
    stage.drop("set/1.jpg")
    stage.drop("set/2.jpg")
    async with stage.watching() as at_work:
        await at_work.until_recorded(1)
        await at_work.until(lambda: _is_adopted(stage))
    stage.drop("other/1.jpg")
    async with stage.watching() as at_work:
        await at_work.until_recorded(2)
        await at_work.until(lambda: at_work.watch.is_idle)
        assert at_work.paths() == ["set", "other"]
        (stage.inbox / "set" / "1.jpg").unlink()
        at_work.watch.rescan()
        await at_work.until(lambda: at_work.watch.is_idle)
        assert at_work.paths() == ["set", "other"]  # the worker will miss the picture


def _is_adopted(stage: Stage) -> bool:
    rows = stage.rows("SELECT fields FROM events WHERE name = 'folder.adopted' ORDER BY id")
    return bool(rows) and '"complete":true' in rows[-1][0].replace(" ", "")


async def test_a_set_that_grows_is_a_new_job(make_stage: MakeStage) -> None:
    """A picture added to a set at work: the unsent job is cancelled, the larger set is new."""
    stage = make_stage(rule={"input": "folder"})
    stage.drop("set/1.jpg")
    async with stage.watching() as at_work:
        await at_work.until_recorded(1)
        stage.drop("set/2.jpg")
        await at_work.until_recorded(2)
        assert at_work.outcome().sources == {"set": ("cancelled", "ready")}


async def _settle_first_job(at_work: Watching, outcome: str, retired: Path | None) -> None:
    """Do what worker and outbox would: the tasks end, the source leaves the inbox."""
    store = at_work.store
    for task_id in [row[0] for row in at_work.stage.rows("SELECT id FROM tasks")]:
        await store.cancel([task_id])
    job: SettledJob
    (job,) = await store.jobs_to_retire(10)
    path = at_work.stage.inbox / job.source.path
    if retired is not None:
        path.rename(retired)
    await store.retired(job.job_id, outcome, job.source.path)


@pytest.mark.fault(98)
async def test_seen_before(make_stage: MakeStage) -> None:
    """The same file again is held while the first lies in done/; moved back it runs."""
    stage = make_stage()
    stage.drop("a.jpg")
    done = stage.base / "done" / "a.jpg"
    async with stage.watching() as at_work:
        await at_work.until_recorded(1)
        await _settle_first_job(at_work, "done", done)
        stage.drop("a.jpg")  # a sync tool copies it again
        await at_work.until_recorded(2)
        assert at_work.outcome().sources["a.jpg"][1] == "held"
        assert at_work.outcome().reasons["a.jpg"] == "seen-before"


async def test_a_source_moved_back_from_failed_loses_its_card(make_stage: MakeStage) -> None:
    """Moved back from failed/ it is a retry, and its card disappears once that is recorded."""
    stage = make_stage()
    stage.drop("a.jpg")
    failed = stage.base / "failed" / "a.jpg"
    card = stage.base / "failed" / "a.jpg.error.txt"
    async with stage.watching() as at_work:
        await at_work.until_recorded(1)
        await _settle_first_job(at_work, "failed", failed)
        card.write_text("what happened")
        await at_work.until(lambda: at_work.watch.is_idle)
        failed.rename(stage.inbox / "a.jpg")
        await at_work.until_recorded(2)
        await at_work.until(lambda: not card.exists())

    assert stage.rows("SELECT retry_of FROM jobs ORDER BY id") == [(None,), (1,)]


async def test_a_stray_is_found_by_the_rescan(make_stage: MakeStage) -> None:
    """A file that lies there without a job, whatever the reason, is taken at the next rescan.

    Breaks if the scanner's own memory were believed rather than the store.
    """
    stage = make_stage()
    stage.drop("a.jpg")
    async with stage.watching() as at_work:
        await at_work.until_recorded(1)
        await _settle_first_job(at_work, "changed", None)
        at_work.watch.rescan()
        assert await at_work.until_recorded(2) == ["a.jpg", "a.jpg"]


async def test_cold_start(make_stage: MakeStage) -> None:
    """More files than `cold_start` at the first adoption are all held; later ones are not."""
    stage = make_stage(folder={"cold_start": 3})
    for number in range(4):
        stage.drop(f"{number}.jpg")
    stage.drop("junk.tmp")
    async with stage.watching() as at_work:
        await at_work.until_recorded(4)
        await at_work.until(lambda: _is_adopted(stage))
        stage.drop("new.jpg")
        await at_work.until_recorded(5)
        outcome = at_work.outcome()

    assert outcome.sources.pop("new.jpg") == ("ready",)
    assert set(outcome.sources.values()) == {("held",)}
    assert outcome.reasons["0.jpg"] == "cold-start"


async def test_few_files_at_the_start_are_not_held(make_stage: MakeStage) -> None:
    """`cold_start` files are not more than `cold_start`; what is no input by its name is none."""
    stage = make_stage(folder={"cold_start": 3})
    for name in ("a.jpg", "b.jpg", "notes.docx", "rule.yaml"):
        stage.drop(name, "prompt: snow\n" if name == "rule.yaml" else "")
    (stage.inbox / "notes.docx").write_bytes(b"PK\x03\x04")
    (stage.inbox / "Thumbs.db").touch()
    (stage.inbox / "data.txt").write_text("a text in a picture folder")
    async with stage.watching() as at_work:
        await at_work.until_recorded(2)
        await at_work.until(lambda: _is_adopted(stage))
        states = at_work.outcome().sources

    assert states == {"a.jpg": ("ready",), "b.jpg": ("ready",)}


async def test_a_first_listing_that_was_cut_short_is_repeated(make_stage: MakeStage) -> None:
    """If the daemon died before all was recorded, the rest counts as found at the adoption."""
    stage = make_stage(folder={"cold_start": 2})
    for number in range(3):
        stage.drop(f"{number}.jpg")
    stage.inbox.joinpath("late.jpg").touch()  # keeps the first listing from being complete
    async with stage.watching() as at_work:
        await at_work.until_recorded(3)
        assert not _is_adopted(stage)
    stage.drop("late.jpg")
    async with stage.watching() as at_work:
        await at_work.until_recorded(4)
        assert at_work.outcome().reasons["late.jpg"] == "cold-start"
        await at_work.until(lambda: _is_adopted(stage))


async def test_a_burst_is_held_beyond_its_limit(make_stage: MakeStage) -> None:
    """Of more new files than `burst` those that came last are held."""
    stage = make_stage(folder={"burst": "3/10m", "cold_start": "unlimited"})
    for number in range(5):
        stage.drop(f"{number}.jpg")
    async with stage.watching() as at_work:
        await at_work.until_recorded(5)
        outcome = at_work.outcome()

    assert [outcome.sources[f"{n}.jpg"] for n in range(5)] == [
        ("ready",),
        ("ready",),
        ("ready",),
        ("held",),
        ("held",),
    ]
    assert outcome.reasons["4.jpg"] == "burst"


async def test_a_missing_inbox_is_never_made(make_stage: MakeStage) -> None:
    """A missing inbox is unavailable and not created; once it is there, work begins."""
    stage = make_stage(has_inbox=False)
    async with stage.watching() as at_work:
        await at_work.until_state("unavailable")
        assert at_work.watch.is_stopped
        await at_work.until(lambda: at_work.watch.is_idle)
        assert not stage.inbox.exists()
        stage.inbox.mkdir()
        await at_work.until_state("ok")
        stage.drop("a.jpg")
        await at_work.until_recorded(1)


@pytest.mark.fault(20)
@pytest.mark.fault(21)
async def test_a_share_that_vanishes_and_comes_back(make_stage: MakeStage) -> None:
    """Without its marker a root is away and left alone; with it, work goes on by itself.

    Away: nothing is gone, nothing is taken, nothing is written there.

    Breaks if the marker were not asked before a look counts.
    """
    stage = make_stage()
    stage.drop("a.jpg")
    async with stage.watching() as at_work:
        await at_work.until_recorded(1)
        stage.inbox.rename(stage.base / "unmounted")
        stage.inbox.mkdir()  # the bare mount point
        await at_work.until_state("unavailable")
        stage.drop("stranger.jpg")
        await asyncio.sleep(0.3)
        assert [path.name for path in stage.inbox.iterdir()] == ["stranger.jpg"]
        assert at_work.outcome().sources == {"a.jpg": ("ready",)}
        stage.inbox.rename(stage.base / "bare")
        (stage.base / "unmounted").rename(stage.inbox)
        stage.drop("b.jpg")
        await at_work.until_state("ok")
        await at_work.until_recorded(2)
        assert at_work.outcome().sources == {"a.jpg": ("ready",), "b.jpg": ("ready",)}


@pytest.mark.fault(21)
async def test_a_share_that_vanishes_under_a_look(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unmounted between the marker and the listing: the empty listing does not count.

    Breaks if the marker were not asked again after a look that found something.
    """
    stage = make_stage()
    stage.drop("a.jpg")
    real = Scanner.look
    unmounted = stage.base / "unmounted"

    def unmounting(scanner: Scanner, *args: Any, **more: Any) -> Look:
        if not unmounted.exists():
            stage.inbox.rename(unmounted)
            stage.inbox.mkdir()
        return real(scanner, *args, **more)

    async with stage.watching() as at_work:
        await at_work.until_recorded(1)
        await at_work.until(lambda: at_work.watch.is_idle)
        monkeypatch.setattr(Scanner, "look", unmounting)
        await at_work.until_state("unavailable")
        assert at_work.outcome().sources == {"a.jpg": ("ready",)}


@pytest.mark.fault(22)
async def test_a_foreign_root_waits_for_adopt(make_stage: MakeStage) -> None:
    """A root with another marker is foreign until a person adopts it; `cold_start` applies."""
    stage = make_stage(folder={"cold_start": 1})
    (stage.inbox / ".seedwatch").write_text('{"id": "x", "install": "somebody"}')
    stage.drop("a.jpg")
    stage.drop("b.jpg")
    async with stage.watching() as at_work:
        await at_work.until_state("foreign")
        assert at_work.paths() == []
        folders = (
            Root(stage.inbox),
            stage.base / "outbox",
            stage.base / "done",
            stage.base / "failed",
        )
        await adopt(at_work.store, Roots.at(*folders), "shop", stage.base / "state")
        await at_work.until_recorded(2)
        assert set(at_work.outcome().reasons.values()) == {"cold-start"}


@pytest.mark.fault(24)
async def test_a_hung_root_blocks_no_other(
    make_stage: MakeStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `stat` that never returns stops its own root only, and both watches end at once."""
    monkeypatch.setattr(shares, "DEADLINE_S", 0.3)
    monkeypatch.setattr("seedwatch.inbox.folder.DEADLINE_S", 0.3)
    (tmp_path / "hung").mkdir()
    (tmp_path / "well").mkdir()
    hung = Stage(tmp_path / "hung")
    well = Stage(tmp_path / "well")
    release = threading.Event()
    real = Path.stat

    def hanging(path: Path, **more: bool) -> os.stat_result:
        if path == hung.inbox:
            release.wait(30)
        return real(path, **more)

    async with hung.watching() as stuck, well.watching() as fine:
        await stuck.until_state("ok")
        monkeypatch.setattr(Path, "stat", hanging)
        await stuck.until_state("unavailable")
        well.drop("a.jpg")
        await fine.until_recorded(1)
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 5
    release.set()


@pytest.mark.fault(23)
async def test_a_stale_handle_is_opened_anew(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One stale handle is nothing; a root that stays stale is away, and then comes back.

    Breaks if the root were not looked at a second time.
    """
    stage = make_stage()
    real, stale = look_at_root, [True]

    def look(root: Root) -> RootFacts:
        if stale and stale.pop():
            raise OSError(errno.ESTALE, "Stale file handle")
        return real(root)

    monkeypatch.setattr(shares, "look_at_root", look)
    async with stage.watching() as at_work:
        stage.drop("a.jpg")
        await at_work.until_recorded(1)
        assert {report.state for report in at_work.store.reports} == {"ok"}
        monkeypatch.setattr(health, "_AWAY_FIRST_S", 0.2)
        stale.extend([True] * 4)
        await at_work.until_state("unavailable")
        assert "Stale file handle" in at_work.report().message
        stale.clear()
        await at_work.until_state("ok")


async def test_files_come_and_go_under_events(make_stage: MakeStage) -> None:
    """With events a dropped file is recorded about `settle` after its drop."""
    stage = make_stage(folder={"watch": "events", "poll_interval": "1h", "settle": "150ms"})
    async with stage.watching() as at_work:
        await at_work.until_state("ok")
        assert at_work.report().watch == "events"
        began = asyncio.get_running_loop().time()
        stage.drop("deep/a.jpg")
        await at_work.until_recorded(1)
        assert asyncio.get_running_loop().time() - began < 5


async def test_a_storm_of_events_is_sat_out(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When events come in masses the clock takes over for a while, and then events are back."""
    monkeypatch.setattr(watcher, "_STORM_COUNT", 20)
    monkeypatch.setattr(events, "_STORM_PAUSE_S", 0.3)
    stage = make_stage(folder={"watch": "events", "poll_interval": "1h", "cold_start": "unlimited"})
    async with stage.watching() as at_work:
        await at_work.until_state("ok")
        for number in range(100):
            stage.drop(f"{number}.jpg")
        await at_work.until_recorded(100)
        await at_work.until(lambda: not at_work.watch._events._is_storm)
        stage.drop("later.jpg")
        await at_work.until_recorded(101)


@pytest.mark.fault(25)
async def test_a_slow_share_is_slow_and_nothing_else(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where each call takes long, looks do not overlap, and it is neither away nor given up.

    Breaks if a deadline were one of the whole look, not of each step.
    """
    for module in ("seedwatch.inbox.shares", "seedwatch.inbox.folder"):
        monkeypatch.setattr(f"{module}.DEADLINE_S", 0.5)
    monkeypatch.setattr(health, "SLOW_S", 0.3)
    stage = make_stage()
    inbox, at_once, most = str(stage.inbox), [0], [0]
    real_open, real_look = os.open, Scanner.look

    def is_there(path: object) -> bool:
        return isinstance(path, str | os.PathLike) and os.fspath(path).startswith(inbox)

    def slow_open(path: Any, *args: Any, **more: Any) -> int:
        threading.Event().wait(0.15 if is_there(path) or more.get("dir_fd") else 0)
        return real_open(path, *args, **more)

    def slowed(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *args: Any, **more: Any) -> Any:
            threading.Event().wait(0.15 if is_there(path) else 0)
            return real(path, *args, **more)

        return call

    def look(scanner: Scanner, *args: Any, **more: Any) -> Look:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        try:
            return real_look(scanner, *args, **more)
        finally:
            at_once[0] -= 1

    async with stage.watching() as at_work:
        await at_work.until_state("ok")
        monkeypatch.setattr(os, "open", slow_open)
        for name in ("stat", "statvfs", "access"):
            monkeypatch.setattr(os, name, slowed(getattr(os, name)))
        monkeypatch.setattr(Scanner, "look", look)
        await at_work.until(lambda: "is slow" in at_work.report().message)
        stage.drop("a.jpg")
        await at_work.until_recorded(1)
        assert {report.state for report in at_work.store.reports} == {"ok"}
        assert most == [1]
        monkeypatch.undo()
        await at_work.until(lambda: at_work.report().message == "")


@pytest.mark.fault(24)
async def test_an_outbox_that_hangs_is_named(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops the folder and is named for it; the inbox still answers, and all goes on later.

    Breaks if each look left another thread in the outbox: soon none would be left for the inbox.
    """
    monkeypatch.setattr("seedwatch.inbox.folder.DEADLINE_S", 0.2)
    stage = make_stage()
    go_on, asked = threading.Event(), []
    real = Roots.trouble

    def hanging(roots: Roots) -> Trouble | None:
        asked.append(1)
        go_on.wait(30)
        return real(roots)

    async with stage.watching() as at_work:
        await at_work.until_state("ok")
        monkeypatch.setattr(Roots, "trouble", hanging)
        await at_work.until_state("unavailable")
        assert "Outbox" in at_work.report().message
        assert at_work.watch.is_stopped
        for _ in range(5):
            at_work.watch.wake()
            await asyncio.sleep(0.1)
        assert "Outbox" in at_work.report().message
        assert len(asked) == 1
        go_on.set()
        await at_work.until_state("ok")
