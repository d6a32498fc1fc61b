"""Reads answers in the spool: a small one (links only) at once, as a thread would cost more."""

from __future__ import annotations

from seedwatch.providers.base import Answer, Pending, WireProtocol
from seedwatch.records import Handle
from seedwatch.worker.workplace import Workplace

_SMALL_BYTES = 32 << 10


async def read_answer(
    protocol: WireProtocol, name: str, place: Workplace
) -> Answer | Handle | Pending:
    """What the spooled file `name` says.

    Raises:
        ProviderError: as `WireProtocol.read`.
    """
    path = place.spool.path(name)
    if place.spool.byte_count(name) <= _SMALL_BYTES:
        return protocol.read(path)
    return await place.local.call(protocol.read, path)
