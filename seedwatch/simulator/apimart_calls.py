"""What the calls of APIMart have in common: the key, the body."""

from __future__ import annotations

from typing import Final

from seedwatch.simulator.apimart_errors import ApimartRefusal, for_status
from seedwatch.simulator.keys import bearer_key
from seedwatch.simulator.wire import BodyTooLargeError, Exchange

PROVIDER: Final = "apimart"


async def read_body(exchange: Exchange, limit: int) -> bytes:
    """The whole body.

    Raises:
        ApimartRefusal: 413, it has more than `limit` bytes.
    """
    try:
        return await exchange.read_body(limit)
    except BodyTooLargeError as error:
        raise too_large() from error


def too_large() -> ApimartRefusal:
    """The 413; what was not read of the request ends the connection."""
    return ApimartRefusal(413, "The request is too large.", headers=(("Connection", "close"),))


def check_key(exchange: Exchange) -> str:
    """The key of the call.

    Raises:
        ApimartRefusal: 401.
    """
    key = bearer_key(exchange.header("authorization"))
    if key is None:
        raise for_status(401)
    return key
