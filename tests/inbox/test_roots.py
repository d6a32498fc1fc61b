"""Roots: what follows from a marker, which file systems give events, what a watcher survives."""

from __future__ import annotations

import errno
import os
import sys
import threading
from pathlib import Path

import pytest
from watchdog.observers import Observer

from seedwatch.inbox import observers as observers_module
from seedwatch.inbox import watcher as watcher_module
from seedwatch.inbox.filesystems import file_system_of, kind_of_mount
from seedwatch.inbox.health import Answered, Health, advance, is_to_be_adopted
from seedwatch.inbox.markers import Marker, RootFacts, install_id, look_at_root, write_marker
from seedwatch.inbox.shares import while_beating
from seedwatch.inbox.watcher import Watcher, WatchFailed
from seedwatch.paths import Root
from seedwatch.pulse import Pulse
from seedwatch.store.base import Adoption
from seedwatch.threads import RootThreads

OURS, THEIRS = Marker("m1", "us"), Marker("m2", "them")
KNOWN = Adoption("m1", is_complete=True)


@pytest.mark.fault(20)
@pytest.mark.fault(22)
@pytest.mark.parametrize(
    ("facts", "adoption", "state", "adopts"),
    [
        (RootFacts(is_there=False), None, "unavailable", "no"),
        (RootFacts(is_there=False), KNOWN, "unavailable", "no"),
        (RootFacts(is_there=True), None, "ok", "new"),
        (RootFacts(is_there=True), KNOWN, "unavailable", "no"),
        (RootFacts(is_there=True, marker=OURS), KNOWN, "ok", "no"),
        (RootFacts(is_there=True, marker=OURS), None, "ok", "found"),
        (RootFacts(is_there=True, marker=THEIRS), KNOWN, "foreign", "no"),
        (RootFacts(is_there=True, marker=THEIRS), None, "foreign", "no"),
        (RootFacts(is_there=True, marker=Marker("m3", "us")), KNOWN, "foreign", "no"),
        (RootFacts(is_there=True, marker=Marker("", "")), None, "foreign", "no"),
        (RootFacts(is_there=True, marker=OURS, is_read_only=True), KNOWN, "read-only", "no"),
        (RootFacts(is_there=True, is_read_only=True), None, "read-only", "no"),
    ],
)
def test_judgement(facts: RootFacts, adoption: Adoption | None, state: str, adopts: str) -> None:
    """Only the right marker makes a root ours; without a marker only one never adopted is.

    Breaks if a missing marker counted as a new inbox (promises.md 11).
    """
    health = advance(Health(), Answered(facts), adoption, "us", "/srv/inbox")

    assert health.told == state
    assert bool(health.message) == (state != "ok")
    if health.is_usable:
        assert is_to_be_adopted(facts, adoption, "us") == (adopts != "no")


def test_markers(tmp_path: Path) -> None:
    """A marker comes back as it was written; garbage is a marker of nobody."""
    root = Root(tmp_path)
    assert look_at_root(root).marker is None
    marker = write_marker(root, "shop", "us")
    assert look_at_root(root) == RootFacts(
        is_there=True, marker=marker, key=(tmp_path.stat().st_dev, tmp_path.stat().st_ino)
    )
    for garbage in (b"", b"{", b"[]", b"\xff", b'{"id": 1}'):
        (tmp_path / ".seedwatch").write_bytes(garbage)
        assert look_at_root(root).marker == Marker("", "")
    assert not look_at_root(Root(tmp_path / "nothing")).is_there
    assert not look_at_root(Root(tmp_path / ".seedwatch")).is_there


def test_an_installation_keeps_its_name(tmp_path: Path) -> None:
    """The name is made once."""
    assert install_id(tmp_path) == install_id(tmp_path) != ""


MOUNTS = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 22 0:40 / /mnt/nas rw - cifs //nas/share rw
31 30 0:41 / /mnt/nas/deep\\040one rw - nfs4 nas:/x rw
32 22 0:42 / /data rw - overlay overlay rw
33 32 0:43 / /data rw - fuse.sshfs x rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/x", "ext4"),
        ("/mnt/nas/a", "cifs"),
        ("/mnt/nasty", "ext4"),
        ("/mnt/nas/deep one/b", "nfs4"),
        ("/data/x", "fuse.sshfs"),
    ],
)
def test_the_innermost_mount_counts(path: str, kind: str) -> None:
    """A path lies on the last of the longest mount points that hold it."""
    assert kind_of_mount(MOUNTS, path) == kind


def test_a_file_system_that_is_there(tmp_path: Path) -> None:
    """An existing folder lies on something; a missing one is an error."""
    assert file_system_of(tmp_path).name or sys.platform != "linux"
    with pytest.raises(OSError, match="nothing"):
        file_system_of(tmp_path / "nothing")


def test_a_watcher_wakes_and_hints(tmp_path: Path) -> None:
    """An event wakes once and names its file; after `stop` there is silence."""
    awake = threading.Event()
    watcher = Watcher(str(tmp_path), awake.set)
    watcher.start((1, 2), 1)
    try:
        assert watcher.is_alive
        (tmp_path / "a.png").touch()
        assert awake.wait(10)
        assert "a.png" in _gathered(watcher, "a.png")
    finally:
        watcher.stop()
    assert not watcher.is_alive


def _gathered(watcher: Watcher, name: str) -> set[str]:
    found: set[str] = set()
    for _ in range(200):
        found |= watcher.hints.take()
        if name in found:
            break
        threading.Event().wait(0.02)
    return found


@pytest.mark.fault(29)
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EMFILE, errno.EACCES])
def test_a_watcher_that_cannot_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """At the watch limit, or whatever watchdog meets, there is a sentence and no thread left."""

    class Failing(Observer):  # type: ignore[misc, valid-type]  # the class of this platform
        def schedule(self, *args: object, **more: object) -> None:
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(observers_module, "Observer", Failing)
    before, ended = threading.active_count(), threading.Event()
    watcher = Watcher(str(tmp_path), lambda: None)

    with pytest.raises(WatchFailed) as caught:
        watcher.start((1, 2), 1)

    assert ("max_user_watches" in str(caught.value)) == (number != errno.EACCES)
    assert any(threading.active_count() <= before or ended.wait(0.02) for _ in range(250))
    assert not watcher.is_alive


@pytest.mark.fault(29)
def test_more_directories_than_watches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Directories beyond the limit go unwatched in silence, so they are counted before."""
    monkeypatch.setattr(watcher_module, "watch_limit", lambda: 10)
    with pytest.raises(WatchFailed, match="11"):
        Watcher(str(tmp_path), lambda: None).start((1, 2), 10)


@pytest.mark.fault(25)
@pytest.mark.anyio
async def test_slow_work_is_no_hung_work() -> None:
    """Work that makes steps may take any time; one that makes none is given up."""
    threads = RootThreads("x")
    pulse, go_on = Pulse(), threading.Event()

    def slow() -> str:
        for _ in range(10):
            threading.Event().wait(0.03)
            pulse.beat()
        return "done"

    assert await while_beating(lambda: threads.call(slow), pulse, 0.15) == "done"
    with pytest.raises(TimeoutError):
        await while_beating(lambda: threads.call(go_on.wait, 30), pulse, 0.05)
    go_on.set()
