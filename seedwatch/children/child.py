"""The program of a child: orders on stdin, what came of them on stdout; it ends when stdin does.

It holds no key, opens no connection and writes no file.
"""

from __future__ import annotations

import pickle
import signal
import sys
from typing import BinaryIO

from seedwatch import texts
from seedwatch.children.limits import begin_part, confine
from seedwatch.children.work import LENGTH, End, Order, Part, framed


def main() -> None:
    """Serve until the daemon ends, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the daemon
    confine()
    serve(sys.stdin.buffer, sys.stdout.buffer)


def serve(orders: BinaryIO, answers: BinaryIO) -> None:
    """Do one piece of work after the other."""
    while header := orders.read(LENGTH.size):
        content = orders.read(LENGTH.unpack(header)[0])
        error: Exception | None = None
        try:
            order: Order = pickle.loads(content)  # noqa: S301 - our parent's pipe, nobody else's
            del content
            texts.use(order.language)
            _carry_out(order, answers)
        except Exception as raised:  # noqa: BLE001 - the parent raises it again
            error = raised
        _tell(End(error), answers)


def _carry_out(order: Order, answers: BinaryIO) -> None:
    parts = order.work.parts()
    while True:
        begin_part()
        try:
            part = next(parts)
        except StopIteration:
            return
        _tell(Part(part), answers)


def _tell(value: Part | End, answers: BinaryIO) -> None:
    try:
        content = framed(value)
    except Exception as error:
        if isinstance(value, Part):
            raise
        content = framed(End(RuntimeError(f"{type(value.error).__name__}: {error}")))
    answers.write(content)
    answers.flush()
