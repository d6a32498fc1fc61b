"""The scanner on real directories; only the clock is the test's own."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedwatch.inbox.looks import Look
from seedwatch.inbox.scanner import Scanner

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="POSIX file types and names")
LATER = 100.0


class Looker:
    """A scanner with a clock that goes on by itself."""

    def __init__(self, root: Path) -> None:
        self.scanner = Scanner(str(root))
        self.now = 0.0

    def look(self, *, is_full: bool = False, later_s: float = 10.0, **more: object) -> Look:
        """Look and remember."""
        self.now += later_s
        look = self.scanner.look(self.now, is_full=is_full, **more)  # type: ignore[arg-type]  # passed on
        self.scanner.commit(look)
        return look


@pytest.fixture
def looker(tmp_path: Path) -> Looker:
    """A scanner over an empty root."""
    return Looker(tmp_path)


def test_new_changed_and_gone(looker: Looker, tmp_path: Path) -> None:
    """A look tells what is new, what changed and what is gone since the one before, once."""
    (tmp_path / "b.png").write_bytes(b"1")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "a.png").write_bytes(b"1")
    assert looker.look().changed == ["b.png", "deep/er/a.png"]
    assert looker.look().changed == []

    (tmp_path / "b.png").unlink()
    (tmp_path / "c.png").write_bytes(b"1")
    look = looker.look()

    assert (look.changed, look.gone) == (["c.png"], ["b.png"])
    assert looker.look(is_full=True).gone == []
    assert sorted(path for path, _ in looker.scanner.files_below("")) == ["c.png", "deep/er/a.png"]


def test_natural_order(looker: Looker, tmp_path: Path) -> None:
    """Files of one look come in the order people expect."""
    for name in ("10.png", "9.png", "B.png", "a.png"):
        (tmp_path / name).touch()

    assert looker.look().changed == ["9.png", "10.png", "a.png", "B.png"]


@pytest.mark.fault(30)
@pytest.mark.fault(32)
def test_a_change_in_place_is_seen_by_a_full_look_or_a_hint(looker: Looker, tmp_path: Path) -> None:
    """Writing into a file moves no directory: the rescan or an event finds it."""
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"1")
    looker.look()
    looker.look()
    (tmp_path / "a.png").write_bytes(b"22")
    (tmp_path / "b.png").write_bytes(b"22")

    assert looker.look().changed == []
    assert looker.look(hints=["a.png", "gone.png"]).changed == ["a.png"]
    assert looker.look(is_full=True).changed == ["b.png"]
    assert looker.look(is_full=True).changed == []


def test_a_directory_moved_in_and_out(looker: Looker, tmp_path: Path) -> None:
    """A whole tree that is moved in is found by the next look; moved out, all of it is gone."""
    inbox, aside = tmp_path / "in", tmp_path / "aside"
    (aside / "x" / "y").mkdir(parents=True)
    inbox.mkdir()
    names = [f"x/y/{number}.png" for number in range(400)]
    for name in names:
        (aside / name).touch()
    looker = Looker(inbox)
    looker.look()

    (aside / "x").rename(inbox / "x")
    assert looker.look().changed == names
    (inbox / "x").rename(aside / "x")
    assert sorted(looker.look().gone) == sorted(names)
    assert looker.scanner.directory_count == 1


def test_the_same_tick_does_not_hide_a_file(looker: Looker, tmp_path: Path) -> None:
    """A directory is listed again until its mtime is old enough to be trusted.

    Breaks if a directory counted as clean at its first listing.
    """
    looker.look(later_s=0.0)
    status = tmp_path.stat()
    (tmp_path / "a.png").touch()
    os.utime(tmp_path, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert looker.look(later_s=1.0).changed == ["a.png"]
    assert looker.scanner.needs_another_look()
    looker.look(later_s=5.0)
    assert not looker.scanner.needs_another_look()


def test_a_look_that_is_not_remembered_has_no_effect(looker: Looker, tmp_path: Path) -> None:
    """What a discarded look saw is seen again; nothing is gone because of it (I6)."""
    (tmp_path / "a.png").touch()
    looker.look()
    (tmp_path / "a.png").unlink()
    (tmp_path / "b.png").touch()

    for _ in range(2):
        look = looker.scanner.look(LATER)
        assert (look.changed, look.gone) == (["b.png"], ["a.png"])


@pytest.mark.fault(21)
def test_a_look_that_fails_half_way_has_no_effect(
    looker: Looker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error in the middle of a listing ends the look; the next one knows all it knew.

    Breaks if tables were taken over while the look runs.
    """
    for name in ("a/1.png", "b/2.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    looker.look()
    (tmp_path / "a" / "3.png").touch()
    real = os.scandir

    def failing(path: str) -> object:
        if path.endswith("/b"):
            raise OSError(5, "Input/output error")
        return real(path)

    monkeypatch.setattr(os, "scandir", failing)
    with pytest.raises(OSError, match="Input/output"):
        looker.scanner.look(LATER, is_full=True)
    monkeypatch.undo()

    look = looker.look(is_full=True)
    assert (look.changed, look.gone) == (["a/3.png"], [])


@pytest.mark.fault(17)
def test_a_directory_that_may_not_be_read_keeps_its_files(
    looker: Looker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No permission is an obstacle, not a proof that the files are gone."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").touch()
    looker.look()
    real = os.scandir

    def refusing(path: str) -> object:
        if path.endswith("/a"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refusing)
    look = looker.look(is_full=True)

    assert (look.gone, look.obstacles) == ([], [("a", "permission")])


def test_a_root_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A missing root is never an empty one."""
    with pytest.raises(FileNotFoundError):
        Scanner(str(tmp_path / "nothing")).look(0.0)


@posix_only
def test_what_is_no_file_is_never_opened(looker: Looker, tmp_path: Path) -> None:
    """FIFOs, sockets and links are mentioned; links to directories are not entered."""
    os.mkfifo(tmp_path / "fifo.png")
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.png").touch()
    (tmp_path / "link.png").symlink_to("real/a.png")
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "dangling.png").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "socket.png"))
        look = looker.look()

    assert look.changed == ["real/a.png"]
    assert dict(look.obstacles) == {
        "fifo.png": "special",
        "link.png": "symlink",
        "loop": "symlink",
        "dangling.png": "symlink",
        "socket.png": "special",
    }
    assert looker.look(is_full=True).obstacles == []


@pytest.mark.fault(19)
@posix_only
def test_odd_names(looker: Looker, tmp_path: Path) -> None:
    """Names that are not UTF-8, have newlines, 255 bytes or a leading dash are names."""
    names = [b"\xff.png", b"a\nb.png", b"x" * 251 + b".png", b"-rf.png", "é.png".encode()]
    for name in names:
        (tmp_path / os.fsdecode(name)).touch()

    found = looker.look().changed

    assert sorted(os.fsencode(path) for path in found) == sorted(names)
    readings = looker.look(wanted=found).readings
    assert None not in readings.values()


def test_junk_is_not_listed(looker: Looker, tmp_path: Path) -> None:
    """Junk neither counts nor is entered, whatever is in it."""
    for name in ("@eaDir/a.png", ".hidden/b.png", "ok/.DS_Store", "ok/c.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    assert looker.look().changed == ["ok/c.png"]
    assert looker.scanner.file_count == 1


def test_known_files_are_no_news(looker: Looker, tmp_path: Path) -> None:
    """At a start, files that the store knows are told apart from new ones."""
    for name in ("old.png", "new.png"):
        (tmp_path / name).touch()

    look = looker.look(is_known=lambda path, status: path == "old.png" and status.st_size == 0)

    assert (look.changed, look.known) == (["new.png"], ["old.png"])
    assert looker.look(is_full=True).known == []


def test_a_file_that_becomes_a_directory(looker: Looker, tmp_path: Path) -> None:
    """A name that changes its kind is gone as a file."""
    (tmp_path / "a.png").touch()
    looker.look()
    (tmp_path / "a.png").unlink()
    (tmp_path / "a.png").mkdir()
    (tmp_path / "a.png" / "b.png").touch()

    look = looker.look()

    assert (look.changed, look.gone) == (["a.png/b.png"], ["a.png"])


def test_second_readings(looker: Looker, tmp_path: Path) -> None:
    """A second reading is equal until the file changes; None where no regular file is."""
    path = tmp_path / "a.png"
    path.write_bytes(b"1")
    looker.look()
    first = looker.scanner.signature_of("a.png")
    assert looker.look(wanted=["a.png", "b.png"]).readings == {"a.png": first, "b.png": None}

    path.write_bytes(b"2")  # as many bytes as before
    os.utime(path, ns=(0, 0))
    assert looker.look(wanted=["a.png"]).readings["a.png"] != first


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "unlink", "rename", "mkdir", "move_dir", "look", "full"]),
        st.integers(0, 4),
        st.integers(0, 4),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_looks_add_up_to_what_lies_there(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    """Whatever happens between looks: what they told adds up to the tree as it is."""
    root = tmp_path_factory.mktemp("tree")
    looker = Looker(root)
    told: set[str] = set()

    def take(look: Look) -> None:
        told.difference_update(look.gone)
        told.update(look.changed)

    for what, one, other in steps:
        here, there = root / f"d{one}", root / f"d{other}"
        if what == "write":
            here.mkdir(exist_ok=True)
            (here / f"{other}.png").write_bytes(bytes(one))
        elif what == "unlink":
            (here / f"{other}.png").unlink(missing_ok=True)
        elif what == "rename" and (here / "0.png").exists():
            (here / "0.png").rename(root / f"{other}.png")
        elif what == "mkdir":
            (here / "sub").mkdir(parents=True, exist_ok=True)
            (here / "sub" / f"{other}.png").touch()
        elif what == "move_dir" and here.exists() and not there.exists():
            here.rename(there)
        elif what in ("look", "full"):
            take(looker.look(is_full=what == "full", later_s=0.1))
    take(looker.look())

    wanted = {path.relative_to(root).as_posix() for path in root.rglob("*.png")}
    assert told == wanted
    assert {path for path, _ in looker.scanner.files_below("")} == wanted
