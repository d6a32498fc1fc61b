"""One look at an inbox under way: lists what may have changed, and remembers nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from seedwatch.inbox.looks import Directory, Look, Obstacle, Table, facts, joined, signature
from seedwatch.inbox.settling import Signature
from seedwatch.junk import is_junk, is_junk_directory
from seedwatch.pulse import Pulse
from seedwatch.records import RelPath

IsKnown = Callable[[RelPath, os.stat_result], bool]

_BEAT_EVERY: Final = 256
_NOT_ON_DISK: Final = 0x00400000 | 0x00001000
"""Windows: FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS and FILE_ATTRIBUTE_OFFLINE."""
_DATALESS: Final = 0x40000000
"""macOS: SF_DATALESS."""


def tree(directories: Mapping[RelPath, Directory], top: RelPath) -> list[RelPath]:
    """A known directory and all known ones below it, from the top down."""
    if top not in directories:
        return []
    found = [top]
    for path in found:  # grows while it is walked
        found.extend(joined(path, name) for name in directories[path].directories)
    return [path for path in found if path in directories]


class Glance:
    """One look under way: reads what the scanner knows, writes into the look only."""

    def __init__(
        self,
        root: str,
        known: Mapping[RelPath, Directory],
        look: Look,
        is_known: IsKnown | None,
        pulse: Pulse,
    ) -> None:
        self.root = root
        self.known = known
        self.look = look
        self.is_known = is_known
        self.pulse = pulse
        self.device = os.stat(self.root).st_dev  # noqa: PTH116 - text all the way, for speed

    def list_moved(self) -> None:
        """List the directories whose own mtime moved, and those below them that are new."""
        for path, directory in list(self.known.items()):
            self.pulse.beat()
            if path in self.look.tables:
                continue
            status = self._status(path)
            if status is None:
                continue  # its parent's listing tells
            if status != directory.status or not directory.is_clean:
                self.list_below([path], is_deep=False)

    def list_below(self, paths: list[RelPath], *, is_deep: bool = True) -> None:
        """List directories; below them all others, or only those not known yet."""
        while paths:
            path = paths.pop()
            table = self._list(path)
            if table is None:
                continue
            self.look.tables[path] = table
            known = self.known.get(path)
            for name in table.directories:
                below = joined(path, name)
                if is_deep or known is None or below not in self.known:
                    paths.append(below)
            if known is not None:
                for name in known.directories - table.directories:
                    self._lose(joined(path, name))

    def look_at_hint(self, path: RelPath) -> None:
        """A file that an event named may have changed in place, which moves no directory."""
        directory, _, name = path.rpartition("/")
        known = self.known.get(directory)
        if known is None or directory in self.look.tables or name not in known.files:
            return
        seen = self.read(path)
        if seen is not None and seen != known.files[name]:
            self.look.changed.append(path)
            self.look.hinted[path] = seen

    def read(self, path: RelPath) -> Signature | None:
        """The signature of a regular file."""
        self.pulse.beat()
        try:
            status = os.stat(  # noqa: PTH116 - as above
                self._absolute(path), follow_symlinks=False
            )
        except (FileNotFoundError, NotADirectoryError):
            return None
        except PermissionError:
            self.look.obstacles.append((path, "permission"))
            return None
        return signature(status) if stat.S_ISREG(status.st_mode) else None

    def _absolute(self, path: RelPath) -> str:
        return f"{self.root}/{path}" if path else self.root

    def _status(self, path: RelPath) -> tuple[int, int, int] | None:
        """What tells that a directory is the same and has the same names in it."""
        try:
            status = os.stat(  # noqa: PTH116 - as above
                self._absolute(path), follow_symlinks=not path
            )
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            if not path:
                raise
            return None
        if not stat.S_ISDIR(status.st_mode):
            if not path:
                raise NotADirectoryError(self.root)
            return None
        return status.st_mtime_ns, status.st_ino, status.st_dev

    def _lose(self, path: RelPath) -> None:
        self.look.lost_directories.append(path)
        for below in tree(self.known, path):
            self.look.gone.extend(joined(below, name) for name in self.known[below].files)

    def _list(self, path: RelPath) -> Table | None:
        """One directory's listing; None where it may not be read, or vanished under our eyes."""
        self.pulse.beat()
        status = self._status(path)  # before the listing: what comes later moves it again
        if status is None:
            return None
        try:
            with os.scandir(self._absolute(path)) as entries:
                return self._compare(path, status, entries)
        except PermissionError:
            if not path:
                raise
            self.look.obstacles.append((path, "permission"))
        except (FileNotFoundError, NotADirectoryError):
            if not path:
                raise
        return None

    def _compare(
        self, path: RelPath, status: tuple[int, int, int], entries: Iterator[os.DirEntry[str]]
    ) -> Table:
        """The loop that every file passes at every full look: nothing in it may be slow."""
        known = self.known.get(path)
        files = known.files if known is not None else {}
        table = Table(status)
        names: list[str] = []
        same_count = 0
        for entry in entries:
            name = entry.name
            names.append(name)
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                table.is_sure = False
                continue
            if files.get(name) == hash(facts(found)):
                same_count += 1
                if not same_count % _BEAT_EVERY:
                    self.pulse.beat()
            else:
                self._take(path, name, found, table)
        if same_count < len(files):
            table.gone = list(files.keys() - (set(names) - table.directories))
            self.look.gone.extend(joined(path, name) for name in table.gone)
        return table

    def _take(self, path: RelPath, name: str, found: os.stat_result, table: Table) -> None:
        """A name that was not there, or is not what it was."""
        self.pulse.beat()
        mode = found.st_mode
        if stat.S_ISDIR(mode) and not _is_link(found):
            self._take_directory(path, name, found, table)
            return
        if is_junk(name):
            return
        table.files[name] = signature(found)
        rel = joined(path, name)
        obstacle = _obstacle(found)
        if obstacle:
            self.look.obstacles.append((rel, obstacle))
        elif self.is_known is not None and self.is_known(rel, found):
            self.look.known.append(rel)
        else:
            self.look.changed.append(rel)

    def _take_directory(
        self, path: RelPath, name: str, found: os.stat_result, table: Table
    ) -> None:
        if is_junk_directory(name):
            return
        if found.st_dev not in (self.device, 0):  # a listing on Windows tells no device
            self.look.obstacles.append((joined(path, name), "mount"))
            return
        table.directories.add(name)


def _obstacle(status: os.stat_result) -> Obstacle | None:
    """Why a name is not a file that can be read; None: it can."""
    if _is_link(status):
        return "symlink"
    if not stat.S_ISREG(status.st_mode):
        return "special"
    is_elsewhere = getattr(status, "st_file_attributes", 0) & _NOT_ON_DISK
    is_dataless = getattr(status, "st_flags", 0) & _DATALESS
    return "placeholder" if is_elsewhere or is_dataless else None


def _is_link(status: os.stat_result) -> bool:
    if stat.S_ISLNK(status.st_mode):
        return True
    tag = getattr(status, "st_reparse_tag", 0)  # Windows: junctions look like directories
    return tag != 0 and tag == getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", None)
