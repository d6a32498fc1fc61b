"""openai_errors: every row of protocols.md 6.5, and everything that is not the provider's word."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from seedwatch.providers.protocols.openai_errors import classify


def _body(
    code: object = None, kind: object = "invalid_request_error", message: object = "Words."
) -> bytes:
    return json.dumps(
        {"error": {"message": message, "type": kind, "param": None, "code": code}}
    ).encode()


@pytest.mark.fault(47)
@pytest.mark.fault(48)
@pytest.mark.fault(49)
@pytest.mark.fault(50)
@pytest.mark.fault(56)
@pytest.mark.parametrize(
    ("status", "code", "kind", "expected"),
    [
        (400, None, "invalid_request_error", Rejected),
        (400, "invalid_value", "invalid_request_error", Rejected),
        (400, "moderation_blocked", "image_generation_user_error", Moderated),
        (400, "moderation_blocked", "renamed", Moderated),
        (400, "content_policy_violation", "invalid_request_error", Moderated),
        (401, "invalid_api_key", "invalid_request_error", AuthFailed),
        (401, None, None, AuthFailed),
        (402, None, None, QuotaExhausted),
        (403, "unsupported_country", None, AuthFailed),
        (404, "model_not_found", "invalid_request_error", ModelClosed),
        (404, "unknown_url", "invalid_request_error", Rejected),
        (409, None, "conflict", Unavailable),
        (413, None, None, Rejected),
        (422, None, None, Rejected),
        (429, "rate_limit_exceeded", "requests", RateLimited),
        (429, None, "tokens", RateLimited),
        (429, "insufficient_quota", "insufficient_quota", QuotaExhausted),
        (429, None, "insufficient_quota", QuotaExhausted),
        (429, "credit_balance_exhausted", None, QuotaExhausted),
        (429, "organization_spend_limit_exceeded", None, QuotaExhausted),
        (429, "project_spend_limit_exceeded", None, QuotaExhausted),
        (429, "organization_usage_limit_exceeded", None, QuotaExhausted),
        (500, "server_error", "server_error", Unavailable),
        (500, None, None, Unavailable),
        (503, "overloaded", "overloaded", Unavailable),
        (503, "never_seen", None, Unavailable),
        (502, "server_error", "server_error", Unavailable),
        (504, None, "server_error", Unavailable),
        (502, "bad_gateway", None, OutcomeUnknown),
        (504, "timeout", "gateway", OutcomeUnknown),
        (524, None, None, OutcomeUnknown),
        (408, "server_error", None, OutcomeUnknown),
        (302, "invalid_value", None, OutcomeUnknown),
    ],
)
def test_each_status_and_code_has_its_class(
    status: int, code: object, kind: object, expected: type[ProviderError]
) -> None:
    """The table of protocols.md 6.5; a gateway's JSON at 502 and 504 proves nothing.

    Breaks if 504 is treated as 500.
    """
    error = classify(status, {"x-request-id": "req_1"}, _body(code, kind))
    assert type(error) is expected
    assert error.status == status
    if expected is not OutcomeUnknown:
        assert "Words." in error.message
        assert error.request_id == "req_1"


def test_moderation_without_a_code() -> None:
    """The code may be null; the message lists the violations (6.5)."""
    message = "Rejected by the safety system. safety_violations=[sexual]."
    assert type(classify(400, {}, _body(None, "invalid_request_error", message))) is Moderated


@pytest.mark.fault(53)
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after-ms": "-5"}, 0.0),
        ({"retry-after": "never"}, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "120ms"}, 0.12),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m30.5s"}, 90.5),
        ({"x-ratelimit-remaining-tokens": "9", "x-ratelimit-reset-tokens": "1m"}, None),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "soon"}, None),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "7"}, 7.0),
        ({"x-ratelimit-remaining-requests": "0", "retry-after": "2"}, 2.0),
        ({}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    """Milliseconds, else seconds, else when the limit that is used up is reset (6.5)."""
    error = classify(429, headers, _body("rate_limit_exceeded"))
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == seconds


@pytest.mark.fault(56)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"<html>502</html>", b"[]", b"7", b"{}", b'{"error": "words"}', b'{"error": []}'),
        *(b'{"error": {}}', b'{"detail": "x"}', b"\xff\xfe", b'{"error": ' + b"[" * 5000),
    ],
)
def test_what_is_not_the_providers_error_proves_nothing(status: int, content: bytes) -> None:
    """A page, another JSON or nothing at all may come from anywhere on the way."""
    assert type(classify(status, {}, content)) is OutcomeUnknown


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["code", "message", "type", "param"]), inner)
    ),
    max_leaves=10,
)


@given(
    st.integers(100, 599),
    st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms", "date"]), st.text()),
    anything,
)
def test_no_error_body_makes_a_crash(status: int, headers: dict[str, str], value: Any) -> None:
    """Whatever stands under `error`, the class is defined and its words can be written."""
    error = classify(status, headers, json.dumps({"error": value}).encode())
    assert isinstance(error, ProviderError)
    str(error).encode()
