"""log_writer: whoever logs never waits and never fails, whatever the reader of the lines does."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Iterator
from typing import TextIO

import pytest

from seedwatch.log_writer import LogWriter

pytestmark = pytest.mark.fault(93)


@pytest.fixture
def pipe() -> Iterator[tuple[TextIO, TextIO]]:
    """The two ends of a pipe that takes a page."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as reader, os.fdopen(writing, "w") as stream:
        yield reader, stream


def _gone(writer: LogWriter) -> bool:
    """Whether its thread ends."""
    writer.close()
    thread = writer._thread
    if thread is not None:
        thread.join(5)
    return thread is None or not thread.is_alive()


def test_a_pipe_that_nobody_reads_blocks_nobody(pipe: tuple[TextIO, TextIO]) -> None:
    """Megabytes of lines are taken at once; what is kept is bounded, and is the newest.

    Breaks if lines are written by whoever logs, or the queue has no bound.
    """
    reader, stream = pipe
    writer = LogWriter(stream, most_bytes=10_000)
    began = time.monotonic()
    for number in range(20_000):
        writer.write(f"{number:099}\n")
    assert time.monotonic() - began < 5
    assert writer._byte_count <= 10_000
    assert not writer.finish(0.05)
    kept: list[int] = []

    def read() -> None:
        kept.extend(int(line) for line in reader)

    reading = threading.Thread(target=read)
    reading.start()
    assert writer.finish(5)
    assert _gone(writer)
    stream.close()
    reading.join(5)
    assert kept == sorted(kept)
    assert kept[-100:] == list(range(19_900, 20_000))
    assert len(kept) < 2_000


def test_the_end_of_the_process_waits_for_no_reader(pipe: tuple[TextIO, TextIO]) -> None:
    """`finish` gives up in time where nobody reads."""
    _, stream = pipe
    writer = LogWriter(stream)
    writer.write("x" * 1_000_000 + "\n")
    began = time.monotonic()
    assert not writer.finish(0.1)
    assert 0.1 <= time.monotonic() - began < 1


def test_lines_come_out_in_order_and_whole(pipe: tuple[TextIO, TextIO]) -> None:
    """Four threads log at once: each line is whole, and those of a thread are in order."""
    reader, stream = pipe
    writer = LogWriter(stream)

    def log(name: int) -> None:
        for number in range(500):
            writer.write(f"{name} {number} 图片 \ud800\n")

    threads = [threading.Thread(target=log, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    lines = [reader.readline().split() for _ in range(2000)]
    for thread in threads:
        thread.join()
    assert _gone(writer)
    for name in range(4):
        assert [line[1] for line in lines if line[0] == str(name)] == list(map(str, range(500)))
    assert {tuple(line[2:]) for line in lines} == {("图片", "\\ud800")}


def test_what_does_not_fit_on_the_disk_is_counted(
    pipe: tuple[TextIO, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full, in the middle of a line, and has room again later.

    The gap is told with what was lost, on a line of its own.
    Breaks if the count of lost lines is not taken up after a failed write.
    """
    reader, stream = pipe
    real, calls = os.write, 0

    def write(fd: int, content: memoryview) -> int:
        nonlocal calls
        calls += 1
        if calls == 1:
            return real(fd, content[:3])
        if calls <= 3:
            raise OSError(errno.ENOSPC, "no room")
        return real(fd, content)

    monkeypatch.setattr(os, "write", write)

    def tell(count: int) -> None:
        writer.write(f"lost {count}\n")

    writer = LogWriter(stream, tell)
    for line in ("first\n", "second\n", "third\n", "fourth\n"):
        writer.write(line)
        assert writer.finish(5)
    assert _gone(writer)
    stream.close()
    assert reader.read() == "fir\nlost 2\nthird\nfourth\n"


@pytest.mark.parametrize("number", [errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EBADF])
def test_a_stream_that_fails_for_ever_fails_nobody(
    pipe: tuple[TextIO, TextIO], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A reader that is gone or a disk that stays full: lines are lost one by one, in silence."""

    def write(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "write", write)
    told: list[int] = []

    def tell(count: int) -> None:
        told.append(count)
        writer.write("gap\n")

    writer = LogWriter(pipe[1], tell)
    for _ in range(5):
        writer.write("line\n")
        assert writer.finish(5)
    assert _gone(writer)
    assert told == [1, 2, 3, 4]
    assert writer._lost_count == 5


def test_a_stream_that_somebody_made_non_blocking(pipe: tuple[TextIO, TextIO]) -> None:
    """What we share with a parent may refuse to wait; no line is lost by that."""
    reader, stream = pipe
    os.set_blocking(stream.fileno(), False)
    writer = LogWriter(stream)
    for number in range(3000):
        writer.write(f"{number:099}\n")
    assert [int(reader.readline()) for _ in range(3000)] == list(range(3000))
    assert _gone(writer)


def test_the_number_of_a_closed_stream_is_not_written_to(pipe: tuple[TextIO, TextIO]) -> None:
    """Whoever closes the stream gives its number away; the lines do not follow it."""
    reader, stream = pipe
    number = stream.fileno()
    writer = LogWriter(stream)
    other_reading, other_writing = os.pipe()
    os.dup2(other_writing, number)
    writer.write("line\n")
    assert writer.finish(5)
    assert _gone(writer)
    assert reader.readline() == "line\n"
    os.set_blocking(other_reading, False)
    with pytest.raises(BlockingIOError):
        os.read(other_reading, 1)
    for fd in (other_reading, other_writing):
        os.close(fd)
