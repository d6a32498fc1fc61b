"""JSON schemas of config.yaml and rule.yaml for editors, described in the user's language."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

from seedwatch.config.catalog_models import (
    LimitKeys,
    ModelKeys,
    PriceKeys,
    ProviderKeys,
    SizeKeys,
    SmallKeys,
)
from seedwatch.config.file_models import (
    OPERATOR_ONLY,
    AccountKeys,
    BudgetKeys,
    ConfigKeys,
    FolderKeys,
    FolderRules,
    Poll,
    RuleKeys,
    UntrustedKeys,
)
from seedwatch.texts import say

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
SECTIONS: Final[dict[str, type[BaseModel]]] = {
    "top": ConfigKeys,
    "account": AccountKeys,
    "folder": FolderKeys,
    "rule": RuleKeys,
    "poll": Poll,
    "budget": BudgetKeys,
    "provider": ProviderKeys,
    "model": ModelKeys,
    "price": PriceKeys,
    "small": SmallKeys,
    "sizes": SizeKeys,
    "limits": LimitKeys,
    "folder_rules": FolderRules,
    "untrusted": UntrustedKeys,
}
"""section -> its keys; `config.about_SECTION_KEY` says what each is for."""


def config_schema() -> dict[str, Any]:
    """The JSON schema of config.yaml."""
    return _described(ConfigKeys)


def rule_schema() -> dict[str, Any]:
    """The JSON schema of rule.yaml: the rule keys that are not the operator's."""
    schema = _described(RuleKeys)
    schema["properties"] = {
        key: entry for key, entry in schema["properties"].items() if key not in OPERATOR_ONLY
    }
    return schema


def _described(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(mode="validation")
    sections = {known.__name__: name for name, known in SECTIONS.items()}
    _describe(schema, sections[model.__name__])
    for title, definition in schema.get("$defs", {}).items():
        if title in sections:
            _describe(definition, sections[title])
    return {"$schema": _DIALECT, **schema}


def _describe(section: dict[str, Any], name: str) -> None:
    """Say what each key is for; a key may be left out, but it is never null."""
    section.pop("description", None)
    for key, entry in section.get("properties", {}).items():
        plain = _without_null(entry)
        plain.pop("title", None)
        plain["description"] = say(f"config.about_{name}_{key}")
        section["properties"][key] = plain


def _without_null(entry: dict[str, Any]) -> dict[str, Any]:
    choices = [choice for choice in entry.get("anyOf", ()) if choice != {"type": "null"}]
    rest = {key: value for key, value in entry.items() if key != "anyOf"}
    if rest.get("default", ...) is None:
        del rest["default"]
    if len(choices) == 1:
        return {**choices[0], **rest}
    return {**rest, "anyOf": choices} if choices else rest
