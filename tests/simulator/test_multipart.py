"""Multipart bodies are taken apart byte by byte, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch.simulator.bodies import BadBodyError
from seedwatch.simulator.multipart import OCTET_STREAM, FormFile, read_form

TYPE = 'multipart/form-data; boundary="b=1"'


def _part(head: str, content: bytes) -> bytes:
    return b"--b=1\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n"


def _named(name: str, rest: str = "") -> str:
    return f'Content-Disposition: form-data; name="{name}"{rest}'


# Line ends and dashes are what a reader of lines could get wrong.
@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"-", b"--", b"\0", b"\xff", b"a"])))
def test_contents_arrive_as_they_were_sent(pieces: list[bytes]) -> None:
    """Any bytes come back unchanged, whatever line ends they hold, in the order of the parts."""
    content = b"".join(pieces)
    body = _part(_named("image[]", '; filename="a.png"\r\nContent-Type: image/PNG'), content)
    body += _part(_named("image[]", '; filename="b"'), content * 2) + b"--b=1--"
    form = read_form(TYPE, body)
    assert form.files == (
        FormFile("image[]", "image/png", content, "a.png"),
        FormFile("image[]", OCTET_STREAM, content * 2, "b"),
    )


@given(st.text(st.characters(codec="utf-8")))
def test_texts_are_utf_8(text: str) -> None:
    """A part without a file name is a text, whatever letters it has."""
    body = _part(_named("prompt"), text.encode()) + b"--b=1--\r\n"
    assert read_form(TYPE, body).texts == (("prompt", text),)


@pytest.mark.parametrize(
    "rest",
    [
        '; filename="照片.png"',
        "; filename*=UTF-8''%E7%85%A7.png",
        '; filename=""',
        '; filename="a\\"b"',
    ],
)
def test_any_file_name_makes_a_file(rest: str) -> None:
    """File names are not looked at: raw UTF-8 as browsers send it, encoded, or empty."""
    (file,) = read_form(TYPE, _part(_named("image", rest), b"x") + b"--b=1--").files
    assert (file.name, file.content) == ("image", b"x")


def test_a_transfer_encoding_is_not_obeyed() -> None:
    """A part that calls itself base64 is taken as it stands (RFC 7578 4.7)."""
    head = _named("image", '; filename="a"\r\nContent-Transfer-Encoding: base64')
    (file,) = read_form(TYPE, _part(head, b"YQ==") + b"--b=1--").files
    assert file.content == b"YQ=="


WHOLE = _part(_named("prompt"), b"x") + b"--b=1--"
BROKEN: list[tuple[str | None, bytes, str]] = [
    (None, WHOLE, "must be multipart/form-data"),
    ("application/json", WHOLE, "must be multipart/form-data"),
    ("multipart/form-data", WHOLE, "not framed"),
    ("multipart/form-data; boundary=other", WHOLE, "not framed"),
    (TYPE, b"", "not framed"),
    (TYPE, WHOLE.removesuffix(b"--b=1--"), "not framed"),
    (TYPE, _part("Content-Type: text/plain", b"x") + b"--b=1--", "no name"),
    (TYPE, _part('Content-Disposition: attachment; name="a"', b"x") + b"--b=1--", "no name"),
    (TYPE, _part(_named("prompt"), b"\xff") + b"--b=1--", "not UTF-8"),
    (
        TYPE,
        _part(
            _named("image", '; filename="a"\r\nContent-Type: multipart/mixed; boundary=c'),
            b"--c\r\n\r\nx\r\n--c--",
        )
        + b"--b=1--",
        "multipart itself",
    ),
]


@pytest.mark.parametrize(("content_type", "body", "words"), BROKEN)
def test_broken_bodies_are_refused(content_type: str | None, body: bytes, words: str) -> None:
    """A body that is not framed as announced, or has parts of another kind, is an error."""
    with pytest.raises(BadBodyError, match=words):
        read_form(content_type, body)
