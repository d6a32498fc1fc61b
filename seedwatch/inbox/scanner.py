"""Lists an inbox and tells what is new, changed or gone since the last listing that counted.

Looking changes nothing here: a look that failed half way, hung, or turned out to be of the wrong
share is simply not committed, so it has no effect on what counts as gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from seedwatch.inbox.glance import Glance, IsKnown, tree
from seedwatch.inbox.looks import Directory, Look, Table, joined
from seedwatch.inbox.natural import in_natural_order
from seedwatch.inbox.settling import Signature
from seedwatch.pulse import Pulse
from seedwatch.records import RelPath

_CLEAN_AFTER_S: Final = 2.5
"""A directory's mtime is trusted once it is older than the coarsest clock of a file system (2 s)
when the directory is listed: before that, a change in the same tick would not move it."""


class Scanner:
    """The listing of one root, compared with the one before.

    `commit` and the questions belong to one thread; `look` may run in another one, also in one
    that was given up, because it only reads.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._directories: dict[RelPath, Directory] = {}

    # --- questions -------------------------------------------------------------------------

    @property
    def file_count(self) -> int:
        """How many files that are no junk lay there."""
        return sum(len(directory.files) for directory in self._directories.values())

    @property
    def directory_count(self) -> int:
        """How many directories there are, the root included."""
        return len(self._directories)

    def files_in(self, directory: RelPath) -> dict[str, Signature]:
        """Names in one directory (not below it)."""
        found = self._directories.get(directory)
        return found.files if found else {}

    def files_below(self, directory: RelPath) -> Iterator[tuple[RelPath, Signature]]:
        """Every file below a directory, itself included."""
        for path in tree(self._directories, directory):
            for name, seen in self._directories[path].files.items():
                yield joined(path, name), seen

    def signature_of(self, path: RelPath) -> Signature | None:
        """What the file was when it was last seen; None: it was not there."""
        directory, _, name = path.rpartition("/")
        return self.files_in(directory).get(name)

    def needs_another_look(self) -> bool:
        """Whether a change could hide in a tick of the file system's clock."""
        return any(not directory.is_clean for directory in self._directories.values())

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
        look = Look(now, is_full or not self._directories)
        glance = Glance(self.root, self._directories, look, is_known, pulse or Pulse())
        if look.is_full:
            glance.list_below([""])
        else:
            glance.list_moved()
        for path in hints:
            glance.look_at_hint(path)
        for path in wanted:
            look.readings[path] = glance.read(path)
        look.changed = in_natural_order(look.changed)
        return look

    def is_unmoved(self) -> bool:
        """Whether no directory has to be listed; blocks as long as the root does.

        Raises:
            OSError: the root cannot be looked at.
        """
        return not self.look(0.0).tables

    # --- remembering -----------------------------------------------------------------------

    def commit(self, look: Look) -> None:
        """Remember a look that counts."""
        for path, table in look.tables.items():
            self._remember(path, table, look.now)
        for path in look.lost_directories:  # last: it may have been listed before it was lost
            for below in reversed(tree(self._directories, path)):
                del self._directories[below]
        for path, seen in (*look.hinted.items(), *look.readings.items()):
            directory, _, name = path.rpartition("/")
            files = self.files_in(directory)
            if seen is not None and name in files:
                files[name] = seen

    def _remember(self, path: RelPath, table: Table, now: float) -> None:
        directory = self._directories.get(path)
        if directory is None:
            directory = self._directories[path] = Directory(table.status, now)
        elif directory.status != table.status:
            directory.status = table.status
            directory.status_since = now
            directory.is_clean = False
        elif now - directory.status_since >= _CLEAN_AFTER_S:
            directory.is_clean = table.is_sure
        if directory.files:
            directory.files.update(table.files)
        else:  # of a million files, a second table would stop the loop for long
            directory.files = table.files
        for name in table.gone:
            del directory.files[name]
        directory.directories = table.directories

    def forget(self, path: RelPath) -> None:
        """The next look shall find this file as if it were new."""
        directory, _, name = path.rpartition("/")
        found = self._directories.get(directory)
        if found is not None and found.files.pop(name, None) is not None:
            found.is_clean = False

    def clear(self) -> None:
        """Forget everything: the root is another one."""
        self._directories.clear()
