"""Which wire format each provider speaks."""

from __future__ import annotations

from seedwatch.providers.base import WireProtocol
from seedwatch.providers.protocols.ark_images import ArkImages

_PROTOCOLS: dict[str, WireProtocol] = {"ark": ArkImages()}


def protocol_of(provider: str) -> WireProtocol:
    """The protocol of a provider that is built.

    Raises:
        KeyError: it is not.
    """
    return _PROTOCOLS[provider]
