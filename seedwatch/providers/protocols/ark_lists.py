"""Looks a lost submit up in Ark's list of video tasks (protocols.md 3.1, 12.10); pure."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from seedwatch.errors import Unavailable
from seedwatch.providers.base import Exchange, Reply, Sighting, Wanted
from seedwatch.providers.protocols.tasks import named, object_of
from seedwatch.texts import say

PAGE_SIZE: Final = 500
"""the most that is documented: a list may be asked for only once a second"""
_EARLIER_S: Final = 120.0
"""by how much the provider's clock may be behind ours where a seed speaks for a task, too"""
_SURELY_EARLIER_S: Final = 86400.0
"""what is older than that was there before, though our clock was wrong (promises.md P17)"""


def page_of(path: str, wanted: Wanted, page: int) -> Exchange:
    """The exchange for one page, from 1.

    Without `filter.service_tier` a list may leave the offline tier out (protocols.md 3.1).
    """
    query = {"page_num": page, "page_size": PAGE_SIZE, "filter.model": wanted.model}
    tier = wanted.parameters.get("service_tier", "default")
    return Exchange("GET", f"{path}?{urlencode({**query, 'filter.service_tier': tier})}")


def sighted(reply: Reply, wanted: Wanted) -> Sighting:
    """What one page says of the submit: found, "next" page, "absent", or "unprovable".

    Raises:
        Unavailable: it is no page of a list.
    """
    value = object_of(reply)
    entries = _entries(value)
    for entry in entries:
        if _is_ours(entry, wanted) and (handle := named(entry.get("id"))) is not None:
            return handle
    echoing = {str(entry.get("status")) for entry in entries if _identifier(entry)}
    if not all(_is_anothers(entry, wanted, echoing) for entry in entries):
        return "unprovable"
    if len(entries) >= PAGE_SIZE:
        return "next"
    return "absent" if _is_last(value, entries) else "unprovable"


def _entries(value: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    entries = value.get("items")
    if entries is None and value.get("total") == 0:
        return ()
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Unavailable(say("provider.unreadable", why="no list of tasks"))
    return entries


def _identifier(entry: Mapping[str, Any]) -> str:
    identifier = entry.get("safety_identifier")
    return identifier if isinstance(identifier, str) else ""


def _is_ours(entry: Mapping[str, Any], wanted: Wanted) -> bool:
    """The identifier that we sent; where it is not shown: our random seed, model and time."""
    if identifier := _identifier(entry):
        return identifier == wanted.key
    is_seed = wanted.seed is not None and _number(entry.get("seed")) == wanted.seed
    model = entry.get("model")
    is_model = isinstance(model, str) and bool(model) and wanted.model.startswith(model)
    return is_seed and is_model and not _is_older(entry, wanted, _EARLIER_S)


def _is_anothers(entry: Mapping[str, Any], wanted: Wanted, echoing: Container[str]) -> bool:
    """Whether it is certain that somebody else's submit made this task, or an earlier one.

    Where tasks in the same state show an identifier, ours would show its own, too.
    """
    if _identifier(entry) or str(entry.get("status")) in echoing:
        return True
    seed = _number(entry.get("seed"))
    if wanted.seed is not None and seed is not None and seed != -1:
        return seed != wanted.seed
    return _is_older(entry, wanted, _SURELY_EARLIER_S)


def _is_older(entry: Mapping[str, Any], wanted: Wanted, by_s: float) -> bool:
    created_at = _number(entry.get("created_at"))
    return created_at is not None and created_at < wanted.started_at - by_s


def _is_last(value: Mapping[str, Any], entries: Sequence[object]) -> bool:
    """Whether a page that is not full ends the list, as far as `total` tells.

    A service that gives smaller pages than were asked for would seem to end early.
    """
    total = _number(value.get("total"))
    return total is None or total % PAGE_SIZE == len(entries)


def _number(value: object) -> float | None:
    """A number, also as a text (protocols.md 1.3)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
