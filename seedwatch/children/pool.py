"""Starts children when there is work, gives each one piece at a time, and ends them."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import structlog

from seedwatch import texts
from seedwatch.children.work import LENGTH, End, Order, Part, Work, framed, told

T = TypeVar("T")
log = structlog.get_logger()

_PROGRAM: Final = "from seedwatch.children.child import main; main()"
_IDLE_S: Final = 5.0
_TEND_S: Final = 0.5
_END_S: Final = 2.0
_KEPT_VARIABLES: Final = frozenset(
    {"HOME", "LANG", "LC_ALL", "LC_MESSAGES", "PATH", "PYTHONPATH", "SYSTEMROOT", "TEMP", "TMP"}
)
"""All that a child needs of the environment; keys may stand in the rest."""


class ChildLost(Exception):
    """A child ended or fell silent amid its work; `parts` had been told before.

    `is_silent`: it did nothing at all for too long; else `why` says how it ended.
    """

    def __init__(self, why: str, parts: list[Any], *, is_silent: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.parts = parts
        self.is_silent = is_silent


class NoChild(Exception):
    """The system has no process to give just now."""


@dataclass(eq=False)
class _Child:
    process: subprocess.Popen[bytes]
    silent_at: float = field(default=0.0)
    """when it has been silent for too long, or (at rest) idle for long enough"""
    is_overdue: bool = False

    def end(self) -> None:
        """It has nothing to lose."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                assert pipe is not None
                pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):  # it hangs in the kernel
            self.process.wait(_END_S)


class Children:
    """The children of one daemon; they end by themselves after a while without work.

    To be used from any number of threads; there are as many children as threads ask at a time.
    """

    def __init__(self, idle_s: float = _IDLE_S) -> None:
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._free: list[_Child] = []
        self._busy: set[_Child] = set()
        self._tender: threading.Thread | None = None
        self._is_closed = False

    @property
    def pids(self) -> list[int]:
        """The children there are."""
        with self._lock:
            return [child.process.pid for child in (*self._free, *self._busy)]

    def ask(
        self, work: Work[T], silent_s: float, told: Callable[[T], object] | None = None
    ) -> list[T]:
        """Have `work` done; blocks. `told` gets each part as it comes; all are returned.

        Raises:
            ChildLost: the child ended, or said nothing for `silent_s` and was ended.
            NoChild: there is none to be had.
            Exception: what the work itself raised.
        """
        child, parts = self._take(silent_s), list[T]()
        is_whole = False
        try:
            self._send(child, work)
            while not isinstance(answer := _receive(child), End):
                child.silent_at = time.monotonic() + silent_s
                parts.append(answer.value)  # type: ignore[arg-type]  # the work's own parts
                if told is not None:
                    told(parts[-1])
            is_whole = True
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            lost = self._lost(child, parts)
            log.warning("child.lost", work=type(work).__name__, why=lost.why)
            raise lost from error
        finally:
            self._give_back(child, is_whole=is_whole)
        if answer.error is not None:
            raise answer.error
        return parts

    def warm(self) -> None:
        """Have a child ready: work is to come soon. Where there is none to be had, nothing."""
        with self._lock:
            if self._free or self._busy:
                return
        with contextlib.suppress(NoChild):
            self._give_back(self._take(_END_S), is_whole=True)

    def close(self) -> None:
        """End all children now, and start no others."""
        with self._lock:
            self._is_closed = True
            free, self._free = self._free, []
            for child in self._busy:
                child.process.kill()  # whoever waits for it ends it properly
        for child in free:
            child.end()

    # --- one child -----------------------------------------------------------------------------

    def _take(self, silent_s: float) -> _Child:
        with self._lock:
            child = self._free.pop() if self._free else None
        if child is None:
            child = self._start()
        with self._lock:
            child.silent_at = time.monotonic() + silent_s
            self._busy.add(child)
            if self._tender is None:
                self._tender = threading.Thread(target=self._tend, name="children", daemon=True)
                self._tender.start()
        return child

    def _start(self) -> _Child:
        if self._is_closed:
            raise NoChild("closed")
        kept = {name: text for name, text in os.environ.items() if name in _KEPT_VARIABLES}
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program
                (sys.executable, "-P", "-B", "-c", _PROGRAM),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                close_fds=True,
                env={**kept, "MALLOC_ARENA_MAX": "1"},  # each more counts as memory it never uses
            )
        except OSError as error:
            raise NoChild(str(error)) from error
        return _Child(process)

    def _send(self, child: _Child, work: Work[object]) -> None:
        assert child.process.stdin is not None
        child.process.stdin.write(framed(Order(work, texts.chosen())))
        child.process.stdin.flush()

    def _lost(self, child: _Child, parts: list[Any]) -> ChildLost:
        child.end()
        if child.is_overdue:
            return ChildLost("silent", parts, is_silent=True)
        code = child.process.returncode or 0
        try:
            why = signal.Signals(-code).name
        except ValueError:
            why = f"exit {code}"
        return ChildLost(why, parts)

    def _give_back(self, child: _Child, *, is_whole: bool) -> None:
        with self._lock:
            self._busy.discard(child)
            is_kept = is_whole and not self._is_closed
            if is_kept:
                child.silent_at = time.monotonic() + self._idle_s
                self._free.append(child)
        if not is_kept:
            child.end()

    def _tend(self) -> None:
        """End children that are idle or silent for too long; ends itself with the last of them."""
        while True:
            time.sleep(min(_TEND_S, self._idle_s / 2))
            now = time.monotonic()
            with self._lock:
                idle = [child for child in self._free if child.silent_at <= now]
                self._free = [child for child in self._free if child not in idle]
                for child in self._busy:
                    if child.silent_at <= now and not child.is_overdue:
                        child.is_overdue = True
                        child.process.kill()
            for child in idle:
                child.end()
            with self._lock:
                if not self._free and not self._busy:
                    self._tender = None
                    return


def _receive(child: _Child) -> Part | End:
    pipe = child.process.stdout
    assert pipe is not None
    header = pipe.read(LENGTH.size)
    if len(header) < LENGTH.size:
        raise EOFError
    length = LENGTH.unpack(header)[0]
    content = pipe.read(length)
    if len(content) < length:
        raise EOFError
    answer = told(content)
    if not isinstance(answer, Part | End):
        raise pickle.UnpicklingError("a child said something else")
    return answer
