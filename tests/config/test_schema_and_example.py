"""The JSON schemas, the example file and the sentences: complete, and true to the models."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from seedwatch import texts
from seedwatch.config.file_models import OPERATOR_ONLY, RuleKeys
from seedwatch.config.json_schema import SECTIONS, config_schema, rule_schema
from seedwatch.config.rules import resolve_rule
from seedwatch.config.settings import load_settings
from seedwatch.texts.config import TEXTS
from tests.config.build import load

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"
SHOWN_AS_EXAMPLE = {"encoding", "resolution", "seed", "negative_prompt"}
"""Keys without a default: they stand in a comment."""


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """The example asks for the language of the system."""
    yield
    texts.use("en")


def example() -> dict[str, Any]:
    """The example as a plain YAML reader sees it."""
    loaded = yaml.load(EXAMPLE.read_text("utf-8"), yaml.BaseLoader)
    assert isinstance(loaded, dict)
    return loaded


def commented_catalog() -> str:
    """The example's catalog as somebody would write it who takes the # away."""
    lines = EXAMPLE.read_text("utf-8").splitlines()
    start = lines.index("catalog: {}") + 1
    end = lines.index("", start)
    return "\n".join(["catalog:", *(line[1:] for line in lines[start:end])])


def test_the_example_of_a_catalog_is_valid(tmp_path: Path) -> None:
    """Without its # it loads, and both an endpoint and a provider of one's own are known."""
    rest = "accounts: {mine: {provider: myrelay}, ark: {provider: ark}}\n"
    settings = load(tmp_path, f"{commented_catalog()}\n{rest}")
    assert settings.accounts["ark"].model("house-style").id == "ep-20260101120000-abcde"
    assert settings.accounts["mine"].base_url == "https://relay.example/v1"


def test_the_example_loads_and_its_rule_is_fine() -> None:
    """A newcomer's first file has no mistake and no warning."""
    settings = load_settings(EXAMPLE)
    assert [warning for warning in settings.warnings() if "chmod" not in warning.message] == []
    assert resolve_rule(settings.folders[0], settings, []).warnings == ()


def test_the_example_shows_every_setting() -> None:
    """A new setting without its line in the example is red here."""
    whole = example()
    catalog = yaml.load(commented_catalog(), yaml.BaseLoader)["catalog"]
    (model,), relay = catalog["ark"]["models"], catalog["myrelay"]
    shown = {
        "top": set(whole),
        "account": set(whole["accounts"]["ark"]),
        "folder": set(whole["folders"][0]),
        "rule": set(whole["folders"][0]["rule"]) | SHOWN_AS_EXAMPLE,
        "poll": set(re.findall(r"first|every", EXAMPLE.read_text("utf-8"))),
        "budget": set(re.findall(r"day|month|currency", EXAMPLE.read_text("utf-8"))),
        "provider": set(relay) | {"models"},
        "model": set(model),
        "price": set(model["price"]),
        "small": set(model["price"]["small"]),
        "sizes": set(model["sizes"]),
        "limits": set(model["limits"]),
        "untrusted": set(re.findall(r"owners|video(?=:)", EXAMPLE.read_text("utf-8"))),
        "folder_rules": set(re.findall(r"locked|max_group", EXAMPLE.read_text("utf-8"))),
    }
    assert shown == {name: set(model.model_fields) for name, model in SECTIONS.items()}
    for key in SHOWN_AS_EXAMPLE:
        assert f"# {key}: " in EXAMPLE.read_text("utf-8")


def test_the_example_shows_the_defaults(tmp_path: Path) -> None:
    """Leaving everything out that has a default gives the same settings."""
    bare = load(
        tmp_path,
        "accounts: {ark: {provider: ark}}\n"
        "folders:\n"
        "  - name: product-shots\n"
        "    inbox: product-shots/inbox\n"
        "    rule: {account: ark, mode: image-to-image, model: doubao-seedream-4-5-251128,\n"
        "           prompt: make the background pure white, size: 2K}\n",
    )
    (tmp_path / "whole").mkdir()
    full = load(tmp_path / "whole", EXAMPLE.read_text("utf-8"))
    assert full.accounts == bare.accounts
    one, two = bare.folders[0], full.folders[0]
    for key in ("watch", "settle_s", "settle_max_s", "poll_interval_s", "rescan_s", "burst"):
        assert getattr(one, key) == getattr(two, key)
    assert (one.cold_start, one.priority, one.rights) == (two.cold_start, two.priority, two.rights)
    assert two.outbox == two.inbox.parent / "outbox"
    assert (bare.grace_s, bare.timezone, bare.language) == (full.grace_s, full.timezone, "auto")
    assert resolve_rule(one, bare, []).rule.revision == resolve_rule(two, full, []).rule.revision


def test_the_schema_describes_every_setting() -> None:
    """Editors get type, default and a sentence for each key, and no null."""
    schema = config_schema()
    assert set(schema["properties"]) == set(SECTIONS["top"].model_fields)
    assert set(schema["$defs"]) >= {"AccountKeys", "FolderKeys", "RuleKeys"}
    for section in (schema, *schema["$defs"].values()):
        assert section["additionalProperties"] is False
        for entry in section["properties"].values():
            assert entry["description"]
            assert "null" not in str(entry)
    folder = schema["$defs"]["FolderKeys"]["properties"]
    assert (folder["settle"]["default"], folder["burst"]["default"]) == ("2s", "5000/10m")
    assert folder["folder_rules"]["default"] == "on"
    assert schema["$defs"]["AccountKeys"]["properties"]["concurrency"]["maximum"] == 1000


def test_the_schema_of_a_rule_has_the_rule_keys_that_are_not_the_operators() -> None:
    """What rule.yaml may not set is not offered by the editor either."""
    assert set(rule_schema()["properties"]) == set(RuleKeys.model_fields) - OPERATOR_ONLY


def test_the_patterns_of_the_schema_accept_the_defaults() -> None:
    """A pattern that refuses its own default would mark every file as wrong."""
    schema = config_schema()
    for section in (schema, *schema["$defs"].values()):
        for entry in section["properties"].values():
            if "pattern" in entry and "default" in entry:
                assert re.search(entry["pattern"], entry["default"])


def test_every_sentence_fills_the_same_places_in_both_languages() -> None:
    """A place that only one language has would be a KeyError in front of the user."""

    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    for name, text in TEXTS.items():
        assert text.en, name
        assert text.zh, name
        assert places(text.en) == places(text.zh), name
        assert "\n" not in text.en + text.zh, name


def test_every_sentence_is_used() -> None:
    """A sentence that nothing says is dead; one that is missing is found here, too."""
    folder = Path(texts.__file__).parents[1] / "config"
    code = "\n".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    said = set(re.findall(r'"config\.([a-z0-9_]+)"', code))
    built = re.findall(r'f"config\.([a-z_]+)\{', code)
    unknown = said - set(TEXTS) - {"yaml"}  # the file's own name
    unused = {name for name in TEXTS if name not in said and not name.startswith(tuple(built))}
    assert (unknown, unused) == (set(), set())
