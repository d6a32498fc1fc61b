"""What one call of the command line works on: its configuration, loaded when first needed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seedwatch.texts import say

if TYPE_CHECKING:  # pydantic and YAML cost 200 ms, which `--version` need not pay
    from seedwatch.config.effective import AccountSettings, FolderSettings, Settings


class Session:
    """The configuration that the options name; the options come in before anything is loaded."""

    def __init__(self) -> None:
        self.config: Path | None = None
        self._settings: Settings | None = None

    @property
    def config_path(self) -> Path:
        """The configuration file of this call; it need not exist."""
        from seedwatch.config.settings import find_config  # noqa: PLC0415 - see above

        return find_config(self.config)

    @property
    def loaded(self) -> Settings | None:
        """The settings, if they were loaded already."""
        return self._settings

    def settings(self) -> Settings:
        """The settings.

        Raises:
            ConfigError: every mistake in the configuration.
        """
        if self._settings is None:
            from seedwatch.config.settings import load_settings  # noqa: PLC0415 - see above

            self._settings = load_settings(self.config_path)
        return self._settings

    def folder(self, name: str) -> FolderSettings:
        """The folder of this name.

        Raises:
            click.UsageError: there is none.
        """
        found = self.settings().folder(name)
        if found is None:
            raise _unknown("folder", name, [folder.name for folder in self.settings().folders])
        return found

    def account(self, name: str) -> AccountSettings:
        """The account of this name.

        Raises:
            click.UsageError: there is none.
        """
        accounts = self.settings().accounts
        if name not in accounts:
            raise _unknown("account", name, accounts)
        return accounts[name]


def _unknown(kind: str, name: str, known: Iterable[str]) -> click.UsageError:
    return click.UsageError(say(f"cli.no_such_{kind}", name=name, hint=near(name, known)))


def near(name: str, known: Iterable[str]) -> str:
    """The hint that names the nearest known word; empty where none is near."""
    found = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)
    return say("config.did_you_mean", near=found[0]) if found else ""
