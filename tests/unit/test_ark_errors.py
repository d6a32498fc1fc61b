"""ark_errors: every row of protocols.md 2.7, and everything that is not the provider's word."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch import logs
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
from seedwatch.providers.protocols.ark_errors import classify, member_error
from seedwatch.providers.protocols.refusals import retry_after_s

Kind = type[ProviderError]


def _body(code: object, message: object = "Words. Request id: 0217abc", **more: Any) -> bytes:
    told = {"code": code, "message": message, "param": "", "type": "BadRequest"} | more
    return json.dumps({"error": told}).encode()


def _families(
    rows: dict[tuple[int, Kind], tuple[str, ...]],
) -> list[tuple[int, str, Kind]]:
    return [(status, code, kind) for (status, kind), codes in rows.items() for code in codes]


ROWS = _families(
    {
        (400, Rejected): (
            *("MissingParameter", "MissingParameter.model"),
            *("InvalidParameter", "InvalidParameter.OversizedImage"),
            *("InvalidParameter.UnsupportedImageFormat", "InvalidParameter.UnsupportedImageCount"),
            *("InvalidParameter.UnsupportedModel", "InvalidParameter.TaskTypeConstraint"),
            *("InvalidParameter.TaskTypeMismatch", "InvalidParameter.UnsupportedParameter"),
            *("InvalidImageURL.EmptyURL", "InvalidImageURL.InvalidFormat"),
        ),
        (400, Moderated): (
            *("SensitiveContentDetected", "SensitiveContentDetected.SevereViolation"),
            "SensitiveContentDetected.Violence",
            *(
                f"{where}{what}SensitiveContentDetected{how}"
                for where in ("Input", "Output")
                for what in ("Text", "Image", "Video", "Audio")
                for how in ("", ".PolicyViolation", ".PrivacyInformation")
            ),
            "OutputImageSensitiveContentDetected.DeepFake",
            *("InputTextRiskDetection", "InputImageRiskDetection"),
            *("OutputTextRiskDetection", "OutputImageRiskDetection"),
        ),
        (400, Unavailable): ("ContentSecurityDetectionError",),
        (400, ModelClosed): ("InvalidEndpoint.ClosedEndpoint",),
        (401, AuthFailed): ("AuthenticationError", "InvalidAccountStatus"),
        (402, QuotaExhausted): ("PaymentRequired",),
        (403, QuotaExhausted): ("AccountOverdueError", "OperationDenied.ServiceOverdue"),
        (403, AuthFailed): ("AccessDenied",),
        (403, ModelClosed): ("OperationDenied.ServiceNotOpen",),
        (404, ModelClosed): (
            *("InvalidEndpointOrModel.NotFound", "InvalidEndpointOrModel.ModelIDAccessDisabled"),
            *("ModelNotOpen", "UnsupportedModel"),
        ),
        (404, Rejected): ("NotFound.task_id",),
        (429, RateLimited): (
            *("RateLimitExceeded.EndpointRPMExceeded", "RateLimitExceeded.EndpointTPMExceeded"),
            *(f"ModelAccount{what}RateLimitExceeded" for what in ("Rpm", "Tpm", "Ipm")),
            *("APIAccountRpmRateLimitExceeded", "AccountRateLimitExceeded"),
            # "RETRY with backoff": the account waits, and no attempt is used (fault 54)
            *("ServerOverloaded", "RequestBurstTooFast"),
            *("ModelLoadingError", "InflightBatchsizeExceeded"),
        ),
        (429, QuotaExhausted): ("SetLimitExceeded",),
        (500, Unavailable): ("InternalServiceError",),
    }
)


@pytest.mark.fault(47)
@pytest.mark.fault(48)
@pytest.mark.fault(49)
@pytest.mark.fault(50)
@pytest.mark.fault(55)
@pytest.mark.fault(54)
@pytest.mark.parametrize(("status", "code", "kind"), ROWS)
def test_every_documented_code(status: int, code: str, kind: Kind) -> None:
    """Each row of the table is its class and keeps status, code, words and request id.

    Red when a code of content is taken for one of parameters, and so on.
    """
    error = classify(status, {}, _body(code))
    assert type(error) is kind
    assert (error.status, error.code, error.request_id) == (status, code, "0217abc")
    assert "Words." in error.message
    assert code in error.message


def test_codes_count_whatever_the_type_says() -> None:
    """Only status, code and message decide; `type` and `param` may be missing or odd."""
    for status, code, kind in ROWS:
        odd = {"code": code, "message": "x", "type": 7, "param": None}
        assert type(classify(status, {}, json.dumps({"error": odd}).encode())) is kind


@pytest.mark.fault(50)
@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Your free trial quota has been used up.", QuotaExhausted),
        ("You have exceeded the 5-hour usage quota. It will reset at 12:00.", QuotaExhausted),
        ("Weekly quota exceeded", QuotaExhausted),
        ("The monthly quota is used up", QuotaExhausted),
        ("Too many tasks are queued for this account.", RateLimited),
        ("", RateLimited),
    ],
)
def test_a_quota_has_three_meanings(message: str, kind: Kind) -> None:
    """`QuotaExceeded` is split by its message: used up, or only too many at a time."""
    assert type(classify(429, {}, _body("QuotaExceeded", message))) is kind


@pytest.mark.fault(52)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((400, Rejected), (401, AuthFailed), (402, QuotaExhausted), (403, AuthFailed)),
        *((404, Rejected), (413, Rejected), (418, Rejected), (422, Rejected), (429, RateLimited)),
        *((500, Unavailable), (503, Unavailable), (529, Unavailable)),
    ],
)
def test_codes_nobody_documented(status: int, kind: Kind) -> None:
    """With the provider's own error body the status decides; an unknown 4xx is a refusal."""
    for code in ("SomethingNew", "BadRequest", "", None, 7, ["x"], {"a": 1}):
        assert type(classify(status, {}, _body(code))) is kind


@pytest.mark.fault(51)
@pytest.mark.fault(56)
@pytest.mark.parametrize(
    "status", [100, 200, 204, 300, 301, 302, 307, 308, 408, 409, 501, 505, 520, 524, 599, 600, 999]
)
def test_statuses_that_say_nothing_definite(status: int) -> None:
    """408, 409, redirects and odd 5xx leave open whether it was paid, whatever the body says.

    Red when 524 counts as a refusal, or 408 as safe to send again (faults 51, 56).
    """
    for code in ("SomethingNew", "InvalidParameter", ""):
        error = classify(status, {}, _body(code))
        assert type(error) is OutcomeUnknown
        assert error.status == status


@pytest.mark.fault(56)
@pytest.mark.parametrize("status", [502, 504])
def test_gateways_are_not_the_provider(status: int) -> None:
    """502 and 504 are unknown, unless the body holds a code of the provider's own (2.7).

    Red when 504 is treated like 500: a gateway's JSON would cause a second payment (fault 56).
    """
    assert type(classify(status, {}, _body("GatewayTimeout"))) is OutcomeUnknown
    assert type(classify(status, {}, _body(None, "upstream request timeout"))) is OutcomeUnknown
    assert type(classify(status, {}, _body("InternalServiceError"))) is Unavailable


NOT_THEIRS = {
    "gateway html": b"<html><head><title>502 Bad Gateway</title></head></html>",
    "envoy's words": b"upstream connect error or disconnect/reset before headers",
    "empty": b"",
    "cut": b'{"error": {"code": "Inval',
    "no error": b'{"message": "x"}',
    "null error": b'{"error": null}',
    "empty error": b'{"error": {}}',
    "text error": b'{"error": "invalid key"}',
    "list": b'[{"error": {"code": "InvalidParameter"}}]',
    "deep": b'{"error":' * 50_000,
    "binary": bytes(range(256)),
    "long number": b'{"error": ' + b"9" * 5000 + b"}",
}


@pytest.mark.fault(56)
@pytest.mark.parametrize("name", NOT_THEIRS)
def test_what_is_not_the_providers_own_word(name: str) -> None:
    """Without the provider's own error body no status is definite (promises.md 2).

    Red when the status alone decides.
    """
    for status in (400, 401, 403, 404, 413, 429, 500, 502, 503, 504):
        assert type(classify(status, {}, NOT_THEIRS[name])) is OutcomeUnknown


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("OutputImageSensitiveContentDetected: the image may …", Moderated),
        ("ContentSecurityDetectionError", Unavailable),
        ("fetching the image failed: AccessDenied", Rejected),
        ("the parameter `size` is not valid", Rejected),
    ],
)
@pytest.mark.parametrize("code", ["BadRequest", "", None])
def test_the_message_may_name_the_code(message: str, kind: Kind, code: str | None) -> None:
    """Where `code` holds only the type, refused content is still known by the message (12.5)."""
    assert type(classify(400, {}, _body(code, message))) is kind


def test_a_real_code_is_not_overruled_by_the_message() -> None:
    """Words of a message count only where the code says nothing."""
    error = classify(400, {}, _body("InvalidParameter", "SensitiveContentDetected in `prompt`"))
    assert type(error) is Rejected


NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.fault(53)
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(("7", 7.0), ("0", 0.0), ("2.5", 2.5), ("-5", 0.0), (" 7 ", 7.0)),
        *(("315360000", 315_360_000.0), ("1e3", 1000.0)),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        *(("soon", None), ("", None), ("Sat, 99 Nov", None), ("١٢", 12.0)),
        ("Sat, 21 Nov 2026 12:01:30", None),
    ],
)
def test_how_long_to_wait(value: str, expected: float | None) -> None:
    """Seconds, or a date counted from the answer's own; nonsense says nothing (fault 53)."""
    headers = {"retry-after": value, "date": format_datetime(NOW, usegmt=True)}
    assert retry_after_s(headers) == expected
    error = classify(429, headers, _body("RateLimitExceeded.EndpointRPMExceeded"))
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == expected


def test_a_date_without_the_answers_own_says_nothing() -> None:
    """The provider's clock is never compared with ours."""
    assert retry_after_s({"retry-after": format_datetime(NOW, usegmt=True)}) is None
    assert retry_after_s({}) is None


@pytest.mark.fault(53)
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_header_is_bounded(value: str, date: str) -> None:
    """No header makes a crash or a negative wait."""
    found = retry_after_s({"retry-after": value, "date": date})
    assert found is None or not found < 0


def test_the_request_id_comes_from_the_header_or_the_message() -> None:
    """The header counts first; message spellings vary."""
    assert classify(400, {"x-request-id": "abc"}, _body("X")).request_id == "abc"
    for words in ("request id: 02-x1", "Request id: 02-x1", "Request ID:02-x1"):
        assert classify(400, {}, _body("X", f"bad. {words}")).request_id == "02-x1"
    assert classify(400, {}, _body("X", "no id here")).request_id == ""


@given(st.integers(0, 999), st.dictionaries(st.text(), st.text()), st.binary(max_size=200))
def test_no_answer_makes_a_crash(status: int, headers: dict[str, str], content: bytes) -> None:
    """Whatever comes is one of the documented classes."""
    assert isinstance(classify(status, headers, content), ProviderError)


def test_words_of_a_stranger_are_short_clean_and_without_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A message that echoes the key, controls the screen or never ends is tamed (T8, T17).

    Red when the provider's message is passed on as it came.
    """
    monkeypatch.setattr(logs, "_registered", set())
    key = "canary-key-0123456789abcdef"
    logs.hide(key)
    message = f"wrong key {key} \x1b[2J\n\u202e\ud800" + "x" * 100_000
    error = classify(401, {"x-request-id": key}, _body("AuthenticationError", message))
    assert key[:12] not in str(error) + error.request_id
    assert len(error.message) < 3000
    assert len(error.message.splitlines()) == 1
    assert "\x1b" not in error.message
    error.message.encode()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": "OutputImageSensitiveContentDetected", "message": "m"}, Moderated),
        ({"code": "InternalServiceError", "message": "m"}, Unavailable),
        ({"code": "Whatever", "message": "m"}, Rejected),
        ({}, Rejected),
        ({"code": None, "message": 7}, Rejected),
    ],
)
def test_members_of_a_group(error: dict[str, Any], kind: Kind) -> None:
    """One failed picture of a group has the class of its code."""
    assert type(member_error(error)) is kind
