"""What `pause` and `resume` are about: one folder, one account, or all accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from seedwatch.cli.session import Session
from seedwatch.cli.spoken import Option, folder_option
from seedwatch.store.base import PauseScope
from seedwatch.texts import say


def scope_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--folder NAME` and `--account NAME`."""
    account = click.option("--account", metavar="NAME", cls=Option, help="cli.option_account")
    return folder_option(account(command))


def wanted_scopes(
    session: Session, folder: str | None, account: str | None
) -> list[tuple[PauseScope, str]]:
    """The folder, the account, or (without either) every account.

    Raises:
        click.UsageError: both were named, or one that does not exist.
    """
    if folder is not None and account is not None:
        raise click.UsageError(say("cli.folder_or_account"))
    if folder is not None:
        return [("folder", session.folder(folder).name)]
    if account is not None:
        return [("account", session.account(account).name)]
    return [("account", name) for name in session.settings().accounts]
