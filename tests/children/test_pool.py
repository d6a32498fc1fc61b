"""Children: what they return, how they end, and what they may not do."""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from seedwatch.children import MEMORY_BYTES, ChildLost, Children
from seedwatch.errors import SourceError
from tests.decoders import decoders


@dataclass(frozen=True, slots=True)
class Count:
    """Tells numbers, with a pause after each."""

    most: int
    pause_s: float = 0.0

    def parts(self) -> Iterator[int]:
        for number in range(self.most):
            yield number
            time.sleep(self.pause_s)


@dataclass(frozen=True, slots=True)
class Die:
    """Ends its process by a signal, after one part."""

    number: int

    def parts(self) -> Iterator[str]:
        yield "before"
        os.kill(os.getpid(), self.number)
        time.sleep(10)


@dataclass(frozen=True, slots=True)
class Refuse:
    """Raises an error as decoders do."""

    def parts(self) -> Iterator[None]:
        raise SourceError("it is broken", advice="mend it")
        yield


class Trap:
    """What makes whoever unpickles it call a function."""

    def __init__(self, target: str) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.target,)


@dataclass(frozen=True, slots=True)
class Betray:
    """Says something that is no record, as a child that belongs to a stranger would."""

    target: str

    def parts(self) -> Iterator[Trap]:
        yield Trap(self.target)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Tries what a child may not do; tells what came of it."""

    target: str

    def parts(self) -> Iterator[dict[str, Any]]:
        yield {
            "environment": dict(os.environ),
            "descriptors": sorted(entry.name for entry in Path("/proc/self/fd").iterdir()),
            "memory": self._memory(),
            "file": self._file(),
            "network": self._network(),
            "core": resource.getrlimit(resource.RLIMIT_CORE),
        }

    def _memory(self) -> str:
        try:
            bytearray(MEMORY_BYTES)
        except MemoryError:
            return "refused"
        return "given"

    def _file(self) -> str:
        try:
            Path(self.target).write_text("here I am")
        except OSError as error:
            return type(error).__name__
        return "written"

    def _network(self) -> str:
        try:
            with socket.create_connection(("192.0.2.1", 80), timeout=0.2):
                return "connected"
        except TimeoutError:
            return "sent"
        except OSError as error:
            return error.strerror or "refused"


def test_parts_come_as_they_are_told() -> None:
    """Each part is told when it comes, and all of them are returned."""
    told: list[int] = []
    assert decoders().ask(Count(3), 10, told.append) == [0, 1, 2]
    assert told == [0, 1, 2]


def test_errors_come_back_whole() -> None:
    """An error of the work is raised here with its advice; the child goes on."""
    decoders().ask(Count(1), 10)
    pids = decoders().pids
    with pytest.raises(SourceError, match="it is broken") as caught:
        decoders().ask(Refuse(), 10)
    assert caught.value.advice == "mend it"
    assert decoders().pids == pids


@pytest.mark.fault(5)
@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
def test_a_child_that_dies(number: signal.Signals) -> None:
    """It says how, what it had told before counts, and the next work gets another child."""
    with pytest.raises(ChildLost) as caught:
        decoders().ask(Die(number), 10)
    assert (caught.value.why, caught.value.parts) == (number.name, ["before"])
    assert decoders().ask(Count(1), 10) == [0]


def test_a_silent_child_is_ended() -> None:
    """One that says nothing for too long is ended; one that goes on telling is not."""
    assert decoders().ask(Count(4, pause_s=0.3), 1.0) == [0, 1, 2, 3]
    with pytest.raises(ChildLost) as caught:
        decoders().ask(Count(2, pause_s=30), 0.5)
    assert caught.value.is_silent


def test_a_child_makes_the_daemon_call_nothing(tmp_path: Path) -> None:
    """A child whose decoder was taken over says what it likes: only records are read of it (T7).

    Breaks if the parent unpickles whatever comes.
    """
    children = Children()
    try:
        with pytest.raises(ChildLost):
            children.ask(Betray(str(tmp_path / "made")), 10)
        assert children.ask(Count(2), 10) == [0, 1]
    finally:
        children.close()
    assert not (tmp_path / "made").exists()


@pytest.mark.process
@pytest.mark.fault(5)
@pytest.mark.skipif(sys.platform != "linux", reason="the limits of Linux")
def test_what_a_child_may_not_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key in its environment, no descriptor but its pipes, no 512 MB, no file, no network (T5).

    Each is tried in the child itself. Goes red when any line of `limits.confine` is taken out.
    """
    monkeypatch.setenv("ARK_KEY", "canary")
    children = Children()
    kept = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(kept, True)
    try:
        (told,) = children.ask(Attempt(str(tmp_path / "file")), 10)
    finally:
        os.close(kept)
        children.close()
    assert "canary" not in told["environment"].values()
    assert set(told["descriptors"]) <= {"0", "1", "2", "3"}  # 3: the listing itself
    assert told["memory"] == "refused"
    assert told["file"] == "OSError"
    assert (tmp_path / "file").read_bytes() == b""
    assert told["core"] == (0, 0)
    assert told["network"] == "Network is unreachable"


def test_children_end_when_they_are_idle() -> None:
    """After a while without work there is neither a child nor a thread that tends them."""
    children = Children(idle_s=0.2)
    assert children.ask(Count(1), 10) == [0]
    (pid,) = children.pids
    _until(lambda: not children.pids)
    _until(lambda: children._tender is None)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_closing_ends_work_under_way() -> None:
    """Whoever waits for a child is told at once that it is gone."""
    children = Children()
    lost: list[ChildLost] = []
    begun = threading.Event()

    def ask() -> None:
        try:
            children.ask(Count(100, pause_s=0.5), 60, lambda _: begun.set())
        except ChildLost as error:
            lost.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    assert begun.wait(20)
    children.close()
    thread.join(10)
    assert [error.why for error in lost] == ["SIGKILL"]
    assert children.pids == []


def _until(is_true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.02)
