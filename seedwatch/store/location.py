"""Decides whether a directory may hold the database, and makes it private."""

from __future__ import annotations

import ctypes
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from seedwatch.errors import StoreError
from seedwatch.paths import make_directories
from seedwatch.texts import say

# promises.md 2, "SQLite": WAL needs shared memory and locks that network file systems lack.
NETWORK_KINDS: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "afpfs", "ceph", "lustre", "9p"}
    | {"glusterfs", "webdav", "davfs", "network"}
    | {f"fuse.{name}" for name in ("sshfs", "rclone", "s3fs", "davfs", "davfs2", "glusterfs")}
    | {f"fuse.{name}" for name in ("ceph", "smbnetfs", "curlftpfs", "gcsfuse", "juicefs")}
)
RISKY_KINDS: Final = frozenset({"overlay", "tmpfs", "ramfs"})
_OCTAL = re.compile(r"\\([0-7]{3})")
_DRIVE_REMOTE: Final = 4  # GetDriveTypeW


class Location(NamedTuple):
    """The kind of the file system, and a warning for a person where it is risky."""

    kind: str
    warning: str


def check_location(directory: Path) -> Location:
    """Look at the file system below `directory` (or below its nearest existing parent).

    Raises:
        StoreError: it is a network file system.
    """
    kind = file_system_kind(directory)
    if kind in NETWORK_KINDS:
        raise StoreError(say("store.network", path=directory, kind=kind))
    is_risky = kind in RISKY_KINDS
    return Location(kind, say("store.risky", path=directory, kind=kind) if is_risky else "")


def require_own(path: Path) -> None:
    """Look whose the database and its directory are (promises.md T13); missing ones are fine.

    Raises:
        StoreError: others may write into one of them, or it belongs to another user.
    """
    if sys.platform == "win32":
        return
    for place in (path.parent, path):
        try:
            status = place.stat()
        except OSError:
            continue
        is_ours = os.geteuid() in {0, status.st_uid} or status.st_uid == 0
        if status.st_mode & stat.S_IWOTH or not is_ours:
            raise StoreError(say("store.not_private", path=place))


def file_system_kind(path: Path) -> str:
    """Its name as the system calls it (`ext4`, `nfs4`, `fuse.sshfs`), `network`, or `` unknown.

    By mount table rather than by statfs magic number: that is the same for every FUSE mount.
    """
    if sys.platform == "win32":
        return _windows_kind(path)
    try:
        mounts = Path("/proc/self/mountinfo").read_bytes()
    except OSError:
        return ""
    return kind_in(os.fsdecode(mounts), os.path.realpath(path))


def kind_in(mountinfo: str, real_path: str) -> str:
    """The file system kind of an absolute, resolved path by the text of /proc/self/mountinfo."""
    best = ("", "")
    for point, kind in _mounts(mountinfo):
        is_below = real_path == point or real_path.startswith(point.rstrip("/") + "/")
        if is_below and len(point) >= len(best[0]):  # of two mounts at one point the later counts
            best = (point, kind)
    return best[1]


def _mounts(mountinfo: str) -> Iterator[tuple[str, str]]:
    for line in mountinfo.splitlines():
        mount, found, system = line.partition(" - ")
        if found:
            point = mount.split(" ")[4]
            yield _OCTAL.sub(lambda code: chr(int(code[1], 8)), point), system.split(" ")[0]


def _windows_kind(path: Path) -> str:
    if sys.platform != "win32":
        return ""
    root = path.resolve().anchor
    if root.startswith("\\\\"):
        return "network"
    is_remote = ctypes.windll.kernel32.GetDriveTypeW(root) == _DRIVE_REMOTE
    return "network" if is_remote else ""


def make_private(path: Path) -> None:
    """Make the directory (0700) and an empty database file (0600) where they are missing.

    An existing directory keeps its mode: it is the user's.
    """
    make_directories(path.parent, 0o700)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
