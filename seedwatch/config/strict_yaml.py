"""Reads YAML written by people: no surprising types, no bombs, every mistake with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import yaml

from seedwatch.config.yaml_builder import Builder, Document
from seedwatch.config.yaml_mistakes import explain
from seedwatch.errors import ConfigError, Problem
from seedwatch.texts import say

CONFIG_MAX_BYTES: Final = 1_000_000
RULE_MAX_BYTES: Final = 65_536


def read_yaml(text: bytes, file: str, *, max_bytes: int) -> Document:
    """The values of a file with their places; `file` is its name in messages.

    Plain `true`, `false`, `null` (or nothing) and decimal numbers get their type, all else stays
    text: `16:9`, `no`, `on`, `2026-01-01`, `0x1F`. Keys are always text.

    Raises:
        ConfigError: too large, not UTF-8, broken syntax, too deep; with all that was seen before.
    """
    if len(text) > max_bytes:
        message = say("config.yaml_too_large", limit=f"{max_bytes:,}", size=f"{len(text):,}")
        raise ConfigError([Problem(file, 0, 0, "", message)])
    builder = Builder(file)
    try:
        for event in _events(_decoded(text, file), file):
            builder.take(event)
    except ConfigError as error:
        raise ConfigError(sorted_problems([*builder.problems, *error.problems])) from None
    return builder.document()


def sorted_problems(problems: list[Problem]) -> list[Problem]:
    """In the order of the file, each once."""
    return sorted(set(problems), key=lambda p: (p.file, p.line, p.column, p.path, p.message))


def _decoded(text: bytes, file: str) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = text[: error.start].decode("utf-8-sig", errors="replace")
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        raise ConfigError([Problem(file, line, column, "", say("config.yaml_not_utf8"))]) from None


def _events(text: str, file: str) -> Iterator[yaml.Event]:
    loader = None
    try:
        loader = yaml.SafeLoader(text)
        while loader.check_event():
            yield loader.get_event()  # type: ignore[no-untyped-call]  # the stubs leave it out
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # ValueError and OverflowError: PyYAML hands "\UFFFFFFFF" to chr() unchecked.
        here = None if loader is None else loader.get_mark()
        raise ConfigError([explain(error, text, file, here)]) from None
    finally:
        if loader is not None:
            loader.dispose()
