"""What every provider's refusal has in common: the error object, its words, the wait; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

from seedwatch.errors import (
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

ErrorClass = type[ProviderError]
_MOST_SAID: Final = 2000
_PART: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|h|d|)")
_UNITS_S: Final = {"ms": 0.001, "s": 1, "": 1, "m": 60, "h": 3600, "d": 86_400}
_SENTENCES: Final[Mapping[ErrorClass, tuple[str, str]]] = {
    Rejected: ("provider.rejected", "provider.rejected_advice"),
    Moderated: ("provider.moderated", "provider.moderated_advice"),
    Unavailable: ("provider.failed_there", ""),
    AuthFailed: ("provider.auth", "provider.auth_advice"),
    QuotaExhausted: ("provider.quota", "provider.quota_advice"),
    ModelClosed: ("provider.model_closed", "provider.model_closed_advice"),
}


def error_body(content: bytes) -> Mapping[str, Any] | None:
    """The provider's own `error` object, or None where the body is anything else."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    error = value.get("error") if isinstance(value, dict) else None
    return error if isinstance(error, dict) else None


def words(value: object) -> str:
    """Words of a stranger, fit for cards, rows and screens: short, on one line, no secrets."""
    if not isinstance(value, str | int):
        return ""
    return one_line(redacted(str(value))[:_MOST_SAID])


def said(error: Mapping[str, Any]) -> str:
    """What the provider says in an `error` object; empty where it says nothing."""
    code, message = words(error.get("code")), words(error.get("message"))
    return f"{message} ({code})" if message and code else message or code


def refused(
    found: ErrorClass,
    error: Mapping[str, Any],
    *,
    status: int = 0,
    request_id: str = "",
    headers: Mapping[str, str] | None = None,
) -> ProviderError:
    """The error of this class, in the provider's words."""
    code, message = words(error.get("code")), said(error) or f"HTTP {status}"
    if found is RateLimited:
        return RateLimited(
            say("provider.limited", message=message),
            retry_after_s=retry_after_s(headers or {}),
            code=code,
            status=status,
            request_id=request_id,
        )
    title, advice = _SENTENCES[found]
    return found(
        say(title, message=message),
        advice=say(advice) if advice else "",
        code=code,
        status=status,
        request_id=request_id,
    )


def indefinite(host: str, status: int) -> OutcomeUnknown:
    """An answer that does not say whether the request was accepted."""
    return OutcomeUnknown(
        say("provider.no_answer", host=host, why=f"HTTP {status}"),
        advice=say("provider.unsure_advice"),
        status=status,
    )


def unreadable(why: str) -> OutcomeUnknown:
    """A 2xx answer that is not what the provider documents."""
    return OutcomeUnknown(say("provider.unreadable", why=why), advice=say("provider.unsure_advice"))


def no_pictures(error: ProviderError, stated: Mapping[str, Any]) -> Rejected:
    """A 2xx answer without any picture; `error` is the class of what it states, if anything."""
    return Rejected(
        say("provider.no_pictures", message=said(stated) or "…"),
        advice=say("provider.rejected_advice"),
        code=error.code,
        request_id=error.request_id,
    )


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, as `retry-after-ms` says, else `Retry-After`, else when a limit is reset.

    `Retry-After` is a number, or a date counted from the answer's own (protocols.md 6.5). None
    where all are missing or make no sense; the caller bounds it (fault 53).
    """
    milliseconds, seconds = map(_number, map(headers.get, ("retry-after-ms", "retry-after")))
    if milliseconds is not None:
        return milliseconds / 1000
    if seconds is not None:
        return seconds
    try:
        until = parsedate_to_datetime(headers["retry-after"])
        since = parsedate_to_datetime(headers["date"])
        return max(0.0, (until - since).total_seconds())
    except (ValueError, TypeError, KeyError, OverflowError):
        return _reset_s(headers)


def _reset_s(headers: Mapping[str, str]) -> float | None:
    """When the limits that are used up are reset, from `x-ratelimit-…` (protocols.md 6.5)."""
    waits = [
        _duration_s(headers.get(f"x-ratelimit-reset-{limit}", ""))
        for limit in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{limit}", "").strip() == "0"
    ]
    return max((wait for wait in waits if wait is not None), default=None)


def _duration_s(text: str) -> float | None:
    """`120ms`, `1m30s`, or a bare number of seconds; None: anything else."""
    parts = _PART.findall(text)
    if not parts or "".join(map("".join, parts)) != text.strip():
        return None
    return sum(float(number) * _UNITS_S[unit] for number, unit in parts)


def _number(value: str | None) -> float | None:
    try:
        return None if value is None else max(0.0, float(value))
    except ValueError:
        return None  # a date, or nonsense
