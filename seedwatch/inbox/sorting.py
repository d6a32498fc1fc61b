"""Says what a file in an inbox is: an input, part of one, or something to be left alone; pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from seedwatch.config.rules import ResolvedRule
from seedwatch.inbox.natural import natural_key
from seedwatch.inbox.rulebook import BrokenRule, RuleBook
from seedwatch.junk import RULE_NAME
from seedwatch.records import MemberRole, RelPath, Rule, name_of
from seedwatch.texts import say

Kind = Literal["picture", "lines", "set", "companion", "silent", "ignored"]

TEXT_SUFFIX: Final = ".txt"
SET_PROMPT: Final = "prompt.txt"
_PICTURE_SUFFIXES: Final = (
    # What can be read,
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif"),
    # and what people take for pictures: it fails with a card that says how to convert it.
    *(".apng", ".dib", ".heic", ".heif", ".hif", ".jxl", ".jp2", ".psd", ".svg", ".eps"),
    *(".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".rw2", ".raf"),
)
_TEXT_SPELLINGS: Final = (".txt", ".TXT", ".Txt")
_PICTURE_SPELLINGS: Final = tuple(
    spelling
    for suffix in _PICTURE_SUFFIXES
    for spelling in (suffix, suffix.upper(), suffix.title())
)


@dataclass(frozen=True, slots=True)
class Place:
    """What a file is.

    `source` is the path of the input it belongs to, `directory` whose rule it follows;
    `companion` is a text for pictures of the same stem; `why` is for ignored files.
    """

    kind: Kind
    source: RelPath = ""
    directory: RelPath = ""
    why: str = ""


_SILENT: Final = Place("silent")


def place(path: RelPath, book: RuleBook) -> Place | None:
    """What the file is under the rules; None: its rule is not resolved, or broken."""
    if name_of(path) == RULE_NAME or book.is_reference(path):
        return _SILENT
    directory = ""
    for below in _directories(path):
        rule = _rule(book, directory)
        inner = _rule(book, below)
        if rule is None or inner is None:
            return None
        if rule.input == inner.input == "folder":
            return Place("set", below, below)
        directory = below
    rule = _rule(book, directory)
    return None if rule is None else _single(path, directory, rule)


def _rule(book: RuleBook, directory: RelPath) -> Rule | None:
    found = book.rule_for(directory)
    return None if found is None or isinstance(found, BrokenRule) else found.rule


def _single(path: RelPath, directory: RelPath, rule: Rule) -> Place:
    is_text = path.lower().endswith(TEXT_SUFFIX)
    if rule.input == "folder":
        return Place("ignored", why=say("inbox.loose_file"))
    if rule.mode.startswith("text-"):
        if is_text:
            return Place("lines", path, directory)
        return Place("ignored", why=say("inbox.not_a_prompt_file"))
    if is_text:
        if rule.pair:
            return Place("companion", path, directory)
        return Place("ignored", why=say("inbox.text_without_pair"))
    return Place("picture", path, directory)


def _directories(path: RelPath) -> Iterator[RelPath]:
    """The directories on the way to a file, outermost first, the inbox itself left out."""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def is_picture_name(path: RelPath) -> bool:
    """Whether a person would expect a picture behind this name."""
    return path.lower().endswith(_PICTURE_SUFFIXES)


def text_beside(path: RelPath, names: Mapping[str, object]) -> RelPath | None:
    """The prompt file that lies beside a picture (`a.txt` for `a.jpg`)."""
    return next(_beside(path, names, _TEXT_SPELLINGS), None)


def pictures_beside(path: RelPath, names: Mapping[str, object]) -> list[RelPath]:
    """The pictures that a prompt file could belong to, in natural order."""
    return sorted(_beside(path, names, _PICTURE_SPELLINGS), key=natural_key)


def _beside(
    path: RelPath, names: Mapping[str, object], suffixes: tuple[str, ...]
) -> Iterator[RelPath]:
    """Files of the same stem; composed and decomposed accents are the same to people."""
    directory, slash, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    for spelling in dict.fromkeys(
        (stem, unicodedata.normalize("NFC", stem), unicodedata.normalize("NFD", stem))
    ):
        for suffix in suffixes:
            if spelling + suffix in names:
                yield f"{directory}{slash}{spelling}{suffix}"


def role_in_set(path: RelPath, directory: RelPath) -> MemberRole | None:
    """What a file of a set is by its name; None: it may be anything, its content tells."""
    if path[len(directory) + 1 :].lower() == SET_PROMPT:
        return "prompt"
    return "picture" if is_picture_name(path) else None


def rule_at(book: RuleBook, directory: RelPath) -> ResolvedRule | None:
    """The usable rule of a directory."""
    found = book.rule_for(directory)
    return found if isinstance(found, ResolvedRule) else None
