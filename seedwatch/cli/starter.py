"""Makes a workspace: a configuration with every setting explained, two inboxes and their rules.

The comments are the sentences that editors show for each setting, so that a new setting appears
here by itself and in the user's language.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from seedwatch.catalog import provider_named
from seedwatch.cli.boundary import CommandFailed
from seedwatch.config.file_models import (
    OPERATOR_ONLY,
    AccountKeys,
    ConfigKeys,
    FolderKeys,
    RuleKeys,
)
from seedwatch.config.settings import CONFIG_NAME
from seedwatch.junk import RULE_NAME
from seedwatch.texts import say

_PICTURES: Final = "product-shots"
_PROMPTS: Final = "prompts"
_MODEL: Final = "doubao-seedream-4-5-251128"
_SUBFOLDERS: Final = ("inbox", "outbox", "done", "failed")

_SECTIONS: Final = frozenset({"accounts", "folders", "rule"})
_EXAMPLES: Final[Mapping[str, str]] = {
    "base_url": provider_named("ark").base_url,
    "outbox": f"{_PICTURES}/outbox",
    "done": f"{_PICTURES}/done",
    "failed": f"{_PICTURES}/failed",
    "encoding": "gb18030",
    "size": "2K",
    "resolution": "2K",
    "seed": "42",
    "negative_prompt": "blurry",
    "references": "[brand.png]",
    "mode": "image-to-image",
    "model": _MODEL,
    "prompt": "make the background pure white",
    "options": "{}",
    "catalog": "{}",
}
"""what to show for a setting that has no default"""


@dataclass(frozen=True, slots=True)
class Workspace:
    """What was made."""

    config: Path
    inboxes: tuple[Path, ...]


def make_workspace(directory: Path) -> Workspace:
    """Make config.yaml, two folders with their subfolders, and a rule.yaml in each inbox.

    Raises:
        CommandFailed: something of that name is there already; nothing was changed.
        OSError: the directory cannot be written.
    """
    for name in (CONFIG_NAME, _PICTURES, _PROMPTS):
        if (directory / name).exists():
            raise CommandFailed(say("cli.init_taken", path=directory / name))
    inboxes = (directory / _PICTURES / "inbox", directory / _PROMPTS / "inbox")
    for inbox in inboxes:
        for name in _SUBFOLDERS:
            (inbox.parent / name).mkdir(parents=True)
    _write(inboxes[0] / RULE_NAME, _picture_rule())
    _write(inboxes[1] / RULE_NAME, _prompt_rule())
    _write(directory / CONFIG_NAME, _config())
    return Workspace(directory / CONFIG_NAME, inboxes)


def _write(path: Path, lines: Iterator[str]) -> None:
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def _config() -> Iterator[str]:
    yield from _comment("cli.starter_config")
    yield ""
    yield from _settings("top", ConfigKeys, {"state_dir": "./state"})
    yield ""
    yield "accounts:"
    yield "  ark:"
    account = {"provider": "ark", "key": "keyring"}
    yield from _settings("account", AccountKeys, account, indent=4)
    yield from _comment("cli.starter_simulator", indent=4)
    yield ""
    yield "folders:"
    yield from _comment("cli.starter_pictures", indent=2)
    folder = {"name": _PICTURES, "inbox": f"{_PICTURES}/inbox"}
    yield from _entry(_settings("folder", FolderKeys, folder, indent=4))
    yield "    rule:"
    rule = {"account": "ark", "mode": "image-to-image", "model": _MODEL}
    keys = (*rule, *sorted(OPERATOR_ONLY - rule.keys()))
    yield from _settings("rule", RuleKeys, rule, keys=keys, indent=6)
    yield ""
    yield from _comment("cli.starter_prompts", indent=2)
    yield f"  - name: {_PROMPTS}"
    yield f"    inbox: {_PROMPTS}/inbox"
    yield "    rule:"
    yield "      account: ark"
    yield "      mode: text-to-image"
    yield f"      model: {_MODEL}"


def _picture_rule() -> Iterator[str]:
    yield from _comment("cli.starter_rule")
    yield ""
    active = {"prompt": _EXAMPLES["prompt"], "size": "2K"}
    hidden = OPERATOR_ONLY | {"text", "encoding"}
    keys = [key for key in RuleKeys.model_fields if key not in hidden]
    yield from _settings("rule", RuleKeys, active, keys=keys)


def _prompt_rule() -> Iterator[str]:
    yield from _comment("cli.starter_rule")
    yield from _comment("cli.starter_lines")
    yield ""
    keys = ("text", "encoding", "size", "resolution", "group", "repeat", "watermark", "output")
    yield from _settings("rule", RuleKeys, {"size": "2K"}, keys=keys)


def _settings(
    section: str,
    model: type[BaseModel],
    active: Mapping[str, str],
    *,
    keys: Iterable[str] | None = None,
    indent: int = 0,
) -> Iterator[str]:
    """A comment and a line for each setting: those in `active` count, the others are shown."""
    margin = " " * indent
    for key in model.model_fields if keys is None else keys:
        if key in _SECTIONS:
            continue
        yield from _comment(f"config.about_{section}_{key}", indent=indent)
        if key in active:
            yield f"{margin}{key}: {active[key]}"
        else:
            yield f"{margin}#{key}: {_written(key, model.model_fields[key].default)}"


def _written(key: str, default: object) -> str:
    """A default as a user would write it."""
    if key in _EXAMPLES:
        return _EXAMPLES[key]
    if isinstance(default, bool):
        return str(default).lower()
    text = str(default)
    return f'"{text}"' if "{" in text else text


def _entry(lines: Iterator[str]) -> Iterator[str]:
    """The lines of a mapping as one entry of a list: its first setting gets the dash."""
    has_dash = False
    for line in lines:
        if not has_dash and not line.lstrip().startswith("#"):
            has_dash = True
            yield "  - " + line[4:]
        else:
            yield line


def _comment(key: str, indent: int = 0) -> Iterator[str]:
    for line in say(key).splitlines():
        yield f"{' ' * indent}# {line}"
