"""ark_video: the create body of each kind of input, and the free exchanges about a task."""

from __future__ import annotations

import json
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
from seedwatch.providers.protocols.ark_video import ArkVideo
from seedwatch.records import Handle, Reference
from tests.unit import made

KEY = "a" * 32
V2_5, V2_0 = "dreamina-seedance-2-5-260628", "doubao-seedance-2-0-260128"
V1_0, LITE = "doubao-seedance-1-0-pro-250528", "doubao-seedance-1-0-lite-i2v-250428"
ONE, TWO, THREE = (DataUri("image/PNG", f"{n}".encode()) for n in (1, 2, 3))
URIS = [f"data:image/png;base64,{text}" for text in ("MQ==", "Mg==", "Mw==")]
OWN, BRAND = Reference("source", "a.png", "0"), Reference("rule", "/b.png", "1")
ALWAYS = {"watermark": False, "safety_identifier": KEY}


def _exchange(model: str, *pictures: Picture, **changes: Any) -> Exchange:
    told: dict[str, Any] = {
        "mode": "image-to-video" if pictures else "text-to-video",
        "prompt": "a fox",
    }
    told["references"] = (OWN,) * len(pictures)
    generation = made.generation(model=model, **{**told, **changes})
    return ArkVideo().request(Order(find_model("ark", model), generation, pictures, KEY))


def _sent(exchange: Exchange) -> Any:
    assert exchange.body is not None
    return json.loads(b"".join(exchange.body.pieces()))


def _image(url: str, role: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}, "role": role}


def test_words_alone_make_a_text_request() -> None:
    """protocols.md 3.2: POST, one text entry; 1.0 from words has 16:9, not adaptive."""
    exchange = _exchange(V1_0)
    assert (exchange.method, exchange.path) == ("POST", "/contents/generations/tasks")
    assert _sent(exchange) == {
        "model": V1_0,
        "content": [{"type": "text", "text": "a fox"}],
        "resolution": "1080p",
        "ratio": "16:9",
        **ALWAYS,
    }


def test_the_documented_example_is_said() -> None:
    """The example body of protocols.md 3.2, with the identifier of the attempt beside it."""
    options = {"duration": 5, "return_last_frame": True}
    exchange = _exchange(V1_0, ONE, resolution="720p", prompt="slow dolly-in", options=options)
    assert _sent(exchange) == {
        "model": V1_0,
        "content": [{"type": "text", "text": "slow dolly-in"}, _image(URIS[0], "first_frame")],
        "resolution": "720p",
        "ratio": "adaptive",
        "duration": 5,
        "watermark": False,
        "return_last_frame": True,
        "safety_identifier": KEY,
    }


def test_two_own_pictures_are_the_first_and_the_last_frame() -> None:
    """Roles are required there (protocols.md 3.2)."""
    content = _sent(_exchange(V1_0, ONE, TWO))["content"]
    assert content[1:] == [_image(URIS[0], "first_frame"), _image(URIS[1], "last_frame")]


@pytest.mark.parametrize(
    "references", [(OWN, OWN, OWN), (BRAND, OWN, OWN)], ids=["three", "of the rule"]
)
def test_more_pictures_are_references(references: tuple[Reference, ...]) -> None:
    """Three pictures, or any of the rule's own, are reference images in their order."""
    content = _sent(_exchange(V2_0, ONE, TWO, THREE, references=references))["content"]
    assert content[1:] == [_image(uri, "reference_image") for uri in URIS]


def test_one_picture_beside_one_of_the_rule_is_a_reference() -> None:
    """A brand's logo is never the first frame; an address is sent as it is."""
    url = "https://example.com/logo.png"
    content = _sent(_exchange(V2_0, url, ONE, references=(BRAND, OWN)))["content"]
    assert content[1:] == [_image(url, "reference_image"), _image(URIS[0], "reference_image")]


def test_a_prompt_may_be_missing_beside_pictures() -> None:
    """No empty text entry is sent."""
    assert _sent(_exchange(V2_0, ONE, prompt=""))["content"] == [_image(URIS[0], "first_frame")]


def test_every_option_of_a_model_is_sent_by_its_wire_name() -> None:
    """protocols.md 3.2, all fields of 2.5 that a rule can set."""
    options = {
        "duration": -1,
        "generate_audio": False,
        "return_last_frame": True,
        "output_format": "mov",
        "omni_reference_task_type": "reference",
        "service_tier": "default",
        "execution_expires_after": 3600,
        "priority": 9,
        "draft": False,
        "tools": [{"type": "web_search"}],
    }
    exchange = _exchange(
        V2_5, ONE, references=(BRAND,), size="1:1", watermark=True, options=options
    )
    body = _sent(exchange)
    assert {name: body[name] for name in options} == options
    assert (body["ratio"], body["resolution"], body["watermark"]) == ("1:1", "720p", True)


def test_what_a_model_does_not_know_is_not_sent() -> None:
    """Neither a seed of 2.x nor a stranger's option; a seed of 1.0 is (protocols.md 3.2)."""
    body = _sent(_exchange(V2_0, seed=7, options={"frames": 29, "callback_url": "https://x"}))
    assert not {"seed", "frames", "callback_url"} & set(body)
    assert _sent(_exchange(V1_0, seed=7, options={"frames": 29}))["seed"] == 7


def test_flags_in_a_prompt_are_taken_off_and_told() -> None:
    """They would act beside the fields; the sidecar says what was changed."""
    exchange = _exchange(V1_0, prompt="a fox --dur 12")
    assert _sent(exchange)["content"] == [{"type": "text", "text": "a fox"}]
    (change,) = exchange.changes
    assert "--dur 12" in change
    assert _exchange(V1_0).changes == ()


def test_a_request_over_64_megabytes_is_not_sent() -> None:
    """protocols.md 3.4; it would be refused after minutes of sending."""
    large = DataUri("image/png", bytes(24_100_000))
    with pytest.raises(Rejected, match="64,000,000"):
        _exchange(V2_0, large, large)
    assert _exchange(V2_0, large).body is not None


def test_a_size_of_another_model_is_refused_here() -> None:
    """A rule is checked when it is read; a model may have left the catalog since."""
    with pytest.raises(Rejected):
        _exchange(V2_5, ONE, size="16:9")


def test_a_task_is_asked_for_and_cancelled_by_its_id() -> None:
    """protocols.md 3.1."""
    handle = Handle("remote", "cgt-20261121-x_1")
    path = "/contents/generations/tasks/cgt-20261121-x_1"
    assert ArkVideo().poll(handle) == Exchange("GET", path)
    assert ArkVideo().cancel(handle) == Exchange("DELETE", path)


def _error(code: str, message: str = "words") -> bytes:
    return json.dumps({"error": {"code": code, "message": message}}).encode()


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (400, _error("InvalidParameter.TaskTypeConstraint"), Rejected),
        (400, _error("InputImageSensitiveContentDetected.PrivacyInformation"), Moderated),
        (401, _error("AuthenticationError"), AuthFailed),
        (429, _error("QuotaExceeded", "too many queued tasks"), RateLimited),
        (429, _error("QuotaExceeded", "free trial is used up"), QuotaExhausted),
        (500, _error("InternalServiceError"), Unavailable),
        (504, b"<html>", OutcomeUnknown),
    ],
)
def test_a_refused_create_has_the_class_of_arks_table(
    status: int, content: bytes, expected: type[ProviderError]
) -> None:
    """protocols.md 2.7 holds for videos, too."""
    assert type(ArkVideo().refusal(Reply(status, {}, content))) is expected


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (404, _error("NotFound.Task"), HandleExpired),
        (404, b"<html>", HandleExpired),
        (401, _error("AuthenticationError"), AuthFailed),
        (403, _error("AccountOverdueError"), QuotaExhausted),
        (429, _error("AccountRateLimitExceeded"), RateLimited),
        (400, _error("InvalidParameter"), Unavailable),
        (403, _error("OperationDenied.ServiceNotOpen"), Unavailable),
        (409, b"", Unavailable),
        (500, _error("InternalServiceError"), Unavailable),
        (502, b"<html>", Unavailable),
        (302, b"", Unavailable),
    ],
)
def test_a_refused_look_says_nothing_about_the_work(
    status: int, content: bytes, expected: type[ProviderError]
) -> None:
    """Only 404 does; a stopped account and a limit are told, all else is asked again later."""
    assert type(ArkVideo().unseen(Reply(status, {}, content))) is expected
