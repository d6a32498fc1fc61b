"""Files of the right keys and any values: a ConfigError with one-line problems, or settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedwatch import texts
from seedwatch.config.json_schema import SECTIONS
from seedwatch.config.layers import read_rule_file
from seedwatch.config.rules import resolve_rule
from seedwatch.config.settings import load_settings
from seedwatch.errors import ConfigError

CANARY = "sk-canary-0815"


@pytest.fixture(autouse=True, scope="module")
def english() -> Iterator[None]:
    """A random file may ask for another language."""
    yield
    texts.use("en")


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(
        ["ark", "16:9", "2K", "10s", "none", "auto", "unlimited", "in", "{stem}", "{text}", "..",
         "~", "/", "text-to-image", "doubao-seedream-4-5-251128", "https://x", "zh", "\x00", CANARY]
    )
)  # fmt: skip
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def section(name: str, **inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Any of the keys of a section with any values, and now and then a whole other thing."""
    keys = {key: inner.get(key, scalars | anything) for key in SECTIONS[name].model_fields}
    return st.fixed_dictionaries({}, optional=keys) | anything


rules = section("rule")
files = section(
    "top",
    accounts=st.dictionaries(st.sampled_from(["ark", "b", "a/b", ""]), section("account")),
    folders=st.lists(section("folder", rule=rules), max_size=3),
)


def check(error: ConfigError) -> None:
    """Problems are single lines and never repeat what may be a key."""
    assert error.problems
    for problem in error.problems:
        assert "\n" not in str(problem)
        assert CANARY not in problem.message


@settings(max_examples=100, deadline=None)
@given(files)
def test_no_configuration_crashes(content: object) -> None:
    """Whatever the values are, loading gives settings or names what is wrong."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "config.yaml"
        path.write_text(json.dumps(content), "utf-8")
        try:
            found = load_settings(path)
            for folder in found.folders:
                resolve_rule(folder, found, [])
        except ConfigError as error:
            check(error)


@settings(max_examples=100, deadline=None)
@given(rules)
def test_no_rule_file_crashes(content: object) -> None:
    """The same for rule.yaml, under a folder that is fine by itself."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "config.yaml"
        path.write_text(
            "accounts: {ark: {provider: ark}}\n"
            "folders: [{name: a, inbox: a/inbox, rule: {account: ark, model: m, prompt: p}}]\n"
        )
        found = load_settings(path)
        inbox = found.folders[0].inbox
        try:
            layer = read_rule_file(inbox / "rule.yaml", json.dumps(content).encode())
            resolve_rule(found.folders[0], found, [layer])
        except ConfigError as error:
            check(error)
