"""outbox.retire: a finished picture goes to done/ or failed/, over nothing, whatever interrupts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seedwatch import texts
from seedwatch.errors import SourceChanged
from seedwatch.outbox import retire as retire_module
from seedwatch.outbox.retire import Outcome, Retired, retire
from seedwatch.paths import Root
from seedwatch.records import Failure, SettledJob
from tests.unit import made
from tests.unit.made import Folders

REFUSED = (Failure("Rejected", "The service refuses the size.", "Change the rule."),)


class Killed(BaseException):
    """The process ended here."""


def _kill_at(monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    def reached(name: str) -> None:
        if name == point:
            raise Killed

    monkeypatch.setattr(retire_module, "reached", reached)


def _photo(folders: Folders, path: str = "photo.png") -> SettledJob:
    folders.drop(path)
    return made.job(folders.source(path))


def _failed(folders: Folders, path: str = "photo.png") -> SettledJob:
    folders.drop(path)
    return made.job(folders.source(path), "failed", failures=REFUSED)


def test_a_source_whose_tasks_are_done_goes_to_done(folders: Folders) -> None:
    """The very file is renamed into done/, with its sub-path."""
    job = _photo(folders, "sub/photo.png")
    before = folders.roots.inbox.identity("sub/photo.png")
    assert retire(job, folders.roots) == Retired("done", "sub/photo.png")
    after = folders.roots.done.identity("sub/photo.png")
    assert before is not None
    assert after is not None
    assert after.ino == before.ino
    assert folders.tree(folders.roots.inbox) == {}
    assert folders.tree(folders.roots.failed) == {}


def test_a_source_with_a_failed_task_goes_to_failed_with_a_card(folders: Folders) -> None:
    """One task that is not done is enough; the card says what, why, the cost and what to do."""
    folders.drop("photo.png")
    job = made.job(folders.source("photo.png"), "done", "failed", failures=REFUSED)
    assert retire(job, folders.roots) == Retired("failed", "photo.png")
    tree = folders.tree(folders.roots.failed)
    assert tree["photo.png"] == b"picture"
    card = tree["photo.png.error.txt"].decode()
    assert "photo.png was not finished" in card
    assert "What happened: The service refuses the size." in card
    assert "What to do: Change the rule." in card
    assert "Cost: nothing was charged." in card
    assert f"move the file back to the inbox: {folders.roots.inbox.path}" in card


def test_the_card_lies_there_before_its_source(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No source ever lies in failed/ without its card, however short the moment.

    Red when the card is written after the move.
    """
    job = _failed(folders)
    seen = []
    real = Root.move

    def move(root: Root, rel: str, target: Root, target_rel: str) -> None:
        seen.append(sorted(folders.tree(folders.roots.failed)))
        real(root, rel, target, target_rel)

    monkeypatch.setattr(Root, "move", move)
    retire(job, folders.roots)
    assert seen == [["photo.png.error.txt"]]


@pytest.mark.parametrize(
    ("on_success", "outcome", "left"),
    [("keep", "kept", ["photo.png"]), ("delete", "gone", []), ("move", "done", [])],
)
def test_the_rule_says_what_becomes_of_a_done_source(
    folders: Folders, on_success: str, outcome: Outcome, left: list[str]
) -> None:
    """Moved, kept or deleted; a kept or deleted one is not in done/."""
    folders.drop("photo.png")
    job = made.job(folders.source("photo.png"), on_success=on_success)
    expected = Retired(outcome, "photo.png" if outcome == "done" else "")
    for _ in range(2):  # a second call says the same
        assert retire(job, folders.roots) == expected
    assert list(folders.tree(folders.roots.inbox)) == left
    assert list(folders.tree(folders.roots.done)) == ["photo.png"] * (outcome == "done")


@pytest.mark.parametrize("on_success", ["keep", "delete"])
def test_a_failed_source_always_goes_to_failed(folders: Folders, on_success: str) -> None:
    """`on_success` is about success only: a failure is never deleted."""
    folders.drop("photo.png")
    job = made.job(folders.source("photo.png"), "failed", on_success=on_success)
    assert retire(job, folders.roots) == Retired("failed", "photo.png")


@pytest.mark.fault(32)
def test_a_changed_source_stays(folders: Folders) -> None:
    """Other bytes in the inbox are a new job: they are neither moved nor deleted (P20)."""
    for on_success in ("move", "delete"):
        path = folders.drop("photo.png")
        job = made.job(folders.source("photo.png"), on_success=on_success)
        path.write_bytes(b"something else")
        assert retire(job, folders.roots) == Retired("changed", "")
        assert folders.tree(folders.roots.inbox) == {"photo.png": b"something else"}
    assert folders.tree(folders.roots.done) == {}


def test_a_touched_source_is_still_the_same(folders: Folders) -> None:
    """Another time of the same bytes is no change."""
    job = _photo(folders)
    os.utime(folders.roots.inbox.absolute("photo.png"), (1, 1))
    assert retire(job, folders.roots) == Retired("done", "photo.png")


def test_a_source_found_changed_at_the_submit_stays(folders: Folders) -> None:
    """A job that was cancelled because its source changed leaves the new bytes alone."""
    folders.drop("photo.png")
    job = made.job(folders.source("photo.png"), "cancelled", reasons=("source-changed",))
    assert retire(job, folders.roots) == Retired("changed", "")
    assert folders.tree(folders.roots.inbox) == {"photo.png": b"picture"}


def test_a_source_that_a_person_took_away_is_gone(folders: Folders) -> None:
    """Nothing is invented for it, no card either."""
    for job in (_photo(folders), _failed(folders)):
        folders.roots.inbox.absolute("photo.png").unlink()
        assert retire(job, folders.roots) == Retired("gone", "")
        folders.drop("photo.png")
    assert folders.tree(folders.roots.failed) == {}


@pytest.mark.fault(21)
def test_an_inbox_that_is_away_loses_nothing(folders: Folders) -> None:
    """Without its inbox a source is not "gone": the call fails and is repeated (P11)."""
    job = _photo(folders)
    folders.roots.inbox.path.rename(folders.base / "unmounted")
    with pytest.raises(OSError, match="not there"):
        retire(job, folders.roots)
    (folders.base / "unmounted").rename(folders.roots.inbox.path)
    assert retire(job, folders.roots) == Retired("done", "photo.png")


@pytest.mark.parametrize("states", [("done",), ("failed",)])
def test_a_taken_name_is_left_alone(folders: Folders, states: tuple[str, ...]) -> None:
    """A file of that name keeps its content; the source gets the job's number (P8)."""
    target = folders.roots.done if states == ("done",) else folders.roots.failed
    target.write_new("photo.png", [b"theirs"])
    job = _photo(folders) if states == ("done",) else _failed(folders)
    outcome: Outcome = "done" if states == ("done",) else "failed"
    assert retire(job, folders.roots) == Retired(outcome, "photo~12.png")
    tree = folders.tree(target)
    assert tree["photo.png"] == b"theirs"
    assert tree["photo~12.png"] == b"picture"
    assert ("photo~12.png.error.txt" in tree) == (outcome == "failed")
    assert "photo.png.error.txt" not in tree


def test_the_same_bytes_under_the_same_name_are_kept_twice(folders: Folders) -> None:
    """A file of the same name and bytes in done/ is an earlier source, not this one."""
    folders.roots.done.write_new("photo.png", [b"picture"])
    assert retire(_photo(folders), folders.roots) == Retired("done", "photo~12.png")
    assert folders.tree(folders.roots.done) == {
        "photo.png": b"picture",
        "photo~12.png": b"picture",
    }


def test_a_persons_notes_are_not_taken_for_a_card(folders: Folders) -> None:
    """A file with the card's name keeps its content; source and card get another name (P8).

    Red when the card is written over whatever bears its name.
    """
    folders.roots.failed.write_new("photo.png.error.txt", [b"my notes"])
    assert retire(_failed(folders), folders.roots) == Retired("failed", "photo~12.png")
    tree = folders.tree(folders.roots.failed)
    assert tree["photo.png.error.txt"] == b"my notes"
    assert b"was not finished" in tree["photo~12.png.error.txt"]


def test_our_own_older_card_is_replaced(folders: Folders) -> None:
    """When a source fails again its new card takes the place of the old one, in any language."""
    job = _failed(folders)
    texts.use("zh")
    try:
        retire(job, folders.roots)
    finally:
        texts.use("en")
    folders.roots.failed.move("photo.png", folders.roots.inbox, "photo.png")
    assert retire(job, folders.roots) == Retired("failed", "photo.png")
    tree = folders.tree(folders.roots.failed)
    assert sorted(tree) == ["photo.png", "photo.png.error.txt"]
    assert b"was not finished" in tree["photo.png.error.txt"]


def test_a_name_without_room_for_its_card_is_shortened(folders: Folders) -> None:
    """A name of 255 bytes fails with a card as well; in done/ it keeps its name (edge-cases 30)."""
    name = "x" * 251 + ".png"
    retired = retire(_failed(folders, name), folders.roots)
    assert retired.outcome == "failed"
    assert set(folders.tree(folders.roots.failed)) == {
        retired.path,
        retired.path + ".error.txt",
    }
    assert retire(_photo(folders, name), folders.roots) == Retired("done", name)


@pytest.mark.parametrize("name", ["a\udcff.png", "new\nline.png", "-rf", "图片.png"])
def test_odd_names_are_retired(folders: Folders, name: str) -> None:
    """Any name goes to failed/ with a card and keeps its bytes."""
    assert retire(_failed(folders, name), folders.roots) == Retired("failed", name)
    assert folders.roots.failed.exists(f"{name}.error.txt")


@pytest.mark.parametrize("states", [("done",), ("failed",)])
def test_killed_after_the_move_the_answer_is_the_same(
    folders: Folders, monkeypatch: pytest.MonkeyPatch, states: tuple[str, ...]
) -> None:
    """Before the commit the process may end: the next call finds what was done, also twice.

    Red when a call only looks into the inbox.
    """
    job = _photo(folders) if states == ("done",) else _failed(folders)
    with monkeypatch.context() as patched:
        _kill_at(patched, "retire.moved")
        with pytest.raises(Killed):
            retire(job, folders.roots)
    before = (folders.tree(folders.roots.done), folders.tree(folders.roots.failed))
    for _ in range(2):
        assert retire(job, folders.roots).path == "photo.png"
    assert (folders.tree(folders.roots.done), folders.tree(folders.roots.failed)) == before


def test_killed_after_the_move_a_new_file_of_the_name_stays(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a person dropped under the same name meanwhile is a new source and is not touched."""
    job = _photo(folders)
    retire(job, folders.roots)
    folders.drop("photo.png", b"a new picture")
    assert retire(job, folders.roots) == Retired("done", "photo.png")
    assert folders.tree(folders.roots.inbox) == {"photo.png": b"a new picture"}


def test_killed_after_the_move_under_another_name(folders: Folders) -> None:
    """Also where the first name was taken the second call finds its file."""
    folders.roots.done.write_new("photo.png", [b"theirs"])
    job = _photo(folders)
    for _ in range(2):
        assert retire(job, folders.roots) == Retired("done", "photo~12.png")


def test_two_names_of_one_file_become_one(folders: Folders) -> None:
    """A link made by an interrupted call is finished: the old name goes (promises.md 2, step 11).

    Red when a taken name is never compared with the source: done/ would hold it twice.
    """
    job = _photo(folders)
    os.link(folders.roots.inbox.path / "photo.png", folders.roots.done.path / "photo.png")
    assert retire(job, folders.roots) == Retired("done", "photo.png")
    assert folders.tree(folders.roots.inbox) == {}
    assert folders.tree(folders.roots.done) == {"photo.png": b"picture"}


def test_a_hard_linked_source_leaves_its_other_name_alone(folders: Folders, tmp_path: Path) -> None:
    """A file that was linked into the inbox moves like any other (edge-cases 6)."""
    (tmp_path / "original.png").write_bytes(b"picture")
    os.link(tmp_path / "original.png", folders.roots.inbox.path / "photo.png")
    job = made.job(folders.source("photo.png"))
    assert retire(job, folders.roots) == Retired("done", "photo.png")
    assert (tmp_path / "original.png").read_bytes() == b"picture"


@pytest.fixture
def spread(tmp_path: Path, far_away: Path) -> Folders:
    """Folders whose done/ and failed/ lie on another file system."""
    return made.folders(tmp_path / "spread", far_away)


def test_across_file_systems_it_is_copied(spread: Folders) -> None:
    """Copied, verified, synced, and only then unlinked."""
    assert retire(_photo(spread, "sub/photo.png"), spread.roots) == Retired("done", "sub/photo.png")
    assert spread.tree(spread.roots.inbox) == {}
    assert spread.tree(spread.roots.done) == {"sub/photo.png": b"picture"}
    assert retire(_failed(spread), spread.roots) == Retired("failed", "photo.png")
    assert set(spread.tree(spread.roots.failed)) == {"photo.png", "photo.png.error.txt"}


def test_killed_between_copy_and_unlink(spread: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy is found again: the source is not copied a second time (P1).

    Red when a name that is taken is not compared with the source.
    """
    job = _photo(spread)
    with monkeypatch.context() as patched:
        _kill_at(patched, "retire.copied")
        with pytest.raises(Killed):
            retire(job, spread.roots)
    assert spread.tree(spread.roots.inbox) == {"photo.png": b"picture"}
    assert retire(job, spread.roots) == Retired("done", "photo.png")
    assert spread.tree(spread.roots.inbox) == {}
    assert spread.tree(spread.roots.done) == {"photo.png": b"picture"}


@pytest.mark.fault(32)
def test_a_source_that_changes_while_it_is_copied_stays(
    spread: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A half copied mixture leaves no trace, and the new bytes stay in the inbox.

    Red when the copy of a changed source is left behind, or the source is unlinked all the same.
    """
    job = _failed(spread)
    real = Root.write_new

    def write_new(root: Root, rel: str, *args: object, **named: object) -> str:
        if root is spread.roots.failed and rel == "photo.png":
            spread.drop("photo.png", b"the new bytes")
        return real(root, rel, *args, **named)  # type: ignore[arg-type]  # passes on what it got

    monkeypatch.setattr(Root, "write_new", write_new)
    with pytest.raises(SourceChanged):
        retire(job, spread.roots)
    assert spread.tree(spread.roots.inbox) == {"photo.png": b"the new bytes"}
    assert spread.tree(spread.roots.failed) == {}


def test_other_bytes_that_look_the_same_stay(spread: Folders) -> None:
    """Same length, same time, other bytes: the copy is compared with what was recorded (P1).

    Red when the source is unlinked without that comparison.
    """
    job = _photo(spread)
    path = spread.roots.inbox.path / "photo.png"
    before = path.stat()
    path.write_bytes(b"PICTURE")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(SourceChanged):
        retire(job, spread.roots)
    assert spread.tree(spread.roots.inbox) == {"photo.png": b"PICTURE"}
    assert spread.tree(spread.roots.done) == {}


def test_a_source_that_changes_after_it_was_copied_stays(
    spread: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Just before the unlink the source is looked at once more: new bytes are not removed (P1).

    Red when the source is unlinked without that look.
    """
    job = _photo(spread)

    def reached(point: str) -> None:
        if point == "retire.copied":
            spread.drop("photo.png", b"the new bytes")

    monkeypatch.setattr(retire_module, "reached", reached)
    assert retire(job, spread.roots) == Retired("done", "photo.png")
    assert spread.tree(spread.roots.inbox) == {"photo.png": b"the new bytes"}
    assert spread.tree(spread.roots.done) == {"photo.png": b"picture"}


def test_a_name_that_is_taken_during_the_copy_is_left_alone(
    spread: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger who takes the name in that moment keeps it; the source gets another.

    Red when any file of the name counts as our copy: the source would be unlinked and lost.
    """
    job = _photo(spread)
    real = Root.write_new

    def write_new(root: Root, rel: str, *args: object, **named: object) -> str:
        if root is spread.roots.done and rel == "photo.png":
            root.absolute(rel).write_bytes(b"theirs")
        return real(root, rel, *args, **named)  # type: ignore[arg-type]  # passes on what it got

    monkeypatch.setattr(Root, "write_new", write_new)
    assert retire(job, spread.roots) == Retired("done", "photo~12.png")
    assert spread.tree(spread.roots.done) == {"photo.png": b"theirs", "photo~12.png": b"picture"}


def test_a_strangers_file_on_the_other_file_system_stays(spread: Folders) -> None:
    """A taken name is left alone across file systems, too."""
    spread.roots.done.write_new("photo.png", [b"theirs"])
    assert retire(_photo(spread), spread.roots) == Retired("done", "photo~12.png")
    assert spread.tree(spread.roots.done)["photo.png"] == b"theirs"
