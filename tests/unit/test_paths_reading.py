"""paths: looking and reading below a root; nothing is followed, nothing blocks."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from seedwatch.errors import SourceChanged, SourceGone
from seedwatch.paths import Identity, Root, RootAwayError
from tests.unit.made import sha256

OUTSIDE = ("..", "../x", "a/../x", "a/..", "./x", "a/./x", "a/\0/x", "x\0", "")
ODD_NAMES = ("new\nline.png", "-rf", "%s.png", "\U0001f600.png", "a\udcff.png", "e\u0301.png")


def _link(root: Root, name: str, target: Path | str) -> None:
    (root.path / name).symlink_to(target)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_name_is_read(root: Root, name: str) -> None:
    """A file of any name, one that is not UTF-8 included, is read under that name."""
    (root.path / name).write_bytes(b"abc")
    content, identity = root.read(name)
    assert content == b"abc"
    assert identity == Identity.of((root.path / name).stat())
    assert root.identity(name) == identity
    assert root.names() == [name]
    assert root.sha256(name) == sha256(b"abc")


def test_a_limit_bounds_what_is_read(root: Root) -> None:
    """Only the asked number of bytes of a large file is read."""
    (root.path / "x").write_bytes(b"0123456789")
    assert root.read("x", limit=4)[0] == b"0123"


@pytest.mark.parametrize("rel", OUTSIDE)
def test_a_path_that_leads_outside_is_refused(root: Root, rel: str) -> None:
    """`..`, `.`, NUL and the empty path are refused by every call, and nothing is made.

    Red when `_opened` or `_split` stops looking at the components.
    """
    calls: list[Callable[[], object]] = [
        lambda: root.read(rel),
        lambda: root.identity(rel),
        lambda: root.exists(rel),
        lambda: root.write_new(rel, [b"x"]),
        lambda: root.replace_small(rel, b"x"),
        lambda: root.move(rel, root, "y"),
        lambda: root.move("y", root, rel),
        lambda: root.unlink(rel),
        lambda: root.remove_directory_if_empty(rel),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="not "):
            call()
    assert list(root.path.parent.iterdir()) == [root.path]
    assert root.names() == []


def test_an_absolute_path_stays_below_the_root(root: Root) -> None:
    """A path with a slash in front names a file below the root, never one of the system."""
    root.write_new("/etc/passwd", [b"ours"])
    assert (root.path / "etc" / "passwd").read_bytes() == b"ours"


@pytest.mark.fault(78)
def test_links_to_files_are_not_read(root: Root, tmp_path: Path) -> None:
    """A symlink to a secret, dangling or circular is no source. Red without O_NOFOLLOW."""
    (tmp_path / "secret").write_bytes(b"secret")
    _link(root, "out.png", tmp_path / "secret")
    _link(root, "dangling.png", "nowhere")
    _link(root, "loop.png", "loop.png")
    for name in ("out.png", "dangling.png", "loop.png"):
        with pytest.raises(SourceGone):
            root.read(name)
        assert root.identity(name) is None
        assert root.sha256(name) is None
        assert root.exists(name)


@pytest.mark.fault(78)
def test_links_to_directories_are_not_entered(root: Root, tmp_path: Path) -> None:
    """No step of a path below the root follows a link, for reading, writing or removing.

    Red when `_DIRECTORY_FLAGS` loses O_NOFOLLOW.
    """
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_bytes(b"secret")
    _link(root, "sub", secret)
    with pytest.raises(SourceGone):
        root.read("sub/key")
    assert root.identity("sub/key") is None
    assert not root.exists("sub/key")
    assert not root.unlink("sub/key")
    for call in (
        lambda: root.write_new("sub/new", [b"x"]),
        lambda: root.replace_small("sub/key", b"x"),
        lambda: root.make_directory("sub/deep"),
        lambda: root.names("sub"),
    ):
        with pytest.raises(NotADirectoryError):
            call()
    assert [path.name for path in secret.iterdir()] == ["key"]
    assert (secret / "key").read_bytes() == b"secret"


def test_the_root_itself_may_be_a_link(root: Root, tmp_path: Path) -> None:
    """The operator may configure a link; only below it none is followed."""
    (root.path / "x").write_bytes(b"abc")
    (tmp_path / "alias").symlink_to(root.path)
    assert Root(tmp_path / "alias").read("x")[0] == b"abc"


@pytest.mark.fault(77)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_what_is_no_file_is_refused_at_once(root: Root, open_files: Callable[[], int]) -> None:
    """A pipe, a socket, a directory or a device named a.png neither blocks nor leaks.

    Red without O_NONBLOCK (it hangs), or when the descriptor of a directory stays open.
    """
    os.mkfifo(root.path / "pipe.png")
    (root.path / "directory.png").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(root.path)  # the path of a socket must be short
        try:
            listener.bind("socket.png")
        finally:
            os.chdir(here)
        before = open_files()
        for name in ("pipe.png", "directory.png", "socket.png"):
            with pytest.raises(SourceGone):
                root.read(name)
            assert root.identity(name) is None
            assert root.sha256(name) is None
        assert open_files() == before


def test_a_missing_file_is_gone(root: Root) -> None:
    """What is not there, or lies below a file, is gone; that is no error when looking."""
    (root.path / "file").write_bytes(b"x")
    for rel in ("no.png", "no/no.png", "file/no.png"):
        with pytest.raises(SourceGone):
            root.read(rel)
        assert root.identity(rel) is None
        assert not root.exists(rel)
        assert not root.unlink(rel)
        assert not root.remove_directory_if_empty(rel)


@pytest.mark.fault(20)
def test_a_root_that_is_away_is_not_an_empty_one(tmp_path: Path) -> None:
    """Unmounted is not empty: a missing root raises and never says "gone" or "not there".

    Red when `_opened` lets FileNotFoundError of the root itself through (promises.md P11).
    """
    (tmp_path / "file").write_bytes(b"")
    for away in (Root(tmp_path / "away"), Root(tmp_path / "file")):
        for call in _calls(away):
            with pytest.raises(RootAwayError):
                call()
    assert not (tmp_path / "away").exists()


def _calls(root: Root) -> list[Callable[[], object]]:
    return [
        lambda: root.read("x"),
        lambda: root.identity("x"),
        lambda: root.exists("x"),
        lambda: root.sha256("x"),
        root.names,
        lambda: root.unlink("x"),
        lambda: root.remove_directory_if_empty("x"),
        lambda: root.write_new("x", [b"x"]),
        lambda: root.replace_small("x", b"x"),
        lambda: root.move("x", root, "y"),
    ]


@pytest.mark.fault(32)
def test_a_file_that_grows_while_it_is_read_is_refused(root: Root) -> None:
    """What was read is only taken if the file was the same one before and after."""
    (root.path / "a.png").write_bytes(b"first")
    with pytest.raises(SourceChanged), root.open_source("a.png"):
        (root.path / "a.png").write_bytes(b"first more")
    assert root.read("a.png")[0] == b"first more"


@pytest.mark.fault(78)
def test_a_file_that_is_replaced_while_it_is_read_is_refused(root: Root) -> None:
    """A replaced name means other bytes: what was read under it does not count."""
    (root.path / "a.png").write_bytes(b"first")
    (root.path / "b.png").write_bytes(b"other")
    with pytest.raises(SourceChanged), root.open_source("a.png"):
        (root.path / "b.png").replace(root.path / "a.png")


@pytest.mark.fault(13)
def test_an_error_of_the_reader_is_not_hidden(root: Root) -> None:
    """What goes wrong while the file is open is what is raised."""
    (root.path / "a.png").write_bytes(b"first")
    with pytest.raises(KeyError), root.open_source("a.png"):
        raise KeyError
