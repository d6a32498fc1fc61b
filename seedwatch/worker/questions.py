"""What the command line asks a provider: to stop a task, or how much money is left; free."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from seedwatch.config.effective import AccountSettings
from seedwatch.providers.base import BalanceProtocol, Exchange, Reply, TaskProtocol, WireProtocol
from seedwatch.records import Handle
from seedwatch.worker.accounts import Account

_ANSWER_BYTES = 1 << 20
_ASK_S = 15.0

T = TypeVar("T")


async def with_account(settings: AccountSettings, question: Callable[[Account], Awaitable[T]]) -> T:
    """Open an account for one question and close it again.

    Raises:
        MissingKey: its key is not there.
    """
    account = Account.of(settings)
    try:
        await account.key.load()
        return await question(account)
    finally:
        await account.transport.close()


async def recall(account: Account, model: str, handle: Handle) -> bool | None:
    """Ask the provider not to make this; whether it will not, None: it cannot be asked to.

    Raises:
        ProviderError: it cannot be reached.
    """
    protocol = account.protocol(model)
    exchange = protocol.cancel(handle) if isinstance(protocol, TaskProtocol) else None
    if exchange is None:
        return None
    reply = await _asked(account, exchange)
    return 200 <= reply.status < 300


async def balance(account: Account, protocol: WireProtocol) -> str:
    """The balance in the provider's words; empty where it has no such question.

    Raises:
        ProviderError: it cannot be reached, or refuses.
    """
    if not isinstance(protocol, BalanceProtocol):
        return ""
    reply = await _asked(account, protocol.balance())
    if not 200 <= reply.status < 300:
        raise protocol.unseen(reply)
    return protocol.told(reply)


async def _asked(account: Account, exchange: Exchange) -> Reply:
    return await account.transport.ask(exchange, most_bytes=_ANSWER_BYTES, timeout_s=_ASK_S)
