"""A process that reads inputs for the watch: requests on stdin, what was found on stdout.

It exists because one interpreter decodes only one small picture at a time. It holds no key, opens
no connection and writes no file; it ends when its stdin does.
"""

from __future__ import annotations

import pickle
import signal
import struct
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal

from seedwatch import texts
from seedwatch.inbox.inspection import Inspected, NotInspected, Wanted, inspect_input
from seedwatch.paths import Root

LENGTH: Final = struct.Struct(">Q")
_TELL_EVERY_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Request:
    """Inputs of one inbox to be read, and the language to speak about them."""

    root: str
    folder: str
    language: Literal["en", "zh", "auto"]
    wanted: Sequence[Wanted]


def framed(value: object) -> bytes:
    """A value as it goes through the pipe: its length, then its pickle."""
    content = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(content)) + content


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until they end; a long one is answered in several parts."""
    while header := requests.read(LENGTH.size):
        content = requests.read(LENGTH.unpack(header)[0])
        request: Request = pickle.loads(content)  # noqa: S301 - our parent's pipe, nobody else's
        texts.use(request.language)
        _answer(request, answers)


def _answer(request: Request, answers: BinaryIO) -> None:
    root = Root(Path(request.root))
    found: list[Inspected | NotInspected] = []
    told_at = time.monotonic()
    for wanted in request.wanted:
        found.append(inspect_input(root, request.folder, wanted))
        if time.monotonic() - told_at > _TELL_EVERY_S:
            _tell(found, answers)
            found, told_at = [], time.monotonic()
    if found:
        _tell(found, answers)


def _tell(found: list[Inspected | NotInspected], answers: BinaryIO) -> None:
    answers.write(framed(found))
    answers.flush()


def main() -> None:
    """Serve until the daemon ends, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the daemon
    serve(sys.stdin.buffer, sys.stdout.buffer)
