"""The only module that opens, writes, renames and removes files below a configured root.

Every step walks from the root to the directory without following symlinks, opens it for this one
step and closes it after (no handles are kept on shares). On Windows the same steps work by
absolute path. Data is synced before its name changes, the destination directory after it, the
source directory last (promises.md 2).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import os
import platform
import secrets
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from io import BufferedReader, FileIO
from pathlib import Path

from seedwatch.errors import DeliveryError, SourceChanged, SourceForeign, SourceGone
from seedwatch.kill_points import reached
from seedwatch.pulse import beat
from seedwatch.records import RelPath
from seedwatch.texts import say

PART_PREFIX = ".seedwatch-part-"
"""Temporary names: hidden, so that no scanner takes them, and ours, so that we may remove them."""

AWAY = (-1, -1)
"""the `key` of a root that was found to be another: nothing is opened there"""

_CHUNK = 1 << 20
_SMALL = 1 << 16
_COPIED_AT_ONCE = 16 << 20
_RENAME_NOREPLACE = 1
_AT_FDCWD = -100
_NOT_SUPPORTED = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM}
_UMASK = os.umask(0o077)  # it can only be read by setting it; nothing else runs yet
os.umask(_UMASK)
if sys.platform == "win32":
    _NO_LINK = 0
    _NEVER_IN_NAMES = {"\0", "\\", ":"}  # the others would lead elsewhere
    _SOURCE_FLAGS = os.O_RDONLY | os.O_BINARY
    _DIRECTORY_FLAGS = os.O_RDONLY
else:
    _NO_LINK = os.O_NOFOLLOW | os.O_CLOEXEC
    _NEVER_IN_NAMES = {"\0"}
    _SOURCE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    _DIRECTORY_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class CrossDeviceError(OSError):
    """A rename cannot reach the other file system; the caller copies, verifies, unlinks."""


class RootAwayError(OSError):
    """The root is not there, or is another: a share that is away, no file that is gone (P11)."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.ENOTCONN, "the folder is not there", str(path))


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells that a file is still the same one, without reading it."""

    byte_count: int
    mtime_ns: int
    ctime_ns: int
    ino: int
    dev: int

    @classmethod
    def of(cls, status: os.stat_result) -> Identity:
        """The identity that a stat call shows."""
        return cls(
            status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev
        )


@dataclass(frozen=True, slots=True)
class _Directory:
    """An opened directory: `at(name)` with `fd` names a file in it for the os functions."""

    path: str
    fd: int | None

    @property
    def place(self) -> str | int:
        return self.path if self.fd is None else self.fd

    def at(self, name: str) -> str:
        return name if self.fd is not None else os.path.join(self.path, name)


@dataclass(frozen=True, slots=True)
class Writers:
    """Whose files may be read where anyone may write; without `owners` those of every user.

    Our own always count: the marker is one. A file with a second name is nobody's: it may be one
    that its giver cannot read.
    """

    owners: frozenset[int]

    def have_made(self, status: os.stat_result) -> bool:
        """Whether a file is one of theirs, and bears one name only."""
        if sys.platform == "win32":  # tells neither
            return True
        is_theirs = status.st_uid in self.owners or status.st_uid == os.geteuid()
        return status.st_nlink == 1 and (not self.owners or is_theirs)


class Root:
    """One configured folder; every path below it is relative, POSIX, without `..`.

    `writers`: only their files are read (`open_source` and all that is built on it).
    `key` is the (device, inode) that it has to have, once somebody made sure that it is the right
    one: a bare mount point has another, and every step fails there before it does anything.
    """

    def __init__(
        self, path: Path, writers: Writers | None = None, *, key: tuple[int, int] | None = None
    ) -> None:
        self.path = path
        self.writers = writers
        self.key = key

    def pinned(self, key: tuple[int, int]) -> Root:
        """The same, as long as it is the directory with this device and inode."""
        return Root(self.path, self.writers, key=key)

    def __repr__(self) -> str:
        return f"Root({str(self.path)!r})"

    def absolute(self, rel: RelPath) -> Path:
        """The absolute path, for messages and machine-readable output."""
        return self.path.joinpath(*rel.split("/")) if rel else self.path

    # --- looking ---------------------------------------------------------------------------

    def identity(self, rel: RelPath) -> Identity | None:
        """The identity of a regular file; None where there is none (or something else)."""
        parent, name = _split(rel)
        try:
            with self._opened(parent) as directory:
                status = os.stat(directory.at(name), dir_fd=directory.fd, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Identity.of(status) if stat.S_ISREG(status.st_mode) else None

    def exists(self, rel: RelPath) -> bool:
        """Whether anything bears this name, a dangling symlink included."""
        parent, name = _split(rel)
        try:
            with self._opened(parent) as directory:
                os.stat(directory.at(name), dir_fd=directory.fd, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def names(self, rel: RelPath = "") -> list[str]:
        """The names in one directory."""
        with self._opened(rel) as directory:
            return os.listdir(directory.place)

    def files(
        self, passes: Callable[[str], bool] = bool, wanted: Callable[[str], bool] = bool
    ) -> Iterator[tuple[RelPath, Identity]]:
        """Regular files below the root, directory by directory, without following links.

        Only directories whose name `passes` are entered, and only names that are `wanted` are
        looked at; what vanishes meanwhile is left out.

        Raises:
            RootAwayError: the root is not there.
            OSError: a directory cannot be listed.
        """
        waiting: list[RelPath] = [""]
        while waiting:
            directory = waiting.pop()
            prefix = f"{directory}/" if directory else ""
            inner, found = self._entries(directory, wanted)
            waiting.extend(prefix + name for name in inner if passes(name))
            for name, identity in found:
                yield prefix + name, identity

    def changed_since(self, at_ns: int, ending: str) -> Iterator[tuple[int, RelPath]]:
        """(mtime, path) of regular files of that ending that changed later; nothing is kept.

        Raises:
            RootAwayError: the root is not there.
            OSError: a directory cannot be listed.
        """
        waiting: list[RelPath] = [""]
        while waiting:
            above = waiting.pop()
            with self._opened(above) as directory, os.scandir(directory.place) as entries:
                for entry in entries:
                    rel = f"{above}/{entry.name}" if above else entry.name
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(rel)
                    elif entry.name.endswith(ending) and entry.is_file(follow_symlinks=False):
                        mtime_ns = entry.stat(follow_symlinks=False).st_mtime_ns
                        if mtime_ns > at_ns:
                            yield mtime_ns, rel

    def _entries(
        self, rel: RelPath, wanted: Callable[[str], bool]
    ) -> tuple[list[str], list[tuple[str, Identity]]]:
        """The directories and the wanted files in one directory; none if it has vanished."""
        inner: list[str] = []
        found: list[tuple[str, Identity]] = []
        try:
            with self._opened(rel) as directory, os.scandir(directory.place) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        inner.append(entry.name)
                        continue
                    status = _status(directory, entry.name) if wanted(entry.name) else None
                    if status is not None and stat.S_ISREG(status.st_mode):
                        found.append((entry.name, Identity.of(status)))
        except (FileNotFoundError, NotADirectoryError):
            if not rel:
                raise
        return inner, found

    # --- reading ---------------------------------------------------------------------------

    @contextlib.contextmanager
    def open_source(self, rel: RelPath) -> Iterator[tuple[BufferedReader, Identity]]:
        """A regular file, opened without following links and without ever blocking.

        Raises:
            SourceGone: it is not there (any more), or is no regular file.
            SourceForeign: it is not one of the `writers`.
            SourceChanged: its identity changed while it was open.
            OSError: the disk or the share failed.
        """
        parent, name = _split(rel)
        try:
            with self._opened(parent) as directory:
                fd = os.open(directory.at(name), _SOURCE_FLAGS, dir_fd=directory.fd)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise SourceGone(f"{rel!r} is not there any more") from error
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.ENXIO}:
                raise SourceGone(f"{rel!r} is not a regular file") from error
            raise
        beat()
        with _regular_file(fd, rel) as file:
            status = os.fstat(fd)
            if self.writers is not None and not self.writers.have_made(status):
                raise SourceForeign(say("inbox.foreign_file"))
            before = Identity.of(status)
            beat()
            yield file, before
            if Identity.of(os.fstat(fd)) != before:
                raise SourceChanged(f"{rel!r} changed while it was read")

    def read(self, rel: RelPath, limit: int | None = None) -> tuple[bytes, Identity]:
        """The whole content (at most `limit` bytes, if given) and the identity it was read under.

        Raises:
            SourceGone, SourceChanged, OSError: as `open_source`.
        """
        with self.open_source(rel) as (file, identity):
            return file.read() if limit is None else file.read(limit), identity

    # --- writing ---------------------------------------------------------------------------

    def write_new(
        self,
        rel: RelPath,
        content: Iterable[bytes] | BufferedReader,
        *,
        sha256: str | None = None,
        part: str = "",
        mode: int = 0o666,
    ) -> str:
        """Create a file that was not there: whole or not at all, never over another one.

        Returns the sha256 of the content, which is what was read back from the disk; `sha256`
        says what it has to be. `content` is given in pieces, or as a file that stands at its
        start. Directories on the way are made. `part` names the temporary file for a caller who
        comes again after a kill: what was left of it then goes. `mode` less the umask is the
        file's.

        Raises:
            FileExistsError: something bears this name; nothing was changed.
            DeliveryError: what was read back is not what was written.
        """
        parent, name = _split(rel)
        with self._opened(parent, create=True) as directory:
            if part:  # never written over: it may be a second name of what was delivered
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(directory.at(PART_PREFIX + part), dir_fd=directory.fd)
                    reached("path.unlinked")
            part = PART_PREFIX + (part or secrets.token_hex(8))
            try:
                sha256 = _write_synced(directory, part, content, sha256, mode)
                _read_back(directory, part, sha256)
                _rename_no_replace(directory, part, directory, name)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(directory.at(part), dir_fd=directory.fd)
                raise
            _sync_directory(directory)
            return sha256

    def link_new(self, rel: RelPath, source: Path) -> bool:
        """Give a synced file of our own a second name here: whole at once, and over nothing.

        False, with nothing changed, where that cannot be done: another file system, one without
        links, or a directory that gives its files rights, a group or a label of its own.

        Raises:
            FileExistsError: something bears this name.
        """
        parent, name = _split(rel)
        with self._opened(parent, create=True) as directory:
            if directory.fd is None or _gives_rights(directory.fd, source.parent):
                return False
            try:
                os.chmod(source, 0o666 & ~_UMASK)  # as any new file here would have it
                os.link(source, name, dst_dir_fd=directory.fd, follow_symlinks=False)
                reached("path.linked")
            except OSError as error:
                if error.errno in _NOT_SUPPORTED | {errno.EXDEV, errno.EMLINK, errno.EACCES}:
                    return False
                raise
            _sync_directory(directory)
        return True

    def replace_small(self, rel: RelPath, content: bytes, mode: int = 0o666) -> None:
        """Write one of our own small files (marker, card), over an older one of ours.

        What a killed call of this machine left goes first; another machine may be at it, too.
        """
        parent, name = _split(rel)
        with self._opened(parent, create=True) as directory:
            part = PART_PREFIX + _part_of_ours(name)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(directory.at(part), dir_fd=directory.fd)
                reached("path.unlinked")
            try:
                _write_synced(directory, part, [content], mode=mode)
                os.replace(
                    directory.at(part),
                    directory.at(name),
                    src_dir_fd=directory.fd,
                    dst_dir_fd=directory.fd,
                )
                reached("path.replaced")
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(directory.at(part), dir_fd=directory.fd)
                raise
            _sync_directory(directory)

    def rewrite(self, rel: RelPath, change: Callable[[bytes], bytes | None]) -> bytes:
        """Change one of our own small files where it lies: nothing is renamed, nothing is synced.

        `change` gets its content and gives another one of the same length; None leaves it alone.
        Returns what was found.

        Raises:
            SourceGone: it is not there, or is no regular file.
        """
        parent, name = _split(rel)
        flags = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | _NO_LINK
        try:
            with self._opened(parent) as directory:
                fd = os.open(directory.at(name), flags, dir_fd=directory.fd)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise SourceGone(f"{rel!r} is not there any more") from error
        with os.fdopen(fd, "r+b", buffering=0) as file:
            found = file.read(_SMALL)
            changed = change(found)
            if changed is not None:
                file.seek(0)
                file.write(changed)
                reached("path.written")
        return found

    def make_directory(self, rel: RelPath) -> None:
        """Make a directory and its parents below the root."""
        with self._opened(rel, create=True):
            return

    def sync(self, rel: RelPath) -> None:
        """Make a file and its name durable: an interrupted call may not have come so far."""
        if sys.platform == "win32":
            return  # only what is open for writing can be synced there
        parent, name = _split(rel)
        with self._opened(parent) as directory:
            fd = os.open(directory.at(name), _SOURCE_FLAGS, dir_fd=directory.fd)
            try:
                os.fsync(fd)
                reached("path.synced")
            finally:
                os.close(fd)
            _sync_directory(directory)

    def sha256(self, rel: RelPath) -> str | None:
        """The digest of a file's content; None where there is no regular file."""
        try:
            with self.open_source(rel) as (file, _):
                return hashlib.file_digest(file, "sha256").hexdigest()
        except (SourceGone, SourceChanged):
            return None

    # --- moving and removing -----------------------------------------------------------------

    def move(self, rel: RelPath, target: Root, target_rel: RelPath) -> None:
        """Rename a file or directory into another root, never over anything there.

        Raises:
            FileExistsError: the target name is taken; nothing was changed.
            CrossDeviceError: another file system; nothing was changed.
            FileNotFoundError: the source is not there.
        """
        parent, name = _split(rel)
        target_parent, target_name = _split(target_rel)
        with (
            target._opened(target_parent, create=True) as there,
            self._opened(parent) as here,
        ):
            _rename_no_replace(here, name, there, target_name)
            _sync_directory(there)
            _sync_directory(here)

    def unlink(self, rel: RelPath) -> bool:
        """Remove a file and sync its directory; False if it was not there."""
        parent, name = _split(rel)
        try:
            with self._opened(parent) as directory:
                os.unlink(directory.at(name), dir_fd=directory.fd)
                reached("path.unlinked")
                _sync_directory(directory)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def remove_directory_if_empty(self, rel: RelPath) -> bool:
        """Remove an empty directory; False if it is not empty or not there."""
        parent, name = _split(rel)
        try:
            with self._opened(parent) as directory:
                os.rmdir(directory.at(name), dir_fd=directory.fd)
                reached("path.removed")
        except OSError as error:
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT, errno.ENOTDIR}:
                return False
            raise
        return True

    # --- inside ------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _opened(self, rel: RelPath, *, create: bool = False) -> Iterator[_Directory]:
        """The directory `rel`, reached step by step without following links below the root."""
        components = [part for part in rel.split("/") if part]
        if any(part in {".", ".."} or _NEVER_IN_NAMES & set(part) for part in components):
            raise ValueError(f"not a path below a root: {rel!r}")
        if sys.platform == "win32":
            self._require(_looked_up(self.path))
            yield _opened_by_path(self.path, components, create=create)
            return
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise RootAwayError(self.path) from error
        try:
            if self.key is not None:
                self._require(os.fstat(fd))
            beat()
            for component in components:
                inner = _open_below(fd, component, create=create)
                os.close(fd)
                fd = inner
                beat()
            yield _Directory(str(self.absolute(rel)), fd)
        finally:
            os.close(fd)

    def _require(self, status: os.stat_result) -> None:
        """Go on in the directory that was made sure of only, never in one that took its place."""
        if self.key is not None and self.key != (status.st_dev, status.st_ino):
            raise RootAwayError(self.path)


def _part_of_ours(name: str) -> str:
    return hashlib.sha256(f"{name}\0{platform.node()}".encode(errors="replace")).hexdigest()[:32]


def make_directories(path: Path, mode: int = 0o777) -> None:
    """Make a directory and its parents where they are missing; what lies in it can be found again.

    Its name is synced even where it was there: whoever made it may have been stopped before that.

    Raises:
        OSError: the system refuses.
    """
    missing = [path]
    while not missing[-1].parent.is_dir():
        missing.append(missing[-1].parent)
    for directory in reversed(missing):
        directory.mkdir(mode if directory == path else 0o777, exist_ok=True)
        reached("path.made")
        sync_names(directory.parent)


def sync_names(path: Path) -> None:
    """Make the names in a directory durable, where this user and the file system allow that."""
    if sys.platform == "win32":  # it has no such call
        return
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:  # to pass through a directory one need not be allowed to read it
        return
    try:
        _sync_directory(_Directory(str(path), fd))
    finally:
        os.close(fd)


def _split(rel: RelPath) -> tuple[RelPath, str]:
    parent, _, name = rel.rpartition("/")
    if name in {"", ".", ".."} or _NEVER_IN_NAMES & set(name):
        raise ValueError(f"not the path of a file: {rel!r}")
    return parent, name


def _regular_file(fd: int, rel: RelPath) -> BufferedReader:
    """The opened file for reading; closed again if it is a directory, a pipe or a device."""
    is_regular = False
    try:
        is_regular = stat.S_ISREG(os.fstat(fd).st_mode)
    finally:
        if not is_regular:
            os.close(fd)
    if not is_regular:
        raise SourceGone(f"{rel!r} is not a regular file")
    return os.fdopen(fd, "rb")


def _open_below(fd: int, component: str, *, create: bool) -> int:
    try:
        return _open_directory(fd, component)
    except FileNotFoundError:
        if not create:
            raise
    try:
        os.mkdir(component, dir_fd=fd)
        reached("path.made")
    except OSError:
        if _status(_Directory("", fd), component) is None:
            raise  # else it was made all the same: by another writer, or behind a remote error
    _sync_directory(_Directory("", fd))
    return _open_directory(fd, component)


def _open_directory(fd: int, component: str) -> int:
    try:
        return os.open(component, _DIRECTORY_FLAGS, dir_fd=fd)
    except OSError as error:
        if error.errno == errno.ELOOP:  # macOS; Linux says ENOTDIR
            raise NotADirectoryError(errno.ENOTDIR, "a link inside a root", component) from error
        raise


def _status(directory: _Directory, name: str) -> os.stat_result | None:
    try:
        return os.stat(directory.at(name), dir_fd=directory.fd, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _looked_up(root: Path) -> os.stat_result:  # Windows only
    try:
        status = root.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RootAwayError(root) from error
    if not stat.S_ISDIR(status.st_mode):
        raise RootAwayError(root)
    return status


def _opened_by_path(  # Windows only
    root: Path, components: list[str], *, create: bool
) -> _Directory:
    path = root
    for component in components:
        path /= component
        if create:
            path.mkdir(exist_ok=True)
        if path.is_symlink():
            raise NotADirectoryError(errno.ENOTDIR, "a link inside a root", str(path))
    return _Directory(str(path), None)


def _write_synced(
    directory: _Directory,
    name: str,
    content: Iterable[bytes] | BufferedReader,
    known: str | None = None,
    mode: int = 0o666,
) -> str:
    """Write and sync; returns the digest, which is not computed again where it is `known`."""
    sha256 = hashlib.sha256()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | _NO_LINK
    fd = os.open(directory.at(name), flags, mode, dir_fd=directory.fd)
    reached("path.created")
    with os.fdopen(fd, "wb", buffering=0) as file:
        if isinstance(content, BufferedReader):
            if known is not None:
                _copy_inside(content.fileno(), fd)
            content = chunks_of(content)
        for chunk in content:
            view = memoryview(chunk)
            if known is None:
                sha256.update(view)
            while view:
                view = view[file.write(view) :]
                beat()
                reached("path.written")
        os.fsync(fd)
        beat()
        reached("path.synced")
    return known or sha256.hexdigest()


def _copy_inside(source: int, target: int) -> None:
    """Let the system copy as much as it can, which costs a fraction of reading and writing.

    It may stop anywhere (not between these file systems, an old kernel): both files stand where it
    stopped, and the caller goes on from there.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # a full disk says so again when the caller writes
            while os.copy_file_range(source, target, _COPIED_AT_ONCE):
                beat()
                reached("path.written")


def _gives_rights(fd: int, beside: Path) -> bool:
    """Whether new files in a directory get what a file made elsewhere would not bring along."""
    if os.fstat(fd).st_mode & stat.S_ISGID or _attribute(fd, "system.posix_acl_default"):
        return True
    return _attribute(fd, "security.selinux") != _attribute(beside, "security.selinux")


def _attribute(place: int | Path, name: str) -> bytes:
    if sys.platform != "linux":
        return b""
    try:
        return os.getxattr(place, name)
    except OSError:  # it has none, or the file system knows none
        return b""


def _sha256_of(directory: _Directory, name: str) -> str:
    fd = os.open(directory.at(name), _SOURCE_FLAGS, dir_fd=directory.fd)
    with os.fdopen(fd, "rb", buffering=0) as file:
        return _digest(file)


def _digest(file: FileIO) -> str:
    """The sha256 of a file, read in large pieces: each lets other threads take their turn."""
    sha256 = hashlib.sha256()
    byte_count = os.fstat(file.fileno()).st_size
    view = memoryview(bytearray(max(1, min(_CHUNK, byte_count))))
    while count := file.readinto(view):
        sha256.update(view[:count])
        beat()
    return sha256.hexdigest()


def _read_back(directory: _Directory, name: str, sha256: str) -> None:
    if _sha256_of(directory, name) != sha256:
        raise DeliveryError(say("worker.read_back", path=Path(directory.path) / name))
    reached("path.read_back")


def _sync_directory(directory: _Directory) -> None:
    """Make name changes durable; servers that cannot (many SMB ones) are not an error."""
    if directory.fd is None:
        return
    try:
        os.fsync(directory.fd)
        reached("path.directory_synced")
    except OSError as error:
        if error.errno not in _NOT_SUPPORTED:
            raise


def _rename_no_replace(here: _Directory, name: str, there: _Directory, target: str) -> None:
    """Rename, failing if the target exists; on remote file systems the outcome decides.

    NFS may do the rename and report an error all the same: what counts is where the file is.
    """
    before = os.stat(here.at(name), dir_fd=here.fd, follow_symlinks=False)
    try:
        if sys.platform == "win32":
            os.rename(here.at(name), there.at(target))
        else:
            _rename_without_windows(here, name, there, target)
        reached("path.renamed")
    except OSError as error:
        if error.errno == errno.EXDEV:
            raise CrossDeviceError(*error.args) from error
        if not _arrived(before, here, name, there, target):
            raise


def _arrived(
    before: os.stat_result, here: _Directory, name: str, there: _Directory, target: str
) -> bool:
    """Whether the file bears its new name all the same.

    Where it still bears its old name as well (a link was made, then the power failed), the old
    one goes: a rename of two names of one file would do nothing (promises.md 2, step 11).
    """
    try:
        after = _status(there, target)
        now = _status(here, name)
    except OSError:
        return False
    if after is None or (before.st_dev, before.st_ino) != (after.st_dev, after.st_ino):
        return False
    if now is None:
        return True
    if after.st_nlink < 2 or _is_same_directory(here, there):
        return False  # one name, spelt in two ways
    os.unlink(here.at(name), dir_fd=here.fd)
    reached("path.unlinked")
    return True


def _is_same_directory(here: _Directory, there: _Directory) -> bool:
    one, other = os.stat(here.place), os.stat(there.place)
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


def _rename_without_windows(here: _Directory, name: str, there: _Directory, target: str) -> None:
    if here.fd is None or there.fd is None:
        raise ValueError("directories are opened by descriptor here")
    try:
        _renameat2(here.fd, name, there.fd, target)
    except OSError as error:
        if error.errno not in _NOT_SUPPORTED:
            raise
    else:
        return
    is_file = stat.S_ISREG(os.stat(name, dir_fd=here.fd, follow_symlinks=False).st_mode)
    if is_file:
        try:
            os.link(name, target, src_dir_fd=here.fd, dst_dir_fd=there.fd, follow_symlinks=False)
            reached("path.linked")
        except OSError as error:
            if error.errno not in _NOT_SUPPORTED | {errno.EMLINK, errno.EACCES}:
                raise
        else:
            os.unlink(name, dir_fd=here.fd)
            return
    placeholder = _placeholder(there.fd, target, is_file=is_file)
    try:
        os.rename(name, target, src_dir_fd=here.fd, dst_dir_fd=there.fd)
    except OSError:
        _remove_placeholder(there, target, placeholder)
        raise


def _placeholder(fd: int, name: str, *, is_file: bool) -> os.stat_result:
    """Take a name that was free; a directory then replaces an empty directory only."""
    if is_file:
        os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _NO_LINK, dir_fd=fd))
    else:
        os.mkdir(name, dir_fd=fd)
    reached("path.placeholder")
    return os.stat(name, dir_fd=fd, follow_symlinks=False)


def _remove_placeholder(there: _Directory, name: str, placeholder: os.stat_result) -> None:
    """Leave nothing under the name, unless it is no longer the empty thing that was put there."""
    with contextlib.suppress(OSError):
        status = _status(there, name)
        if status is None or status.st_ino != placeholder.st_ino:
            return
        if stat.S_ISDIR(status.st_mode):
            os.rmdir(name, dir_fd=there.fd)
        elif status.st_size == 0:
            os.unlink(name, dir_fd=there.fd)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _renameat2(old_fd: int, old: str, new_fd: int, new: str) -> None:
    """Linux's rename that never replaces.

    Raises:
        OSError: ENOSYS or EINVAL where the system or the file system has no such call.
    """
    call = getattr(_libc(), "renameat2", None)
    if call is None:
        raise OSError(errno.ENOSYS, "renameat2")
    if call(old_fd, os.fsencode(old), new_fd, os.fsencode(new), _RENAME_NOREPLACE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), old, None, new)


def rename_no_replace(directory: Path, old: str, new: str) -> None:
    """Rename in a directory by the system's own call that never replaces, to try it out.

    Raises:
        OSError: the system or the file system has no such call.
    """
    if sys.platform == "win32":
        os.rename(directory / old, directory / new)
        return
    fd = os.open(directory, _DIRECTORY_FLAGS)
    try:
        _renameat2(fd, old, fd, new)
    finally:
        os.close(fd)


def chunks_of(file: BufferedReader) -> Iterator[bytes]:
    """The content of a file in pieces of bounded size."""
    while chunk := file.read(_CHUNK):
        beat()
        yield chunk


def is_read_only(path: Path) -> bool:
    """Whether nothing can be made in a directory: by its file system, or by our rights."""
    if sys.platform != "win32" and os.statvfs(path).f_flag & os.ST_RDONLY:
        return True
    return not os.access(path, os.W_OK | os.X_OK)


def free_bytes(path: Path) -> int:
    """Free space of the file system that holds `path`."""
    if sys.platform == "win32":
        import shutil  # noqa: PLC0415 - needed on Windows only

        return shutil.disk_usage(path).free
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize
