"""What `check` looks at in accounts: their keys, and the balance where the provider tells it."""

from __future__ import annotations

import asyncio

from seedwatch.cli.findings import Findings
from seedwatch.config.credentials import MissingKey, list_keys
from seedwatch.config.effective import AccountSettings, Settings
from seedwatch.errors import AccountStopped, ProviderError
from seedwatch.providers.base import BalanceProtocol
from seedwatch.providers.registry import protocol_named
from seedwatch.texts import say
from seedwatch.worker.questions import balance, with_account


def check_accounts(settings: Settings, found: Findings) -> None:
    """Whether each key is there, and what is left where the provider tells."""
    used = {folder.rule_layer.keys.account for folder in settings.folders}
    states = list_keys({name: account.key for name, account in settings.accounts.items()})
    for state in states:
        account = settings.accounts[state.account]
        found.accounts.append(
            {
                "name": account.name,
                "provider": account.provider,
                "base_url": account.base_url,
                "key": account.key,
                "has_key": state.is_present,
                "is_built": account.is_built,
                "balance": _balance(account, found) if state.is_present else "",
            }
        )
        if account.key.startswith("env:"):
            found.warnings.append(say("cli.check_env_key", account=account.name))
        if not state.is_present and account.is_built:
            serious = found.problems if account.name in used else found.warnings
            serious.append(state.message)


def _balance(account: AccountSettings, found: Findings) -> str:
    """What is left of an account whose provider tells; asking costs nothing."""
    if account.facts is None:
        return ""
    protocol = protocol_named(account.facts.unknown.protocol)
    if not isinstance(protocol, BalanceProtocol):
        return ""
    try:
        return asyncio.run(with_account(account, lambda asked: balance(asked, protocol)))
    except (ProviderError, MissingKey) as error:
        line = say("cli.check_balance", account=account.name, why=error)
        (found.problems if isinstance(error, AccountStopped) else found.warnings).append(line)
        return ""
