"""The places of an answer: the pictures of its `data` list, or the errors in their stead; pure.

Ark, OpenAI and their relays share this shape (protocols.md 2.5, 5.2, 6.3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seedwatch.providers.answer_file import LongText
from seedwatch.providers.base import Returned
from seedwatch.texts import say

Tell = Callable[[Mapping[str, Any]], str]
"""The sentence for an `error` object."""


def entries_of(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The places of an answer; what is no object keeps its place, as order is their number.

    Layers come from the bottom, the base first (protocols.md 2.5, `z_index`).
    """
    entries = value.get("data")
    if not isinstance(entries, list):
        return []
    places: list[Mapping[str, Any]] = [
        entry if isinstance(entry, dict) else {} for entry in entries
    ]
    if all(_has_depth(place) for place in places):
        places.sort(key=lambda place: place["z_index"])
    return places


def _has_depth(place: Mapping[str, Any]) -> bool:
    depth = place.get("z_index")
    return isinstance(depth, int) and not isinstance(depth, bool)


def place_of(entry: Mapping[str, Any], tell: Tell) -> Returned:
    """A picture, if there is one: what was paid for counts more than an error beside it."""
    url, base64 = entry.get("url"), entry.get("b64_json")
    if isinstance(base64, LongText | str) and base64:
        return Returned(base64=base64)
    if isinstance(url, LongText) or (isinstance(url, str) and url.startswith("data:")):
        return Returned(base64=url)  # relays answer a data URI here (protocols.md 1.3)
    if isinstance(url, str) and url:
        return Returned(url=url)
    error = entry.get("error")
    if isinstance(error, dict):
        return Returned(error=tell(error))
    return Returned(error=say("provider.no_pictures", message="…"))


def is_picture(place: Returned) -> bool:
    """Whether a picture stands there."""
    return bool(place.url or place.base64)


def count_of(value: object) -> int | None:
    """A number of pictures; relays write numbers as texts (protocols.md 1.3)."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 5:
        value = int(value)
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10_000
    return value if is_count else None  # type: ignore[return-value]  # is_count says it
