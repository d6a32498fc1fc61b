"""Puts the events of a YAML file together: values with their places, bounded in depth and number.

PyYAML's own composer follows aliases, keeps the last of two equal keys and knows no bounds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from seedwatch.config.yaml_mistakes import Mark, YamlPath, show_path, visible
from seedwatch.errors import ConfigError, Problem
from seedwatch.texts import say

MAX_DEPTH: Final = 32
MAX_VALUES: Final = 20_000
MAX_PROBLEMS: Final = 50
_INTEGER = re.compile(r"-?[1-9][0-9]{0,17}|0")
_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?([eE][-+]?[0-9]{1,2})?")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Document:
    """Plain values and the place of each; `problems` are the mistakes that did not stop reading.

    `spoiled` holds the paths of values that were left out because of such a mistake.
    """

    file: str
    value: Any
    values_at: dict[YamlPath, Mark]
    keys_at: dict[YamlPath, Mark]
    problems: tuple[Problem, ...] = ()
    spoiled: frozenset[YamlPath] = frozenset()

    def known(self, path: YamlPath) -> YamlPath:
        """The longest beginning of `path` that stands in the file."""
        while path and path not in self.values_at and path not in self.keys_at:
            path = path[:-1]
        return path

    def problem(self, path: YamlPath, message: str, *, at_key: bool = False) -> Problem:
        """A problem at the value `path` (or at its key), or at the nearest value around it."""
        known = self.known(path)
        if path[len(known) :] == (0,):
            path = known  # one entry that stands without its list
        first, second = (self.keys_at, self.values_at)[:: 1 if at_key else -1]
        mark = first.get(known) or second.get(known) or Mark(1, 1)
        return Problem(self.file, mark.line, mark.column, show_path(path), message)


@dataclass(slots=True)
class _Frame:
    """A mapping or sequence that is still open."""

    path: YamlPath
    value: dict[str, Any] | list[Any]
    key: str | None = None
    is_dropped: bool = False
    """the value of the present key is read but not kept"""

    @property
    def wants_key(self) -> bool:
        return isinstance(self.value, dict) and self.key is None


@dataclass(slots=True)
class Builder:
    """Puts events together; a mistake that can be stepped over is noted, not raised."""

    file: str
    root: Any = None
    values_at: dict[YamlPath, Mark] = field(default_factory=dict)
    keys_at: dict[YamlPath, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    spoiled: set[YamlPath] = field(default_factory=set)
    stack: list[_Frame] = field(default_factory=list)
    count: int = 0
    document_count: int = 0

    def document(self) -> Document:
        """What was read."""
        return Document(
            self.file,
            self.root,
            self.values_at,
            self.keys_at,
            tuple(self.problems),
            frozenset(self.spoiled),
        )

    def take(self, event: yaml.Event) -> None:
        """Go one event further.

        Raises:
            ConfigError: the file cannot be read any further.
        """
        match event:
            case yaml.DocumentStartEvent():
                self.document_count += 1
                if self.document_count > 1:
                    self._stop(event, "config.yaml_one_document")
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                frame = self.stack.pop()
                self._put(frame.value)
            case yaml.AliasEvent():
                self._note(event, "config.yaml_alias")
                self._skip()
            case yaml.ScalarEvent():
                self._count(event)
                self._scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._count(event)
                self._open(event)

    def _count(self, event: yaml.NodeEvent) -> None:
        self.count += 1
        if self.count > MAX_VALUES:
            self._stop(event, "config.yaml_too_many", limit=MAX_VALUES)
        if event.anchor is not None:
            self._note(event, "config.yaml_anchor")
        if getattr(event, "tag", None) is not None:
            self._note(event, "config.yaml_tag")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        text = event.value
        if _SURROGATE.search(text):
            self._note(event, "config.yaml_surrogate")
            self._skip()
        elif self.stack and self.stack[-1].wants_key:
            self._key(event, text)
        else:
            is_plain = event.style is None and event.tag is None
            self.values_at.setdefault(self._path(), _mark(event))
            self._put(_typed(text) if is_plain else text)

    def _key(self, event: yaml.Event, text: str) -> None:
        frame = self.stack[-1]
        frame.key = text
        path = (*frame.path, text)
        if path in self.keys_at:
            first = self.keys_at[path].line
            message = say("config.yaml_duplicate", name=visible(text), line=first)
            self._add(self._problem(event, message, path))
            frame.is_dropped = True
        else:
            self.keys_at[path] = _mark(event)

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        if len(self.stack) >= MAX_DEPTH:
            self._stop(event, "config.yaml_too_deep", limit=MAX_DEPTH)
        if self.stack and self.stack[-1].wants_key:
            self._note(event, "config.yaml_complex_key")
            self._drop_key()
        path = self._path()
        self.values_at.setdefault(path, _mark(event))
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self.stack.append(_Frame(path, {} if is_mapping else []))

    def _put(self, value: Any) -> None:
        if not self.stack:
            self.root = value
            return
        frame = self.stack[-1]
        if isinstance(frame.value, list):
            frame.value.append(value)
        elif frame.key is not None:
            if not frame.is_dropped:
                frame.value[frame.key] = value
            frame.key, frame.is_dropped = None, False

    def _skip(self) -> None:
        """Step over a value or key that cannot be used."""
        if self.stack and self.stack[-1].wants_key:
            self._drop_key()
            return
        self.spoiled.add(self._path())
        if self.stack and isinstance(self.stack[-1].value, dict):
            self.stack[-1].is_dropped = True
        self._put(None)

    def _drop_key(self) -> None:
        frame = self.stack[-1]
        frame.key, frame.is_dropped = "?", True

    def _path(self) -> YamlPath:
        if not self.stack:
            return ()
        frame = self.stack[-1]
        last = len(frame.value) if isinstance(frame.value, list) else (frame.key or "?")
        return (*frame.path, last)

    def _problem(self, event: yaml.Event, message: str, path: YamlPath) -> Problem:
        mark = _mark(event)
        return Problem(self.file, mark.line, mark.column, show_path(path), message)

    def _note(self, event: yaml.Event, key: str) -> None:
        self._add(self._problem(event, say(key), self._path()))

    def _add(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) >= MAX_PROBLEMS:
            message = say("config.yaml_too_many_mistakes", limit=MAX_PROBLEMS)
            raise ConfigError([Problem(self.file, problem.line, problem.column, "", message)])

    def _stop(self, event: yaml.Event, key: str, **params: object) -> None:
        raise ConfigError([self._problem(event, say(key, **params), ())])


def _mark(event: yaml.Event) -> Mark:
    mark = event.start_mark
    return Mark(1, 1) if mark is None else Mark(mark.line + 1, mark.column + 1)


def _typed(text: str) -> str | int | float | bool | None:
    if text in ("true", "false"):
        return text == "true"
    if text in ("", "~", "null"):
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    is_decimal = _DECIMAL.fullmatch(text) and not text.lstrip("-").isdigit()
    return float(text) if is_decimal else text
