"""paths: a new file is there whole or not at all, and never over another one."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seedwatch import paths
from seedwatch.errors import DeliveryError
from seedwatch.junk import is_junk
from seedwatch.paths import PART_PREFIX, Root
from tests.unit.made import sha256
from tests.unit.seam import Journal, do_then_fail, fail_fsync

LONGEST = "x" * 251 + ".png"


def _slowly(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), 1 << 14):
        yield content[start : start + (1 << 14)]


def _broken() -> Iterator[bytes]:
    yield b"some bytes"
    raise KeyError("the picture ends here")


@pytest.mark.parametrize("name", ["a.png", "deep/er/a.png", "a\udcff\n.png", LONGEST, "-rf"])
def test_a_new_file_is_written(root: Root, way: str, name: str) -> None:
    """A file of any name appears with its content, directories on the way are made."""
    assert root.write_new(name, [b"ab", b"", b"c"]) == sha256(b"abc")
    assert root.read(name)[0] == b"abc"
    assert [path for path in root.path.rglob("*") if path.is_file()] == [root.absolute(name)]


def test_an_empty_file_is_a_file(root: Root, way: str) -> None:
    """No content at all makes an empty file, not none."""
    assert root.write_new("empty", []) == sha256(b"")
    assert root.read("empty")[0] == b""


def test_readers_see_a_file_whole_or_not_at_all(root: Root, way: str) -> None:
    """A reader that polls never sees a visible name with part of the content (P7).

    Red when the content is written under its final name. The last way, for file systems with
    neither the call nor hard links, shows an empty file for a moment: nothing else is possible.
    """
    contents = {f"{number}.png": os.urandom(300_000) for number in range(25)}
    torn: list[str] = []
    is_over = threading.Event()

    def look() -> None:
        while not is_over.is_set():
            for name in [name for name in root.names() if not name.startswith(PART_PREFIX)]:
                seen = (root.path / name).read_bytes()
                if seen != contents[name] and (seen or way != "placeholder"):
                    torn.append(name)

    reader = threading.Thread(target=look)
    reader.start()
    for name, content in contents.items():
        root.write_new(name, _slowly(content))
    is_over.set()
    reader.join()
    assert torn == []


def _plant(path: Path, what: str) -> None:
    match what:
        case "file":
            path.write_bytes(b"theirs")
        case "empty file":
            path.touch()
        case "directory":
            path.mkdir()
        case "link":
            path.symlink_to("nowhere")
        case "pipe":
            os.mkfifo(path)


@pytest.mark.parametrize("what", ["file", "empty file", "directory", "link", "pipe"])
def test_nothing_is_written_over(root: Root, way: str, what: str) -> None:
    """Whatever bears the name stays what it is, a dangling link included (P8).

    Red when any of the ways renames without asking whether the name is free.
    """
    _plant(root.path / "a.png", what)
    before = os.lstat(root.path / "a.png")
    with pytest.raises(FileExistsError):
        root.write_new("a.png", [b"ours"])
    after = os.lstat(root.path / "a.png")
    assert (after.st_ino, after.st_mode, after.st_size) == (
        before.st_ino,
        before.st_mode,
        before.st_size,
    )
    assert root.names() == ["a.png"]


def test_one_of_many_writers_wins(root: Root, way: str) -> None:
    """Of writers that race for one name one gets it, whole; the others are told.

    Red when a way looks first and renames then.
    """
    contents = [bytes([number]) * 50_000 for number in range(12)]
    start = threading.Barrier(len(contents))

    def write(content: bytes) -> bool:
        start.wait()
        try:
            root.write_new("a.png", [content])
        except FileExistsError:
            return False
        return True

    with ThreadPoolExecutor(len(contents)) as pool:
        won = list(pool.map(write, contents))
    assert won.count(True) == 1
    assert root.read("a.png")[0] == contents[won.index(True)]
    assert root.names() == ["a.png"]


def test_many_writers_make_one_directory(root: Root) -> None:
    """Writers that need the same new sub-folder at the same time all get it."""
    start = threading.Barrier(8)

    def write(number: int) -> str:
        start.wait()
        return root.write_new(f"deep/er/{number}", [b"x"])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert sorted(root.names("deep/er")) == [str(number) for number in range(8)]


def test_a_content_that_breaks_off_leaves_nothing(root: Root) -> None:
    """If the content cannot be read to its end there is no file, and no temporary one."""
    with pytest.raises(KeyError):
        root.write_new("a.png", _broken())
    assert root.names() == []


def test_a_lying_disk_is_noticed(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that read back otherwise than written make no result, whatever fsync says.

    Red when `write_new` does not read back, or renames before it does.
    """
    real = os.fsync

    def fsync(fd: int) -> None:
        real(fd)
        if os.fstat(fd).st_size == len(b"a picture"):
            os.pwrite(fd, b"X", 0)

    monkeypatch.setattr(os, "fsync", fsync)
    for wanted in (None, sha256(b"a picture")):
        with pytest.raises(DeliveryError):
            root.write_new("a.png", [b"a picture"], sha256=wanted)
        assert root.names() == []


def test_a_content_that_is_not_the_wanted_one_is_refused(root: Root) -> None:
    """Bytes that lost their digest on the way (a spool file gone bad) make no result."""
    with pytest.raises(DeliveryError):
        root.write_new("a.png", [b"a picturE"], sha256=sha256(b"a picture"))
    assert root.names() == []
    wanted = sha256(b"a picture")
    assert root.write_new("a.png", [b"a picture"], sha256=wanted) == wanted


@pytest.mark.fault(14)
def test_a_failed_sync_makes_the_file_worthless(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failed fsync nothing appears, the temporary file goes, a new call starts anew."""
    with monkeypatch.context() as broken:
        fail_fsync(broken, errno.EIO, of_directories=False)
        with pytest.raises(OSError, match="Input/output"):
            root.write_new("a.png", [b"a picture"])
    assert root.names() == []
    root.write_new("a.png", [b"a picture"])
    assert root.read("a.png")[0] == b"a picture"


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_server_that_cannot_sync_directories_is_no_error(
    root: Root, other: Root, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Many SMB servers refuse fsync of a directory: writing, moving and removing go on."""
    fail_fsync(monkeypatch, number, of_directories=True)
    root.write_new("deep/a.png", [b"a picture"])
    root.replace_small("card", b"words")
    root.move("deep/a.png", other, "far/a.png")
    assert other.read("far/a.png")[0] == b"a picture"
    assert root.unlink("card")


@pytest.mark.fault(14)
def test_a_directory_that_cannot_be_synced_is_told(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real fault of a directory's fsync is raised; the file is whole, but not yet durable."""
    fail_fsync(monkeypatch, errno.EIO, of_directories=True)
    with pytest.raises(OSError, match="Input/output"):
        root.write_new("a.png", [b"a picture"])
    assert root.read("a.png")[0] == b"a picture"


def test_data_is_synced_before_its_name_and_the_name_after_it(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data, then the name, then the directory: in this order for each way to write (promises.md 2).

    Red when a sync is dropped or comes in another place.
    """
    journal = Journal(monkeypatch, root=root.path)
    root.write_new("a.png", [b"a picture"])
    assert journal.lines == ["sync data", "rename", "sync root"]
    journal.lines.clear()
    root.replace_small("card", b"words")
    assert journal.lines == ["sync data", "rename", "sync root"]
    journal.lines.clear()
    root.sync("a.png")
    assert journal.lines == ["sync data", "sync root"]


def test_a_second_name_is_durable_before_it_counts(
    root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data of a linked file was synced before; its new name is synced at once.

    Red without that sync: a power cut would take a result whose task is done.
    """
    spooled = tmp_path / "spooled"
    spooled.write_bytes(b"a picture")
    journal = Journal(monkeypatch, root=root.path)
    if not root.link_new("a.png", spooled):
        pytest.skip("no links here")
    assert journal.lines == ["sync root"]


def test_a_removal_is_durable(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    """A removed file does not come back: its directory is synced.

    Red without that sync: a source that was copied to another disk would lie in both places.
    """
    root.write_new("a.png", [b"a picture"])
    journal = Journal(monkeypatch, root=root.path)
    assert root.unlink("a.png")
    assert journal.lines == ["sync root"]


def test_a_new_directory_is_durable_before_what_it_holds(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that was made is synced into its parent first."""
    journal = Journal(monkeypatch, root=root.path)
    root.write_new("sub/a.png", [b"a picture"])
    assert journal.lines == ["sync root", "sync data", "rename", "sync a directory"]


def test_a_directory_made_behind_a_remote_error_is_used(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NFS may make a directory and report an error: what counts is that it is there."""
    do_then_fail(monkeypatch, os, "mkdir", errno.EIO)
    root.write_new("sub/a.png", [b"a picture"])
    assert root.read("sub/a.png")[0] == b"a picture"


def test_a_directory_that_cannot_be_made_is_told(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the system refuses the directory, that error is the one raised."""

    def refuse(*_args: object, **_named: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(PermissionError):
        root.write_new("sub/a.png", [b"a picture"])


def test_our_own_small_files_are_replaced(root: Root) -> None:
    """A marker or card is written over an older one of ours; its readers see old or new."""
    root.replace_small("sub/card", b"old")
    root.replace_small("sub/card", b"new words")
    assert root.read("sub/card")[0] == b"new words"
    assert root.names("sub") == ["card"]


def test_a_small_file_is_not_written_through_a_link(root: Root, tmp_path: Path) -> None:
    """A link in the place of our small file is replaced, its target is left alone."""
    (tmp_path / "victim").write_bytes(b"theirs")
    (root.path / "card").symlink_to(tmp_path / "victim")
    root.replace_small("card", b"ours")
    assert (tmp_path / "victim").read_bytes() == b"theirs"
    assert root.read("card")[0] == b"ours"


def test_temporary_names_are_never_inputs() -> None:
    """What we write into a folder that is watched is hidden from the scanner until it is whole."""
    assert is_junk(PART_PREFIX + "0123456789abcdef")


def test_no_descriptor_is_kept(root: Root, other: Root, open_files: Callable[[], int]) -> None:
    """Every step closes what it opened, also where it fails: nothing is kept open on shares."""
    before = open_files()
    root.write_new("deep/a.png", [b"x"])
    with pytest.raises(FileExistsError):
        root.write_new("deep/a.png", [b"y"])
    with pytest.raises(KeyError):
        root.write_new("b.png", _broken())
    with pytest.raises(FileNotFoundError):
        root.move("no/a.png", other, "a.png")
    with pytest.raises(NotADirectoryError):
        root.write_new("deep/a.png/b", [b"x"])
    root.move("deep/a.png", other, "a.png")
    assert not root.unlink("deep/a.png")
    assert root.remove_directory_if_empty("deep")
    assert open_files() == before


def test_what_a_kill_left_of_a_small_file_goes(root: Root) -> None:
    """A call that was killed leaves a hidden part; the next one for that name takes it away.

    Breaks if each call thinks of a new name for its part: an inbox would gather them.
    """
    left = root.path / (PART_PREFIX + paths._part_of_ours(".seedwatch"))
    left.write_bytes(b"ha")
    root.replace_small(".seedwatch", b"whole")
    assert root.names() == [".seedwatch"]
    assert root.read(".seedwatch")[0] == b"whole"
