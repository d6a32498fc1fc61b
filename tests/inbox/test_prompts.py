"""Prompt files: decoding, cleaning, limits and the place `{text}`."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch.errors import SourceError
from seedwatch.inbox.prompts import (
    MAX_FILE_BYTES,
    MAX_LINES,
    MAX_PROMPT_BYTES,
    filled,
    lines_of,
    read_prompt_text,
    whole_of,
)
from seedwatch.media.inspect import Incomplete

CHINESE = "一只猫坐在窗台上，阳光明媚。\n把背景改成纯白色\n"
RARE = "犇骉羴猋鱻麤龘"  # GB18030 has them, GB2312 does not


@pytest.mark.fault(76)
@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (CHINESE.encode(), "utf-8"),
        (b"\xef\xbb\xbf" + CHINESE.encode(), "utf-8"),
        (b"\xff\xfe" + CHINESE.encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + CHINESE.encode("utf-16-be"), "utf-16-be"),
        (CHINESE.encode("gbk"), "gb18030"),
        (CHINESE.encode("gb18030"), "gb18030"),
    ],
)
def test_decoding(content: bytes, encoding: str) -> None:
    """A BOM decides, else UTF-8, else Chinese in GB18030."""
    found = read_prompt_text(content)

    assert (found.text, found.encoding, found.notes) == (CHINESE, encoding, ())


@pytest.mark.fault(76)
@pytest.mark.parametrize(
    "content",
    [
        "Voilà un café très élégant à Orléans".encode("latin-1"),
        "日本の静かな庭、夕暮れ".encode("shift_jis"),
        "Привет, мир! Красная площадь".encode("cp1251"),
        (RARE * 3).encode("gb18030"),
        CHINESE.encode()[:-5],
        b"\xff\xd8\xff\xe0 not a text at all",
    ],
)
def test_doubtful_text_is_refused(content: bytes) -> None:
    """What decodes only by chance is refused, and the message names `encoding:`."""
    with pytest.raises(Incomplete) as caught:
        read_prompt_text(content)

    assert "encoding:" in caught.value.advice


def test_the_rule_names_the_encoding() -> None:
    """With `encoding` nothing is guessed."""
    assert read_prompt_text("café".encode("latin-1"), "latin-1").text == "café"
    with pytest.raises(Incomplete, match="ascii"):
        read_prompt_text("café".encode(), "ascii")


@pytest.mark.parametrize("content", [b"", b"  \n\t\n", b"a\0b", b"\0" * 100])
def test_no_text_yet(content: bytes) -> None:
    """Empty files and zero bytes may still be filled: they are waited for."""
    with pytest.raises(Incomplete):
        read_prompt_text(content)


def test_too_large() -> None:
    """More than 8 MB is refused for good."""
    with pytest.raises(SourceError) as caught:
        read_prompt_text(b"a" * (MAX_FILE_BYTES + 1))

    assert not isinstance(caught.value, Incomplete)


@pytest.mark.fault(76)
def test_control_characters_are_left_out_with_a_note() -> None:
    """Control and direction characters are stripped and counted; tabs and joiners stay."""
    found = read_prompt_text("a\x1b[31m\u202eb\tc👩\u200d👦\r\n".encode())

    assert found.text == "a[31mb\tc👩\u200d👦\r\n"
    assert "2" in found.notes[0]


def test_lines() -> None:
    """Each line that is neither empty nor a comment is a prompt, whatever ends the lines."""
    assert lines_of("one\r\n\r\n  # no\n two \rthree\u2028still three") == (
        "one",
        "two",
        "three\u2028still three",
    )
    for nothing in ("# only\n#comments\n", "\n \n"):
        with pytest.raises(Incomplete):
            lines_of(nothing)


@pytest.mark.fault(76)
def test_limits_of_lines() -> None:
    """20,000 lines and 64 KB for each prompt; the message names the line."""
    assert len(lines_of("a\n" * MAX_LINES)) == MAX_LINES
    with pytest.raises(SourceError, match="20,001"):
        lines_of("a\n" * (MAX_LINES + 1))
    with pytest.raises(SourceError, match="Line 2"):
        lines_of("a\n" + "é" * (MAX_PROMPT_BYTES // 2 + 1))


def test_whole() -> None:
    """The whole file is one prompt, comments and all; its line ends become newlines."""
    assert whole_of(" # a\r\nb\n") == "# a\nb"
    with pytest.raises(SourceError, match="65,537"):
        whole_of("a" * (MAX_PROMPT_BYTES + 1))


def test_filling() -> None:
    """The text takes the place of `{text}`, else it is the prompt; nothing else is expanded."""
    assert filled(("a {text} b", "{text}"), "x") == ("a x b", "x")
    assert filled(("a", "b"), "x") == ("x",)
    assert filled((), "x") == ("x",)
    assert filled(("a {0} {b}",), None) == ("a {0} {b}",)
    assert filled(("{text} {0} {text}",), "{text}{HOME}") == ("{text}{HOME} {0} {text}{HOME}",)
    with pytest.raises(SourceError, match=r"\{text\}"):
        filled(("a {text}",), None)
    with pytest.raises(SourceError):
        filled(("{text}{text}",), "a" * (MAX_PROMPT_BYTES - 1))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_utf8_always_comes_back(text: str) -> None:
    """Any UTF-8 text is read as what it is (apart from what is stripped)."""
    if not text.encode().strip():
        return
    found = read_prompt_text(text.encode())

    assert found.encoding == "utf-8"
    assert found.text == text or found.notes or text.startswith("\ufeff")


@pytest.mark.fault(76)
@given(st.binary(max_size=300))
def test_any_bytes_give_text_or_a_sentence(content: bytes) -> None:
    """Nothing but a SourceError comes out of garbage."""
    with contextlib.suppress(SourceError):
        text = read_prompt_text(content).text
        assert lines_of(text)
        assert whole_of(text)
