"""openai_images: which request a generation or an edit becomes (protocols.md 6.1, 6.2)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seedwatch.catalog import find_model
from seedwatch.errors import Rejected
from seedwatch.providers.base import Exchange, Order, Picture
from seedwatch.providers.bodies import DataUri
from seedwatch.providers.protocols.openai_images import OpenAiImages
from seedwatch.simulator.multipart import Form, read_form
from tests.unit import made

ONE, TWO = DataUri("image/jpeg", b"first picture"), DataUri("image/PNG", b"second picture")
GPT_2, GPT_1_5, MINI = "gpt-image-2", "gpt-image-1.5", "gpt-image-1-mini"


def _exchange(pictures: list[Picture], **changes: Any) -> Exchange:
    generation = made.generation(**{"model": GPT_2} | changes)
    model = find_model("openai", generation.model)
    return OpenAiImages().request(Order(model, generation, pictures, "0" * 32))


def _json(**changes: Any) -> Any:
    exchange = _exchange([], **changes)
    assert exchange.body is not None
    assert exchange.path == "/images/generations"
    return json.loads(b"".join(exchange.body.pieces()))


def _form(pictures: list[Picture], **changes: Any) -> Form:
    exchange = _exchange(pictures, **changes)
    assert exchange.body is not None
    assert exchange.path == "/images/edits"
    return read_form(exchange.body.content_type, b"".join(exchange.body.pieces()))


def test_the_least_generation() -> None:
    """Model, prompt and size; everything else is left to the service."""
    assert _json() == {"model": GPT_2, "prompt": "PROMPT", "size": "auto"}


def test_a_group_is_n() -> None:
    """Several pictures of one request are asked for as `n`, in both calls."""
    assert _json(group=3)["n"] == 3
    assert dict(_form([ONE], group=3).texts)["n"] == "3"


def test_one_picture_is_image_and_several_are_a_list() -> None:
    """The plural name for a single file broke relays (protocols.md 6.1); order is kept."""
    (alone,) = _form([ONE]).files
    assert (alone.name, alone.kind, alone.content) == ("image", "image/jpeg", b"first picture")
    both = _form([TWO, ONE]).files
    assert [(file.name, file.kind) for file in both] == [
        ("image[]", "image/png"),
        ("image[]", "image/jpeg"),
    ]
    assert [file.content for file in both] == [b"second picture", b"first picture"]


EVERYTHING = {
    "quality": "high",
    "background": "opaque",
    "output_format": "webp",
    "output_compression": 50,
    "moderation": "low",
    "input_fidelity": "high",
    "stream": True,
    "partial_images": 2,
    "complexity": "low",
    "safety_identifier": "s",
    "user": "u",
    "response_format": "url",
    "style": "vivid",
    "watermark": True,
    "unheard_of": 1,
}
ALWAYS = {"model", "prompt", "size"}
COMMON = {
    *("quality", "background", "output_format", "output_compression", "stream"),
    *("partial_images", "complexity", "safety_identifier", "user"),
}


@pytest.mark.parametrize(
    ("model", "more", "more_edits"),
    [
        (GPT_2, {"moderation"}, set()),
        (GPT_1_5, {"moderation"}, {"input_fidelity"}),
        (MINI, {"moderation"}, {"input_fidelity"}),
        ("chatgpt-image-latest", {"moderation"}, set()),
    ],
)
def test_only_fields_of_the_model_and_call_are_sent(
    model: str, more: set[str], more_edits: set[str]
) -> None:
    """A field that a model or a call does not know is a 400 there (6.2, 12.1).

    Red when options are merged into the body unchecked.
    """
    assert set(_json(model=model, options=EVERYTHING)) == ALWAYS | COMMON | more
    sent = dict(_form([ONE], model=model, options=EVERYTHING).texts)
    assert set(sent) == ALWAYS | COMMON | more_edits
    assert (sent["stream"], sent["output_compression"]) == ("true", "50")


def test_dall_e_3_has_fields_of_its_own() -> None:
    """It takes style and response_format, and none of the fields of GPT image models."""
    sent = _json(model="dall-e-3", options=EVERYTHING | {"quality": "hd"})
    assert set(sent) == ALWAYS | {"quality", "style", "response_format"}
    assert sent["size"] == "1024x1024"


def test_a_stream_is_marked_as_one() -> None:
    """What comes of a streamed answer that is cut is worth keeping."""
    assert not _exchange([]).is_streamed
    assert not _exchange([], options={"stream": False}).is_streamed
    assert _exchange([], options={"stream": True}).is_streamed
    assert _exchange([ONE], options={"stream": True}).is_streamed


def test_a_picture_named_by_its_address_cannot_be_sent() -> None:
    """An edit sends files; nothing leaves."""
    with pytest.raises(Rejected):
        _exchange(["https://host/a.png"])


@pytest.mark.parametrize(
    ("model", "size", "resolution", "sent"),
    [
        (GPT_2, "16:9", None, "1536x864"),
        (GPT_2, "16:9", "4K", "3840x2160"),
        (GPT_2, "2K", None, "2048x2048"),
        (GPT_2, "1600x1200", None, "1600x1200"),
        (GPT_1_5, "3:2", None, "1536x1024"),
        (GPT_1_5, "1024x1536", None, "1024x1536"),
        (GPT_1_5, None, None, "auto"),
        ("some-server-model", None, None, "1024x1024"),
    ],
)
def test_sizes_in_neutral_terms(
    model: str, size: str | None, resolution: str | None, sent: str
) -> None:
    """Ratio, tier and exact become what the API takes: one of its list, or a multiple of 16."""
    assert _json(model=model, size=size, resolution=resolution)["size"] == sent


@pytest.mark.parametrize(
    ("model", "size"), [(GPT_1_5, "16:9"), (GPT_1_5, "2K"), (GPT_2, "1000x1000"), (GPT_2, "4:1")]
)
def test_an_impossible_size_is_refused_before_anything_is_sent(model: str, size: str) -> None:
    """What the service would refuse is refused here."""
    with pytest.raises(Rejected):
        _exchange([], model=model, size=size)
