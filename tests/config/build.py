"""Builds small configurations for the tests of this folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seedwatch.config.layers import RuleLayer, read_rule_file
from seedwatch.config.rules import ResolvedRule, resolve_rule
from seedwatch.config.settings import Settings, load_settings
from seedwatch.errors import ConfigError

FOUR_FIVE = "doubao-seedream-4-5-251128"
PRO = "doubao-seedream-5-0-pro-260628"
FLASH = "doubao-seedream-5-0-flash-260915"
HEAD = """\
accounts:
  ark:
    provider: ark
"""
FOLDER = """\
folders:
  - name: shop
    inbox: shop/inbox
"""
WHOLE = f"""{HEAD}{FOLDER}    rule:
      account: ark
      model: doubao-seedream-4-5-251128
      prompt: white background
"""


def load(directory: Path, text: str) -> Settings:
    """The settings of a config.yaml with this text."""
    path = directory / "config.yaml"
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    return load_settings(path)


def mistakes(directory: Path, text: str) -> list[str]:
    """Every problem of a config.yaml with this text, without its directory."""
    try:
        load(directory, text)
    except ConfigError as error:
        return [str(problem).removeprefix(f"{directory}/") for problem in error.problems]
    return []


def layer(directory: Path, text: str) -> RuleLayer:
    """The layer of a rule.yaml with this text in `directory`."""
    return read_rule_file(directory / "rule.yaml", text.encode())


def rule_mistakes(directory: Path, text: str) -> list[str]:
    """Every problem of a rule.yaml with this text, without its directory."""
    try:
        layer(directory, text)
    except ConfigError as error:
        return [str(problem).removeprefix(f"{directory}/") for problem in error.problems]
    return []


def resolved(settings: Settings, layers: Sequence[RuleLayer] = ()) -> ResolvedRule:
    """The rule of the first folder."""
    return resolve_rule(settings.folders[0], settings, layers)


def rule_of(directory: Path, rule: str, *files: str) -> ResolvedRule:
    """The rule of a folder whose config.yaml says `rule` and whose inbox holds these files."""
    settings = load(directory, f"{HEAD}{FOLDER}    rule: {{account: ark, {rule}}}\n")
    inbox = settings.folders[0].inbox
    places = [inbox, inbox / "sub", inbox / "sub" / "deep"]
    return resolved(
        settings, [layer(where, text) for where, text in zip(places, files, strict=False)]
    )
