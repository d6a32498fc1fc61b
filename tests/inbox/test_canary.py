"""Events are believed as long as those of our own writes come; else the folder is polled."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from seedwatch.inbox import events as events_module
from seedwatch.inbox import lease as lease_module
from seedwatch.inbox.observers import _Listener
from seedwatch.inbox.watcher import Hints
from tests.inbox.conftest import MakeStage
from tests.inbox.stage import Stage, Watching

pytestmark = pytest.mark.anyio


@pytest.fixture
def quick_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_module, "BEAT_S", 0.1)
    monkeypatch.setattr("seedwatch.inbox.folder.BEAT_S", 0.1)
    monkeypatch.setattr("seedwatch.inbox.folder._EVENT_S", 0.1)


@pytest.mark.usefixtures("quick_beats")
async def test_a_watch_that_is_deaf_is_given_up(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system tells nothing of our own writes, `status` says so and polling takes over.

    Later it is tried again. Breaks if a watch that started were believed for ever.
    """
    monkeypatch.setattr(events_module, "_DEAF_S", 1.0)
    stage = make_stage(folder={"watch": "auto"})
    real = _Listener.dispatch
    async with stage.watching() as at_work:
        await at_work.until(lambda: at_work.report().watch == "events")
        monkeypatch.setattr(_Listener, "dispatch", lambda _listener, _event: None)
        await at_work.until(lambda: at_work.report().watch == "poll")
        assert "tells nothing" in at_work.report().message
        assert at_work.report().state == "ok"
        stage.drop("a.jpg")
        await at_work.until_recorded(1)
        monkeypatch.setattr(_Listener, "dispatch", real)
        await at_work.until(lambda: at_work.report().watch == "events")
        assert at_work.report().message == ""


@pytest.mark.usefixtures("quick_beats")
async def test_a_watch_that_hears_is_kept(make_stage: MakeStage) -> None:
    """Beats are heard one after another, wake nobody, and the watch goes on."""
    stage = make_stage(folder={"watch": "auto", "poll_interval": "1h"})
    async with stage.watching() as at_work:
        await at_work.until(lambda: at_work.report().watch == "events")
        hints = at_work.watch._events._watcher.hints
        before = hints.own_count
        await at_work.until(lambda: hints.own_count >= before + 5)
        assert not at_work.watch._awake.is_set()
        assert at_work.report().watch == "events"


def test_our_own_files_are_no_hints(tmp_path: Path) -> None:
    """What we write beside the marker wakes nobody; the marker itself does, as any other file."""
    woken: list[bool] = []
    hints = Hints(str(tmp_path), lambda: woken.append(True))
    hints.add(f"{tmp_path}/.seedwatch-lease")
    hints.add(f"{tmp_path}/deep/.seedwatch-part-12")

    assert (hints.own_count, woken, hints.take()) == (2, [], set())
    hints.add(f"{tmp_path}/.seedwatch")
    assert (woken, hints.take()) == ([True], {".seedwatch"})


async def _until_calm(at_work: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait until looks are one short step each, and one of them has found all as it was.

    From then on no event tells of anything, and nobody notices that.
    """
    await at_work.until(lambda: at_work.watch._is_calm)
    at_work.watch._events.heard = lambda **_: None  # type: ignore[method-assign]
    monkeypatch.setattr(_Listener, "dispatch", lambda _listener, _event: None)
    ticked_at = at_work.watch._ticked_at
    await at_work.until(lambda: at_work.watch._ticked_at > ticked_at)


def _hold_a_lease_of_another(stage: Stage) -> None:
    path = stage.inbox / ".seedwatch-lease"
    told = json.loads(path.read_bytes())
    path.write_text(json.dumps(told | {"run": "another", "install": "x", "host": "nas-2"}))


@pytest.mark.usefixtures("quick_beats")
@pytest.mark.parametrize(
    ("change", "state", "words"),
    [
        (lambda stage: (stage.inbox / ".seedwatch").unlink(), "unavailable", "marker"),
        (lambda stage: stage.inbox.rename(stage.base / "gone"), "unavailable", "not there"),
        (lambda stage: (stage.inbox / ".seedwatch").write_text("{}"), "foreign", "another"),
        (_hold_a_lease_of_another, "foreign", "nas-2"),
    ],
    ids=["marker", "root", "foreign marker", "foreign lease"],
)
async def test_a_calm_folder_is_still_looked_after(
    make_stage: MakeStage,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Stage], None],
    state: str,
    words: str,
) -> None:
    """Where nothing happens and events come, one short look at a time still finds what went wrong.

    Nothing tells of the change. Breaks if the short look leaves any of these out.
    """
    stage = make_stage(folder={"watch": "auto"})
    async with stage.watching() as at_work:
        await _until_calm(at_work, monkeypatch)
        change(stage)
        await at_work.until_state(state)
        assert words in at_work.report().message


@pytest.mark.usefixtures("quick_beats")
async def test_a_calm_folder_finds_what_no_event_told_of(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dropped file whose event is lost is found by the next short look, and then settles.

    Breaks if the short look does not compare the directories.
    """
    stage = make_stage(folder={"watch": "auto"})
    async with stage.watching() as at_work:
        await _until_calm(at_work, monkeypatch)
        stage.drop("a.jpg")
        await at_work.until_recorded(1)


@pytest.mark.usefixtures("quick_beats")
async def test_a_calm_folder_whose_outbox_goes(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outbox that is replaced by a file is found out without any event of the inbox."""
    stage = make_stage(folder={"watch": "auto"})
    async with stage.watching() as at_work:
        await _until_calm(at_work, monkeypatch)
        (stage.base / "outbox").rename(stage.base / "aside")
        (stage.base / "outbox").write_text("no directory")
        await at_work.until_state("unavailable")
        (stage.base / "outbox").unlink()
        await at_work.until_state("ok")
