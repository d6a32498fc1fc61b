"""outbox.retire: pairs and sets go together, and nothing goes along that was not recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedwatch.outbox.retire import Retired, retire
from seedwatch.records import Failure, Source
from tests.unit import made
from tests.unit.made import Folders

REFUSED = (Failure("Rejected", "refused"),)


def _pair(folders: Folders, picture: str = "photo.png", prompt: str = "photo.txt") -> Source:
    folders.drop(picture)
    folders.drop(prompt, b"make it blue")
    return folders.source(picture, picture, prompt, roles=prompt)


def _set(folders: Folders, *more: str) -> Source:
    for path in ("set/1.png", "set/2.png", "set/prompt.txt", *more):
        folders.drop(path, path.encode())
    recorded = ("set/1.png", "set/2.png", "set/prompt.txt")
    return folders.source("set", *recorded, kind="set", roles="set/prompt.txt")


SET = {f"set/{name}": f"set/{name}".encode() for name in ("1.png", "2.png", "prompt.txt")}


def test_a_pair_is_retired_together(folders: Folders) -> None:
    """The picture and its prompt go to the same place."""
    source = _pair(folders, "sub/photo.png", "sub/photo.txt")
    assert retire(made.job(source), folders.roots) == Retired("done", "sub/photo.png")
    assert folders.tree(folders.roots.done) == {
        "sub/photo.png": b"picture",
        "sub/photo.txt": b"make it blue",
    }
    assert folders.tree(folders.roots.inbox) == {}


def test_a_pair_stays_a_pair_under_another_name(folders: Folders) -> None:
    """Where the picture's name is taken its prompt is renamed like it: moved back they belong."""
    folders.roots.failed.write_new("photo.png", [b"theirs"])
    job = made.job(_pair(folders), "failed", failures=REFUSED)
    assert retire(job, folders.roots) == Retired("failed", "photo~12.png")
    assert set(folders.tree(folders.roots.failed)) == {
        *("photo.png", "photo~12.png", "photo~12.png.error.txt", "photo~12.txt"),
    }


def test_a_strangers_prompt_is_left_alone(folders: Folders) -> None:
    """A text of the prompt's name in done/ keeps its content (P8)."""
    folders.roots.done.write_new("photo.txt", [b"theirs"])
    assert retire(made.job(_pair(folders)), folders.roots) == Retired("done", "photo.png")
    assert folders.tree(folders.roots.done) == {
        "photo.png": b"picture",
        "photo.txt": b"theirs",
        "photo~12.txt": b"make it blue",
    }


def test_a_pair_interrupted_between_its_files(folders: Folders) -> None:
    """The picture goes last: where it still lies in the inbox the rest follows."""
    source = _pair(folders)
    folders.roots.inbox.move("photo.txt", folders.roots.done, "photo.txt")
    assert retire(made.job(source), folders.roots) == Retired("done", "photo.png")
    assert set(folders.tree(folders.roots.done)) == {"photo.png", "photo.txt"}


def test_a_prompt_without_its_picture_stays(folders: Folders) -> None:
    """A person took the picture away: nothing is said to lie in done/ that does not."""
    source = _pair(folders)
    folders.roots.inbox.absolute("photo.png").unlink()
    assert retire(made.job(source), folders.roots) == Retired("gone", "")
    assert folders.tree(folders.roots.inbox) == {"photo.txt": b"make it blue"}
    assert folders.tree(folders.roots.done) == {}


def test_a_changed_prompt_keeps_the_pair_in_place(folders: Folders) -> None:
    """A new prompt makes a new job: both files stay."""
    source = _pair(folders)
    folders.drop("photo.txt", b"make it green")
    assert retire(made.job(source), folders.roots) == Retired("changed", "")
    assert set(folders.tree(folders.roots.inbox)) == {"photo.png", "photo.txt"}


def test_a_set_is_retired_as_a_folder(folders: Folders) -> None:
    """The folder goes as it is, junk of the system with it; nothing is left."""
    source = _set(folders, "set/.DS_Store", "set/Thumbs.db")
    assert retire(made.job(source), folders.roots) == Retired("done", "set")
    junk = {f"set/{name}": f"set/{name}".encode() for name in (".DS_Store", "Thumbs.db")}
    assert folders.tree(folders.roots.done) == SET | junk
    assert folders.roots.inbox.names() == []


@pytest.mark.parametrize("late", ["set/3.png", "set/deep/3.png", "set/notes.pdf"])
def test_what_was_added_later_stays(folders: Folders, late: str) -> None:
    """A picture that was put into the set after it was recorded does not vanish unprocessed.

    Red when the folder is renamed as a whole.
    """
    source = _set(folders, late, "set/.DS_Store")
    assert retire(made.job(source), folders.roots) == Retired("done", "set")
    assert folders.tree(folders.roots.done) == SET
    assert folders.tree(folders.roots.inbox) == {
        late: late.encode(),
        "set/.DS_Store": b"set/.DS_Store",
    }
    assert retire(made.job(source), folders.roots) == Retired("done", "set")


def test_a_failed_set_has_its_card_beside_it(folders: Folders) -> None:
    """The card of a set lies beside the folder, not inside."""
    job = made.job(_set(folders), "failed", failures=REFUSED)
    assert retire(job, folders.roots) == Retired("failed", "set")
    assert set(folders.tree(folders.roots.failed)) == {*SET, "set.error.txt"}


def test_a_taken_folder_name_is_left_alone(folders: Folders) -> None:
    """A folder of that name, even one with the same files, stays as it is; the set gets a number.

    Red when an existing folder is merged into.
    """
    folders.roots.done.write_new("set/1.png", [b"set/1.png"])
    assert retire(made.job(_set(folders)), folders.roots) == Retired("done", "set~12")
    tree = folders.tree(folders.roots.done)
    assert tree == {"set/1.png": b"set/1.png"} | {
        path.replace("set/", "set~12/"): content for path, content in SET.items()
    }


def test_an_empty_folder_of_the_name_is_left_alone(folders: Folders) -> None:
    """Nothing of ours lies in it: it is not this set."""
    folders.roots.done.make_directory("set")
    assert retire(made.job(_set(folders)), folders.roots) == Retired("done", "set~12")


def test_a_set_interrupted_between_its_files(folders: Folders) -> None:
    """Where some files have moved already the others follow into the same folder."""
    source = _set(folders, "set/late.png")
    folders.roots.inbox.move("set/1.png", folders.roots.done, "set/1.png")
    assert retire(made.job(source), folders.roots) == Retired("done", "set")
    assert folders.tree(folders.roots.done) == SET


def test_what_a_person_left_of_a_set_is_retired(folders: Folders) -> None:
    """A set from which a picture was taken away goes with the rest."""
    source = _set(folders)
    folders.roots.inbox.absolute("set/2.png").unlink()
    assert retire(made.job(source), folders.roots) == Retired("done", "set")
    assert set(folders.tree(folders.roots.done)) == {"set/1.png", "set/prompt.txt"}


def test_a_set_that_is_gone_is_not_confused_with_another(folders: Folders) -> None:
    """A person removed the set; an older folder of that name in done/ is not it.

    Red when a folder is known by its name alone.
    """
    source = _set(folders)
    for path in SET:
        folders.roots.inbox.absolute(path).unlink()
    folders.roots.inbox.remove_directory_if_empty("set")
    folders.roots.done.write_new("set/1.png", [b"another"])
    assert retire(made.job(source), folders.roots) == Retired("gone", "")


def test_a_set_that_shares_a_picture_with_another_is_not_that_one(folders: Folders) -> None:
    """One picture of the same bytes does not make an older folder this set.

    Red when one file that fits is enough.
    """
    source = _set(folders)
    for path in SET:
        folders.roots.inbox.absolute(path).unlink()
    folders.roots.done.write_new("set/1.png", [b"set/1.png"])
    folders.roots.done.write_new("set/2.png", [b"another"])
    assert retire(made.job(source), folders.roots) == Retired("gone", "")


def test_a_set_with_a_changed_picture_stays(folders: Folders) -> None:
    """Other bytes of one picture make a new set of all."""
    source = _set(folders)
    folders.drop("set/2.png", b"other bytes")
    assert retire(made.job(source), folders.roots) == Retired("changed", "")
    assert folders.tree(folders.roots.done) == {}


def test_a_deleted_set_leaves_what_was_added_later(folders: Folders) -> None:
    """`on_success: delete` removes the recorded files, and the folder only if it is empty."""
    source = _set(folders, "set/late.png")
    job = made.job(source, on_success="delete")
    assert retire(job, folders.roots) == Retired("gone", "")
    assert folders.tree(folders.roots.inbox) == {"set/late.png": b"set/late.png"}
    source = _set(folders)
    folders.roots.inbox.absolute("set/late.png").unlink()
    assert retire(made.job(source, on_success="delete"), folders.roots) == Retired("gone", "")
    assert folders.roots.inbox.names() == []


def test_a_set_goes_across_file_systems(tmp_path: Path, far_away: Path) -> None:
    """File by file, each verified; the emptied folders go."""
    folders = made.folders(tmp_path / "spread", far_away)
    folders.drop("set/deep/3.png", b"set/deep/3.png")
    recorded = ("set/1.png", "set/2.png", "set/deep/3.png", "set/prompt.txt")
    _set(folders)
    source = folders.source("set", *recorded, kind="set", roles="set/prompt.txt")
    assert retire(made.job(source), folders.roots) == Retired("done", "set")
    assert folders.tree(folders.roots.done) == SET | {"set/deep/3.png": b"set/deep/3.png"}
    assert folders.roots.inbox.names() == []
    assert retire(made.job(source), folders.roots) == Retired("done", "set")
