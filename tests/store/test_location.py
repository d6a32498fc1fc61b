"""The database lies on a local disk and belongs to its user alone."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from seedwatch.errors import StoreError
from seedwatch.store import location
from seedwatch.store.location import check_location, file_system_kind, kind_in
from seedwatch.store.sqlite import SqliteStore

MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
30 22 0:26 / /mnt/nas rw - cifs //nas/share rw
31 22 0:27 / /mnt/my\\040share rw - fuse.sshfs host:/ rw
32 22 0:28 / /mnt/nas/local rw master:1 - ext4 /dev/vdb rw
33 22 0:29 / /over rw - ext4 /dev/vdc rw
34 22 0:30 / /over rw - nfs4 server:/ rw
35 22 0:31 / /run rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me/state", "ext4"),
        ("/mnt/nas", "cifs"),
        ("/mnt/nas/a/b", "cifs"),
        ("/mnt/nasty", "ext4"),
        ("/mnt/nas/local/state", "ext4"),
        ("/mnt/my share/x", "fuse.sshfs"),
        ("/over/x", "nfs4"),
        ("/run/x", "tmpfs"),
    ],
)
def test_the_nearest_mount_counts(path: str, kind: str) -> None:
    """The longest mount point above a path decides; of two at one place the later one."""
    assert kind_in(MOUNTS, path) == kind


@pytest.mark.fault(82)
@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["nfs4", "cifs", "smb3", "fuse.sshfs", "9p", "network"])
async def test_a_network_file_system_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """On a share nothing is made, and the message says what to do."""
    monkeypatch.setattr(location, "file_system_kind", lambda _: kind)
    with pytest.raises(StoreError, match="local disk"):
        await SqliteStore.open(tmp_path / "state" / "queue.db")
    assert not (tmp_path / "state").exists()


@pytest.mark.fault(82)
@pytest.mark.parametrize(("kind", "is_risky"), [("overlay", True), ("tmpfs", True), ("xfs", False)])
def test_a_forgetful_file_system_is_warned_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, *, is_risky: bool
) -> None:
    """Containers and memory disks work, with a warning."""
    monkeypatch.setattr(location, "file_system_kind", lambda _: kind)
    assert bool(check_location(tmp_path).warning) == is_risky


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_this_machine_is_known(tmp_path: Path) -> None:
    """The real mount table names the file system of a real directory, even one not made yet."""
    assert file_system_kind(tmp_path / "not" / "yet") == file_system_kind(tmp_path) != ""


@pytest.mark.anyio
@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
async def test_the_files_are_private(tmp_path: Path) -> None:
    """T10: the directory is 0700, the database and its log 0600, whatever the umask."""
    path = tmp_path / "state" / "queue.db"
    store = await SqliteStore.open(path)
    files = list(path.parent.iterdir())
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (path.parent, *files)}
    await store.close()
    assert modes == {
        "state": 0o700,
        "queue.db": 0o600,
        "queue.db-wal": 0o600,
        "queue.db-shm": 0o600,
    }
