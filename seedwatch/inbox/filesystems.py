"""Tells whether a folder's file system reports every change by events, or has to be polled."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Final, NamedTuple

_WITH_EVENTS: Final = frozenset(
    {
        "apfs",
        "bcachefs",
        "btrfs",
        "exfat",
        "ext2",
        "ext3",
        "ext4",
        "f2fs",
        "hfs",
        "jfs",
        "msdos",
        "nilfs2",
        "ntfs3",
        "ramfs",
        "reiserfs",
        "tmpfs",
        "vfat",
        "xfs",
        "zfs",
    }
)
"""Local file systems whose every writer is this kernel. Networks and FUSE have others, overlay
hides those of its lower layers, and what is not known here may be anything: these are polled."""

_MOUNTS: Final = Path("/proc/self/mountinfo")
_WATCH_LIMIT: Final = Path("/proc/sys/fs/inotify/max_user_watches")
_FIXED_DRIVE: Final = 3


class FileSystem(NamedTuple):
    """What a folder lies on; `name` is empty where the system does not say."""

    name: str
    has_events: bool


def file_system_of(path: Path) -> FileSystem:
    """The file system of an existing folder.

    Raises:
        OSError: the folder cannot be reached.
    """
    if sys.platform == "win32":
        return _on_windows(os.path.realpath(path, strict=True))
    if sys.platform == "darwin":
        device = path.stat().st_dev
        is_home = any(device == Path(disk).stat().st_dev for disk in ("/", str(Path.home())))
        return FileSystem("apfs" if is_home else "", has_events=is_home)
    real = os.path.realpath(path, strict=True)
    name = kind_of_mount(_MOUNTS.read_text("utf-8", "surrogateescape"), real)
    return FileSystem(name, name in _WITH_EVENTS)


def kind_of_mount(mountinfo: str, real_path: str) -> str:
    """The type of the innermost mount that holds a path, by Linux's table of mounts."""
    best, kind = "", ""
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        point = _unescaped(left.split(" ")[4])
        if len(point) >= len(best) and _is_below(real_path, point):  # a later mount hides
            best, kind = point, right.split(" ")[0]
    return kind


def watch_limit() -> int | None:
    """How many directories this user may watch in all; None: the system has no such limit."""
    try:
        return int(_WATCH_LIMIT.read_text())
    except (OSError, ValueError):
        return None


def _is_below(path: str, point: str) -> bool:
    return path == point or path.startswith(point.rstrip("/") + "/")


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def _on_windows(real: str) -> FileSystem:
    if sys.platform != "win32":
        raise NotImplementedError
    import ctypes  # noqa: PLC0415 - its windll exists on Windows only

    drive = os.path.splitdrive(real)[0]
    if drive.startswith("\\\\"):
        return FileSystem("unc", has_events=False)
    kind = ctypes.windll.kernel32.GetDriveTypeW(f"{drive}\\")
    return FileSystem(drive, has_events=kind == _FIXED_DRIVE)
