"""Says what a file in an inbox is: an input, part of one, or something to be left alone; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from seedwatch.config.rules import ResolvedRule
from seedwatch.inbox.forms import (
    TEXT_SUFFIX,
    Kind,
    is_picture_name,
    pictures_beside,
    text_beside,
)
from seedwatch.inbox.rulebook import BrokenRule, RuleBook
from seedwatch.junk import RULE_NAME
from seedwatch.records import RelPath, Rule, name_of
from seedwatch.texts import say

__all__ = ["Place", "is_picture_name", "pictures_beside", "place", "rule_at", "text_beside"]


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


def rule_at(book: RuleBook, directory: RelPath) -> ResolvedRule | None:
    """The usable rule of a directory."""
    found = book.rule_for(directory)
    return found if isinstance(found, ResolvedRule) else None
