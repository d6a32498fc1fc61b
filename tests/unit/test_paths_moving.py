"""paths: renaming never replaces, in any of its ways, and the outcome decides, not the code."""

from __future__ import annotations

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from stat import S_ISREG

import pytest

from seedwatch import paths
from seedwatch.paths import CrossDeviceError, Root
from tests.unit.seam import Journal, do_then_fail, force, refuse


def _put(root: Root, name: str, content: bytes = b"a picture") -> None:
    path = root.absolute(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_a_file_is_moved(root: Root, other: Root, way: str) -> None:
    """A file goes to another root, directories there are made; it is the same file."""
    _put(root, "sub/a.png")
    before = root.identity("sub/a.png")
    root.move("sub/a.png", other, "new/place/b\udcff.png")
    after = other.identity("new/place/b\udcff.png")
    assert before is not None
    assert after is not None
    assert (after.ino, after.byte_count) == (before.ino, before.byte_count)
    assert root.names("sub") == []


def test_a_directory_is_moved(root: Root, other: Root, way: str) -> None:
    """A set goes with all it holds."""
    _put(root, "set/1.png", b"one")
    _put(root, "set/deep/2.png", b"two")
    root.move("set", other, "set")
    assert other.read("set/1.png")[0] == b"one"
    assert other.read("set/deep/2.png")[0] == b"two"
    assert root.names() == []


@pytest.mark.parametrize("what", ["file", "directory"])
@pytest.mark.parametrize("there", ["file", "full directory", "empty directory", "link"])
def test_a_taken_name_is_left_alone(
    root: Root, other: Root, way: str, what: str, there: str
) -> None:
    """If the target's name is taken both sides stay as they are, an empty directory included.

    Red when plain rename is used: it replaces files, and empty directories by directories.
    """
    _put(root, "a/1.png" if what == "directory" else "a")
    match there:
        case "file":
            _put(other, "a", b"theirs")
        case "full directory":
            _put(other, "a/theirs.png", b"theirs")
        case "empty directory":
            other.make_directory("a")
        case "link":
            (other.path / "a").symlink_to("nowhere")
    before = os.lstat(other.path / "a")
    with pytest.raises(FileExistsError):
        root.move("a", other, "a")
    assert os.lstat(other.path / "a").st_ino == before.st_ino
    assert root.exists("a/1.png" if what == "directory" else "a")


def test_one_of_many_movers_wins(root: Root, other: Root, way: str) -> None:
    """Of files that race for one name one arrives; all others still lie where they lay."""
    names = [f"{number}.png" for number in range(10)]
    for name in names:
        _put(root, name, name.encode())
    start = threading.Barrier(len(names))

    def move(name: str) -> bool:
        start.wait()
        try:
            root.move(name, other, "a.png")
        except FileExistsError:
            return False
        return True

    with ThreadPoolExecutor(len(names)) as pool:
        won = list(pool.map(move, names))
    assert won.count(True) == 1
    winner = names[won.index(True)]
    assert other.read("a.png")[0] == winner.encode()
    assert sorted(root.names()) == sorted(set(names) - {winner})


def test_a_missing_source_is_told(root: Root, other: Root, way: str) -> None:
    """Moving what is not there changes nothing."""
    with pytest.raises(FileNotFoundError):
        root.move("a.png", other, "a.png")
    assert other.names() == []


@pytest.mark.fault(26)
def test_a_remote_error_after_the_rename_is_a_success(
    root: Root, other: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NFS may rename and report EIO all the same: the file is where it should be (fault 26).

    Red when the post-condition is not looked at.
    """
    force("renameat2", monkeypatch)
    do_then_fail(monkeypatch, paths, "_renameat2", errno.EIO)
    _put(root, "a.png")
    root.move("a.png", other, "a.png")
    assert other.read("a.png")[0] == b"a picture"
    assert root.names() == []


def test_a_real_error_of_the_rename_is_told(
    root: Root, other: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that changed nothing is raised, and nothing is changed."""
    monkeypatch.setattr(paths, "_renameat2", refuse(errno.EIO))
    _put(root, "a.png")
    with pytest.raises(OSError, match="Input/output"):
        root.move("a.png", other, "a.png")
    assert root.names() == ["a.png"]
    assert other.names() == []


@pytest.mark.fault(26)
@pytest.mark.parametrize("number", [errno.EIO, errno.EEXIST])
def test_a_link_that_was_made_behind_an_error_counts(
    root: Root, other: Root, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Where the link stands although an error was reported, the old name goes (NFS asks twice)."""
    force("link", monkeypatch)
    do_then_fail(monkeypatch, os, "link", number)
    _put(root, "a.png")
    root.move("a.png", other, "a.png")
    assert other.read("a.png")[0] == b"a picture"
    assert root.names() == []


@pytest.mark.fault(26)
def test_an_unlink_that_was_done_behind_an_error_counts(
    root: Root, other: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second half of link and unlink may report an error, too."""
    force("link", monkeypatch)
    _put(root, "a.png")
    with monkeypatch.context() as remote:
        do_then_fail(remote, os, "unlink", errno.EIO)
        root.move("a.png", other, "a.png")
    assert other.read("a.png")[0] == b"a picture"
    assert root.names() == []


@pytest.mark.parametrize("what", ["file", "empty file", "directory"])
def test_a_rename_onto_the_placeholder_behind_an_error_counts(
    root: Root, other: Root, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The file that came in place of its placeholder is not taken for the placeholder."""
    force("placeholder", monkeypatch)
    do_then_fail(monkeypatch, os, "rename", errno.EIO)
    name, content = "a/1.png" if what == "directory" else "a", b"" if "empty" in what else b"x"
    _put(root, name, content)
    root.move("a", other, "a")
    assert other.read(name)[0] == content
    assert root.names() == []


@pytest.mark.parametrize("what", ["file", "directory"])
def test_a_placeholder_does_not_stay(
    root: Root, other: Root, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """If the rename onto its placeholder fails no empty thing is left under the name (P7).

    Red when the placeholder is not removed.
    """
    force("placeholder", monkeypatch)
    _put(root, "a/1.png" if what == "directory" else "a")
    with monkeypatch.context() as broken:
        broken.setattr(os, "rename", refuse(errno.EIO))
        with pytest.raises(OSError, match="Input/output"):
            root.move("a", other, "a")
    assert other.names() == []
    assert root.names() == ["a"]
    root.move("a", other, "a")
    assert root.names() == []


@pytest.mark.parametrize("way", ["renameat2", "link"])
def test_two_names_of_one_file_become_one(
    root: Root, other: Root, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """A link without its unlink (the power failed in between) is finished by the next call.

    Red when a taken name is never compared with the source.
    """
    force(way, monkeypatch)
    _put(root, "a.png")
    os.link(root.path / "a.png", other.path / "a.png")
    root.move("a.png", other, "a.png")
    assert other.read("a.png")[0] == b"a picture"
    assert root.names() == []


@pytest.mark.fault(27)
def test_two_names_in_one_directory_both_stay(
    root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one and the same directory, also under an alias, a second name may be the only file.

    On a file system without case `A.png` and `a.png` are one name: unlinking would lose the file.
    """
    (tmp_path / "alias").symlink_to(root.path)
    _put(root, "A.png")
    os.link(root.path / "A.png", root.path / "a.png")
    for target in (root, Root(tmp_path / "alias")):
        with pytest.raises(FileExistsError):
            root.move("A.png", target, "a.png")
    assert sorted(root.names()) == ["A.png", "a.png"]


def test_a_single_name_is_never_unlinked(
    root: Root, other: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where numbers of files are made up, two files may bear one: a link count of 1 saves it."""
    _put(root, "a.png", b"ours")
    _put(other, "a.png", b"theirs")
    real = os.stat

    def stat(*args: object, **named: object) -> os.stat_result:
        status = real(*args, **named)  # type: ignore[arg-type]  # passes on what it was given
        fields = list(status)
        if S_ISREG(status.st_mode):
            fields[1] = 1  # st_ino
        return os.stat_result(fields)

    monkeypatch.setattr(os, "stat", stat)
    with pytest.raises(FileExistsError):
        root.move("a.png", other, "a.png")
    monkeypatch.undo()
    assert root.read("a.png")[0] == b"ours"
    assert other.read("a.png")[0] == b"theirs"


def test_both_directories_are_synced_the_target_first(
    root: Root, other: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new name is durable before the old one is given up (promises.md 2).

    Red when one of the syncs is dropped or their order is turned round.
    """
    force("renameat2", monkeypatch)
    _put(root, "a.png")
    journal = Journal(monkeypatch, root=root.path, other=other.path)
    root.move("a.png", other, "a.png")
    assert journal.lines == ["rename", "sync other", "sync root"]
    journal.lines.clear()
    other.unlink("a.png")
    assert journal.lines == ["sync other"]


def test_another_file_system_is_told(root: Root, way: str, far_away: Path) -> None:
    """A rename across file systems changes nothing and says so, in every way."""
    target = Root(far_away)
    _put(root, "a.png")
    _put(root, "set/1.png")
    for name in ("a.png", "set"):
        with pytest.raises(CrossDeviceError):
            root.move(name, target, name)
    assert target.names() == []
    assert sorted(root.names()) == ["a.png", "set"]


def test_a_directory_goes_only_when_it_is_empty(root: Root) -> None:
    """A directory with anything in it stays; an empty one goes; a file is no directory."""
    _put(root, "set/1.png")
    assert not root.remove_directory_if_empty("set")
    assert not root.remove_directory_if_empty("set/1.png")
    assert root.unlink("set/1.png")
    assert root.remove_directory_if_empty("set")
    assert root.names() == []


def test_free_space_is_that_of_the_file_system(tmp_path: Path) -> None:
    """The free space is what a user may still write there."""
    status = os.statvfs(tmp_path)
    bound = status.f_blocks * status.f_frsize
    assert 0 < paths.free_bytes(tmp_path) <= bound
