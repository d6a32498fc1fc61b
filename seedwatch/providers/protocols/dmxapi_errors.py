"""Which error class each answer of DMXAPI means (protocols.md 5.4); pure.

It relays Ark and OpenAI: their codes arrive in `code` or only inside the message (5.4).
"""

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
from seedwatch.providers.protocols import ark_errors, openai_errors
from seedwatch.providers.protocols.refusals import (
    ErrorClass,
    error_body,
    indefinite,
    refused,
    words,
)

_IN_MESSAGE: Final[tuple[tuple[str, ErrorClass], ...]] = (
    ("moderation_blocked", Moderated),
    ("content_policy_violation", Moderated),
    ("ModelNotOpen", ModelClosed),
    ("Model not support", ModelClosed),
)
_BY_STATUS: Final[Mapping[int, ErrorClass]] = {
    401: AuthFailed,
    402: QuotaExhausted,
    403: AuthFailed,
    429: RateLimited,
    500: Unavailable,
    503: Unavailable,
    529: Unavailable,
}
_NEVER_DEFINITE: Final = frozenset({408, 409})


def classify(status: int, headers: Mapping[str, str], content: bytes) -> ProviderError:
    """The error that an answer with this status, header and body is."""
    error = error_body(content)
    if error and status not in _NEVER_DEFINITE and (found := _class_of(status, error)):
        request_id = words(headers.get("x-rixapi-request-id"))[:128]
        request_id = request_id or ark_errors.request_id_in(words(error.get("message")))
        return refused(found, error, status=status, request_id=request_id, headers=headers)
    return indefinite("DMXAPI", status)


def stated_error(error: Mapping[str, Any]) -> ProviderError:
    """The error that an error object within a 2xx answer is."""
    message = words(error.get("message"))
    request_id = ark_errors.request_id_in(message)
    return refused(_stated_class(error) or Rejected, error, request_id=request_id)


def _class_of(status: int, error: Mapping[str, Any]) -> ErrorClass | None:
    """None: it does not say whether the request was accepted.

    Of 502, 504 and 52x only a refusal is definite: a relay that lost the service behind it speaks
    JSON as well, and the picture may have been charged (promises.md 2).
    """
    if not 400 <= status < 600:
        return None
    found = _stated_class(error)
    if found is Unavailable and status not in _BY_STATUS and status >= 500:
        return None
    return found or _BY_STATUS.get(status) or (Rejected if status < 500 else None)


def _stated_class(error: Mapping[str, Any]) -> ErrorClass | None:
    """What an error object says by itself; None: nothing that is known."""
    code, message = words(error.get("code")), words(error.get("message"))
    return (
        openai_errors.stated_class(error)
        or ark_errors.class_by_code(code, message)
        or ark_errors.class_by_code("", message)
        or next((found for name, found in _IN_MESSAGE if name in message), None)
    )
