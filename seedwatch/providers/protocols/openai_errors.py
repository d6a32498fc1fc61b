"""Which error class each status and code of OpenAI's API means (protocols.md 6.5); pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from seedwatch.errors import (
    AuthFailed,
    ModelClosed,
    Moderated,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Unavailable,
)
from seedwatch.providers.protocols.refusals import (
    ErrorClass,
    error_body,
    indefinite,
    refused,
    words,
)

_CODES: Final[Mapping[str, ErrorClass]] = {
    "moderation_blocked": Moderated,
    "content_policy_violation": Moderated,
    "invalid_api_key": AuthFailed,
    "model_not_found": ModelClosed,
    "rate_limit_exceeded": RateLimited,
    "insufficient_quota": QuotaExhausted,
    "credit_balance_exhausted": QuotaExhausted,
    "organization_spend_limit_exceeded": QuotaExhausted,
    "project_spend_limit_exceeded": QuotaExhausted,
    "organization_usage_limit_exceeded": QuotaExhausted,
    "server_error": Unavailable,
    "overloaded": Unavailable,
}
"""of `code`, or of `type` where a relay renames one or leaves one out"""

_BY_STATUS: Final[Mapping[int, ErrorClass]] = {
    401: AuthFailed,
    402: QuotaExhausted,
    403: AuthFailed,
    409: Unavailable,
    429: RateLimited,
    500: Unavailable,
    503: Unavailable,
    529: Unavailable,
}
"""for codes not named above, with an error object. 502, 504 and 52x stand here not: a gateway may
speak JSON, too; only one of the codes makes them definite (promises.md 2)"""

_NEVER_DEFINITE: Final = frozenset({408})
_MODERATION: Final = "safety_violations"
"""stands in the message of refused content, whose code may be null (protocols.md 6.5)"""


def classify(status: int, headers: Mapping[str, str], content: bytes) -> ProviderError:
    """The error that an answer with this status, header and body is."""
    error = error_body(content)
    if error and status not in _NEVER_DEFINITE and (found := _class_of(status, error)):
        request_id = words(headers.get("x-request-id"))[:128]
        return refused(found, error, status=status, request_id=request_id, headers=headers)
    return indefinite("OpenAI", status)


def stated_class(error: Mapping[str, Any]) -> ErrorClass | None:
    """What an error object says by itself; None: nothing that is known."""
    for name in ("code", "type"):
        if found := _CODES.get(words(error.get(name))):
            return found
    return Moderated if _MODERATION in words(error.get("message")) else None


def stated_error(error: Mapping[str, Any]) -> ProviderError:
    """The error that an error object within a 2xx answer is."""
    return refused(stated_class(error) or Rejected, error)


def _class_of(status: int, error: Mapping[str, Any]) -> ErrorClass | None:
    """None: it does not say whether the request was accepted."""
    if not 400 <= status < 600:
        return None
    if found := stated_class(error):
        return found
    return _BY_STATUS.get(status) or (Rejected if status < 500 else None)
