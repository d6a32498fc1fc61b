"""What an answer with pictures comes to, sent in one piece or as a stream of events.

Ark, OpenAI and their relays share the shapes (protocols.md 2.5, 2.6, 5.2, 6.3, 6.4); which event
means what, and which class an error is, each says itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from seedwatch.errors import Moderated, ProviderError
from seedwatch.providers import answer_file
from seedwatch.providers.answer_file import UnreadableAnswerError
from seedwatch.providers.base import Answer, Returned
from seedwatch.providers.file_view import viewed
from seedwatch.providers.protocols.places import count_of, entries_of, is_picture, place_of
from seedwatch.providers.protocols.refusals import no_pictures, unreadable
from seedwatch.providers.sse import Events, is_stream
from seedwatch.texts import say

MOST_PLACES: Final = 1000
"""of one answer that are kept; no service makes more than 17"""


@dataclass(slots=True)
class Harvest:
    """Collects the places of one answer.

    `error_of` is the error that an error object means. `has_ended`: the service said that this was
    all. `stopped_by` is the error object in place of everything that did not come.
    """

    error_of: Callable[[Mapping[str, Any]], ProviderError]
    has_ended: bool = False
    billed: object = None
    stopped_by: Mapping[str, Any] | None = None
    _failed: Mapping[str, Any] | None = None
    _numbered: dict[int, Returned] = field(default_factory=dict)
    _others: list[Returned] = field(default_factory=list)
    _previews: list[Returned] = field(default_factory=list)

    def add(self, entry: Mapping[str, Any], index: object = None) -> None:
        """One more; where its number makes no sense, or is taken, it comes after the others.

        A picture takes the place of an error of the same number.
        """
        if len(self._numbered) + len(self._others) >= MOST_PLACES:
            return
        place = place_of(entry, lambda error: self.error_of(error).message)
        error = entry.get("error")
        if self._failed is None and isinstance(error, dict):
            self._failed = error
        if not isinstance(index, int) or index is True or not 0 <= index < MOST_PLACES:
            self._others.append(place)
            return
        known = self._numbered.get(index)
        if known is None or (is_picture(place) and not is_picture(known)):
            self._numbered[index] = place
        elif is_picture(place) and place != known:
            self._others.append(place)

    def preview(self, entry: Mapping[str, Any]) -> None:
        """What the service shows of a picture before it is done."""
        place = place_of(entry, lambda error: self.error_of(error).message)
        if is_picture(place) and len(self._previews) < MOST_PLACES:
            self._previews.append(place)

    def answer(self) -> Answer:
        """The answer, if there is a picture in it.

        Raises:
            Rejected, Moderated: nothing was made, and the service says so.
            OutcomeUnknown: it broke off before any picture.
        """
        places = self.places()
        is_cut = not self.has_ended or self.stopped_by is not None
        if any(map(is_picture, places)):
            return Answer(
                places,
                billed_count=count_of(self.billed),
                previews=tuple(self._previews),
                is_cut=is_cut,
            )
        stated = self.stopped_by or (self._failed if self.has_ended else None)
        if stated is None and not self.has_ended:
            raise unreadable("neither pictures nor an error")
        error = self.error_of(stated or {})
        raise error if isinstance(error, Moderated) else no_pictures(error, stated or {})

    def places(self) -> tuple[Returned, ...]:
        """All of them by their numbers; a gap is a place without a picture."""
        gap = Returned(error=say("provider.cut_off"))
        count = max(self._numbered, default=-1) + 1
        numbered = (self._numbered.get(number, gap) for number in range(count))
        return (*numbered, *self._others)


Take = Callable[[Harvest, Mapping[str, Any]], None]
"""Puts one event of a stream into the harvest; passes over what it does not know."""


def harvest(answer: Path, into: Harvest, take: Take) -> Answer:
    """Read an answer that lies in a file; its first bytes say whether it is a stream.

    Raises:
        Rejected, Moderated, OutcomeUnknown: as `Harvest.answer`, or it cannot be read.
    """
    try:
        with viewed(answer) as view:
            if is_stream(view):
                events = Events(view)
                for event in events:
                    take(into, event)
                into.has_ended = into.has_ended or events.has_ended
            else:
                _take_whole(into, answer_file.loaded(view))
    except UnreadableAnswerError as error:
        raise unreadable(str(error)) from error
    return into.answer()


def _take_whole(into: Harvest, value: Any) -> None:
    if not isinstance(value, dict):
        raise UnreadableAnswerError("no JSON object")
    for entry in entries_of(value):
        into.add(entry)
    into.has_ended = isinstance(value.get("data"), list)
    into.billed, error = billed_in(value), value.get("error")
    has_pictures = any(map(is_picture, into.places()))
    if isinstance(error, dict) and not has_pictures:
        into.stopped_by = error


def billed_in(value: Mapping[str, Any]) -> object:
    """The number of pictures charged, as it is written (protocols.md 2.5)."""
    usage = value.get("usage")
    return usage.get("generated_images") if isinstance(usage, dict) else None
