"""providers.answer_file: reads any JSON file; long texts stay in it, garbage has one error."""

from __future__ import annotations

import json
import random
import tracemalloc
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedwatch.providers import answer_file
from seedwatch.providers.answer_file import LongText, UnreadableAnswerError, load

SHORT = 64
quick = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
texts = st.text() | st.text(alphabet='\\"/u0n', min_size=60, max_size=200)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=15,
)


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts are long from 64 bytes on."""
    monkeypatch.setattr(answer_file, "_LONG", SHORT)


def _write(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "answer"
    path.write_bytes(content)
    return path


def _with_texts(value: Any, content: bytes) -> Any:
    """The value with each LongText read back from the file."""
    if isinstance(value, LongText):
        return json.loads(b'"' + content[value.offset : value.offset + value.length] + b'"')
    if isinstance(value, list):
        return [_with_texts(inner, content) for inner in value]
    if isinstance(value, dict):
        return {key: _with_texts(inner, content) for key, inner in value.items()}
    return value


@quick
@given(values, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_it_reads_what_json_reads(
    low: None, tmp_path: Path, value: Any, ascii_only: bool, indent: Any
) -> None:
    """For any value `load` gives what `json.loads` gives, long texts by their place.

    Red when a quote after a run of backslashes is judged wrongly.
    """
    content = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    assert _with_texts(load(_write(tmp_path, content)), content) == json.loads(content)


@pytest.mark.parametrize("count", range(8))
def test_backslashes_before_a_quote(low: None, tmp_path: Path, count: int) -> None:
    """An odd run of backslashes escapes the quote, an even one does not; also at the start."""
    for text in ("\\" * count + '"' + "x" * 100, "x" * 100 + "\\" * count + '"', "\\" * count * 40):
        content = json.dumps([text, "end", text]).encode()
        assert _with_texts(load(_write(tmp_path, content)), content) == [text, "end", text]


def test_long_texts_stay_in_the_file(tmp_path: Path) -> None:
    """Texts over 16 KB become places that say where they lie; shorter ones are read."""
    text = "A" * 20_000
    content = json.dumps({"data": [{"b64_json": text}, {"b64_json": "short"}]}).encode()
    value = load(_write(tmp_path, content))
    place = value["data"][0]["b64_json"]
    assert isinstance(place, LongText)
    assert content[place.offset : place.offset + place.length].decode() == text
    assert value["data"][1]["b64_json"] == "short"


UNREADABLE = {
    "empty": b"",
    "html": b"<!doctype html><title>502</title>",
    "cut": b'{"data": [{"b64_json": "AAAA',
    "cut after a text": b'{"data": [{"b64_json": "AAAA"',
    "cut in an escape": b'{"a": "\\',
    "two values": b"{} {}",
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "bad utf-8": b'{"a": "\xff\xfe\xfd"}',
    "half utf-16": '{"a": "b"}'.encode("utf-16")[:-1],
    "a long text in utf-16": json.dumps({"a": "x" * 99}).encode("utf-16"),
    "a number without end": b'{"a": ' + b"9" * 5000 + b"}",
    "a long name": json.dumps({"n" * 100: 1}).encode(),
    "nul bytes": b"\0" * 1000,
    "much that is no text": b"[" + b"1," * 600_000 + b"1]",
    "single quotes": b"{'a': 1}",
}


@pytest.mark.fault(58)
@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_not_json_has_one_error(low: None, tmp_path: Path, name: str) -> None:
    """Whatever the provider sends instead of JSON is an `UnreadableAnswerError` (fault 58)."""
    with pytest.raises(UnreadableAnswerError):
        load(_write(tmp_path, UNREADABLE[name]))


@pytest.mark.fault(58)
@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"\xef\xbb\xbf" + b'{"a": 1}', {"a": 1}),
        ('{"a": "\u56fe"}'.encode("utf-16"), {"a": "\u56fe"}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'{"a": Infinity}', {"a": float("inf")}),
        (b'"text"', "text"),
        (b"null", None),
        (b' \r\n{"a" : "\\ud83d\\ude00"}\n', {"a": "\U0001f600"}),
    ],
)
def test_oddities_that_can_be_read(tmp_path: Path, content: bytes, value: Any) -> None:
    """A byte-order mark, UTF-16, repeated names, Infinity and bare values are no crash."""
    assert load(_write(tmp_path, content)) == value


@pytest.mark.fault(58)
def test_nan_is_no_crash(tmp_path: Path) -> None:
    """NaN, which JSON does not know, is read as a number that is none."""
    value = load(_write(tmp_path, b'{"a": NaN}'))
    assert value["a"] != value["a"]


@pytest.mark.fault(58)
def test_mangled_answers_have_no_other_error(low: None, tmp_path: Path) -> None:
    """Thousands of answers with random bytes changed, cut or repeated: a value or that error."""
    chance = random.Random(20)
    whole = json.dumps(
        {"data": [{"url": "https://h/x?y=z"}, {"b64_json": b64encode(bytes(99)).decode()}]}
    ).encode()
    path = tmp_path / "answer"
    read = 0
    for _ in range(600):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(content))
            match chance.randrange(4):
                case 0:
                    content[at] = chance.randrange(256)
                case 1:
                    del content[at : at + chance.randrange(1, 30)]
                case 2:
                    content[at:at] = chance.choice([b'"', b"\\", b"[", b"{", b"\\u", b"\0"])
                case _:
                    content[at:at] = content[at : at + 20]
            content = content or bytearray(b"{")
        path.write_bytes(content)
        try:
            load(path)
            read += 1
        except UnreadableAnswerError:
            continue
    assert 0 < read < 600


@pytest.mark.fault(68)
def test_a_large_answer_costs_little_memory(tmp_path: Path) -> None:
    """15 pictures, 60 MB of base64 in one answer, read and decoded with under 8 MB (design.md 11).

    Red when the file, or one of its long texts, is read at once.
    """
    path = tmp_path / "answer"
    text = b64encode(bytes(range(256)) * 12_000)
    with path.open("wb") as file:
        file.write(b'{"data": [')
        for n in range(15):
            file.write((b", " if n else b"") + b'{"b64_json": "' + text + b'"}')
        file.write(b"]}")
    assert path.stat().st_size > 60_000_000
    tracemalloc.start()
    try:
        value = load(path)
        with path.open("rb") as file:
            total = sum(
                len(piece)
                for entry in value["data"]
                for piece in answer_file.decoded(file, entry["b64_json"])
            )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert total == 15 * 256 * 12_000
    assert peak < 8_000_000


@pytest.mark.fault(68)
def test_a_large_answer_without_long_texts_is_refused_cheaply(tmp_path: Path) -> None:
    """Much more than an answer ever holds is never parsed: that would cost many times as much."""
    path = _write(tmp_path, b"[" + (b'{"a":"' + b"x" * 200 + b'"},') * 50_000 + b"1]")
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableAnswerError):
            load(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000
