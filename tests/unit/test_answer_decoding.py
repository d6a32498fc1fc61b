"""providers.answer_file: base64 in all the forms relays write it, and nothing silently wrong."""

from __future__ import annotations

import io
import json
import os
from base64 import b64encode
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedwatch.providers import answer_file
from seedwatch.providers.answer_file import LongText, UnreadableAnswerError, decoded

PIECES = (1, 2, 3, 5, 7, 64, 1 << 20)


def _all_ways(raw: bytes, monkeypatch: pytest.MonkeyPatch, pieces: Iterable[int] = PIECES) -> bytes:
    """Decode what stands between the quotes of a file, read in pieces of each size."""
    results = set()
    for piece in pieces:
        monkeypatch.setattr(answer_file, "_PIECE", piece)
        file = io.BytesIO(b'{"b64_json": "' + raw + b'"}')
        results.add(b"".join(decoded(file, LongText(14, len(raw)))))
    assert len(results) == 1
    return results.pop()


@pytest.mark.fault(63)
@pytest.mark.parametrize("size", range(8))
def test_any_length_and_padding(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Padding may be whole, partly or wholly missing, or escaped, wherever a piece ends."""
    content = bytes(range(250, 250 - size, -1))
    text = b64encode(content)
    bare = text.rstrip(b"=")
    for raw in (text, bare, bare + b"=" * min(1, len(text) - len(bare))):
        assert _all_ways(raw, monkeypatch) == content
        assert _all_ways(raw.replace(b"=", rb"\u003d"), monkeypatch) == content


@pytest.mark.fault(63)
@pytest.mark.parametrize("wrap", [rb"\n", rb"\r\n", rb"\t", b" ", b"\n", rb"\u000a"])
def test_wrapped_lines(monkeypatch: pytest.MonkeyPatch, wrap: bytes) -> None:
    r"""Lines may be wrapped, as in mail: in JSON the line end is written `\n`.

    Red when only the backslash is dropped: the `n` is a letter of base64, and the picture would be
    silently wrong.
    """
    content = os.urandom(300)
    text = b64encode(content)
    raw = wrap.join(text[at : at + 76] for at in range(0, len(text), 76)) + wrap
    assert _all_ways(raw, monkeypatch) == content


@pytest.mark.parametrize("slash", [rb"\/", rb"\u002f", rb"\u002F"])
@pytest.mark.parametrize("plus", [b"+", rb"\u002b", rb"\u002B"])
def test_escaped_letters(monkeypatch: pytest.MonkeyPatch, slash: bytes, plus: bytes) -> None:
    """`/` and `+` may be written as escapes, also where a piece ends in the middle of one.

    Red when an escape that is cut in two is not put together again.
    """
    content = bytes.fromhex("fbefbefffffffbefbe") * 5
    text = b64encode(content)
    assert b"+" in text
    assert b"/" in text
    raw = text.replace(b"/", slash).replace(b"+", plus)
    assert json.loads(b'"' + raw + b'"').encode() == text
    assert _all_ways(raw, monkeypatch) == content


@pytest.mark.fault(63)
@pytest.mark.parametrize(
    "prefix", [b"data:image/png;base64,", rb"data:image\/png;base64,", b"data:;base64,"]
)
def test_a_data_uri(monkeypatch: pytest.MonkeyPatch, prefix: bytes) -> None:
    """Relays answer with a data URI, whose prefix is not part of the picture."""
    content = os.urandom(300)
    assert _all_ways(prefix + b64encode(content), monkeypatch, [64, 1 << 20]) == content


@pytest.mark.parametrize("text", ["", "data:image/png;base64,", "\n"])
def test_nothing_is_no_picture(text: str) -> None:
    """An empty text decodes to no bytes; that they are no picture is seen later."""
    assert b"".join(decoded(io.BytesIO(), text)) == b""


@pytest.mark.fault(63)
@pytest.mark.parametrize(
    "raw",
    [
        *(b"AAAAA", b"AAA*", b"====", b"=AAA", b"AA=A", b"AA==AAAA", b"AA==\nAA=="),
        *(rb"AA\\AA", rb"AA\"AA", rb"AA\bAA", rb"AA\u0041A\u00e9A", b"AA\xff\xfeAA"),
        *(b"<html>", b"AAAA\\", rb"AAAA\u00", rb"\u0022AAA", b"\0AAA"),
    ],
)
def test_what_is_no_base64_is_told(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    """Corrupt text is an error wherever the pieces end; it never becomes some other picture."""
    for piece in PIECES:
        with pytest.raises(UnreadableAnswerError):
            _all_ways(raw, monkeypatch, [piece])


@pytest.mark.parametrize("text", ["\ud800", "图", "AAA\udcff", "A" * 5])
def test_short_texts_that_are_no_base64(text: str) -> None:
    """Short texts, which were read as JSON, have the same error; lone surrogates, too."""
    with pytest.raises(UnreadableAnswerError):
        b"".join(decoded(io.BytesIO(), text))


def test_a_file_that_was_cut_meanwhile_is_told() -> None:
    """A file that is shorter than it was is an error, not an endless loop."""
    with pytest.raises(UnreadableAnswerError):
        b"".join(decoded(io.BytesIO(b"AAAA"), LongText(0, 400)))


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(0, 4), st.randoms(use_true_random=False))
def test_bytes_come_back_whatever_the_escapes(content: bytes, wrap: int, chance: object) -> None:
    """Any bytes, any letter of them written as an escape: they come back as they were."""
    letters = []
    for at, letter in enumerate(b64encode(content).decode()):
        if wrap and at % (wrap * 7) == wrap:
            letters.append("\\n")
        letters.append(f"\\u{ord(letter):04x}" if (at * 7 + wrap) % 5 == 0 else letter)
    raw = "".join(letters).encode()
    file = io.BytesIO(raw)
    assert b"".join(decoded(file, LongText(0, len(raw)))) == content
