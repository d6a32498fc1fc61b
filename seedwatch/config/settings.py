"""Reads config.yaml: the settings of the product, or every mistake in them at once."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Any, Final

import platformdirs

from seedwatch import texts
from seedwatch.config.assembly import Assembled, assemble, split
from seedwatch.config.effective import (
    AccountSettings,
    FolderRights,
    FolderSettings,
    PollTimes,
    Settings,
)
from seedwatch.config.mistakes import without_empty
from seedwatch.config.strict_yaml import CONFIG_MAX_BYTES, read_yaml, sorted_problems
from seedwatch.config.yaml_builder import Document
from seedwatch.errors import ConfigError, Problem
from seedwatch.texts import say

__all__ = [
    "AccountSettings",
    "FolderRights",
    "FolderSettings",
    "PollTimes",
    "Settings",
    "find_config",
    "load_settings",
]

_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH
CONFIG_NAME: Final = "config.yaml"
CONFIG_VARIABLE: Final = "SEEDWATCH_CONFIG"


def find_config(explicit: Path | None) -> Path:
    """The configuration file to use: the one named, $SEEDWATCH_CONFIG, ./config.yaml, the user's.

    The file need not exist; the last candidate is named where none does.
    """
    if explicit is not None:
        return explicit
    named = os.environ.get(CONFIG_VARIABLE)
    if named:
        return Path(named)
    here = Path(CONFIG_NAME)
    return here if here.exists() else platformdirs.user_config_path("seedwatch") / CONFIG_NAME


def load_settings(path: Path) -> Settings:
    """Read and check a configuration file and where its folders lie.

    From here on, sentences are in the language the file asks for.

    Raises:
        ConfigError: it cannot be read, or every mistake in it.
    """
    document = read_yaml(_bytes_of(path), str(path), max_bytes=CONFIG_MAX_BYTES)
    value, empty = without_empty(document)
    _speak(value)
    parts = split(value, document)
    assembled = assemble(parts, document, path.absolute().parent)
    problems = [*document.problems, *empty, *parts.problems, *assembled.problems]
    if any(folder.untrusted for folder in assembled.folders):
        problems += _exposed(path)
    if problems:
        raise ConfigError(sorted_problems(problems))
    top = parts.top
    return Settings(
        file=path.absolute(),
        state_dir=assembled.state_dir,
        language=top.language,
        timezone=top.timezone,
        grace_s=top.grace,
        accounts=assembled.accounts,
        folders=assembled.folders,
        remarks=tuple(sorted_problems(_remarks(path, document, assembled))),
    )


def _bytes_of(path: Path) -> bytes:
    """The file, or one byte more than may be read."""
    try:
        with path.open("rb") as file:
            return file.read(CONFIG_MAX_BYTES + 1)
    except FileNotFoundError:
        message = say("config.no_file")
    except OSError as error:
        message = say("config.unreadable_file", why=error.strerror or type(error).__name__)
    raise ConfigError([Problem(str(path), 0, 0, "", message)])


def _speak(value: Any) -> None:
    language = value.get("language", "auto") if isinstance(value, dict) else "auto"
    match language:
        case "en" | "zh" | "auto":
            texts.use(language)


def _exposed(path: Path) -> list[Problem]:
    """Where anyone may drop files, none of them may change what they cost (promises.md 4a)."""
    if sys.platform == "win32":
        return []
    file, around = path.stat(), path.absolute().parent.stat()
    is_open = file.st_mode & _BY_OTHERS or (
        around.st_mode & _BY_OTHERS and not around.st_mode & stat.S_ISVTX
    )
    if not is_open and {file.st_uid, around.st_uid} <= {0, os.geteuid()}:
        return []
    return [Problem(str(path), 0, 0, "", say("config.untrusted_exposed"))]


def _remarks(path: Path, document: Document, assembled: Assembled) -> list[Problem]:
    remarks = [
        document.problem(
            ("accounts", account.name, "provider"),
            say("config.provider_not_built", provider=account.provider),
        )
        for account in assembled.accounts.values()
        if not account.is_built
    ]
    remarks += [
        document.problem(("folders", index), say("config.untrusted_budget"), at_key=True)
        for index, folder in enumerate(assembled.folders)
        if folder.untrusted and folder.budget is None
    ]
    if not assembled.folders:
        remarks.append(document.problem(("folders",), say("config.no_folders"), at_key=True))
    if os.name == "posix" and path.stat().st_mode & stat.S_IWOTH:
        remarks.append(Problem(str(path), 0, 0, "", say("config.writable_by_others")))
    return remarks
