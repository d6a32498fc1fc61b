"""The strict reader: plain values, exact places, no bombs, no crash on any bytes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedwatch.config.strict_yaml import CONFIG_MAX_BYTES, read_yaml
from seedwatch.config.yaml_builder import MAX_PROBLEMS, MAX_VALUES
from seedwatch.errors import ConfigError


def mistakes(text: str | bytes) -> list[str]:
    """Every problem of a text, as a user sees it."""
    raw = text if isinstance(text, bytes) else text.encode()
    try:
        found = read_yaml(raw, "f.yaml", max_bytes=CONFIG_MAX_BYTES).problems
    except ConfigError as error:
        found = tuple(error.problems)
    return [str(problem) for problem in found]


def value(text: str) -> object:
    """The one value of a text without mistakes."""
    document = read_yaml(text.encode(), "f.yaml", max_bytes=CONFIG_MAX_BYTES)
    assert document.problems == ()
    return document.value


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("16:9", "16:9"),
        ("1:1", "1:1"),
        ("190:20:30", "190:20:30"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("Y", "Y"),
        ("True", "True"),
        ("true", True),
        ("false", False),
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01 10:00:00", "2026-01-01 10:00:00"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("017", "017"),
        ("1_000", "1_000"),
        ("+5", "+5"),
        ("-0", "-0"),
        ("0", 0),
        ("-12", -12),
        ("1.5", 1.5),
        ("1.5K", "1.5K"),
        ("2e3", 2000.0),
        (".inf", ".inf"),
        (".5", ".5"),
        ("9" * 5000, "9" * 5000),
        ("null", None),
        ("~", None),
        ("'true'", "true"),
        ('"12"', "12"),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_scalars_have_the_type_people_expect(written: str, meant: object) -> None:
    """Only true, false, null and decimal numbers are not text; a change of the resolver shows."""
    assert value(f"a: {written}\n") == {"a": meant}


def test_keys_are_always_text() -> None:
    """Keys that other readers turn into booleans, numbers or dates stay what was written."""
    assert value("on: 1\n16:9: 2\n12: 3\ntrue: 4\n") == {"on": 1, "16:9": 2, "12": 3, "true": 4}


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    """A file saved by a Windows editor reads the same, with the same columns."""
    assert mistakes(b"\xef\xbb\xbfa: 1\na: 2\n") == [
        "f.yaml:2:1: a: a stands here a second time (first in line 1)"
    ]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "\n\n"])
def test_an_empty_file_has_no_value(text: str) -> None:
    """Nothing, comments and blank lines are an empty document, not a mistake."""
    assert value(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n\tb: 1\n", "f.yaml:2:1: there is a tab here; indent with spaces"),
        ("a: 1\n b: 2\n", "f.yaml:2:3: a second `: ` in one line; put the text in quotes"),
        ("a: b: c\n", "f.yaml:1:5: a second `: ` in one line"),
        ("a: 1\nb\nc: 2\n", "f.yaml:2:1: `key: value` was expected here"),
        ("a:\n  b: 1\n c: 2\n", "f.yaml:3:2: this line does not line up"),
        ('a: "x\n', "f.yaml:1:4: a quote that was opened is never closed"),
        ("a: @x\n", "f.yaml:1:4: text that begins with @ must stand in quotes"),
        ("a: `x\n", "f.yaml:1:4: text that begins with ` must stand in quotes"),
        ("a: %x\n", "f.yaml:1:4: text that begins with % must stand in quotes"),
        ('a: "\\q"\n', "f.yaml:1:6: this \\ sequence means nothing in double quotes"),
        ('a: "\\UFFFFFFFF"\n', "f.yaml:1:7: this is not valid YAML"),
        ('a: "\\ud800"\n', "f.yaml:1:4: a: this holds half a character"),
        ("a: [1, 2\nb: 3\n", "f.yaml:2:2: a , or a closing bracket is missing here"),
        ("a: - b\n", "f.yaml:1:4: a list entry cannot begin here"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: this file may hold one document only"),
        ("a: *b\n", "f.yaml:1:4: a: aliases are not used here"),
        ("a: &b c\n", "f.yaml:1:4: a: anchors are not used here"),
        ("a: !!str c\n", "f.yaml:1:4: a: tags are not used here"),
        ("a: !python/object:os.system c\n", "f.yaml:1:4: a: tags are not used here"),
        ("? [a, b]\n: c\n", "f.yaml:1:3: ?: a key must be plain text"),
        ("a:\n  b: 1\n  c: 2\n  b: 3\n", "f.yaml:4:3: a.b: b stands here a second time"),
        ("f:\n- x: 1\n- x: 1\n  x: 2\n", "f.yaml:4:3: f[1].x: x stands here a second time"),
        ("a: \x07\n", "f.yaml:1:4: there is an invisible control character here"),
    ],
)
def test_a_mistake_is_named_where_it_is(text: str, expected: str) -> None:
    """Each kind of mistake has a plain sentence at its exact line and column."""
    found = mistakes(text)
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_bytes_that_are_not_utf8_are_named_where_they_are() -> None:
    """The place counts characters, not bytes; UTF-16 is refused, not guessed."""
    assert mistakes("a: ü\nbé: ".encode() + b"\xff\n")[0].startswith(
        "f.yaml:2:5: this is not UTF-8"
    )
    assert mistakes("a: 1\n".encode("utf-16"))[0].startswith("f.yaml:1:1: this is not UTF-8")


def test_all_mistakes_before_a_broken_line_are_named_too() -> None:
    """A duplicate key is not hidden by a syntax error further down."""
    assert [line.split(": ")[0] for line in mistakes("a: 1\na: 2\nb: *x\nc: @\n")] == [
        "f.yaml:2:1",
        "f.yaml:3:4",
        "f.yaml:4:4",
    ]


def test_the_first_of_two_equal_keys_counts() -> None:
    """Reading goes on after a duplicate, with the value that stood first."""
    document = read_yaml(b"a: {x: 1}\na: {y: 2}\nb: 3\n", "f", max_bytes=100)
    assert document.value == {"a": {"x": 1}, "b": 3}


def test_places_are_known_for_every_value_and_key() -> None:
    """A problem about a value stands at the value, one about a key at the key."""
    document = read_yaml(b"a:\n- b: one\n  c: two\n", "f", max_bytes=100)
    assert str(document.problem(("a", 0, "c"), "m")) == "f:3:6: a[0].c: m"
    assert str(document.problem(("a", 0, "c"), "m", at_key=True)) == "f:3:3: a[0].c: m"
    assert str(document.problem(("a", 0, "zzz"), "m")) == "f:2:3: a[0]: m".replace(
        "a[0]", "a[0].zzz"
    )
    assert str(document.problem((), "m")) == "f:1:1: m"


def test_a_key_with_control_characters_stays_on_one_line() -> None:
    """A name chosen to forge a log line is escaped and shortened in messages."""
    found = mistakes('"a\\nb\\e[31m": 1\n"a\\nb\\e[31m": 2\n')
    assert found == [
        (
            "f.yaml:2:1: a\\u000ab\\u001b[31m: a\\u000ab\\u001b[31m stands here a second time "
            "(first in line 1)"
        )
    ]


BOMBS = {
    "ten megabytes": b"a: b\n" * 2_000_000,
    "flow nesting": b"[" * 10_000,
    "flow mappings": b"{a: " * 10_000,
    "sequence nesting": b"- " * 10_000,
    "block nesting": b"".join(b" " * i + b"a:\n" for i in range(1_300)),
    "complex keys": b"? " * 400_000,
    "laughs": b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n" * 100,
    "many values": b"- a\n" * (MAX_VALUES + 1),
    "many mistakes": b"a: 1\n" * (MAX_PROBLEMS + 2),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_quickly(name: str) -> None:
    """Depth, number and size are bounded while reading; without the bounds this takes minutes."""
    began = time.perf_counter()
    found = mistakes(BOMBS[name])
    assert found
    assert len(found) <= MAX_PROBLEMS + 1
    assert time.perf_counter() - began < 10


@settings(max_examples=400, deadline=None)
@given(st.text() | st.text(alphabet="ab:-?[]{}&*!|>'\"%@`#, \t\n\\0179ux"))
def test_no_text_crashes_the_reader(text: str) -> None:
    """Whatever is written, the answer is a document or a ConfigError with one-line problems."""
    for line in mistakes(text.encode("utf-8", "surrogatepass")):
        assert "\n" not in line


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(raw: bytes) -> None:
    """Bytes that are no text at all end as a ConfigError, too."""
    mistakes(raw)
