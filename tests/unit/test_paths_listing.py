"""paths: listing a whole root finds every regular file and follows no link."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seedwatch.paths import Root, RootAwayError


def test_every_regular_file(tmp_path: Path) -> None:
    """Files at any depth; links, pipes and unwanted directories are left out."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "junk").mkdir()
    for name in ("one", "a/two", "a/b/three", "junk/four"):
        (tmp_path / name).write_text(name)
    (tmp_path / "link").symlink_to(tmp_path / "one")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    found = dict(Root(tmp_path).files(lambda name: name != "junk"))
    assert sorted(found) == ["a/b/three", "a/two", "one"]
    assert found["a/two"].byte_count == len("a/two")


def test_a_root_that_is_away(tmp_path: Path) -> None:
    """A missing root is told from an empty one."""
    assert list(Root(tmp_path).files()) == []
    with pytest.raises(RootAwayError):
        list(Root(tmp_path / "away").files())
