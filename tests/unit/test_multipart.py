"""providers.multipart: a streamed form of known length, read back by the simulator's own parser."""

from __future__ import annotations

import os
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch.providers.bodies import DataUri
from seedwatch.providers.multipart import MultipartBody
from seedwatch.simulator.multipart import Form, read_form

PICTURE = DataUri("image/PNG", b"\x89PNG\r\n--not a boundary\r\n")
texts = st.text(st.characters(codec="utf-8"), max_size=40)


def _read(body: MultipartBody) -> Form:
    sent = b"".join(body.pieces())
    assert body.content_length == len(sent)
    return read_form(body.content_type, sent)


@given(st.dictionaries(st.sampled_from(["prompt", "a", "b"]), texts), st.lists(st.binary()))
def test_what_is_sent_reads_back(fields: dict[str, str], pictures: list[bytes]) -> None:
    """The length is that of the bytes, and every text and file comes out as it went in."""
    parts = [("image[]", DataUri("image/jpeg", content)) for content in pictures]
    body = MultipartBody(fields, parts)
    if not fields and not parts:  # a form without parts is none
        return
    form = _read(body)
    assert dict(form.texts) == fields
    assert [file.content for file in form.files] == pictures


def test_each_file_has_its_own_type_and_name() -> None:
    """Without a Content-Type of its own a part is refused by some relays (protocols.md 6.1)."""
    form = _read(MultipartBody({}, [("image", PICTURE), ("mask", DataUri("image/jpeg", b"x"))]))
    assert [(file.name, file.kind, file.filename) for file in form.files] == [
        ("image", "image/png", "image-1.png"),
        ("mask", "image/jpeg", "image-2.jpeg"),
    ]


def test_scalars_and_objects_become_texts() -> None:
    """Numbers, truth values and nested objects are written as the official client writes them."""
    fields = {"n": 2, "stream": True, "svg": {"model": "m", "reasoning": {"effort": "low"}}}
    assert _read(MultipartBody(fields, [])).texts == (
        ("n", "2"),
        ("stream", "true"),
        ("svg[model]", "m"),
        ("svg[reasoning][effort]", "low"),
    )


def test_a_name_cannot_break_out_of_its_header() -> None:
    """Quotes and line ends in a name are escaped: it stays one part."""
    form = _read(MultipartBody({'a"\r\nX: y': "1"}, []))
    assert form.texts == (("a%22%0D%0AX: y", "1"),)


@pytest.mark.parametrize("value", [None, ["a"], b"bytes"])
def test_what_no_form_can_say_is_refused_before_anything_is_sent(value: Any) -> None:
    """A value without a text is a mistake of ours, noticed at once."""
    with pytest.raises(TypeError):
        MultipartBody({"x": value}, [])


def test_the_same_bytes_each_time() -> None:
    """The boundary is made once, so that the same body can be sent again byte by byte."""
    body = MultipartBody({"prompt": "x"}, [("image", PICTURE)])
    assert b"".join(body.pieces()) == b"".join(body.pieces())


def test_the_digest_names_the_request_and_not_its_boundary() -> None:
    """Equal fields and pictures give equal digests; another field, name or picture another one."""

    def digest(fields: dict[str, Any], *parts: tuple[str, DataUri]) -> str:
        return MultipartBody(fields, parts).sha256

    one = digest({"prompt": "x", "n": 1}, ("image", PICTURE))
    assert one == digest({"n": 1, "prompt": "x"}, ("image", PICTURE))
    others = {
        digest({"prompt": "y", "n": 1}, ("image", PICTURE)),
        digest({"prompt": "x", "n": 1}, ("mask", PICTURE)),
        digest({"prompt": "x", "n": 1}, ("image", DataUri("image/png", b"other"))),
        digest({"prompt": "x", "n": 1}, ("image", PICTURE), ("image", PICTURE)),
    }
    assert len(others - {one}) == 4


def test_a_large_picture_costs_little_beyond_itself() -> None:
    """10 MB of picture are sent with under 1 MB of further memory, in small pieces."""
    picture = DataUri("image/jpeg", os.urandom(10_000_000))
    tracemalloc.start()
    try:
        body = MultipartBody({"prompt": "x"}, [("image", picture)])
        lengths = [len(piece) for piece in body.pieces()]
        _ = body.sha256
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(lengths) == body.content_length > 10_000_000
    assert max(lengths) <= 262_144
    assert peak < 1_000_000


def test_a_person_sees_fields_with_pictures_shortened() -> None:
    """One file of a name stands alone, several as a list; their bytes are not shown."""
    body = MultipartBody({"prompt": "x"}, [("image[]", PICTURE), ("image[]", PICTURE)])
    shown = body.shown()
    assert shown["prompt"] == "x"
    assert [text.endswith("… (24 bytes)") for text in shown["image[]"]] == [True, True]
    assert body.fields["image[]"] == [PICTURE, PICTURE]
    assert MultipartBody({}, [("image", PICTURE)]).fields == {"image": PICTURE}
