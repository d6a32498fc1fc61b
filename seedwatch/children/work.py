"""What goes through the pipes between the daemon and a child, and how it is framed."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from seedwatch.texts import Language

T_co = TypeVar("T_co", covariant=True)

LENGTH: Final = struct.Struct(">Q")


class Work(Protocol[T_co]):
    """Work for a child: a small record that can be pickled, defined where its code is."""

    def parts(self) -> Iterator[T_co]:
        """Do it, in the child; what is done of long work is told at least now and then.

        Raises:
            Exception: goes back to whoever asked.
        """


@dataclass(frozen=True, slots=True)
class Order:
    """Work, and the language to speak about it."""

    work: Work[object]
    language: Language


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what was asked for."""

    value: object


@dataclass(frozen=True, slots=True)
class End:
    """The work is over; `error` is what it raised."""

    error: Exception | None = None


def framed(value: object) -> bytes:
    """A value as it goes through a pipe: its length, then its pickle."""
    content = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(content)) + content
