"""Any path becomes text and comes back."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch.store.text import clean, path_to_text, text_to_path

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("sub/a b.png", "sub/a b.png"),
        ("漢字/é.png", "漢字/é.png"),
        (os.fsdecode(b"\xff\\x.png"), r"\xff\\x.png"),
        (r"\xff", r"\\xff"),
        ("\ud800", r"\ud800"),
        ("line\nbreak\x00", "line\nbreak\x00"),
    ],
)
def test_escapes(path: str, text: str) -> None:
    r"""Bytes that are not UTF-8 show as \xff, a backslash as two."""
    assert path_to_text(path) == text
    assert text_to_path(text) == path


@given(ANY_TEXT)
def test_every_path_comes_back(path: str) -> None:
    """The escape is valid Unicode, reversible, and different for different paths."""
    text = path_to_text(path)
    text.encode()
    assert text_to_path(text) == path


@given(st.binary(max_size=40))
def test_every_name_of_the_disk_comes_back(name: bytes) -> None:
    """Whatever bytes a file is called."""
    assert os.fsencode(text_to_path(path_to_text(os.fsdecode(name)))) == name


@given(ANY_TEXT)
def test_clean_is_always_valid(text: str) -> None:
    """A stranger's words can be stored, whatever they are."""
    clean(text).encode()
