"""Reads a stream of events from a spooled file; long texts stay in the file (protocols.md 2.6).

It is told from JSON by its first bytes, as relays lie about the Content-Type, and takes every
framing that was seen or printed: one line, several `data:` lines, JSON printed over lines without
`data:`, any ends of lines, comments, no `event:` line. What an event is says its `type`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from seedwatch.providers.answer_file import UnreadableAnswerError, value_in
from seedwatch.providers.file_view import FileView

_LOOKED_AT: Final = 4096
_FIELD: Final = re.compile(rb"(data|event|id|retry)(?::|\Z)|:")
_DONE: Final = b"[DONE]"
_BOM: Final = b"\xef\xbb\xbf"
_MOST_LINES: Final = 2000
"""of one event that are read; the documentation prints about ten"""

Span = tuple[int, int]


@dataclass(slots=True)
class Events:
    """Reads the events of one stream; `has_ended` and `is_torn` are true once they were read.

    `has_ended`: the end mark came. `is_torn`: the file ends within an event, or something between
    the events cannot be read.
    """

    view: FileView
    has_ended: bool = False
    is_torn: bool = False
    _spans: list[Span] = field(default_factory=list)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Each event that is a whole JSON object.

        Raises:
            UnreadableAnswerError: there is nothing in the file.
        """
        view = self.view
        if not len(view):
            raise UnreadableAnswerError("empty")
        for start, end in _lines(view):
            if start == end:
                yield from self._event(view)
                continue
            self._take(view, start, end)
        yield from self._event(view)

    def _take(self, view: FileView, start: int, end: int) -> None:
        head = view.span(start, min(start + 6, end))
        found = _FIELD.match(head)
        if found is None:
            if self._spans:  # a line of JSON that lacks its `data:`
                self._spans.append((start, end))
        elif found[1] == b"data":
            start = min(start + 5, end)
            self._spans.append((start + (view.span(start, start + 1) == b" "), end))
        del self._spans[_MOST_LINES:]

    def _event(self, view: FileView) -> Iterator[dict[str, Any]]:
        spans, self._spans = self._spans, []
        if not spans:
            return
        try:
            if self._is_end(view, *spans[-1]):
                spans.pop()
            values = [value_in(view, spans)] if spans else []
        except UnreadableAnswerError:
            values = [*self._single(view, spans)]
        yield from (value for value in values if isinstance(value, dict))

    def _is_end(self, view: FileView, start: int, end: int) -> bool:
        is_end = view.span(start, min(end, start + 16)).strip() == _DONE
        self.has_ended = self.has_ended or is_end
        return is_end

    def _single(self, view: FileView, spans: list[Span]) -> Iterator[Any]:
        """Each line that is a whole event by itself: some relays leave the empty line out."""
        for start, end in spans:
            try:
                if view.span(start, start + 1) == b"{" and end - start > 2:
                    yield value_in(view, [(start, end)])
                    continue
            except UnreadableAnswerError:
                pass  # half a line of a printed object, or of one that was cut
            self.is_torn = True


def is_stream(view: FileView) -> bool:
    """Whether the file begins as a stream of events does; an empty one does not."""
    head = view.span(0, min(_LOOKED_AT, len(view)))
    return _FIELD.match(head.removeprefix(_BOM).lstrip(b"\r\n")) is not None


def _lines(view: FileView) -> Iterator[Span]:
    """Where each line begins and ends: LF, CR and CRLF end one, as does the end of the file."""
    at = len(_BOM) if view.span(0, len(_BOM)) == _BOM else 0
    returns = view.find(b"\r", at, len(view))
    while at < len(view):
        if 0 <= returns < at:
            returns = view.find(b"\r", at, len(view))
        newline = view.find(b"\n", at, returns if returns >= 0 else len(view))
        end = newline if newline >= 0 else returns if returns >= 0 else len(view)
        yield at, end
        is_pair = view.span(end, end + 2) == b"\r\n"
        at = end + (2 if is_pair else 1)
