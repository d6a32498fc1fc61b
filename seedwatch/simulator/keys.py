"""Which keys the simulated services accept."""

from __future__ import annotations


def is_accepted(key: str) -> bool:
    """Any key but an empty one and one that contains "invalid" (contract.md 5)."""
    return bool(key) and "invalid" not in key


def bearer_key(authorization: str | None) -> str | None:
    """The key of `Authorization: Bearer KEY`; None if it is not accepted."""
    scheme, _, key = (authorization or "").partition(" ")
    is_good = scheme.lower() == "bearer" and is_accepted(key.strip())
    return key.strip() if is_good else None
