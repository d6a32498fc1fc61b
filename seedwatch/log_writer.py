"""Writes log lines on a thread of its own, so that nobody who logs ever waits for their reader.

A pipe that nobody reads, a stopped terminal and a slow disk all block whoever writes to them. The
lines wait in a queue of bounded size; the oldest go first, and how many went is said where they
would have stood. Imports nothing of ours.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import accumulate
from typing import Final, TextIO

MOST_BYTES: Final = 1 << 20
"""what may wait to be written"""
_BATCH_BYTES: Final = 64 << 10
_FULL_PAUSE_S: Final = 0.05
"""somebody made the stream non-blocking: how long until it is tried again"""


class LogWriter:
    """A stream for log lines: `write` never blocks and never raises."""

    def __init__(
        self,
        stream: TextIO,
        tell_gap: Callable[[int], None] = lambda _count: None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """Take over what `stream` writes to.

        `tell_gap(count)` is called on the writing thread when lines were lost before those that
        come next; what it writes here comes in their place.

        Raises:
            OSError, ValueError: the stream is closed, or no file of the system.
        """
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
        self.stream = stream
        # A number of our own: the stream's could be closed and name another file then.
        self._fd = os.dup(stream.fileno())
        self._encoding = stream.encoding or "utf-8"
        self._tell_gap = tell_gap
        self._most_bytes = most_bytes
        self._changed = threading.Condition()
        self._lines: deque[bytes] = deque()
        self._byte_count = 0
        self._lost_count = 0
        self._gap: list[bytes] = []
        self._is_writing = False
        self._is_closed = False
        self._is_torn = False
        self._thread: threading.Thread | None = None

    def isatty(self) -> bool:
        """Whether people read it on a terminal."""
        return os.isatty(self._fd)

    def write(self, text: str) -> int:
        """Put a line, with its end, behind those that wait; the oldest may have to go for it."""
        line = self._spoken(text)
        if threading.current_thread() is self._thread:  # a gap is told in its place
            self._gap.append(line)
            return len(text)
        with self._changed:
            if self._is_closed:
                return len(text)
            self._lines.append(line)
            self._byte_count += len(line)
            while self._byte_count > self._most_bytes and len(self._lines) > 1:
                self._byte_count -= len(self._lines.popleft())
                self._lost_count += 1
            self._start()
            self._changed.notify_all()
        return len(text)

    def flush(self) -> None:
        """Nothing: whoever must know that the lines are out calls `finish`."""

    def finish(self, most_s: float) -> bool:
        """Wait until every line is out, but no longer than `most_s`; whether they all are."""
        end = time.monotonic() + most_s
        with self._changed:
            while self._lines or self._is_writing:
                left_s = end - time.monotonic()
                if left_s <= 0 or self._thread is None or not self._thread.is_alive():
                    return False
                self._changed.wait(left_s)
        return True

    def close(self) -> None:
        """Take no more lines; the thread ends once those that wait are out."""
        with self._changed:
            if not self._is_closed and self._thread is None:
                os.close(self._fd)
            self._is_closed = True
            self._changed.notify_all()

    # --- the thread ----------------------------------------------------------------------------

    def _start(self) -> None:
        """The thread begins with the first line, and anew in a process that was forked off."""
        if self._thread is not None and self._thread.is_alive():
            return
        thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        with contextlib.suppress(RuntimeError):  # no thread can be had just now: lines wait
            thread.start()
            self._thread = thread

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            lost_count, lines = batch
            if lost_count:
                self._tell_gap(lost_count)  # which writes to `_gap`
            gap, self._gap = self._gap, []
            failed_count = self._put_out([*gap, *lines])
            with self._changed:
                if failed_count > len(lines):  # nor was the gap told: it is wider now
                    failed_count += lost_count - len(gap)
                self._lost_count += failed_count
                self._is_writing = False
                self._changed.notify_all()
        os.close(self._fd)

    def _next_batch(self) -> tuple[int, list[bytes]] | None:
        """How many lines were lost, and those that come next; None: closed, and nothing waits."""
        with self._changed:
            while not self._lines:
                if self._is_closed:
                    return None
                self._changed.wait()
            lines, byte_count = [], 0
            while self._lines and byte_count < _BATCH_BYTES:
                lines.append(self._lines.popleft())
                byte_count += len(lines[-1])
            self._byte_count -= byte_count
            self._is_writing = True
            lost_count, self._lost_count = self._lost_count, 0
            return lost_count, lines

    def _put_out(self, lines: list[bytes]) -> int:
        """Write them; how many could not be written (no reader, no room) and are lost."""
        content = memoryview((b"\n" if self._is_torn else b"") + b"".join(lines))
        written = 0
        try:
            while written < len(content):
                written += self._put(content[written:])
        except OSError:
            left = written - self._is_torn
            if written:
                self._is_torn = content[written - 1] != ord("\n")
            ends = accumulate(map(len, lines))
            return sum(end > left for end in ends)
        self._is_torn = False
        return 0

    def _put(self, content: memoryview) -> int:
        if sys.platform == "win32" and self.isatty():  # a console there takes text, not bytes
            self.stream.write(bytes(content).decode(self._encoding, errors="replace"))
            self.stream.flush()
            return len(content)
        try:
            return os.write(self._fd, content)
        except BlockingIOError:  # somebody made what we share with them non-blocking
            time.sleep(_FULL_PAUSE_S)
            return 0

    def _spoken(self, text: str) -> bytes:
        """What the encoding of the stream cannot say is escaped, not lost."""
        return text.encode(self._encoding, errors="backslashreplace")
