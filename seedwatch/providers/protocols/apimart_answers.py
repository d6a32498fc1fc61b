"""Reads the answers of APIMart: submits in both versions, tasks, their results (4.2, 4.3); pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from seedwatch.errors import AuthFailed, QuotaExhausted, RateLimited, Rejected
from seedwatch.providers.answer_file import LongText
from seedwatch.providers.base import Answer, Pending, Returned
from seedwatch.providers.protocols import apimart_errors
from seedwatch.providers.protocols.amounts import micros
from seedwatch.providers.protocols.places import place_of
from seedwatch.providers.protocols.refusals import said, unreadable
from seedwatch.providers.protocols.tasks import named
from seedwatch.records import Handle
from seedwatch.texts import say

_OF_A_LOOK: Final = frozenset({"progress", "created", "estimated_time", "completed"})
"""what only the answer to a look has (4.3): there work that goes on is pending"""


def read(value: Mapping[str, Any]) -> Answer | Handle | Pending:
    """What an answer says.

    Raises:
        Rejected, Moderated, RemoteFailed: how the task ended.
        AuthFailed, QuotaExhausted, RateLimited: 200, and yet the call was refused.
        OutcomeUnknown: it is not the documented answer.
    """
    task = _task(value)
    handle = named(task.get("task_id")) or named(task.get("id"))
    status = task.get("status")
    match status.strip().lower() if isinstance(status, str) else "":
        case "completed":
            return _answer(task, handle)
        case "failed":
            raise apimart_errors.failure(task.get("error"), handle.name if handle else "")
        case "cancelled":
            raise Rejected(say("provider.task_cancelled"), advice=say("provider.rejected_advice"))
    if task.get("object") == "generation.result":  # of models that answer at once (4.2)
        return _answer(task, handle)
    if handle is None:
        raise unreadable("no id of a task")
    return Pending(handle=handle) if _OF_A_LOOK & task.keys() else handle


def _task(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """`data` is an object, or a list of one (4.2)."""
    data = value.get("data")
    if isinstance(data, list) and data:
        data = data[0]
    if isinstance(data, dict):
        return data
    if error := apimart_errors.stated(value):
        found = apimart_errors.classify_stated(error)
        if isinstance(found, AuthFailed | QuotaExhausted | RateLimited):
            raise found
        raise unreadable(said(error) or "an error")
    return value


def _answer(task: Mapping[str, Any], handle: Handle | None) -> Answer:
    """Every link in its order, over several entries and several links of one (4.3).

    What a task cost is told without the name of its currency; the catalog's user may know it.
    """
    result = task.get("result", task)
    places = tuple(_places(result)) if isinstance(result, dict) else ()
    nothing = Returned(error=say("provider.no_pictures", message="…"))
    return Answer(
        places or (nothing,),
        None,
        request_id=handle.name if handle else "",
        charged_micros=micros(task.get("cost")),
    )


def _places(result: Mapping[str, Any]) -> Iterator[Returned]:
    for kind in ("images", "videos"):
        entries = result.get(kind)
        for entry in entries if isinstance(entries, list) else [entries]:
            yield from _links(entry)


def _links(entry: object) -> Iterator[Returned]:
    links = entry.get("url") if isinstance(entry, dict) else entry
    for link in links if isinstance(links, list) else [links]:
        if link and isinstance(link, str | LongText):
            yield place_of({"url": link}, said)
