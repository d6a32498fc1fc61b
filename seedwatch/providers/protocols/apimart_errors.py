"""Which error class each status, type and word of APIMart means (protocols.md 4.5); pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from seedwatch.errors import (
    AuthFailed,
    Moderated,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Rejected,
    RemoteFailed,
)
from seedwatch.providers.base import Reply
from seedwatch.providers.protocols.refusals import (
    ErrorClass,
    indefinite,
    refused,
    said,
    words,
)
from seedwatch.texts import say

_HOST: Final = "APIMart"
_BY_STATUS: Final[Mapping[int, ErrorClass]] = {
    400: Rejected,
    401: AuthFailed,
    402: QuotaExhausted,
    403: AuthFailed,
    404: Rejected,
    405: Rejected,
    413: Rejected,
    415: Rejected,
    422: Rejected,
    429: RateLimited,
}
"""408, 409 and 5xx stand here not: the same request under the same key tells what became of it"""
_CONTENT: Final = re.compile(
    r"content.?polic|sensitive|moderat|nsfw|policy.?violation|RiskDetection", re.IGNORECASE
)
"""Codes of the services behind it, and words for the same; its own are not documented as a whole"""


def stated(value: object) -> Mapping[str, Any] | None:
    """The error that an answer states, in either envelope; None: it states none."""
    if not isinstance(value, dict):
        return None
    error = value.get("error")
    if isinstance(error, dict):
        return error
    if isinstance(error, str) and error:
        return {"message": error}
    if value.get("success") is False:
        return {"message": value.get("message")}
    return None


def classify(reply: Reply) -> ProviderError:
    """The error that an answer which is not 2xx is."""
    try:
        error = stated(json.loads(reply.content))
    except (ValueError, RecursionError):
        error = None
    found = _BY_STATUS.get(reply.status)
    if found is None or (error is None and found is not RateLimited):
        return indefinite(_HOST, reply.status)
    if found is Rejected and _is_about_content(error or {}):
        found = Moderated
    return refused(found, error or {}, status=reply.status, headers=reply.headers)


def classify_stated(error: Mapping[str, Any]) -> ProviderError | None:
    """The error that a 2xx answer states, by the status in its code; None: it has none."""
    found = _BY_STATUS.get(_status_in(error))
    return None if found is None else refused(found, error, status=_status_in(error))


def failure(error: object, task: str) -> ProviderError:
    """Why a task failed: what it was asked for, or a fault of theirs, which may be tried again.

    What failed is refunded (4.3). A stopped account is found out by the new submit.
    """
    told = error if isinstance(error, dict) else {"message": error}
    if not said(told):
        return RemoteFailed(say("provider.task_failed"), request_id=task)
    if _is_about_content(told):
        return refused(Moderated, told, request_id=task)
    if _BY_STATUS.get(_status_in(told)) is Rejected or told.get("type") == "invalid_request_error":
        return refused(Rejected, told, request_id=task)
    return RemoteFailed(
        say("provider.failed_there", message=said(told)),
        code=words(told.get("code")),
        request_id=task,
    )


def _status_in(error: Mapping[str, Any]) -> int:
    """The status that `code` repeats, as a number or a text; 0: none."""
    code = error.get("code")
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) == 3:
        return int(code)
    return code if isinstance(code, int) and not isinstance(code, bool) else 0


def _is_about_content(error: Mapping[str, Any]) -> bool:
    told = " ".join(words(error.get(name)) for name in ("code", "type", "message"))
    return _CONTENT.search(told) is not None
