"""Lists an inbox and tells what is new, changed or gone since the last listing that counted.

Looking changes nothing here: a look that failed half way, hung, or turned out to be of the wrong
share is simply not committed, so it has no effect on what counts as gone.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final, Literal

from seedwatch.inbox.natural import NaturalKey, natural_key
from seedwatch.inbox.settling import Signature
from seedwatch.junk import is_junk, is_junk_directory
from seedwatch.records import RelPath

Obstacle = Literal["symlink", "special", "mount", "permission", "placeholder"]
IsKnown = Callable[[RelPath, os.stat_result], bool]

_CLEAN_AFTER_S: Final = 2.5
"""A directory's mtime is trusted once it is older than the coarsest clock of a file system (2 s)
when the directory is listed: before that, a change in the same tick would not move it."""
_BEAT_EVERY: Final = 256
_NOT_ON_DISK: Final = 0x00400000 | 0x00001000
"""Windows: FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS and FILE_ATTRIBUTE_OFFLINE."""
_DATALESS: Final = 0x40000000
"""macOS: SF_DATALESS."""


if sys.platform == "win32":  # a listing there tells no inode, and no time of the last change
    _facts = attrgetter("st_mtime_ns", "st_size", "st_mode")
else:
    _facts = attrgetter("st_mtime_ns", "st_size", "st_ctime_ns", "st_ino", "st_mode")


def signature(status: os.stat_result) -> Signature:
    """Size, mtime, ctime, inode and kind in one number: 100,000 files cost little memory."""
    return hash(_facts(status))


class Pulse:
    """Counts steps, so that a slow look can be told from one that hangs."""

    beats = 0

    def beat(self) -> None:
        """One more step was made."""
        self.beats += 1


@dataclass(slots=True)
class _Directory:
    """A directory as it was last listed: what it was itself, and every name that counts."""

    status: tuple[int, int, int]
    status_since: float
    is_clean: bool = False
    files: dict[str, Signature] = field(default_factory=dict)
    directories: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Table:
    """What one directory's listing found that differs from what is known."""

    status: tuple[int, int, int]
    files: dict[str, Signature] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    directories: set[str] = field(default_factory=set)
    is_sure: bool = True


@dataclass(slots=True)
class Look:
    """The outcome of one look; nothing is remembered of it until `Scanner.commit`."""

    now: float
    is_full: bool
    changed: list[tuple[RelPath, Signature]] = field(default_factory=list)
    known: list[RelPath] = field(default_factory=list)
    """files met for the first time that the store knows already"""
    gone: list[RelPath] = field(default_factory=list)
    obstacles: list[tuple[RelPath, Obstacle]] = field(default_factory=list)
    readings: dict[RelPath, Signature | None] = field(default_factory=dict)
    """the second readings that were asked for; None: not there, or no regular file"""
    tables: dict[RelPath, _Table] = field(default_factory=dict)
    hinted: dict[RelPath, Signature] = field(default_factory=dict)
    lost_directories: list[RelPath] = field(default_factory=list)


class Scanner:
    """The listing of one root, compared with the one before.

    `commit` and the questions belong to one thread; `look` may run in another one, also in one
    that was given up, because it only reads.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self.directories: dict[RelPath, _Directory] = {}

    # --- questions -------------------------------------------------------------------------

    @property
    def file_count(self) -> int:
        """How many files that are no junk lay there."""
        return sum(len(directory.files) for directory in self.directories.values())

    @property
    def directory_count(self) -> int:
        """How many directories there are, the root included."""
        return len(self.directories)

    def files_in(self, directory: RelPath) -> dict[str, Signature]:
        """Names in one directory (not below it)."""
        found = self.directories.get(directory)
        return found.files if found else {}

    def files_below(self, directory: RelPath) -> Iterator[tuple[RelPath, Signature]]:
        """Every file below a directory, itself included."""
        for path in self.tree(directory):
            for name, seen in self.directories[path].files.items():
                yield _join(path, name), seen

    def signature_of(self, path: RelPath) -> Signature | None:
        """What the file was when it was last seen; None: it was not there."""
        directory, _, name = path.rpartition("/")
        return self.files_in(directory).get(name)

    def needs_another_look(self) -> bool:
        """Whether a change could hide in a tick of the file system's clock."""
        return any(not directory.is_clean for directory in self.directories.values())

    def tree(self, directory: RelPath) -> list[RelPath]:
        """The directory and all known ones below it."""
        if directory not in self.directories:
            return []
        found = [directory]
        for path in found:  # grows while it is walked
            found.extend(_join(path, name) for name in self.directories[path].directories)
        return [path for path in found if path in self.directories]

    # --- looking ---------------------------------------------------------------------------

    def look(
        self,
        now: float,
        *,
        is_full: bool = False,
        hints: Collection[RelPath] = (),
        wanted: Collection[RelPath] = (),
        is_known: IsKnown | None = None,
        pulse: Pulse | None = None,
    ) -> Look:
        """List what may have changed: all of it if `is_full`, else directories whose mtime moved.

        `hints` are files an event named, `wanted` those to be read a second time, `is_known`
        tells which of the files not met before need no job. Blocks as long as the root does.

        Raises:
            OSError: the root, or a part of it, cannot be listed.
        """
        look = Look(now, is_full or not self.directories)
        glance = _Glance(self, look, is_known, pulse or Pulse())
        if look.is_full:
            glance.list_below([""])
        else:
            glance.list_moved()
        for path in hints:
            glance.look_at_hint(path)
        for path in wanted:
            look.readings[path] = glance.read(path)
        look.changed.sort(key=_in_natural_order)
        return look

    # --- remembering -----------------------------------------------------------------------

    def commit(self, look: Look) -> None:
        """Remember a look that counts."""
        for path, table in look.tables.items():
            self._remember(path, table, look.now)
        for path in look.lost_directories:  # last: it may have been listed before it was lost
            for below in reversed(self.tree(path)):
                del self.directories[below]
        for path, seen in (*look.hinted.items(), *look.readings.items()):
            directory, _, name = path.rpartition("/")
            files = self.files_in(directory)
            if seen is not None and name in files:
                files[name] = seen

    def _remember(self, path: RelPath, table: _Table, now: float) -> None:
        directory = self.directories.get(path)
        if directory is None:
            directory = self.directories[path] = _Directory(table.status, now)
        elif directory.status != table.status:
            directory.status = table.status
            directory.status_since = now
            directory.is_clean = False
        elif now - directory.status_since >= _CLEAN_AFTER_S:
            directory.is_clean = table.is_sure
        directory.files.update(table.files)
        for name in table.gone:
            del directory.files[name]
        directory.directories = table.directories

    def forget(self, path: RelPath) -> None:
        """The next look shall find this file as if it were new."""
        directory, _, name = path.rpartition("/")
        found = self.directories.get(directory)
        if found is not None and found.files.pop(name, None) is not None:
            found.is_clean = False

    def clear(self) -> None:
        """Forget everything: the root is another one."""
        self.directories.clear()


class _Glance:
    """One look under way: reads what the scanner knows, writes into the look only."""

    def __init__(
        self, scanner: Scanner, look: Look, is_known: IsKnown | None, pulse: Pulse
    ) -> None:
        self.root = scanner.root
        self.known = scanner.directories
        self.tree = scanner.tree
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
                below = _join(path, name)
                if is_deep or known is None or below not in self.known:
                    paths.append(below)
            if known is not None:
                for name in known.directories - table.directories:
                    self._lose(_join(path, name))

    def look_at_hint(self, path: RelPath) -> None:
        """A file that an event named may have changed in place, which moves no directory."""
        directory, _, name = path.rpartition("/")
        known = self.known.get(directory)
        if known is None or directory in self.look.tables or name not in known.files:
            return
        seen = self.read(path)
        if seen is not None and seen != known.files[name]:
            self.look.changed.append((path, seen))
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
        for below in self.tree(path):
            self.look.gone.extend(_join(below, name) for name in self.known[below].files)

    def _list(self, path: RelPath) -> _Table | None:
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
    ) -> _Table:
        """The loop that every file passes at every full look: nothing in it may be slow."""
        known = self.known.get(path)
        files = known.files if known is not None else {}
        table = _Table(status)
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
            if files.get(name) == hash(_facts(found)):
                same_count += 1
                if not same_count % _BEAT_EVERY:
                    self.pulse.beat()
            else:
                self._take(path, name, found, table)
        if same_count < len(files):
            table.gone = list(files.keys() - (set(names) - table.directories))
            self.look.gone.extend(_join(path, name) for name in table.gone)
        return table

    def _take(self, path: RelPath, name: str, found: os.stat_result, table: _Table) -> None:
        """A name that was not there, or is not what it was."""
        self.pulse.beat()
        mode = found.st_mode
        if stat.S_ISDIR(mode) and not _is_link(found):
            self._take_directory(path, name, found, table)
            return
        if is_junk(name):
            return
        seen = table.files[name] = signature(found)
        rel = _join(path, name)
        obstacle = _obstacle(found)
        if obstacle:
            self.look.obstacles.append((rel, obstacle))
        elif self.is_known is not None and self.is_known(rel, found):
            self.look.known.append(rel)
        else:
            self.look.changed.append((rel, seen))

    def _take_directory(
        self, path: RelPath, name: str, found: os.stat_result, table: _Table
    ) -> None:
        if is_junk_directory(name):
            return
        if found.st_dev not in (self.device, 0):  # a listing on Windows tells no device
            self.look.obstacles.append((_join(path, name), "mount"))
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


def _in_natural_order(found: tuple[RelPath, Signature]) -> NaturalKey:
    return natural_key(found[0])


def _join(directory: RelPath, name: str) -> RelPath:
    return f"{directory}/{name}" if directory else name
