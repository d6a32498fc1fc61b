"""dmxapi_errors: every row of protocols.md 5.4, upstream codes wherever they stand, and doubt."""

from __future__ import annotations

import json
from pathlib import Path
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
from seedwatch.providers.base import Answer
from seedwatch.providers.protocols.dmxapi import DmxGpt, DmxSeedream
from seedwatch.providers.protocols.dmxapi_errors import classify

NO_CHANNEL = "当前分组 default 下对于模型 m 无可用渠道(distributor)"


def _body(code: object, message: object, kind: str = "rix_api_error") -> bytes:
    return json.dumps({"error": {"code": code, "message": message, "type": kind}}).encode()


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (401, "", "Invalid Token", AuthFailed),
        (403, "insufficient_quota", "用户 [36] 配额不足", QuotaExhausted),
        (429, "insufficient_quota", "用户 [36] 配额不足", QuotaExhausted),
        (402, "", "x", QuotaExhausted),
        (403, "", "forbidden", AuthFailed),
        (400, "", "Model not support", ModelClosed),
        (404, "ModelNotOpen", "not activated", ModelClosed),
        (404, "", "ModelNotOpen: not activated", ModelClosed),
        (429, None, "请求过于频繁", RateLimited),
        (503, "model_not_found", NO_CHANNEL, ModelClosed),
        (500, None, "服务器繁忙", Unavailable),
        (503, None, "overloaded", Unavailable),
        (504, None, "upstream timeout", OutcomeUnknown),
        (502, "server_error", "bad gateway", OutcomeUnknown),
        (504, "InternalServiceError", "x", OutcomeUnknown),
        (524, None, "x", OutcomeUnknown),
        (408, "", "x", OutcomeUnknown),
        (409, "", "x", OutcomeUnknown),
        (400, "InvalidParameter", "size", Rejected),
        (400, "", "size is wrong", Rejected),
        (413, "", "too large", Rejected),
        (400, "InputImageSensitiveContentDetected", "x", Moderated),
        (400, "", "OutputImageSensitiveContentDetected: x", Moderated),
        (400, "upstream_error", "OutputImageSensitiveContentDetected.DeepFake: x", Moderated),
        (500, "", "InputTextSensitiveContentDetected: x", Moderated),
        (400, "moderation_blocked", "x", Moderated),
        (400, "", "moderation_blocked: x", Moderated),
        (400, "content_policy_violation", "x", Moderated),
        (400, None, "safety_violations=[x]", Moderated),
        (400, "", "AccessDenied while fetching the picture", Rejected),
    ],
)
def test_each_answer_has_its_class(
    status: int, code: object, message: str, expected: type[ProviderError]
) -> None:
    """The relay's own words, codes of Ark and OpenAI in `code` or inside the message.

    Breaks if 504 is treated as 500, or the code alone is looked at.
    """
    error = classify(status, {}, _body(code, f"{message} (request id: 2026abc-1)"))
    assert type(error) is expected
    if expected is not OutcomeUnknown:
        assert error.request_id == "2026abc-1"


def test_the_request_id_of_the_header_counts_more() -> None:
    """The header has it whole."""
    error = classify(401, {"x-rixapi-request-id": "R1"}, _body("", "Invalid Token"))
    assert error.request_id == "R1"


@pytest.mark.fault(56)
@pytest.mark.parametrize("content", [b"", b"<html>", b"{}", b'{"error": "x"}', b'{"error": {}}'])
@pytest.mark.parametrize("status", [400, 401, 429, 500, 503, 504])
def test_without_an_error_object_nothing_is_known(status: int, content: bytes) -> None:
    """A slow gateway drops the connection after the picture was charged, or answers a page."""
    assert type(classify(status, {}, content)) is OutcomeUnknown


def _write(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "answer"
    path.write_text(content)
    return path


def test_an_answer_without_model_size_and_number(tmp_path: Path) -> None:
    """Ark's answer as the relay hands it on, its links escaped (5.2)."""
    answer = DmxSeedream().read(
        _write(
            tmp_path,
            '{"data":[{"url":"https://ark.tos-cn-beijing.volces.com/d/0217abc_0.jpeg?a=1\\u0026b=2"}],'
            '"created":1,"usage":{"prompt_tokens":0,"total_tokens":15552,"output_tokens":15552}}',
        )
    )
    assert [place.url for place in answer.returned] == [
        "https://ark.tos-cn-beijing.volces.com/d/0217abc_0.jpeg?a=1&b=2"
    ]
    assert (answer.billed_count, answer.request_id) == (None, "0217abc")


@pytest.mark.parametrize("protocol", [DmxSeedream(), DmxGpt()])
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": "", "message": "OutputImageSensitiveContentDetected: x"}, Moderated),
        ({"code": "moderation_blocked", "message": "x"}, Moderated),
        ({"code": None, "message": "broken"}, Rejected),
    ],
)
def test_200_with_an_error(
    tmp_path: Path, protocol: DmxSeedream | DmxGpt, error: Any, kind: type[ProviderError]
) -> None:
    """A relay can answer 200 with an error object and no picture (1.3)."""
    with pytest.raises(kind) as raised:
        protocol.read(_write(tmp_path, json.dumps({"error": error})))
    assert type(raised.value) is kind


def test_gpt_brings_base64_and_dall_e_links(tmp_path: Path) -> None:
    """Both stand where OpenAI has them (5.3)."""
    entries = [{"b64_json": "QUJD"}, {"url": "https://h/x", "revised_prompt": "y"}]
    answer = DmxGpt().read(_write(tmp_path, json.dumps({"created": 1, "data": entries})))
    assert isinstance(answer, Answer)
    assert [(place.base64, place.url) for place in answer.returned] == [
        ("QUJD", ""),
        ("", "https://h/x"),
    ]


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["code", "message", "type", "param"]), inner)
    ),
    max_leaves=10,
)


@given(st.integers(100, 599), anything)
def test_no_error_body_makes_a_crash(status: int, value: Any) -> None:
    """Whatever stands under `error`, the class is defined and its words can be written."""
    error = classify(status, {}, json.dumps({"error": value}).encode())
    assert isinstance(error, ProviderError)
    str(error).encode()
