"""The lease of an inbox: of several daemons one works there, and the next takes over by itself."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seedwatch.inbox import lease as lease_module
from seedwatch.inbox.lease import FRESH_S, STALE_S, Lease, Leases, Step, Tenant, decide, tenant_of
from seedwatch.paths import Root
from tests.inbox.conftest import MakeStage
from tests.inbox.stage import Stage

ME = Tenant("install", "8:2", "boot", "run", "here", 12)
OTHER = replace(ME, install="other", run="x", host="nas-2")
NAME = ".seedwatch-lease"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path)


@pytest.mark.fault(84)
@pytest.mark.parametrize(
    ("content", "stood_still_s", "step"),
    [
        (None, 0.0, "take"),
        (ME.written(), 0.0, "beat"),
        (replace(ME, run="before").written(), 0.0, "take over"),
        (replace(ME, run="before", pid=99).written(), 0.0, "take over"),
        (replace(ME, run="before", boot="earlier").written(), 0.0, "wait"),
        (replace(ME, run="before", home="8:3").written(), 0.0, "wait"),
        (OTHER.written(), STALE_S - 1, "wait"),
        (OTHER.written(), STALE_S, "take over"),
        (b"", 0.0, "wait"),
        (b"garbage", STALE_S, "take over"),
    ],
)
def test_what_a_lease_tells(content: bytes | None, stood_still_s: float, step: Step) -> None:
    """Free, ours, of our own life before, somebody's at work, or of one who is gone.

    A process number proves nothing (it may be anybody's by now), nor does the machine's name; the
    lock of the very state directory does, and a counter that stands still. Breaks if a copy of a
    state directory, or a reboot, passed for our own life before.
    """
    assert decide(content, ME, stood_still_s) == step


def test_a_lease_is_read_as_it_was_written() -> None:
    """Its length does not change while its counter goes up; what is no lease is nobody's."""
    late = replace(ME, beat=10**9)

    assert tenant_of(late.written()) == late
    assert len(late.written()) == len(ME.written())
    for content in (b"", b"[]", b"{}", b"\xff", b'{"beat": "x"}', b'{"beat": 1, "pid": 2}'):
        assert tenant_of(content) is None


@pytest.mark.fault(83)
def test_the_second_waits_until_the_first_lets_go(root: Root, clock: Clock) -> None:
    """Of two daemons the second learns who works there; after a clean stop it is its turn.

    Breaks if a lease were written over another.
    """
    first, second = Lease(ME, clock), Lease(OTHER, clock)
    assert first.attend(root) == ""
    assert first.is_fresh
    assert "here" in second.attend(root)
    assert not second.is_fresh

    second.release(root)  # not its own: nothing happens
    assert first.attend(root) == ""
    first.release(root)
    assert not first.is_fresh
    assert second.attend(root) == ""
    assert second.is_fresh
    assert "nas-2" in first.attend(root)


@pytest.mark.fault(84)
def test_a_lease_of_one_who_is_gone_is_taken_over(root: Root, clock: Clock) -> None:
    """A counter that goes on keeps the other away for ever; one that stands still does not.

    Only our own clock counts, from when we saw it first. Breaks if the time of a file decided.
    """
    first, second = Lease(OTHER, clock), Lease(ME, clock)
    first.attend(root)
    for _ in range(20):
        clock.now += 10
        first.attend(root)
        assert second.attend(root)
    clock.now += STALE_S - 1
    assert second.attend(root)
    clock.now += 1
    assert second.attend(root) == ""
    assert second.is_fresh
    assert [path.name for path in root.path.iterdir()] == [NAME]

    assert not first.is_fresh  # it was stopped, and goes on now
    assert "here" in first.attend(root)
    assert not first.is_fresh


def test_one_who_cannot_beat_stops_before_others_begin(root: Root, clock: Clock) -> None:
    """Without beats a daemon trusts its lease for less long than others wait (P10).

    Breaks if `FRESH_S` were not shorter than `STALE_S`.
    """
    held = Lease(ME, clock)
    held.attend(root)
    clock.now += FRESH_S
    assert not held.is_fresh
    assert FRESH_S + 10 < STALE_S
    assert held.attend(root) == ""
    assert held.is_fresh


def test_two_who_take_over_at_once(
    root: Root, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes late to a stale lease puts back the fresh one that he has in his hands.

    Breaks if what was put aside were not compared.
    """
    Lease(OTHER, clock).attend(root)
    quick, late = (Lease(replace(ME, install=name, run=name), clock) for name in ("quick", "late"))
    assert quick.attend(root)
    assert late.attend(root)
    clock.now += STALE_S
    real = Root.move

    def overtaken(there: Root, *args: Any) -> None:
        monkeypatch.setattr(Root, "move", real)
        assert quick.attend(root) == ""
        real(there, *args)

    monkeypatch.setattr(Root, "move", overtaken)
    assert late.attend(root)
    assert not late.is_fresh
    there = tenant_of(root.read(NAME)[0])
    assert there is not None
    assert there.run == "quick"
    assert quick.attend(root) == ""
    assert [path.name for path in root.path.iterdir()] == [NAME]


def cloned(stage: Stage, base: Path) -> Stage:
    """A second machine with a copy of the state directory, and the same share."""
    base.mkdir()
    shutil.copytree(stage.base / "state", base / "state")
    other = Stage(base, stage.folder, stage.rule, has_inbox=False)
    other.inbox.symlink_to(stage.inbox)
    return other


@pytest.mark.anyio
@pytest.mark.fault(83)
async def test_two_daemons_with_one_inbox(
    make_stage: MakeStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second takes nothing while the first works, says who that is, and then goes on by itself.

    Both know the marker, as one is a copy of the other. Breaks if only the marker were asked.
    """
    monkeypatch.setattr(lease_module, "STALE_S", 1.5)
    monkeypatch.setattr("seedwatch.inbox.folder.BEAT_S", 0.1)
    monkeypatch.setattr(lease_module, "BEAT_S", 0.1)
    one = make_stage()
    async with one.watching() as first:
        await first.until_state("ok")
    other = cloned(one, tmp_path / "clone")
    async with one.watching() as first:
        await first.until_state("ok")
        async with other.watching() as second:
            await second.until_state("foreign")
            assert second.watch.is_stopped
            assert "process" in second.report().message
            one.drop("a.jpg")
            await first.until_recorded(1)
            await asyncio.sleep(1.8)  # longer than a lease without beats
            assert second.paths() == []
            assert second.report().state == "foreign"
            first.stopping.set()  # without a farewell, as a crash: its lease grows stale
            await first.running
            one.drop("b.jpg")
            await second.until_state("ok")
            await second.until_recorded(2)


@pytest.mark.anyio
@pytest.mark.fault(83)
async def test_two_daemons_that_adopt_one_inbox(make_stage: MakeStage, tmp_path: Path) -> None:
    """Of two installations that find a new inbox at the same time, one gets it."""
    one = make_stage()
    (tmp_path / "other").mkdir()
    other = Stage(tmp_path / "other", has_inbox=False)
    other.inbox.symlink_to(one.inbox)
    async with one.watching() as first, other.watching() as second:
        both = (first, second)
        await first.until(lambda: all(at_work.watch._has_looked for at_work in both))
        one.drop("a.jpg")
        await first.until(lambda: any(at_work.paths() for at_work in both))
        await asyncio.sleep(0.3)
        assert sorted(at_work.report().state for at_work in both) == ["foreign", "ok"]
        assert sorted(at_work.paths() for at_work in both) == [[], ["a.jpg"]]


@pytest.mark.fault(84)
def test_a_lease_is_undecided_until_it_beats_or_grows_stale(root: Root, clock: Clock) -> None:
    """After a power cut it takes a while to tell our own old lease from somebody's at work."""
    before = Lease(replace(ME, run="before", boot="earlier"), clock)
    before.attend(root)
    lease = Lease(ME, clock)
    assert lease.attend(root)
    assert lease.is_undecided
    clock.now += 10
    before.attend(root)
    for _ in range(2):
        assert lease.attend(root)
        assert not lease.is_undecided
    clock.now += STALE_S
    assert lease.attend(root) == ""
    assert not lease.is_undecided


@pytest.mark.fault(84)
def test_a_run_until_idle_waits_for_an_old_lease(
    make_stage: MakeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--until-idle` does not end while it only waits to take over what a power cut left.

    Breaks if a folder that waits for a lease counted as idle.
    """
    monkeypatch.setattr(lease_module, "STALE_S", 0.8)
    stage = make_stage()
    (stage.inbox / NAME).write_bytes(OTHER.written())
    stage.drop("a.jpg")

    outcome = stage.run()

    assert outcome.sources == {"a.jpg": ("ready",)}
    assert outcome.state == "ok"


@pytest.mark.anyio
async def test_leases_are_given_back(tmp_path: Path) -> None:
    """At a stop the file goes, and only where it is ours."""
    (tmp_path / "state").mkdir()
    inboxes = [tmp_path / name for name in ("mine", "theirs", "away")]
    for inbox in inboxes:
        inbox.mkdir()
    leases = Leases(tmp_path / "state")
    for inbox in inboxes:
        assert leases.of(inbox).attend(Root(inbox)) == ""
    (inboxes[1] / NAME).write_bytes(OTHER.written())
    shutil.rmtree(inboxes[2])

    await leases.release(kept=inboxes[:1])
    assert (inboxes[0] / NAME).exists()
    await leases.release()

    assert list(inboxes[0].iterdir()) == []
    assert json.loads((inboxes[1] / NAME).read_bytes())["host"] == "nas-2"


def test_what_is_kept_alive_is_not_taken(root: Root, clock: Clock) -> None:
    """Beats beside the watch keep a lease that is ours; they make none and take none."""
    lease = Lease(ME, clock)
    lease.keep(root)
    assert list(root.path.iterdir()) == []
    assert not lease.is_fresh
    lease.attend(root)
    clock.now += FRESH_S - 1
    lease.keep(root)
    clock.now += FRESH_S - 1
    assert lease.is_fresh
    (root.path / NAME).write_bytes(OTHER.written())
    lease.keep(root)
    clock.now += 1
    assert not lease.is_fresh


@pytest.mark.anyio
@pytest.mark.fault(83)
async def test_leases_beat_until_the_last_answer_has_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a stop waits for paid calls the watches are over, and the leases are kept all the same.

    Breaks if only the watch of a folder beat.
    """
    monkeypatch.setattr(lease_module, "BEAT_S", 0.02)
    (tmp_path / "state").mkdir()
    leases = Leases(tmp_path / "state")
    lease = leases.of(tmp_path)
    lease.attend(Root(tmp_path))
    before = lease.beat_count
    keeping = asyncio.create_task(leases.keep())
    for _ in range(500):
        await asyncio.sleep(0.01)
        if lease.beat_count >= before + 3:
            break
    keeping.cancel()
    assert lease.beat_count >= before + 3
