"""Which error class each status and code of Ark means (protocols.md 2.7); pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from seedwatch.errors import (
    AccountStopped,
    AuthFailed,
    ModelClosed,
    Moderated,
    OutcomeUnknown,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Unavailable,
)
from seedwatch.logs import one_line, redacted
from seedwatch.texts import say

_Class = type[ProviderError]

_BY_CODE: tuple[tuple[str, _Class], ...] = (
    # prefixes, the first that fits decides; protocols.md 2.7 in its order
    ("ContentSecurityDetectionError", Unavailable),
    ("SensitiveContentDetected", Moderated),
    ("InputTextSensitive", Moderated),
    ("InputImageSensitive", Moderated),
    ("InputVideoSensitive", Moderated),
    ("InputAudioSensitive", Moderated),
    ("OutputTextSensitive", Moderated),
    ("OutputImageSensitive", Moderated),
    ("OutputVideoSensitive", Moderated),
    ("OutputAudioSensitive", Moderated),
    ("InputTextRisk", Moderated),
    ("InputImageRisk", Moderated),
    ("OutputTextRisk", Moderated),
    ("OutputImageRisk", Moderated),
    ("InvalidEndpoint.ClosedEndpoint", ModelClosed),
    ("InvalidEndpointOrModel", ModelClosed),
    ("ModelNotOpen", ModelClosed),
    ("UnsupportedModel", ModelClosed),
    ("InvalidParameter.UnsupportedModel", Rejected),
    ("OperationDenied.ServiceOverdue", QuotaExhausted),
    ("AccountOverdueError", QuotaExhausted),
    ("OperationDenied.ServiceNotOpen", ModelClosed),
    ("SetLimitExceeded", QuotaExhausted),
    ("InvalidAccountStatus", AuthFailed),
    ("AuthenticationError", AuthFailed),
    ("AccessDenied", AuthFailed),
    ("InternalServiceError", Unavailable),
)

_BY_STATUS: dict[int, _Class] = {
    401: AuthFailed,
    402: QuotaExhausted,
    403: AuthFailed,
    429: RateLimited,
    500: Unavailable,
    503: Unavailable,
    529: Unavailable,
}
"""for codes not named above, with the provider's own error body. 502, 504 and 52x stand here not:
a gateway may speak JSON, too; only a code of Ark's own makes them definite (promises.md 2)"""

_NEVER_DEFINITE = {408, 409}
_TYPES = {
    *("", "BadRequest", "Unauthorized", "Forbidden", "NotFound", "TooManyRequests"),
    "InternalServerError",
}
"""where `code` holds one of these, the message may name the code (protocols.md 2.7, 12.5); not that
of a stopped account: "AccessDenied" in it may be what a picture's own server said"""
_MOST_SAID = 2000
_WORDS: dict[_Class, tuple[str, str]] = {
    Rejected: ("provider.rejected", "provider.rejected_advice"),
    Moderated: ("provider.moderated", "provider.moderated_advice"),
    Unavailable: ("provider.failed_there", ""),
    AuthFailed: ("provider.auth", "provider.auth_advice"),
    QuotaExhausted: ("provider.quota", "provider.quota_advice"),
    ModelClosed: ("provider.model_closed", "provider.model_closed_advice"),
}
_REQUEST_ID = re.compile(r"request id: ?([\w-]+)", re.IGNORECASE)
_TRIAL_OR_WINDOW = re.compile(r"trial|free|hour|week|month|reset|inference limit", re.IGNORECASE)


def error_body(content: bytes) -> Mapping[str, Any] | None:
    """The provider's own `error` object, or None where the body is anything else."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    error = value.get("error") if isinstance(value, dict) else None
    return error if isinstance(error, dict) else None


def classify(status: int, headers: Mapping[str, str], content: bytes) -> ProviderError:
    """The error that an answer with this status, header and body is."""
    error = error_body(content) or {}
    code, message = _text(error.get("code")), _text(error.get("message"))
    if error and status not in _NEVER_DEFINITE and (found := _class_of(status, code, message)):
        request_id = _text(headers.get("x-request-id"))[:128] or request_id_in(message)
        return _made(found, status, code, message, request_id, headers)
    return OutcomeUnknown(
        say("provider.no_answer", host="Ark", why=f"HTTP {status}"),
        advice=say("provider.unsure_advice"),
        status=status,
    )


def member_error(error: Mapping[str, Any]) -> ProviderError:
    """The error of one member of a group, or of a 2xx answer without pictures."""
    code, message = _text(error.get("code")), _text(error.get("message"))
    found = _by_code(code, message) or Rejected
    return _made(found, 0, code, message, request_id_in(message), {})


def said(error: Mapping[str, Any]) -> str:
    """What the provider says in an `error` object; empty where it says nothing."""
    code, message = _text(error.get("code")), _text(error.get("message"))
    return f"{message} ({code})" if message and code else message or code


def _text(value: object) -> str:
    """Words of a stranger, fit for cards, rows and screens: short, on one line, no secrets."""
    if not isinstance(value, str | int):
        return ""
    return one_line(redacted(str(value))[:_MOST_SAID])


def request_id_in(message: str) -> str:
    """The request id that Ark writes at the end of its messages."""
    found = _REQUEST_ID.search(message)
    return found.group(1) if found else ""


def _class_of(status: int, code: str, message: str) -> _Class | None:
    """None: it does not say whether the request was accepted."""
    if not 400 <= status < 600:
        return None
    if found := _by_code(code, message):
        return found
    return _BY_STATUS.get(status) or (Rejected if status < 500 else None)


def _by_code(code: str, message: str) -> _Class | None:
    for prefix, found in _BY_CODE:
        if code.startswith(prefix):
            return found
    if code == "QuotaExceeded":
        return QuotaExhausted if _TRIAL_OR_WINDOW.search(message) else RateLimited
    if code in _TYPES:
        named = (found for name, found in _BY_CODE if name in message)
        return next((found for found in named if not issubclass(found, AccountStopped)), None)
    return None


def _made(
    found: _Class,
    status: int,
    code: str,
    message: str,
    request_id: str,
    headers: Mapping[str, str],
) -> ProviderError:
    words = said({"code": code, "message": message}) or f"HTTP {status}"
    if found is RateLimited:
        return RateLimited(
            say("provider.limited", message=words),
            retry_after_s=retry_after_s(headers),
            code=code,
            status=status,
            request_id=request_id,
        )
    title, advice = _WORDS[found]
    return found(
        say(title, message=words),
        advice=say(advice) if advice else "",
        code=code,
        status=status,
        request_id=request_id,
    )


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds that `Retry-After` asks for: a number, or a date counted from the answer's own.

    None where it is missing or makes no sense; the caller bounds it (fault 53).
    """
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass  # not a number: a date
    try:
        until = parsedate_to_datetime(value)
        since = parsedate_to_datetime(headers["date"])
        return max(0.0, (until - since).total_seconds())
    except (ValueError, TypeError, KeyError, OverflowError):
        return None
