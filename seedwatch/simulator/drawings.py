"""What can be drawn on demand: pictures, videos; equal drawings have equal bytes."""

from __future__ import annotations

from typing import Protocol, Self


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


class Resizable(Drawing, Protocol):
    """A drawing that could as well have another size."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        ...

    def resized(self, width: int, height: int) -> Self:
        """The same in another size."""
        ...
