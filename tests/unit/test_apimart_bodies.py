"""apimart: submits of pictures and videos, uploads, and what a look or a refusal means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seedwatch.catalog import find_model
from seedwatch.errors import (
    AuthFailed,
    HandleExpired,
    Moderated,
    OutcomeUnknown,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Unavailable,
)
from seedwatch.providers.base import Exchange, Order, Picture, Reply
from seedwatch.providers.bodies import DataUri
from seedwatch.providers.protocols.apimart import ApimartImages, ApimartVideos
from seedwatch.records import Handle, Reference
from tests.unit import made

SAMPLES = Path(__file__).parents[1] / "data" / "request-samples.json"
KEY = "a" * 32
SEEDREAM, LITE, GPT = "doubao-seedance-4-5", "doubao-seedream-5-0-lite", "gpt-image-1-official"
V1_0, V1_5, V2_0 = (
    "doubao-seedance-1-0-pro-fast",
    "doubao-seedance-1-5-pro",
    "doubao-seedance-2.0",
)
ONE, TWO = DataUri("image/jpeg", b"1"), "https://upload.apimart.ai/2.png"
URIS = ["data:image/jpeg;base64,MQ==", TWO]
OWN, BRAND = Reference("source", "a.png", "0"), Reference("rule", "/b.png", "1")


def _exchange(model: str, *pictures: Picture, **changes: Any) -> Exchange:
    facts = find_model("apimart", model)
    kind = facts.answers if facts.answers == "video" else "image"
    told: dict[str, Any] = {"mode": f"image-to-{kind}" if pictures else f"text-to-{kind}"}
    told["references"] = (OWN,) * len(pictures)
    generation = made.generation(model=model, **{**told, **changes})
    protocol = ApimartVideos() if facts.protocol == "apimart-videos" else ApimartImages()
    return protocol.request(Order(facts, generation, pictures, KEY))


def _sent(exchange: Exchange) -> Any:
    assert exchange.body is not None
    return json.loads(b"".join(exchange.body.pieces()))


def test_the_vendors_sample_is_said_field_by_field() -> None:
    """request-samples.json, apimart-seedream; the watermark is said outright (conflict 6)."""
    samples = json.loads(SAMPLES.read_text(encoding="utf-8"))
    (sample,) = [sample for sample in samples if sample["provider"] == "apimart"]
    pictures = sample["body"]["image_urls"]
    exchange = _exchange(SEEDREAM, *pictures, size="1:1", resolution="2K")
    assert _sent(exchange) == sample["body"] | {"watermark": False}
    assert (exchange.method, f"/v1{exchange.path}") == (sample["method"], sample["path"])
    assert exchange.body is not None
    assert exchange.body.content_type == sample["headers"]["Content-Type"]


def test_a_submit_bears_the_attempts_key() -> None:
    """Stored before the first send, sent again with the same bytes (protocols.md 4.5)."""
    for model in (SEEDREAM, V2_0):
        headers = _exchange(model).headers
        assert headers["Idempotency-Key"] == KEY
        assert headers["X-APIMart-Response-Version"] == "2026-07-27"


@pytest.mark.parametrize(
    "model",
    ["doubao-seedance-4-5", "Doubao-Seedream-4.5", "doubao-seedream-4.5", "doubao-seedream-4-5"],
)
def test_all_four_spellings_make_pictures(model: str) -> None:
    """Conflict 2: the one that sounds like a video model, too; each is sent as it is written."""
    exchange = _exchange(model)
    assert exchange.path == "/images/generations"
    assert _sent(exchange)["model"] == model


@pytest.mark.parametrize(
    ("model", "pictures", "changes", "expected"),
    [
        (SEEDREAM, [], {}, {"size": "1:1", "resolution": "2K", "n": 1}),
        (SEEDREAM, [], {"size": "9:21", "resolution": "4K"}, {"size": "9:21", "resolution": "4K"}),
        (SEEDREAM, [ONE], {}, {"size": "auto", "image_urls": URIS[:1]}),
        (SEEDREAM, [ONE, TWO], {"group": 3}, {"n": 3, "image_urls": URIS}),
        (SEEDREAM, [], {"size": "4K", "watermark": True}, {"resolution": "4K", "watermark": True}),
        (LITE, [], {"size": "3K", "options": {"output_format": "png"}}, {"output_format": "png"}),
        (GPT, [ONE], {"group": 4}, {"n": 4, "image_urls": URIS[:1]}),
        (GPT, [], {"size": "3:2"}, {"size": "3:2"}),
    ],
)
def test_pictures_are_asked_for_in_the_vendors_words(
    model: str, pictures: list[Picture], changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Ratio and resolution in two fields, `n`, links and data URIs in order (protocols.md 4.2)."""
    body = _sent(_exchange(model, *pictures, **changes))
    assert {name: body.get(name) for name in expected} == expected


def test_what_is_not_documented_is_left_out() -> None:
    """GPT-Image has no watermark, no size of its own choice, no resolution here."""
    assert set(_sent(_exchange(GPT, options={"quality": "high"}))) == {"model", "prompt", "n"}
    body = _sent(_exchange(V1_0, watermark=True, seed=3))
    assert set(body) == {"model", "prompt"}


@pytest.mark.parametrize(
    ("model", "pictures", "changes", "expected"),
    [
        (
            V1_0,
            [ONE],
            {"size": "16:9", "resolution": "720p", "options": {"duration": 2}},
            {"aspect_ratio": "16:9", "resolution": "720p", "duration": 2, "image_urls": URIS[:1]},
        ),
        (V1_5, [], {"options": {"audio": False}}, {"audio": False}),
        (V2_0, [], {"seed": 7}, {"size": "adaptive", "resolution": "480p", "seed": 7}),
        (
            V2_0,
            [ONE, TWO],
            {"size": "9:16", "options": {"return_last_frame": True, "generate_audio": False}},
            {
                "size": "9:16",
                "return_last_frame": True,
                "generate_audio": False,
                "image_urls": None,
                "image_with_roles": [
                    {"url": URIS[0], "role": "first_frame"},
                    {"url": URIS[1], "role": "last_frame"},
                ],
            },
        ),
        (
            V2_0,
            [ONE, TWO],
            {"references": (BRAND, OWN)},
            {"image_urls": URIS, "image_with_roles": None},
        ),
    ],
)
def test_videos_are_asked_for_in_the_vendors_words(
    model: str, pictures: list[Picture], changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Ratios by their field, frames with roles, references as a list (protocols.md 4.2)."""
    exchange = _exchange(model, *pictures, **changes)
    assert exchange.path == "/videos/generations"
    body = _sent(exchange)
    assert {name: body.get(name) for name in expected} == expected


def test_flags_in_a_prompt_of_a_video_are_taken_off() -> None:
    """It is Seedance behind it (protocols.md 3.2); of a picture they are only words."""
    exchange = _exchange(V2_0, prompt="a fox --dur 12")
    assert _sent(exchange)["prompt"] == "a fox"
    assert "--dur 12" in exchange.changes[0]
    assert _sent(_exchange(SEEDREAM, prompt="a fox --dur 12"))["prompt"] == "a fox --dur 12"


def test_a_size_of_another_model_is_refused_here() -> None:
    """A rule is checked when it is read; a model may have changed since."""
    with pytest.raises(Rejected):
        _exchange(LITE, size="9:21")


def test_an_upload_is_a_form_with_one_file() -> None:
    """protocols.md 4.4: one part named `file`, with its name and content type."""
    exchange = ApimartImages().upload(ONE)
    assert (exchange.method, exchange.path) == ("POST", "/uploads/images")
    assert exchange.body is not None
    content = b"".join(exchange.body.pieces())
    assert exchange.body.content_type.startswith("multipart/form-data; boundary=")
    assert (
        b'name="file"; filename="image-1.jpeg"\r\nContent-Type: image/jpeg\r\n\r\n1\r\n' in content
    )


@pytest.mark.parametrize(
    ("content", "link"),
    [
        (b'{"url": "https://h/a.png", "bytes": 1}', "https://h/a.png"),
        (b'{"data": {"url": "https://h/a.png"}}', "https://h/a.png"),
        *((content, "") for content in (b"", b"[]", b"{}", b'{"url": 7}', b'{"url": "ftp://x"}')),
        (b'{"data": [1]}', ""),
        (b'{"url": "data:image/png;base64,AA=="}', ""),
    ],
)
def test_an_uploaded_file_has_a_link(content: bytes, link: str) -> None:
    """Not wrapped, or wrapped as other answers are; anything else is asked for again."""
    reply = Reply(200, {}, content)
    if link:
        assert ApimartImages().uploaded(reply) == link
    else:
        with pytest.raises(Unavailable):
            ApimartImages().uploaded(reply)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            b'{"remain_balance": 1234.5, "remain_credits": "12345"}',
            "balance 1,234.5, credits 12345",
        ),
        (b'{"remain_balance": 0, "remain_credits": 0}', "balance 0, credits 0"),
        (b'{"unlimited_quota": true}', "unlimited"),
        *((content, "") for content in (b"", b"[]", b"{}", b'{"remain_balance": [1]}')),
    ],
)
def test_the_balance_is_told_as_it_stands(content: bytes, words: str) -> None:
    """Numbers without a currency, which nobody documents; nothing where nothing is said."""
    assert ApimartImages().told(Reply(200, {}, content)) == words
    assert ApimartImages().balance() == Exchange("GET", "/balance")


def test_a_task_is_asked_for_by_its_id_and_never_cancelled() -> None:
    """protocols.md 4.1, 13."""
    handle = Handle("remote", "task_01K8")
    assert ApimartImages().poll(handle) == Exchange("GET", "/tasks/task_01K8")
    assert ApimartImages().cancel(handle) is None


def _both(message: str, **more: Any) -> list[bytes]:
    """An error in both envelopes (protocols.md 4.5)."""
    error = {"error": {"message": message, "type": "t", **more}}
    return [json.dumps(error).encode(), json.dumps({"success": False, "message": message}).encode()]


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (400, "Invalid parameter 'n'", Rejected),
        (400, "refused by the content policy", Moderated),
        (400, "OutputImageSensitiveContentDetected", Moderated),
        (401, "Invalid API key.", AuthFailed),
        (402, "Top up.", QuotaExhausted),
        (403, "No.", AuthFailed),
        (404, "The model does not exist.", Rejected),
        (408, "Too slow.", OutcomeUnknown),
        (409, "Key used.", OutcomeUnknown),
        (413, "Too large.", Rejected),
        (422, "No.", Rejected),
        (429, "Slower.", RateLimited),
        *((status, "Broke.", OutcomeUnknown) for status in (500, 502, 503, 504, 520, 599)),
        (302, "There.", OutcomeUnknown),
    ],
)
def test_a_refusal_has_a_class_in_both_envelopes(
    status: int, message: str, expected: type[ProviderError]
) -> None:
    """protocols.md 4.5; what leaves open whether it was taken is settled under the same key."""
    for content in _both(message, code=status):
        error = ApimartImages().refusal(Reply(status, {"retry-after": "7"}, content))
        assert type(error) is expected
        if isinstance(error, RateLimited):
            assert error.retry_after_s == 7
        elif not isinstance(error, OutcomeUnknown):
            assert message in error.message


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"7", b"{}", b'{"error": null}'])
def test_a_gateway_speaks_for_nobody(content: bytes) -> None:
    """Without the service's own envelope only 429 is sure not to have been taken."""
    for status in (400, 401, 402, 403, 404, 413):
        assert type(ApimartImages().refusal(Reply(status, {}, content))) is OutcomeUnknown
    assert type(ApimartImages().refusal(Reply(429, {}, content))) is RateLimited


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (404, HandleExpired),
        (401, AuthFailed),
        (402, QuotaExhausted),
        (429, RateLimited),
        (413, Rejected),
        *((status, Unavailable) for status in (400, 408, 409, 500, 502)),
    ],
)
def test_a_refused_look_or_upload_says_nothing_about_work(
    status: int, expected: type[ProviderError]
) -> None:
    """Free calls are repeated; a picture that is too large to upload stays so."""
    for content in _both("words", code=status):
        assert type(ApimartImages().unseen(Reply(status, {}, content))) is expected
