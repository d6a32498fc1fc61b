"""outbox.spool: what bears a name without `.part` is whole and synced."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from seedwatch.outbox import spool as spool_module
from seedwatch.outbox.spool import Spool
from tests.unit.made import sha256
from tests.unit.seam import Journal, fail_fsync

if sys.platform != "win32":
    import resource

ATTEMPT, OTHER = "a" * 32, "b" * 32


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """An empty spool."""
    made = Spool(tmp_path / "state" / "spool")
    made.prepare()
    return made


def _listed(spool: Spool) -> list[str]:
    return sorted(path.name for path in spool.directory.iterdir())


def _broken() -> Iterator[bytes]:
    yield b"half a pict"
    raise KeyError


def test_a_kept_file_has_its_name_and_digest(spool: Spool) -> None:
    """After `keep` the bytes lie under the name; digest and count are those of the bytes."""
    name = spool.answer_name(ATTEMPT)
    with spool.writing(name) as file:
        file.write(b"abc")
        file.write_all([b"d", b"", b"ef"])
        assert not spool.has(name)
        file.keep()
    assert spool.has(name)
    assert spool.path(name).read_bytes() == b"abcdef"
    assert (file.sha256, file.byte_count) == (sha256(b"abcdef"), 6)
    assert _listed(spool) == [f"{ATTEMPT}.answer"]


@pytest.mark.fault(57)
def test_an_unfinished_file_never_counts_as_whole(spool: Spool) -> None:
    """What was not kept stays as evidence under a name that `has` does not know (P6).

    Red when the bytes are written under the final name, or `__exit__` gives it.
    """
    name = spool.picture_name(ATTEMPT, 2)
    file = spool.writing(name)
    with pytest.raises(KeyError), file:
        file.write_all(_broken())
    assert not spool.has(name)
    assert _listed(spool) == [f"{ATTEMPT}.2.part"]
    assert file.part_path.read_bytes() == b"half a pict"


def test_a_second_try_starts_anew(spool: Spool) -> None:
    """A part that was left behind is written over by the next try, not added to."""
    name = spool.picture_name(ATTEMPT, 1)
    with spool.writing(name) as file:
        file.write(b"a long beginning")
    with spool.writing(name) as file:
        file.write(b"whole")
        file.keep()
    assert spool.path(name).read_bytes() == b"whole"
    assert _listed(spool) == [name]


def test_an_empty_part_vanishes(spool: Spool) -> None:
    """A refused request brings no bytes and leaves nothing behind."""
    with spool.writing(spool.answer_name(ATTEMPT)):
        pass
    with pytest.raises(KeyError), spool.writing(spool.answer_name(ATTEMPT)):
        raise KeyError
    assert _listed(spool) == []


def test_bytes_are_synced_before_they_get_their_name(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data, then the name, then the directory (P6). Red when a sync is dropped or moved."""
    journal = Journal(monkeypatch, spool=spool.directory)
    with spool.writing(spool.answer_name(ATTEMPT)) as file:
        file.write(b"abc")
        file.keep()
    assert journal.lines == ["sync data", "rename", "sync spool"]


def test_what_broke_off_is_synced_before_it_gets_its_name(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that is kept after all counts as whole only once it is durable (P6).

    Red when a sync is dropped or moved: a daemon that was killed has synced nothing of it.
    """
    name = spool.answer_name(ATTEMPT)
    spool.part_path(name).write_bytes(b"half an answer")
    journal = Journal(monkeypatch, spool=spool.directory)
    spool.keep_part(name)
    assert journal.lines == ["sync data", "rename", "sync spool"]


@pytest.mark.fault(14)
def test_a_failed_sync_gives_no_name(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the bytes cannot be synced the file is not whole; the part stays as evidence."""
    name = spool.answer_name(ATTEMPT)
    fail_fsync(monkeypatch, errno.EIO, of_directories=False)
    with spool.writing(name) as file:
        file.write(b"abc")
        with pytest.raises(OSError, match="Input/output"):
            file.keep()
    assert not spool.has(name)
    assert _listed(spool) == [name + ".part"]


def test_flushed_bytes_can_be_read_before_they_are_kept(spool: Spool) -> None:
    """A picture is checked to its end while it is still a part."""
    with spool.writing(spool.picture_name(ATTEMPT, 1)) as file:
        file.write(b"abc")
        file.flush()
        assert file.part_path.read_bytes() == b"abc"
        file.keep()


def test_a_request_tells_of_no_answer(spool: Spool) -> None:
    """What was only written to be sent, whole or not, is no sign that anything was paid for.

    Breaks if the half of a request counts: after a power cut the queue was taken for an older copy.
    """
    requests = [spool.request_name(attempt * 16) for attempt in ("a1", "b2")]
    spool.path(requests[0]).write_bytes(b"request")
    spool.part_path(requests[1]).write_bytes(b"requ")
    assert spool.answered_since(0.0) == set()
    spool.part_path(spool.answer_name(ATTEMPT)).write_bytes(b"answ")
    spool.path(spool.answer_name(OTHER)).write_bytes(b"answer")
    assert spool.answered_since(0.0) == {ATTEMPT, OTHER}


def test_only_files_of_unneeded_attempts_are_swept(spool: Spool) -> None:
    """Sweeping removes answers, pictures and parts of others; strangers' files stay."""
    for name in (
        *(f"{ATTEMPT}.answer", f"{ATTEMPT}.1", f"{ATTEMPT}.2.part"),
        *(f"{OTHER}.answer", f"{OTHER}.1", f"{OTHER}.12.part"),
        *("notes.txt", f"{OTHER}.answer.bak", f"{OTHER.upper()}.1"),
    ):
        spool.path(name).write_bytes(b"x")
    assert spool.attempts() == {ATTEMPT, OTHER}
    assert spool.sweep({OTHER}) == 3
    assert _listed(spool) == sorted(
        [
            *(f"{ATTEMPT}.1", f"{ATTEMPT}.2.part", f"{ATTEMPT}.answer"),
            *("notes.txt", f"{OTHER}.answer.bak", f"{OTHER.upper()}.1"),
        ]
    )


@pytest.mark.fault(18)
@pytest.mark.skipif(sys.platform != "linux", reason="limits the descriptors of this process")
@pytest.mark.parametrize("has_pieces", [False, True])
def test_keeping_needs_no_descriptor(spool: Spool, has_pieces: bool) -> None:
    """An answer that is on its way can be kept when no file can be opened any more.

    Breaks if the directory is opened when its name is to be made durable.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with spool.writing(spool.answer_name(ATTEMPT)) as file:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
        try:
            file.write(b"abc")
            if has_pieces:
                file.sync()
            file.keep()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert _listed(spool) == [f"{ATTEMPT}.answer"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_the_spool_is_for_its_owner_only(spool: Spool) -> None:
    """Paid answers and prompts are nobody else's business (promises.md T10)."""
    with spool.writing(spool.answer_name(ATTEMPT)) as file:
        file.write(b"abc")
        file.keep()
    assert spool.directory.stat().st_mode & 0o777 == 0o700
    assert spool.path(spool.answer_name(ATTEMPT)).stat().st_mode & 0o777 == 0o600


def test_preparing_twice_is_harmless(spool: Spool) -> None:
    """A second start keeps what is there."""
    spool.path("x").write_bytes(b"x")
    spool.prepare()
    assert _listed(spool) == ["x"]


def test_a_point_to_be_killed_at_lies_between_sync_and_name(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`spool.synced` is reached when the bytes are durable and the name is not there yet."""
    seen = []
    monkeypatch.setattr(spool_module, "reached", lambda point: seen.append((point, _listed(spool))))
    with spool.writing(spool.answer_name(ATTEMPT)) as file:
        file.write(b"abc")
        file.keep()
    assert dict(seen)["spool.synced"] == [f"{ATTEMPT}.answer.part"]
