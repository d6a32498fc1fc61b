"""ark_images: reading answers; pictures in order, errors in their place, nothing paid is lost."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedwatch.errors import Moderated, OutcomeUnknown, ProviderError, Rejected
from seedwatch.providers.answer_file import LongText
from seedwatch.providers.base import Answer
from seedwatch.providers.protocols.ark_images import ArkImages

URL = (
    "https://ark-content.tos-cn-beijing.volces.com/d/021763112157214abc_{n}.jpeg?X-Tos-Signature=0"
)
BLOCKED = {"code": "OutputImageSensitiveContentDetected", "message": "The output is blocked."}
BROKEN = {"code": "InternalServiceError", "message": "Something broke."}


def _read(tmp_path: Path, value: Any) -> Answer:
    path = tmp_path / "answer"
    path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return ArkImages().read(path)


def _answer(*entries: Any, **more: Any) -> dict[str, Any]:
    return {"model": "m", "created": 1, "data": list(entries), **more}


def _url(n: int) -> dict[str, Any]:
    return {"url": URL.format(n=n), "size": "2048x2048"}


def test_a_group_keeps_its_order(tmp_path: Path) -> None:
    """URLs come in the order of the list, with the number charged and the request's id (2.5)."""
    answer = _read(
        tmp_path, _answer(*map(_url, range(3)), usage={"generated_images": 3, "total_tokens": 1})
    )
    assert [place.url for place in answer.returned] == [URL.format(n=n) for n in range(3)]
    assert answer.billed_count == 3
    assert answer.request_id == "021763112157214abc"


@pytest.mark.fault(61)
def test_failed_members_keep_their_place(tmp_path: Path) -> None:
    """A blocked, a broken, an empty and a null member are errors in their places (fault 61).

    Red when they are left out: later pictures would get other numbers.
    """
    answer = _read(tmp_path, _answer({"error": BLOCKED}, _url(1), None, {"error": BROKEN}, {}, 7))
    assert [bool(place.error) for place in answer.returned] == [True, False, True, True, True, True]
    assert "The output is blocked." in answer.returned[0].error
    assert answer.returned[1].url == URL.format(n=1)


@pytest.mark.parametrize("error", [BROKEN, {}, {"code": None}, "words"])
def test_a_picture_counts_more_than_an_error_beside_it(tmp_path: Path, error: Any) -> None:
    """A relay's `error` beside a picture does not throw the paid picture away (P6)."""
    answer = _read(tmp_path, _answer(_url(0) | {"error": error}))
    assert (answer.returned[0].url, answer.returned[0].error) == (URL.format(n=0), "")


def test_layers_come_from_the_bottom(tmp_path: Path) -> None:
    """With `z_index` everywhere the base comes first, whatever the order of the list (2.5)."""
    layers = [_url(n) | {"z_index": z, "name": f"n{z}"} for n, z in enumerate((10, 0, 2))]
    answer = _read(tmp_path, _answer(*layers))
    assert [place.url for place in answer.returned] == [URL.format(n=n) for n in (1, 2, 0)]
    answer = _read(tmp_path, _answer(*layers, _url(3)))
    assert [place.url for place in answer.returned] == [URL.format(n=n) for n in range(4)]


def test_base64_short_and_long(tmp_path: Path) -> None:
    """Short base64 is read, long stays in the file; a data URI in `url` is base64, too (1.3)."""
    long = b64encode(bytes(30_000)).decode()
    answer = _read(
        tmp_path,
        _answer(
            *({"b64_json": "QUJD"}, {"b64_json": long}),
            *({"url": "data:image/png;base64,QUJD"}, {"url": f"data:image/png;base64,{long}"}),
        ),
    )
    found = [place.base64 for place in answer.returned]
    assert found[0] == "QUJD"
    assert isinstance(found[1], LongText)
    assert found[2] == "data:image/png;base64,QUJD"
    assert isinstance(found[3], LongText)
    assert not any(place.url or place.error for place in answer.returned)


@pytest.mark.fault(74)
@pytest.mark.parametrize(
    ("usage", "billed"),
    [
        *(({"generated_images": 2}, 2), ({"generated_images": "2"}, 2)),
        *(({"generated_images": 0}, 0), ({"generated_images": None}, None)),
        *(({"generated_images": True}, None), ({"generated_images": -1}, None)),
        *(({"generated_images": 10**30}, None), ({"generated_images": 1.5}, None)),
        *(({"generated_images": "many"}, None), ({"generated_images": "9" * 5000}, None)),
        *(({"generated_images": "²"}, None), ({}, None), (None, None), ([], None), ("x", None)),
    ],
)
def test_the_number_charged(tmp_path: Path, usage: Any, billed: int | None) -> None:
    """A sensible number is believed, also as a text; nonsense is as good as nothing (fault 74).

    Red when a negative or an endless number reaches the budget.
    """
    assert _read(tmp_path, _answer(_url(0), usage=usage)).billed_count == billed


@pytest.mark.fault(60)
@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (_answer(), Rejected, "without any picture"),
        (_answer(error=BROKEN), Rejected, "Something broke. (InternalServiceError)"),
        ({"error": BROKEN}, Rejected, "Something broke."),
        ({"error": BLOCKED}, Moderated, "The output is blocked."),
        (_answer({"error": BLOCKED}, {"error": BLOCKED}), Moderated, "The output is blocked."),
        (_answer({"error": BROKEN}), Rejected, "Something broke."),
        (_answer({}), Rejected, "without any picture"),
    ],
)
def test_an_answer_without_pictures(
    tmp_path: Path, value: Any, kind: type[ProviderError], words: str
) -> None:
    """200 with an empty list or only errors is a failure of the task, not a doubt (fault 60)."""
    with pytest.raises(kind) as raised:
        _read(tmp_path, value)
    assert type(raised.value) is kind
    assert words in raised.value.message
    assert "HTTP 0" not in raised.value.message


@pytest.mark.fault(58)
@pytest.mark.fault(59)
@pytest.mark.parametrize(
    "value",
    [
        *(b"", b"<html>", b'{"data": [', b"[]", b"7", b'"data"', b"null", b"{}"),
        *({"data": {}}, {"data": None}, {"data": "x"}, {"code": 200}, {"error": "words"}),
    ],
)
def test_an_answer_nobody_documents(tmp_path: Path, value: Any) -> None:
    """A 200 with HTML, half a body or another JSON may have been paid (faults 57-59)."""
    with pytest.raises(OutcomeUnknown):
        _read(tmp_path, value)


def test_the_request_id_is_only_what_looks_like_one(tmp_path: Path) -> None:
    """Names of other services' files are not taken for Ark's request id."""
    for url in ("https://h/x/picture.png", "https://h/\ud800_0.jpeg", "https://h/a b_0.png", "x_0"):
        assert _read(tmp_path, _answer({"url": url})).request_id == ""


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["data", "url", "b64_json", "error", "code", "message", "usage", "generated_images"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@pytest.mark.fault(58)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)
@given(st.dictionaries(st.sampled_from(["data", "error", "usage"]), anything))
def test_no_answer_makes_a_crash(tmp_path: Path, value: dict[str, Any]) -> None:
    """Whatever the types are, it is an answer with a picture or one of the documented errors."""
    try:
        answer = _read(tmp_path, value)
    except (Rejected, OutcomeUnknown) as error:
        str(error).encode()
        return
    assert any(place.url or place.base64 for place in answer.returned)
    for place in answer.returned:
        assert bool(place.url) + bool(place.base64) + bool(place.error) == 1
        place.error.encode()
    answer.request_id.encode()
