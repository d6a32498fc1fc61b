"""What goes through the pipes between the daemon and a child, and how it is framed."""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from seedwatch.texts import Language

T_co = TypeVar("T_co", covariant=True)

LENGTH: Final = struct.Struct(">Q")
_RECORDS: Final = (
    *("seedwatch.children.work", "seedwatch.errors", "seedwatch.records", "seedwatch.media."),
    *("seedwatch.inbox.inspection", "seedwatch.inbox.prompts", "seedwatch.paths"),
)


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


class _Answers(pickle.Unpickler):
    """Reads what a child says: it decodes pictures of strangers and may be theirs by now (T7).

    Only our own records and errors are made of it, no function is called.
    """

    def find_class(self, module: str, name: str) -> object:
        found = super().find_class(module, name)
        is_ours = module.startswith(_RECORDS) and isinstance(found, type)
        is_error = isinstance(found, type) and issubclass(found, Exception)
        if is_ours or (is_error and module == "builtins"):
            return found
        raise pickle.UnpicklingError(f"a child does not tell of {module}.{name}")


def told(content: bytes) -> object:
    """What a child said.

    Raises:
        pickle.UnpicklingError: it is more than records and errors, or cannot be read.
    """
    try:
        return _Answers(io.BytesIO(content)).load()
    except (pickle.UnpicklingError, EOFError):
        raise
    except Exception as error:
        raise pickle.UnpicklingError(str(error)) from error
