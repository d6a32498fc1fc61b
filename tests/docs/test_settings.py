"""Every setting and rule key is documented with its real default."""

from __future__ import annotations

from typing import Any

import pytest

from seedwatch.config.file_models import OPERATOR_ONLY
from seedwatch.config.json_schema import SECTIONS
from seedwatch.config.strict_yaml import read_yaml
from tests.docs.reading import Table, document, spans, table

_CONFIGURATION, _RULES = document("configuration"), document("folders-and-rules")
_TABLES = {
    "top": table(_CONFIGURATION, "Top"),
    "account": table(_CONFIGURATION, "An account (`accounts: NAME:`)"),
    "poll": table(_CONFIGURATION, "An account (`accounts: NAME:`)", 1),
    "budget": table(_CONFIGURATION, "An account (`accounts: NAME:`)", 2),
    **{
        section: table(_CONFIGURATION, "The catalog (`catalog: PROVIDER:`)", number)
        for number, section in enumerate(("provider", "model", "price", "small", "sizes", "limits"))
    },
    "folder": table(_CONFIGURATION, "A folder (an entry of `folders:`)"),
    "folder_rules": table(_CONFIGURATION, "A folder (an entry of `folders:`)", 1),
    "untrusted": table(_CONFIGURATION, "A folder (an entry of `folders:`)", 2),
    "rule": table(_RULES, "All rule keys"),
}
_NEEDED: dict[str, dict[str, Any]] = {
    "account": {"provider": "ark"},
    "folder": {"name": "a", "inbox": "a"},
    "budget": {"day": 1, "currency": "CNY"},
    "model": {"id": "x"},
    "price": {"picture": 1, "currency": "CNY"},
    "small": {"pixels": 1, "picture": 1},
}
_NONE = "–"


def _value(written: str) -> Any:
    return read_yaml(f"value: {written}\n".encode(), "docs", max_bytes=1000).value["value"]


def test_every_section_is_documented() -> None:
    """A new section of the configuration without a table is red here."""
    assert set(_TABLES) == set(SECTIONS)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_is_documented(section: str) -> None:
    """The table of a section names its keys, all of them and in their order."""
    assert _TABLES[section].names() == list(SECTIONS[section].model_fields)


@pytest.mark.parametrize("section", SECTIONS)
def test_documented_defaults_are_true(section: str) -> None:
    """Writing down every documented default changes nothing; what has none is said to have none."""
    model, needed = SECTIONS[section], _NEEDED.get(section, {})
    written = {key: cell for key, cell in _cells(_TABLES[section]) if cell != _NONE}
    values = {key: _value(spans(cell)[0]) for key, cell in written.items()}
    assert dict(model(**needed | values)) == dict(model(**needed))
    without = {key for key, field in model.model_fields.items() if field.get_default() is None}
    required = {key for key, field in model.model_fields.items() if field.is_required()}
    assert set(model.model_fields) - set(written) == (without | required)


def _cells(found: Table) -> list[tuple[str, str]]:
    return [(spans(row[0])[0], row[1]) for row in found.rows]


@pytest.mark.parametrize("example", [row[3] for row in _TABLES["rule"].rows])
def test_examples_of_rule_keys_are_valid(example: str) -> None:
    """The last column of the rule table can be copied."""
    key = next(row[0].strip("`") for row in _TABLES["rule"].rows if row[3] == example)
    for written in spans(example):
        SECTIONS["rule"].model_validate({key: _value(written)})


def test_operator_keys_are_marked() -> None:
    """Exactly the keys that rule.yaml may not set are said to belong into config.yaml."""
    marked = {spans(row[0])[0] for row in _TABLES["rule"].rows if "Only in `config.yaml`" in row[2]}
    assert marked == OPERATOR_ONLY
