"""Commands that need no configuration: schema, completion."""

from __future__ import annotations

import json

import pytest

from tests.cli.desk import call


def test_schema() -> None:
    """Both schemas are JSON, describe their keys, and need no configuration."""
    config = json.loads(call("schema", "config").stdout)
    rule = json.loads(call("schema", "rule").stdout)
    assert config["properties"]["state_dir"]["description"]
    assert "prompt" in rule["properties"]
    assert "account" not in rule["properties"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str) -> None:
    """Each shell gets a script for the command's own name."""
    result = call("completion", shell)
    assert result.exit_code == 0
    assert "_SEEDWATCH_COMPLETE" in result.stdout
    assert "seedwatch" in result.stdout


def test_completion_completes() -> None:
    """What the script asks for is answered: commands by their first letters."""
    result = call(_SEEDWATCH_COMPLETE="bash_complete", COMP_WORDS="seedwatch re", COMP_CWORD="1")
    assert result.stdout.split() == ["plain,retry", "plain,release", "plain,resume"]
