"""What providers that work on tasks have in common: names of tasks, free exchanges about them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from seedwatch.errors import (
    AuthFailed,
    HandleExpired,
    OutcomeUnknown,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Rejected,
    RemoteFailed,
    Unavailable,
)
from seedwatch.logs import redacted
from seedwatch.providers import answer_file
from seedwatch.providers.answer_file import UnreadableAnswerError
from seedwatch.providers.base import Reply
from seedwatch.providers.protocols.refusals import unreadable
from seedwatch.records import Handle
from seedwatch.texts import say

_NAME: Final = re.compile(r"(?!\.\.?\Z)[A-Za-z0-9._:~-]{1,200}")
"""what a task may be called, so that its name can stand in a path; all documented ones do"""


def object_in(answer: Path) -> dict[str, Any]:
    """The JSON object of a spooled answer.

    Raises:
        OutcomeUnknown: it is anything else.
    """
    try:
        value = answer_file.load(answer)
    except UnreadableAnswerError as error:
        raise unreadable(str(error)) from error
    if not isinstance(value, dict):
        raise unreadable("no JSON object")
    return value


def object_of(reply: Reply) -> Mapping[str, Any]:
    """The JSON object of a free exchange.

    Raises:
        Unavailable: it is anything else; ask again later.
    """
    try:
        value = json.loads(reply.content)
    except (ValueError, RecursionError) as error:
        raise _not_now("no JSON", reply.status) from error
    if not isinstance(value, dict):
        raise _not_now("no JSON object", reply.status)
    return value


def named(value: object) -> Handle | None:
    """The handle of a task's name, if this is one; a key that is echoed as one is none (T17)."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _NAME.fullmatch(value) or redacted(value) != value:
        return None
    return Handle("remote", value)


def unseen(found: ProviderError, status: int) -> ProviderError:
    """The error of a free exchange, whose refusal would be `found` if it were paid.

    What is refused says nothing about the work that it asks for: only 404 does. All but a stopped
    account and a limit is asked again later.
    """
    if status == 404:
        return HandleExpired(
            say("provider.task_unknown", message=found.message),
            advice=say("provider.unsure_advice"),
            code=found.code,
            status=status,
        )
    if isinstance(found, AuthFailed | QuotaExhausted | RateLimited):
        return found
    message = _failed(found) if isinstance(found, OutcomeUnknown) else found.message
    return Unavailable(message, code=found.code, status=status)


def failed(found: ProviderError) -> ProviderError:
    """The error of a task that was taken and failed with what would refuse a call as `found`."""
    if isinstance(found, Rejected):  # Moderated is one, too
        return found
    return RemoteFailed(found.message, code=found.code, request_id=found.request_id)


def _failed(found: ProviderError) -> str:
    return say("provider.failed_there", message=f"HTTP {found.status}")


def _not_now(why: str, status: int) -> Unavailable:
    return Unavailable(say("provider.unreadable", why=why), status=status)
