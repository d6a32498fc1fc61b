"""providers.bodies: a streamed JSON body of known length that never holds a picture twice."""

from __future__ import annotations

import json
import os
import tracemalloc
from base64 import b64decode, b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch.providers.bodies import DataUri, JsonBody

pictures = st.builds(DataUri, st.sampled_from(["image/png", "image/JPEG"]), st.binary(max_size=500))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | pictures,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def _plain(value: Any) -> Any:
    """The value as the service has to read it."""
    if isinstance(value, DataUri):
        return f"data:{value.media_type.lower()};base64,{b64encode(value.content).decode()}"
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return value


@given(st.dictionaries(st.text(), values, max_size=5))
def test_the_length_is_that_of_the_bytes_and_the_bytes_are_the_fields(
    fields: dict[str, Any],
) -> None:
    """Content-Length equals what is sent, and what is sent reads back as the fields.

    Red when a picture's padding or a character of several bytes is counted wrongly.
    """
    body = JsonBody(fields)
    sent = b"".join(body.pieces())
    assert body.content_length == len(sent)
    assert json.loads(sent) == _plain(fields)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 196_607, 196_608, 196_609, 1_000_000])
def test_a_picture_is_encoded_without_a_seam(size: int) -> None:
    """Pieces join to one base64 text, padded at its end only."""
    content = os.urandom(size)
    sent = json.loads(b"".join(JsonBody({"image": DataUri("image/png", content)}).pieces()))
    prefix, _, text = sent["image"].partition(",")
    assert prefix == "data:image/png;base64"
    assert b64decode(text, validate=True) == content


def test_pieces_are_small() -> None:
    """No piece is larger than what one chunk of a picture becomes."""
    body = JsonBody({"image": [DataUri("image/png", bytes(3_000_000))] * 2, "prompt": "x"})
    assert max(map(len, body.pieces())) <= 262_144


def test_the_same_bytes_each_time() -> None:
    """A body can be sent again byte by byte, as an idempotency key demands."""
    body = JsonBody({"image": DataUri("image/png", bytes(500_000))})
    assert list(body.pieces()) == list(body.pieces())


def test_a_large_picture_costs_little_beyond_itself() -> None:
    """10 MB of picture are sent with under 1 MB of further memory (issue 2, bench `media`).

    Red when the body is joined, or the picture encoded at once.
    """
    picture = DataUri("image/jpeg", os.urandom(10_000_000))
    tracemalloc.start()
    try:
        body = JsonBody({"prompt": "x", "image": picture})
        total = sum(map(len, body.pieces()))
        length, _ = body.content_length, body.sha256
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert total == length > 13_000_000
    assert peak < 1_000_000


def test_the_digest_names_the_request() -> None:
    """Equal fields give equal digests in any order; another picture or field gives another."""
    one = {"prompt": "x", "image": DataUri("image/png", b"abc")}
    assert JsonBody(one).sha256 == JsonBody(dict(reversed(one.items()))).sha256
    others = [
        one | {"prompt": "y"},
        one | {"image": DataUri("image/png", b"abd")},
        one | {"seed": 1},
    ]
    assert len({JsonBody(fields).sha256 for fields in [one, *others]}) == 4


def test_a_person_sees_pictures_shortened() -> None:
    """`explain` shows the body with the beginning and the size of each picture."""
    shown = JsonBody({"image": [DataUri("image/PNG", b"\x89PNG" * 1000)]}).shown()
    assert shown["image"][0].startswith("data:image/png;base64,iVBOR")
    assert shown["image"][0].endswith("… (4,000 bytes)")
    assert len(shown["image"][0]) < 80


def test_the_repr_holds_no_picture() -> None:
    """Errors and logs that show a picture show its type only."""
    assert repr(DataUri("image/png", b"secret")) == "DataUri(media_type='image/png')"


def test_what_is_no_json_is_refused_before_anything_is_sent() -> None:
    """An object that JSON has no word for is a mistake of ours, noticed at once."""
    with pytest.raises(TypeError, match="set"):
        JsonBody({"options": {1, 2}})
