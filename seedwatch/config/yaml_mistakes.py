"""Says in plain sentences what is wrong with the syntax of a YAML file, and where."""

from __future__ import annotations

import re
from typing import NamedTuple

import yaml

from seedwatch.errors import Problem
from seedwatch.texts import say

YamlPath = tuple[str | int, ...]

_SENTENCES = (
    ("mapping values are not allowed", "config.yaml_second_colon"),
    ("could not find expected ':'", "config.yaml_no_colon"),
    ("expected <block end>", "config.yaml_indent"),
    ("expected <document start>", "config.yaml_indent"),
    ("found unexpected end of stream", "config.yaml_open_quote"),
    ("found unexpected document separator", "config.yaml_open_quote"),
    ("found unknown escape", "config.yaml_escape"),
    ("expected escape sequence", "config.yaml_escape"),
    ("expected ',' or", "config.yaml_bracket"),
    ("sequence entries are not allowed", "config.yaml_dash"),
)
_BEGINS_EARLIER = frozenset({"config.yaml_no_colon", "config.yaml_open_quote"})
"""Mistakes that PyYAML notices where they end; people look for where they begin."""
_BAD_START = re.compile(r"found character '(.*)' that cannot start any token", re.DOTALL)


class Mark(NamedTuple):
    """A place in a text file; both count from 1."""

    line: int
    column: int


def visible(text: str, limit: int = 60) -> str:
    """`text` on one line, without control characters, shortened to `limit` characters."""
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[: limit + 1])
    return shown if len(shown) <= limit else f"{shown[:limit]}…"


def show_path(path: YamlPath) -> str:
    """`("folders", 0, "rule")` as people write it: `folders[0].rule`."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part}]"
        else:
            shown += f".{visible(part)}" if shown else visible(part)
    return shown


def explain(error: Exception, text: str, file: str, here: yaml.Mark | None) -> Problem:
    """The problem behind an error of PyYAML; `here` is how far its scanner had come."""
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        return Problem(file, line, column, "", say("config.yaml_control"))
    where = getattr(error, "problem_mark", None) or here
    key = _key(error, _line_of(text, where))
    if key in _BEGINS_EARLIER:
        where = getattr(error, "context_mark", None) or where
    line, column = (where.line + 1, where.column + 1) if where is not None else (1, 1)
    found = _BAD_START.search(str(getattr(error, "problem", "")))
    character = visible(found[1]) if found else ""
    return Problem(file, line, column, "", say(key, character=character))


def _line_of(text: str, mark: yaml.Mark | None) -> str:
    lines = text.splitlines()
    return lines[mark.line] if mark is not None and mark.line < len(lines) else ""


def _key(error: Exception, line: str) -> str:
    """Which sentence says it."""
    problem = str(getattr(error, "problem", "") or "")
    bad_start = _BAD_START.search(problem)
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent or (bad_start and "t" in bad_start[1]):
        return "config.yaml_tab"
    if bad_start:
        return "config.yaml_start"
    known = (key for words, key in _SENTENCES if words in problem)
    return next(known, "config.yaml_syntax")
