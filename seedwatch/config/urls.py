"""Checks addresses a configuration names: whole, without secrets, encrypted off this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from seedwatch.texts import say


def base_url(written: str) -> str:
    """An account's base URL without its last slash; http only where it stays on this machine.

    Raises:
        ValueError: with a sentence for the user.
    """
    parts = _split(written)
    if "?" in written or "#" in written:
        raise ValueError(say("config.url_extra"))
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError(say("config.url_http"))
    return written.rstrip("/")


def proxy(written: str) -> str | None:
    """The URL of a proxy; None for `none`.

    Raises:
        ValueError: with a sentence for the user.
    """
    if written == "none":
        return None
    _split(written)
    return written.rstrip("/")


def reference(written: str) -> str:
    """The URL of a reference picture.

    Raises:
        ValueError: with a sentence for the user.
    """
    _split(written)
    return written


def is_url(written: str) -> bool:
    """Whether this was meant as a URL rather than as a path."""
    return "://" in written or written.lower().startswith(("data:", "http:", "https:"))


def is_loopback(host: str) -> bool:
    """Whether a host name or address always means this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(written: str) -> SplitResult:
    """The parts of an http(s) URL without user, password or white space."""
    if not written.isascii() or not written.isprintable() or " " in written:
        raise ValueError(say("config.url_characters"))
    try:
        parts = urlsplit(written)
        _ = parts.port
    except ValueError:
        raise ValueError(say("config.url_broken")) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(say("config.url_broken"))
    if parts.username is not None or parts.password is not None:
        raise ValueError(say("config.url_secret"))
    return parts
