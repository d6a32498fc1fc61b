"""Turns what pydantic found into plain sentences with a place in the file, all at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from seedwatch.config.file_models import (
    OPERATOR_ONLY,
    AccountKeys,
    ConfigKeys,
    FolderKeys,
    RuleKeys,
)
from seedwatch.config.yaml_builder import Document
from seedwatch.config.yaml_mistakes import YamlPath, visible
from seedwatch.errors import Problem
from seedwatch.texts import say

_M = TypeVar("_M", bound=BaseModel)
_SECTIONS: Final = frozenset({"catalog", "accounts", "folders", "rule", "options"})
_HOMES: Final[tuple[tuple[type[BaseModel], str], ...]] = (
    (RuleKeys, "config.home_rule"),
    (FolderKeys, "config.home_folder"),
    (AccountKeys, "config.home_account"),
    (ConfigKeys, "config.home_top"),
)
_SIMPLE: Final = {
    "missing": "config.missing",
    "string_type": "config.not_text",
    "int_type": "config.not_a_count",
    "bool_type": "config.not_a_boolean",
    "dict_type": "config.not_a_mapping",
    "model_type": "config.not_a_mapping",
    "list_type": "config.not_a_list",
    "tuple_type": "config.not_a_list",
}
_BOUNDS: Final = {
    "greater_than_equal": ("config.at_least", "ge"),
    "less_than_equal": ("config.at_most", "le"),
    "string_too_long": ("config.text_too_long", "max_length"),
    "too_long": ("config.list_too_long", "max_length"),
}


def without_empty(document: Document) -> tuple[Any, list[Problem]]:
    """The values of a file without those that are empty, and a problem for each.

    A section may be empty (all its keys commented out); a single key may not, because leaving
    `prompt:` empty most likely does not mean "pay for the prompt of the folder above".
    """
    problems: list[Problem] = []

    def clean(value: Any, path: YamlPath) -> Any:
        if isinstance(value, dict):
            return {k: clean(v, (*path, k)) for k, v in value.items() if is_given(v, (*path, k))}
        if isinstance(value, list):  # an empty entry stays, so that the others keep their places
            for index, entry in enumerate(value):
                is_given(entry, (*path, index))
            return [clean(entry, (*path, index)) for index, entry in enumerate(value)]
        return value

    def is_given(value: Any, path: YamlPath) -> bool:
        if value is None and path not in document.spoiled and path[-1] not in _SECTIONS:
            problems.append(document.problem(path, say("config.empty"), at_key=True))
        return value is not None

    value = {} if document.value is None else document.value
    return clean(value, ()), problems


def validated(
    model: type[_M], value: Any, document: Document, prefix: YamlPath = ()
) -> tuple[_M | None, list[Problem]]:
    """The model of `value`, or None and every mistake; `prefix` is where `value` stands.

    What is empty or was left out by the reader has its problem already.
    """
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        found = error.errors(include_url=False)
    problems = []
    for detail in found:
        path = (*prefix, *detail["loc"])
        is_empty = detail["type"] != "missing" and detail["input"] is None
        if not is_empty and not _is_spoiled(path, document):
            problems.append(_problem(model, detail, path, document))
    return None, problems


def _is_spoiled(path: YamlPath, document: Document) -> bool:
    return any(path[: len(spoiled)] == spoiled for spoiled in document.spoiled)


def _problem(
    model: type[BaseModel], detail: ErrorDetails, path: YamlPath, document: Document
) -> Problem:
    if detail["type"] == "extra_forbidden":
        known = _keys_at(model, detail["loc"])
        message = unknown_key(str(path[-1]), known, is_rule_file=model is RuleKeys)
        return document.problem(path, message, at_key=True)
    message = _sentence(detail)
    if detail["type"] == "missing":
        problem = document.problem(path[:-1], message)
        return Problem(
            problem.file, problem.line, problem.column, _joined(problem.path, path[-1]), message
        )
    return document.problem(document.known(path), message)


def _joined(path: str, key: str | int) -> str:
    return f"{path}.{key}" if path else str(key)


def _sentence(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", str(context["expected"]))
        return one_of(choices, detail["input"])
    if kind in _BOUNDS:
        key, bound = _BOUNDS[kind]
        return say(key, limit=context[bound])
    return say(_SIMPLE.get(kind, "config.not_valid"))


def one_of(choices: Iterable[str], given: object) -> str:
    """The sentence that names what may stand here, and the one that was probably meant."""
    choices = list(choices)
    sentence = say("config.one_of", choices=", ".join(choices))
    return sentence + did_you_mean(str(given), choices)


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The hint that names the nearest known word; empty where none is near."""
    given, known = given.lower()[:100], list(known)
    near = [word for word in known if sorted(word) == sorted(given)]  # letters swapped
    near = near or difflib.get_close_matches(given, known, n=1, cutoff=0.6)
    return say("config.did_you_mean", near=near[0]) if near else ""


def unknown_key(key: str, known: Iterable[str], *, is_rule_file: bool = False) -> str:
    """The sentence for a key that does not belong where it stands."""
    known = list(known)
    sentence = say("config.unknown_key", name=visible(key))
    hint = did_you_mean(key, known)
    homes = [say(home) for model, home in _HOMES if key in model.model_fields]
    if is_rule_file and (key in OPERATOR_ONLY or homes):
        return say("config.operator_only", name=visible(key))
    if homes and not hint:
        return sentence + say("config.belongs", home=homes[0])
    return sentence + hint


def _keys_at(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """The keys of the section that holds the last part of `path`."""
    for part in path[:-1]:
        entry = model.model_fields.get(str(part))
        inner = _model_in(entry.annotation) if entry is not None else None
        model = inner or model
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
