"""outbox.deliver: the picture, its sidecar, the manifest last; over nothing, and repeatable."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from seedwatch.errors import DeliveryError
from seedwatch.outbox import sidecar
from seedwatch.outbox.deliver import (
    choose_names,
    deliver_manifest,
    deliver_picture,
    deliver_result,
    deliver_sidecar,
    next_name,
)
from seedwatch.outbox.spool import Spool
from seedwatch.paths import PART_PREFIX
from seedwatch.records import Output
from tests.unit import made
from tests.unit.made import Folders
from tests.unit.seam import fail_fsync


@pytest.fixture(params=["linked", "copied"])
def spool(tmp_path: Path, request: pytest.FixtureRequest) -> Spool:
    """A spool with three pictures of one attempt: fresh ones are linked, old ones are copied."""
    made_spool = Spool(tmp_path / "spool")
    made_spool.prepare()
    for n in (1, 2, 3):
        path = made_spool.path(f"{'a' * 32}.{n}")
        path.write_bytes(f"result {n}".encode() * 100_000)
        if request.param == "copied":
            os.utime(path, (0, 0))
    return made_spool


def _output(n: int = 1, path: str = "") -> Output:
    return made.output(n, f"result {n}".encode() * 100_000, path=path)


def _sidecar(output: Output) -> bytes:
    return sidecar.sidecar(made.claim(), "ark", output, [output], 0.0)


def _named(folders: Folders, *outputs: Output, taken: tuple[str, ...] = ()) -> list[str]:
    named = choose_names(made.claim(), outputs, folders.roots.outbox, taken)
    return [output.path for output in named]


def test_names_are_free_for_picture_and_sidecar(folders: Folders) -> None:
    """A name is only taken if nothing bears it nor that of its sidecar, not even a dead link."""
    outbox = folders.roots.outbox.path
    (outbox / "photo_1.jpeg").write_bytes(b"theirs")
    (outbox / "photo_1-2.jpeg.json").mkdir()
    (outbox / "photo_1-3.jpeg").symlink_to("nowhere")
    assert _named(folders, _output()) == ["photo_1-4.jpeg"]


def test_pictures_of_a_set_get_numbers_in_order(folders: Folders) -> None:
    """A set is named T-I in the order of the answer; a missing one leaves its number free."""
    missing = made.output(2, b"", error="refused", spool_name="")
    named = _named(folders, _output(1), missing, _output(3))
    assert named == ["photo_1-1.jpeg", "", "photo_1-3.jpeg"]


def test_names_of_one_task_differ(folders: Folders) -> None:
    """With a template without a number the pictures of a set still get names of their own."""
    claim = made.claim(rule=made.rule(output="fixed"))
    outputs = [_output(1), _output(2), _output(3)]
    named = choose_names(claim, outputs, folders.roots.outbox)
    assert [output.path for output in named] == ["fixed.jpeg", "fixed-2.jpeg", "fixed-3.jpeg"]


def test_one_output_gets_another_name(folders: Folders) -> None:
    """Where a name was taken meanwhile the output gets the next one, numbered as before."""
    folders.roots.outbox.write_new("photo_1-2.jpeg", [b"theirs"])
    claim, outbox = made.claim(), folders.roots.outbox
    assert next_name(claim, _output(2), 3, outbox, set()) == "photo_1-2-2.jpeg"
    assert next_name(claim, _output(2), 3, outbox, {"photo_1-2-2.jpeg"}) == "photo_1-2-3.jpeg"


def test_names_already_given_are_not_given_again(folders: Folders) -> None:
    """What other outputs of the task are called counts as taken."""
    assert _named(folders, _output(), taken=("photo_1.jpeg",)) == ["photo_1-2.jpeg"]


def test_a_picture_is_delivered_whole(folders: Folders, spool: Spool) -> None:
    """The bytes of the spool appear under the name, sub-folders are made; the spool keeps them."""
    output = _output(path="sub/photo_1.jpeg")
    assert deliver_picture(output, folders.roots.outbox, spool)
    assert folders.roots.outbox.sha256("sub/photo_1.jpeg") == output.sha256
    assert spool.has(output.spool_name)


@pytest.mark.parametrize("spool", ["linked"], indirect=True)
def test_a_fresh_picture_shares_its_bytes_until_they_are_parted(
    folders: Folders, spool: Spool
) -> None:
    """It is there at once with the rights of any new file; later each name has its own bytes.

    Breaks if parting leaves one file under both names: what edits the result edits the safety copy.
    """
    output = _output(path="photo_1.jpeg")
    assert deliver_picture(output, folders.roots.outbox, spool)
    delivered, spooled = folders.roots.outbox.path / output.path, spool.path(output.spool_name)
    (folders.roots.outbox.path / "new").touch()
    assert delivered.stat().st_mode == (folders.roots.outbox.path / "new").stat().st_mode
    assert delivered.samefile(spooled)
    assert spool.shared == {output.spool_name}
    spool.part(output.spool_name)
    assert spool.shared == set()
    delivered.write_bytes(b"edited in place")
    assert spooled.read_bytes() == b"result 1" * 100_000
    assert spooled.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("spool", ["linked"], indirect=True)
def test_a_folder_that_gives_rights_gets_a_file_of_its_own(folders: Folders, spool: Spool) -> None:
    """With a group given on by the folder (setgid) a second name would have the wrong group."""
    folders.roots.outbox.path.chmod(0o2775)
    assert deliver_picture(_output(path="photo_1.jpeg"), folders.roots.outbox, spool)
    assert not (folders.roots.outbox.path / "photo_1.jpeg").samefile(spool.path(f"{'a' * 32}.1"))
    assert spool.shared == set()


@pytest.mark.parametrize("spool", ["linked"], indirect=True)
def test_files_that_share_their_bytes_are_found_at_the_next_start(
    folders: Folders, spool: Spool
) -> None:
    """A stop may come before they are parted."""
    output = _output(path="photo_1.jpeg")
    deliver_picture(output, folders.roots.outbox, spool)
    again = Spool(spool.directory)
    again.prepare()
    assert again.shared == {output.spool_name}
    again.part(output.spool_name)
    again.part(f"{'b' * 32}.1")  # swept meanwhile
    assert again.path(output.spool_name).stat().st_nlink == 1


def test_a_result_is_its_picture_and_its_sidecar(folders: Folders, spool: Spool) -> None:
    """Delivering a result makes an outbox that a person deleted again, and writes both files."""
    folders.roots.outbox.path.rmdir()
    output = _output(path="photo_1.jpeg")
    assert deliver_result(_sidecar(output), output, folders.roots, spool)
    assert list(folders.tree(folders.roots.outbox)) == ["photo_1.jpeg", "photo_1.jpeg.json"]


def test_no_sidecar_without_its_picture(folders: Folders, spool: Spool) -> None:
    """The picture comes first: if a stranger has its name there is no sidecar either (P7).

    Red when the sidecar is written before the picture.
    """
    folders.roots.outbox.write_new("photo_1.jpeg", [b"theirs"])
    output = _output(path="photo_1.jpeg")
    assert not deliver_result(_sidecar(output), output, folders.roots, spool)
    assert folders.tree(folders.roots.outbox) == {"photo_1.jpeg": b"theirs"}


def test_nothing_is_delivered_while_the_inbox_is_away(folders: Folders, spool: Spool) -> None:
    """Where the share of a folder is away its outbox is not made anew on the bare disk (P11)."""
    folders.roots.outbox.path.rmdir()
    folders.roots.inbox.path.rmdir()
    output = _output(path="photo_1.jpeg")
    with pytest.raises(DeliveryError):
        deliver_result(_sidecar(output), output, folders.roots, spool)
    assert not folders.roots.outbox.path.exists()


@pytest.mark.parametrize("spool", ["copied"], indirect=True)
def test_what_a_kill_left_half_written_goes(folders: Folders, spool: Spool) -> None:
    """The same delivery after a kill leaves no hidden part of the first try behind.

    Red when parts have names of chance. A part that is a second name of what was delivered (killed
    between link and unlink) must not be written over: red when the part is opened, not removed.
    """
    output = _output(path="photo_1.jpeg")
    outbox = folders.roots.outbox.path
    (outbox / f"{PART_PREFIX}{output.spool_name}").write_bytes(b"half")
    assert deliver_result(_sidecar(output), output, folders.roots, spool)
    delivered = (outbox / "photo_1.jpeg").read_bytes()
    (outbox / f"{PART_PREFIX}{output.spool_name}").hardlink_to(outbox / "photo_1.jpeg")
    assert deliver_result(_sidecar(output), output, folders.roots, spool)
    assert (outbox / "photo_1.jpeg").read_bytes() == delivered
    assert list(folders.tree(folders.roots.outbox)) == ["photo_1.jpeg", "photo_1.jpeg.json"]


def test_delivering_twice_is_delivering_once(folders: Folders, spool: Spool) -> None:
    """After a crash the same calls find what they did: no second file, nothing changed.

    Red when a taken name is not compared with what should lie there.
    """
    output = _output(path="photo_1.jpeg")
    outputs = [output, _output(2, "photo_1-2.jpeg")]
    for _ in range(2):
        assert deliver_picture(output, folders.roots.outbox, spool)
        deliver_sidecar(_sidecar(output), output, folders.roots.outbox)
        deliver_manifest(made.claim(), outputs, folders.roots.outbox)
    assert sorted(folders.tree(folders.roots.outbox)) == [
        *("photo_1.jpeg", "photo_1.jpeg.json", "photo_1.set.json"),
    ]


def test_a_picture_found_again_is_made_durable(
    folders: Folders, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture whose name was not synced before the crash is synced before it counts."""
    output = _output(path="photo_1.jpeg")
    with monkeypatch.context() as broken:
        fail_fsync(broken, errno.EIO, of_directories=True)
        for _ in range(2):
            with pytest.raises(OSError, match="Input/output"):
                deliver_picture(output, folders.roots.outbox, spool)
    assert deliver_picture(output, folders.roots.outbox, spool)


def _directory(path: Path) -> None:
    path.mkdir()
    (path / "x").write_bytes(b"theirs")


def _file(path: Path) -> None:
    path.write_bytes(b"theirs")


def _link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


@pytest.mark.parametrize("plant", [_file, _directory, _link])
def test_a_strangers_picture_is_left_alone(
    folders: Folders, spool: Spool, plant: Callable[[Path], None]
) -> None:
    """A foreign thing under the name keeps its content; the caller is told to take another (P8)."""
    there = folders.roots.outbox.path / "photo_1.jpeg"
    plant(there)
    before = os.lstat(there)
    output = _output(path="photo_1.jpeg")
    assert not deliver_picture(output, folders.roots.outbox, spool)
    after = os.lstat(there)
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert _named(folders, output) == ["photo_1-2.jpeg"]


@pytest.mark.parametrize("plant", [_file, _directory, _link])
def test_a_strangers_sidecar_is_left_alone(
    folders: Folders, spool: Spool, plant: Callable[[Path], None]
) -> None:
    """A foreign thing under the sidecar's name stays; the sidecar gets a number.

    Red when a folder or link there is taken for "the source is gone" (the paid task would be
    cancelled).
    """
    plant(folders.roots.outbox.path / "photo_1.jpeg.json")
    output = _output(path="photo_1.jpeg")
    path = deliver_sidecar(_sidecar(output), output, folders.roots.outbox)
    assert path == "photo_1.jpeg-2.json"
    assert deliver_sidecar(_sidecar(output), output, folders.roots.outbox) == path
    assert folders.roots.outbox.read(path)[0] == _sidecar(output)


@pytest.mark.parametrize("plant", [_file, _directory, _link])
def test_a_strangers_manifest_is_left_alone(
    folders: Folders, plant: Callable[[Path], None]
) -> None:
    """A foreign thing under the manifest's name stays; the manifest gets a number."""
    plant(folders.roots.outbox.path / "photo_1.set.json")
    outputs = [_output(1, "a.jpeg"), _output(2, "b.jpeg")]
    path = deliver_manifest(made.claim(), outputs, folders.roots.outbox)
    assert path == "photo_1-2.set.json"
    assert deliver_manifest(made.claim(), outputs, folders.roots.outbox) == path


def test_an_outbox_that_is_away_is_told(folders: Folders, spool: Spool) -> None:
    """A missing outbox is an error of the disk, and nothing is lost from the spool (P6)."""
    folders.roots.outbox.path.rmdir()
    output = _output(path="photo_1.jpeg")
    with pytest.raises(OSError, match="not there"):
        deliver_picture(output, folders.roots.outbox, spool)
    assert spool.has(output.spool_name)


@pytest.mark.parametrize("spool", ["copied"], indirect=True)
@pytest.mark.fault(10)
def test_a_full_outbox_is_told(
    folders: Folders, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the disk full nothing visible is left; when there is room it is delivered."""
    output = _output(path="photo_1.jpeg")
    with monkeypatch.context() as full:
        fail_fsync(full, errno.ENOSPC, of_directories=False)
        with pytest.raises(OSError, match="No space"):
            deliver_picture(output, folders.roots.outbox, spool)
    assert folders.tree(folders.roots.outbox) == {}
    assert deliver_picture(output, folders.roots.outbox, spool)
