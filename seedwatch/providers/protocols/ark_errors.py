"""Which error class each status and code of Ark means (protocols.md 2.7); pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from seedwatch.errors import (
    AccountStopped,
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

_BY_CODE: tuple[tuple[str, ErrorClass], ...] = (
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

_BY_STATUS: dict[int, ErrorClass] = {
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
_REQUEST_ID = re.compile(r"request id: ?([\w-]+)", re.IGNORECASE)
_TRIAL_OR_WINDOW = re.compile(r"trial|free|hour|week|month|reset|inference limit", re.IGNORECASE)


def classify(status: int, headers: Mapping[str, str], content: bytes) -> ProviderError:
    """The error that an answer with this status, header and body is."""
    error = error_body(content) or {}
    code, message = words(error.get("code")), words(error.get("message"))
    if error and status not in _NEVER_DEFINITE and (found := _class_of(status, code, message)):
        request_id = words(headers.get("x-request-id"))[:128] or request_id_in(message)
        return refused(found, error, status=status, request_id=request_id, headers=headers)
    return indefinite("Ark", status)


def member_error(error: Mapping[str, Any]) -> ProviderError:
    """The error of one member of a group, or of a 2xx answer without pictures."""
    code, message = words(error.get("code")), words(error.get("message"))
    found = class_by_code(code, message) or Rejected
    return refused(found, error, request_id=request_id_in(message))


def request_id_in(message: str) -> str:
    """The request id that Ark writes at the end of its messages."""
    found = _REQUEST_ID.search(message)
    return found.group(1) if found else ""


def _class_of(status: int, code: str, message: str) -> ErrorClass | None:
    """None: it does not say whether the request was accepted."""
    if not 400 <= status < 600:
        return None
    if found := class_by_code(code, message):
        return found
    return _BY_STATUS.get(status) or (Rejected if status < 500 else None)


def class_by_code(code: str, message: str) -> ErrorClass | None:
    """What a code of Ark says, or one that stands in the message; None: nothing known."""
    for prefix, found in _BY_CODE:
        if code.startswith(prefix):
            return found
    if code == "QuotaExceeded":
        return QuotaExhausted if _TRIAL_OR_WINDOW.search(message) else RateLimited
    if code in _TYPES:
        named = (found for name, found in _BY_CODE if name in message)
        return next((found for found in named if not issubclass(found, AccountStopped)), None)
    return None
