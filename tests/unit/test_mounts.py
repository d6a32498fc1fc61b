"""Where results lie: what the mount of a folder tells, and what is remembered of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedwatch.outbox.mounts import Change, Mount, Mounts, compare, find_mount, mount_of

TABLE = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 22 0:40 / /mnt/nas rw master:1 - cifs //nas/share rw
31 30 0:41 / /mnt/nas/deep\\040one rw - nfs4 nas:/x rw
"""
NAS, ROOT = Mount("/mnt/nas", "cifs"), Mount("/", "ext4")


@pytest.mark.fault(20)
@pytest.mark.fault(22)
@pytest.mark.parametrize(
    ("known", "seen", "change"),
    [
        (None, ROOT, "new"),
        (NAS, NAS, "none"),
        (NAS, ROOT, "gone"),
        (Mount("/mnt/nas/deep", "nfs4"), NAS, "gone"),
        (NAS, Mount("/mnt/nas", "ext4"), "other"),
        (NAS, Mount("/mnt/nas"), "none"),
        (ROOT, NAS, "new"),
        (NAS, Mount("/mnt/nasty", "cifs"), "new"),
        (Mount("/mnt/nasty", "cifs"), NAS, "new"),
    ],
)
def test_what_became_of_a_mount(known: Mount | None, seen: Mount, change: Change) -> None:
    """Only a mount that is gone, or of another kind, stops work; one that was added does not."""
    assert compare(known, seen) == change


@pytest.mark.parametrize(
    ("number", "mount"),
    [("30", NAS), ("31", Mount("/mnt/nas/deep one", "nfs4")), ("3", None)],
)
def test_the_table_of_mounts(number: str, mount: Mount | None) -> None:
    """A mount is found by its number, and its path read as the system writes it."""
    assert find_mount(TABLE, number) == mount


def test_mounts_are_remembered(tmp_path: Path) -> None:
    """What is remembered outlives the process, until a person says that it is right as it is."""
    path = Path("/mnt/nas/outbox")
    Mounts(tmp_path).remember(path, NAS)

    assert Mounts(tmp_path).compare(path, ROOT) == "gone"
    Mounts(tmp_path).forget([Path("/mnt/nas/done")])
    assert Mounts(tmp_path).compare(path, ROOT) == "gone"
    Mounts(tmp_path).forget([path])
    assert Mounts(tmp_path).compare(path, ROOT) == "new"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"/a": 1}', '{"/a": {"x": 1}}', "null"])
def test_a_damaged_memory_stops_nobody(tmp_path: Path, content: str) -> None:
    """A file that cannot be read counts as nothing remembered, and is written anew."""
    (tmp_path / "mounts.json").write_text(content)
    mounts = Mounts(tmp_path)

    assert mounts.compare(Path("/a"), ROOT) == "new"
    mounts.remember(Path("/a"), NAS)
    assert mounts.compare(Path("/a"), ROOT) == "gone"


def test_a_real_folder_lies_on_something(tmp_path: Path) -> None:
    """The mount and the key of an existing folder are told together; a missing one is an error."""
    mount, key = mount_of(tmp_path)

    assert tmp_path.is_relative_to(mount.point)
    assert key == (tmp_path.stat().st_dev, tmp_path.stat().st_ino)
    with pytest.raises(FileNotFoundError):
        mount_of(tmp_path / "nothing")
