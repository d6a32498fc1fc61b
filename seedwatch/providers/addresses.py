"""Which hosts a result may be fetched from: those of the internet, in no odd spelling; pure."""

from __future__ import annotations

import ipaddress
import re

_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")
_NUMBER = re.compile(r"0x[0-9a-f]*|\d+")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST = ipaddress.IPv6Network("2000::/3")
"""all that is given out; beyond it lie old spellings of v4 addresses that count as global"""
_NOT_GLOBAL = (
    # which not every release of Python knows
    ipaddress.IPv6Network("3fff::/20"),
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("192.88.99.0/24"),
)


def is_public_name(host: str) -> bool:
    """Whether a host of a URL, as it is sent (IDNA), names a public host (promises.md T1).

    A name is not resolved here; one whose last part is a number is an odd spelling of an address
    (`0x7f.1`, `127.1`) and is refused.
    """
    host = host.rstrip(".").lower()
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return False
    try:
        return _is_public(ipaddress.ip_address(host))
    except ValueError:
        return bool(_NAME.fullmatch(host)) and not _NUMBER.fullmatch(host.rpartition(".")[2])


def is_public_address(address: str) -> bool:
    """Whether an address, as a look-up gives it, leads to the internet."""
    try:
        return _is_public(ipaddress.ip_address(address))
    except ValueError:
        return False


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address leads to the internet, also where it stands for a v4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
        if address not in _UNICAST:
            return False
    is_global = address.is_global and not address.is_multicast
    return is_global and not any(address in network for network in _NOT_GLOBAL)
