"""Folders that lie in one another are refused: otherwise results are dropped again and paid."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seedwatch.config.overlap import (
    Anchor,
    Place,
    Spot,
    find_overlaps,
    look,
    look_at_all,
    relation,
)
from tests.config.build import load, mistakes


def folders(*lines: str) -> str:
    """A config.yaml with these folders (`inbox: a, outbox: b`)."""
    entries = (f"  - {{name: f{number}, {line}}}\n" for number, line in enumerate(lines))
    return "folders:\n" + "".join(entries)


@pytest.mark.fault(87)
@pytest.mark.fault(88)
@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["inbox: a/in"], []),
        (["inbox: a/in", "inbox: b/in"], []),
        (["inbox: a/in", "inbox: a/in2"], []),  # siblings share outbox, done and failed
        (["inbox: a/in", "inbox: a/in"], ["folders[1].inbox: inbox is the same folder as inbox"]),
        (["inbox: a/in", "inbox: b/../a/in/"], ["folders[1].inbox: inbox is the same folder as"]),
        (["inbox: a/in, outbox: a/in"], ["folders[0].outbox: outbox is the same folder as inbox"]),
        (["inbox: a/in, outbox: a/in/o"], ["folders[0].outbox: outbox lies inside inbox (f0)"]),
        (["inbox: a/in, done: a/in/d"], ["folders[0].done: done lies inside inbox (f0)"]),
        (["inbox: a/in, failed: a/in/x/y"], ["folders[0].failed: failed lies inside inbox (f0)"]),
        (["inbox: a/o/in, outbox: a/o"], ["folders[0].outbox: inbox (f0) lies inside this outbox"]),
        (
            ["inbox: a", "inbox: a/sub, outbox: b, done: c, failed: d"],
            ["folders[1].inbox: inbox lies inside inbox (f0)"],
        ),
        (
            ["inbox: a/sub/in", "inbox: a/sub, outbox: b, done: c, failed: d"],
            [
                "folders[1].inbox: done (f0) lies inside this inbox",
                "folders[1].inbox: failed (f0) lies inside this inbox",
                "folders[1].inbox: inbox (f0) lies inside this inbox",
                "folders[1].inbox: outbox (f0) lies inside this inbox",
            ],
        ),
        (
            ["inbox: a/in", "inbox: a/outbox"],
            [
                "folders[1].inbox: inbox is the same folder as outbox (f0)",
                "folders[1].inbox: outbox is the same folder as inbox (f1)",
            ],
        ),
        (["inbox: a/in, done: a/x, failed: a/x"], ["folders[0].failed: failed is the same folder"]),
        (["inbox: a/in, done: a/outbox"], ["folders[0].done: done is the same folder as outbox"]),
        (["inbox: a/in, done: a/outbox/done"], []),
        (["inbox: a/in, outbox: o", "inbox: b/in, outbox: o"], []),
        (["inbox: a/in, outbox: o", "inbox: b/in, done: o"], ["folders[1].done: done is the same"]),
        (["inbox: ./state/in"], ["folders[0].inbox: inbox lies inside state_dir"]),
        (["inbox: ."], ["folders[0].inbox: state_dir lies inside this inbox"]),
        (["inbox: a/in, outbox: state"], ["folders[0].outbox: outbox is the same folder as state"]),
        (["inbox: a/in", "inbox: a/inn"], []),  # a prefix of the name is not a parent
    ],
)
def test_overlaps_by_name(tmp_path: Path, lines: list[str], expected: list[str]) -> None:
    """Nothing exists yet: the names decide, at the second of the two places."""
    found = [line.split(": ", 1)[1] for line in mistakes(tmp_path, folders(*lines))]
    assert [line[: len(start)] for line, start in zip(found, expected, strict=True)] == expected


def test_an_inbox_at_the_root_of_the_file_system_is_refused(tmp_path: Path) -> None:
    """Its siblings lie in itself."""
    assert "folders[0].inbox: outbox lies inside inbox (f0)" in "\n".join(
        mistakes(tmp_path, folders(f"inbox: '{tmp_path.anchor}'"))
    )


@pytest.mark.fault(87)
@pytest.mark.fault(88)
@pytest.mark.skipif(sys.platform == "win32", reason="symlinks need a privilege there")
@pytest.mark.parametrize("is_outbox_there", [True, False])
def test_overlaps_through_symlinks(tmp_path: Path, is_outbox_there: bool) -> None:
    """A link to the inbox, and an outbox below such a link that exists or not yet, are seen.

    Red if paths are compared as they were written.
    """
    inbox = tmp_path / "a" / "in"
    inbox.mkdir(parents=True)
    (tmp_path / "link").symlink_to(inbox)
    if is_outbox_there:
        (inbox / "out").mkdir()
    assert "is the same folder as inbox (f0)" in "\n".join(
        mistakes(tmp_path, folders("inbox: a/in", "inbox: link, outbox: o, done: d, failed: f"))
    )
    assert "folders[0].outbox: outbox lies inside inbox (f0)" in "\n".join(
        mistakes(tmp_path, folders("inbox: a/in, outbox: link/out"))
    )
    (tmp_path / "deep").symlink_to(inbox / "deep")
    assert "folders[0].outbox: outbox lies inside inbox (f0)" in "\n".join(
        mistakes(tmp_path, folders("inbox: a/in, outbox: deep"))
    )


@contextmanager
def bound(source: Path, target: Path) -> Iterator[None]:
    """`target` shows `source` by a bind mount, where we are allowed to make one."""
    target.mkdir(parents=True)
    command = ["mount", "--bind", str(source), str(target)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no bind mount here: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(target)], check=True)


@pytest.mark.fault(87)
@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="bind mounts are a Linux matter")
def test_overlaps_through_bind_mounts(tmp_path: Path) -> None:
    """The inbox, or a directory inside it, shown at another place is still the inbox.

    Red without device and inode (the first case) or without the mount table (the second).
    """
    inbox = tmp_path / "a" / "in"
    (inbox / "deep").mkdir(parents=True)
    with bound(inbox, tmp_path / "b"):
        assert relation(look(tmp_path / "b"), look(inbox)) == "same"
        assert relation(look(tmp_path / "b" / "new"), look(inbox)) == "inside"
        found = "\n".join(mistakes(tmp_path, folders("inbox: a/in, outbox: b/new")))
        assert "folders[0].outbox: outbox lies inside inbox (f0)" in found
    with bound(inbox / "deep", tmp_path / "c"):
        assert relation(look(tmp_path / "c" / "new"), look(inbox)) == "inside"
        found = "\n".join(mistakes(tmp_path, folders("inbox: a/in, outbox: c")))
        assert "folders[0].outbox: outbox lies inside inbox (f0)" in found


def spot(*below: str, device: int = 1, inode: int = 1) -> Spot:
    """A path below one existing directory."""
    return Spot((Anchor(device, inode, below),))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (spot("a"), spot("a"), "same"),
        (spot("a", "b"), spot("a"), "inside"),
        (spot("a"), spot("a", "b"), "around"),
        (spot("a"), spot("b"), "apart"),
        (spot("a", inode=2), spot("a"), "apart"),
        (spot("a", device=2), spot("a"), "apart"),
        (Spot(()), spot("a"), "apart"),
        (Spot((), ("8:1", "x", "y")), Spot((), ("8:1", "x")), "inside"),
        (Spot((), ("8:1", "x")), Spot((), ("8:2", "x")), "apart"),
        (Spot((Anchor(1, 5, ()), Anchor(1, 1, ()))), Spot((Anchor(1, 1, ()),)), "inside"),
    ],
)
def test_relation_of_spots(one: Spot, other: Spot, expected: str) -> None:
    """The decision is pure: anchors and mount paths in, one of four words out."""
    assert relation(one, other) == expected


def test_each_pair_is_reported_once() -> None:
    """Three inboxes at one place are two overlaps with the first and one more."""
    places = [Place(str(number), "inbox", spot("a")) for number in range(3)]
    assert [(f.first.owner, f.second.owner) for f in find_overlaps(places)] == [
        ("0", "1"),
        ("0", "2"),
        ("1", "2"),
    ]


def test_existing_folders_side_by_side_are_fine(tmp_path: Path) -> None:
    """What `run` made before does not count as an overlap at the next start."""
    for name in ("in", "outbox", "done", "failed"):
        (tmp_path / "a" / name).mkdir(parents=True)
    (tmp_path / "state").mkdir()
    assert load(tmp_path, folders("inbox: a/in")).folders[0].name == "f0"


@pytest.mark.fault(24)
@pytest.mark.fault(87)
def test_a_share_that_hangs_keeps_no_configuration_from_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path that does not answer counts by its name: what lies in it by name is still refused."""
    go_on = threading.Event()
    real = os.path.realpath

    def hanging(path: str | Path, **more: bool) -> str:
        if "hung" in str(path):
            go_on.wait(30)
        return real(path, **more)

    monkeypatch.setattr(os.path, "realpath", hanging)
    hung, inside, well = tmp_path / "hung", tmp_path / "hung" / "in", tmp_path / "well"
    began = time.monotonic()
    spots = look_at_all([hung, inside, well], 0.3)
    assert time.monotonic() - began < 5
    go_on.set()

    assert relation(spots[1], spots[0]) == "inside"
    assert relation(spots[2], spots[0]) == "apart"
