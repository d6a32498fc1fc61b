"""paths: what a system, a race or a failing disk does seldom."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from seedwatch import paths
from seedwatch.paths import Root
from tests.unit.made import sha256
from tests.unit.seam import force, refuse

pytestmark = pytest.mark.skipif(os.name == "nt", reason="directories have descriptors")


def test_a_root_is_named_in_errors() -> None:
    """Whoever reads a trace sees which folder it was."""
    assert repr(Root(Path("/shop/inbox"))) == "Root('/shop/inbox')"


def test_what_changed_is_found_below(root: Root) -> None:
    """Files of the ending that changed later, in directories, too; no others."""
    for number, name in enumerate(["old.json", "deep/er/new.json", "deep/new.txt"]):
        path = root.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, ns=(number, number))
    assert list(root.changed_since(0, ".json")) == [(1, "deep/er/new.json")]


def test_a_directory_that_vanishes_while_it_is_listed(root: Root) -> None:
    """The rest is listed all the same."""
    for name in ("a.png", "gone/b.png"):
        root.write_new(name, [b"x"])
    listed = root.files()
    assert next(listed)[0] == "a.png"
    shutil.rmtree(root.path / "gone")
    assert list(listed) == []


def test_a_listing_that_fails_is_no_empty_root(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the root itself nothing is left out.

    Breaks if it counts as empty: every file in it would be taken for gone.
    """
    monkeypatch.setattr(os, "scandir", refuse(errno.ENOENT))
    with pytest.raises(FileNotFoundError):
        next(root.files())


def test_a_small_file_that_cannot_be_replaced(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    """The older one stays, and nothing lies about."""
    root.replace_small("card.txt", b"old")
    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", refuse(errno.EIO))
        with pytest.raises(OSError, match="Input/output"):
            root.replace_small("card.txt", b"new")
    assert root.names() == ["card.txt"]
    assert root.read("card.txt")[0] == b"old"


def test_a_directory_that_may_not_be_read_is_not_synced(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To pass through a directory is enough for us."""
    monkeypatch.setattr(os, "open", refuse(errno.EACCES))
    paths.sync_names(root.path)


def test_a_link_on_the_way_has_one_error(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    """Systems name it differently."""
    monkeypatch.setattr(os, "open", refuse(errno.ELOOP))
    with pytest.raises(NotADirectoryError):
        paths._open_directory(0, "link")


def test_without_a_descriptor_nothing_is_synced_or_renamed() -> None:
    """Windows names directories by path: it has no sync of them, and a rename of its own."""
    by_path = paths._Directory("x", None)
    paths._sync_directory(by_path)
    with pytest.raises(ValueError, match="descriptor"):
        paths._rename_without_windows(by_path, "a", by_path, "b")


def test_a_rename_of_which_nothing_can_be_learnt(
    root: Root, other: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts as failed, with the error of the rename."""
    root.write_new("a.png", [b"x"])
    force("placeholder", monkeypatch)
    monkeypatch.setattr(os, "rename", refuse(errno.ETIMEDOUT))
    monkeypatch.setattr(paths, "_status", refuse(errno.EIO))
    with pytest.raises(TimeoutError):
        root.move("a.png", other, "a.png")


def test_a_placeholder_that_was_filled_stays(root: Root) -> None:
    """What somebody wrote under the name meanwhile is theirs."""
    with root._opened("") as directory:
        assert directory.fd is not None
        placeholder = paths._placeholder(directory.fd, "a.png", is_file=True)
        (root.path / "a.png").write_bytes(b"theirs")
        paths._remove_placeholder(directory, "a.png", placeholder)
    assert root.read("a.png")[0] == b"theirs"


def test_a_system_without_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told from a rename that failed."""
    monkeypatch.setattr(paths, "_libc", object)
    with pytest.raises(OSError, match="renameat2") as told:
        paths._renameat2(0, "a", 0, "b")
    assert told.value.errno == errno.ENOSYS


def test_a_file_is_hashed_while_it_is_copied(root: Root, tmp_path: Path) -> None:
    """Where its digest is not known yet."""
    (tmp_path / "a").write_bytes(b"abc")
    with (tmp_path / "a").open("rb") as file:
        assert root.write_new("b", file) == sha256(b"abc")
    assert root.read("b")[0] == b"abc"
