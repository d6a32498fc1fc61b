"""What can be drawn on demand: pictures, videos; equal drawings have equal bytes."""

from __future__ import annotations

from typing import Protocol


class Drawing(Protocol):
    """A result before it has bytes: hashable, and cheap to keep until somebody fetches it."""

    def __hash__(self) -> int: ...

    @property
    def media_type(self) -> str:
        """The Content-Type of the file."""
        ...

    def drawn(self) -> bytes:
        """The file content, drawn afresh."""
        ...
