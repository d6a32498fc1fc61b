"""Remembers on which mount each folder for results lies: an unmounted share looks empty.

These folders bear no marker, as whatever takes results from them would meet it. An unmounted one is
known by its mount point instead: what lay on `/mnt/nas` and lies on `/` now is not there
(docs/decisions/0010).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from seedwatch.errors import SourceChanged, SourceGone
from seedwatch.paths import Root

_NAME: Final = "mounts.json"
_FD_FACTS: Final = "/proc/self/fdinfo"
_MOUNTS: Final = Path("/proc/self/mountinfo")

Change = Literal["none", "new", "gone", "other"]


@dataclass(frozen=True, slots=True)
class Mount:
    """Where a file system is mounted, and its kind (empty where the system does not say)."""

    point: str
    kind: str = ""


def compare(known: Mount | None, seen: Mount) -> Change:
    """What became of the mount of a folder; pure.

    Its device may be another after each start, and so may its number: they tell nothing. A mount
    further up is what shows below one that is gone. One further down was made meanwhile.
    """
    if known is None:
        return "new"
    if known.point == seen.point:
        return "other" if known.kind and seen.kind and known.kind != seen.kind else "none"
    return "gone" if _is_below(known.point, seen.point) else "new"


def mount_of(path: Path) -> tuple[Mount, tuple[int, int]]:
    """The mount of an existing folder, and its device and inode, of one and the same moment.

    Raises:
        OSError: the folder cannot be opened.
    """
    if sys.platform == "win32":
        status = path.stat()
        return _mount_above(path), (status.st_dev, status.st_ino)
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        status = os.fstat(fd)
        return _mount_of_descriptor(fd) or _mount_above(path), (status.st_dev, status.st_ino)
    finally:
        os.close(fd)


def find_mount(mountinfo: str, number: str) -> Mount | None:
    """The mount of this number in Linux's table of mounts."""
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split(" ")
        if fields[0] == number:
            return Mount(_unescaped(fields[4]), right.split(" ")[0])
    return None


class Mounts:
    """What is remembered, by the path of the folder; kept in the state directory.

    May be used from any thread.
    """

    def __init__(self, state_dir: Path) -> None:
        self._state = Root(state_dir)
        self._lock = threading.Lock()

    def compare(self, path: Path, seen: Mount) -> Change:
        """What became of the mount of a folder since it was remembered.

        Raises:
            OSError: the state directory cannot be read.
        """
        with self._lock:
            return compare(self._load().get(str(path)), seen)

    def remember(self, path: Path, seen: Mount) -> None:
        """This is where the folder lies.

        Raises:
            OSError: the state directory cannot be written.
        """
        with self._lock:
            known = self._load()
            if known.get(str(path)) != seen:
                self._save({**known, str(path): seen})

    def forget(self, paths: list[Path]) -> None:
        """A person says that these folders are right as they are.

        Raises:
            OSError: the state directory cannot be written.
        """
        with self._lock:
            known = self._load()
            kept = {path: mount for path, mount in known.items() if Path(path) not in paths}
            if kept != known:
                self._save(kept)

    def _load(self) -> dict[str, Mount]:
        """From the file each time: the command line writes there, too."""
        with contextlib.suppress(SourceGone, SourceChanged, ValueError, TypeError, AttributeError):
            found = json.loads(self._state.read(_NAME, 1 << 20)[0])
            return {path: Mount(**mount) for path, mount in found.items()}
        return {}

    def _save(self, known: dict[str, Mount]) -> None:
        told = {path: asdict(mount) for path, mount in known.items()}
        content = json.dumps(told, ensure_ascii=False).encode()
        self._state.replace_small(_NAME, content, 0o600)


def _mount_of_descriptor(fd: int) -> Mount | None:
    try:
        facts = Path(_FD_FACTS, str(fd)).read_text("utf-8")
        table = _MOUNTS.read_text("utf-8", "surrogateescape")
    except FileNotFoundError:  # not on Linux
        return None
    found = re.search(r"^mnt_id:\s*(\d+)$", facts, re.MULTILINE)
    return find_mount(table, found[1]) if found else None


def _mount_above(path: Path) -> Mount:
    real = Path(os.path.realpath(path))
    return Mount(str(next(above for above in (real, *real.parents) if os.path.ismount(above))))


def _is_below(path: str, point: str) -> bool:
    return path != point and path.startswith(point.rstrip(os.sep) + os.sep)


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
