"""Finds the key of an account where its reference points, and keeps it from being shown."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from seedwatch.config import keyrings
from seedwatch.config.where import absolute, regular_file
from seedwatch.errors import SeedwatchError
from seedwatch.texts import say

MAX_KEY_BYTES: Final = 8192
_SYSTEMD: Final = "CREDENTIALS_DIRECTORY"
_SECRETS: Final = Path("/run/secrets")
_taken: Final[dict[str, str]] = {}
"""variables that were taken out of the environment"""


class MissingKey(SeedwatchError):
    """An account has no usable key; `advice` says which command or setting mends it."""


class Secret:
    """A key that shows itself only to `reveal()`: not in print, logs, copies or pickles."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The key itself; for the one header it belongs into."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __str__(self) -> str:
        return "…"

    def __format__(self, spec: str) -> str:
        return format("…", spec)

    def __eq__(self, other: object) -> bool:
        raise TypeError("secrets are not compared")

    __hash__ = None  # type: ignore[assignment]  # a secret is no key of a dictionary either

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets are not copied or stored")


@dataclass(frozen=True, slots=True)
class KeyState:
    """Whether an account's key can be found; never the key. `message` says why not."""

    account: str
    reference: str
    is_present: bool
    message: str = ""


def resolve_key(account: str, reference: str) -> Secret | None:
    """The key that `reference` names: keyring, env:NAME, file:PATH, cred:NAME; None for `none`.

    It may block for some seconds (the keyring of the system): call it in a thread.

    Raises:
        MissingKey: it is not there, not safe, or cannot be sent in a header.
    """
    kind, _, name = reference.partition(":")
    match kind:
        case "none":
            return None
        case "keyring":
            found = _from_keyring(account)
        case "env":
            found = os.environ.get(name, _taken.get(name))
        case "cred":
            found = _from_credential(account, name)
        case _:
            found = _from_file(account, Path(name))
    if found is None:
        raise _missing(account, kind, name)
    return checked_key(account, found)


def take_variables(references: Iterable[str]) -> None:
    """Take the variables that hold keys out of the environment: no child inherits them (T3)."""
    for reference in references:
        kind, _, name = reference.partition(":")
        if kind == "env" and name in os.environ:
            _taken[name] = os.environ.pop(name)


def checked_key(account: str, text: str) -> Secret:
    """A key without the line end it was read with.

    Raises:
        MissingKey: it is empty, or holds what no key holds; it is not quoted.
    """
    text = text.removeprefix("\ufeff").rstrip("\r\n")
    if not text:
        raise _unusable(account, "config.key_empty")
    if any(character.isspace() for character in text):
        raise _unusable(account, "config.key_space")
    if not text.isprintable() or not text.isascii():
        raise _unusable(account, "config.key_characters")
    if len(text) > MAX_KEY_BYTES:
        raise _unusable(account, "config.key_too_long")
    return Secret(text)


def set_key(account: str, text: str) -> None:
    """Keep a key in the system's keyring.

    Raises:
        MissingKey: it cannot be a key, or there is no safe keyring.
    """
    secret = checked_key(account, text)
    try:
        keyrings.write(account, secret.reveal())
    except keyrings.NoKeyring as error:
        raise _no_keyring(account, error) from None


def delete_key(account: str) -> bool:
    """Remove a key from the system's keyring; False: there was none.

    Raises:
        MissingKey: there is no safe keyring.
    """
    try:
        return keyrings.remove(account)
    except keyrings.NoKeyring as error:
        raise _no_keyring(account, error) from None


def list_keys(references: Mapping[str, str]) -> list[KeyState]:
    """For each account and its key reference, whether the key can be found."""
    states = []
    for account, reference in references.items():
        try:
            resolve_key(account, reference)
        except MissingKey as error:
            states.append(KeyState(account, reference, is_present=False, message=str(error)))
        else:
            states.append(KeyState(account, reference, is_present=True))
    return states


def _from_keyring(account: str) -> str | None:
    try:
        return keyrings.read(account)
    except keyrings.NoKeyring as error:
        raise _no_keyring(account, error) from None


def _from_credential(account: str, name: str) -> str | None:
    directory = os.environ.get(_SYSTEMD)
    if not directory:
        raise MissingKey(
            say("config.no_credentials", account=account), advice=say("config.no_credentials_do")
        )
    return _from_file(account, Path(directory) / name)


def _from_file(account: str, path: Path) -> str | None:
    try:
        with regular_file(path) as (file, status):
            if _is_exposed(path, status.st_mode):
                raise MissingKey(
                    say("config.key_exposed", account=account, path=path),
                    advice=say("config.key_exposed_do", path=path),
                )
            return file.read(MAX_KEY_BYTES * 2).decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise _unusable(account, "config.key_characters") from None
    except OSError as error:
        if error.errno == errno.EISDIR:
            raise _unusable(account, "config.key_not_a_file") from None
        why = error.strerror or type(error).__name__
        raise MissingKey(
            say("config.key_unreadable", account=account, path=path, why=why)
        ) from None


def _is_exposed(path: Path, mode: int) -> bool:
    """Whether other users may read it; the directories of service managers guard their own."""
    if os.name != "posix" or not mode & (stat.S_IRGRP | stat.S_IROTH):
        return False
    guarded = [_SECRETS, Path(os.environ.get(_SYSTEMD) or _SECRETS)]
    whole = absolute(Path.cwd(), str(path))
    return not any(whole.is_relative_to(directory) for directory in guarded)


def _missing(account: str, kind: str, name: str) -> MissingKey:
    return MissingKey(
        say(f"config.no_key_{kind}", account=account, name=name),
        advice=say(f"config.no_key_{kind}_do", account=account, name=name),
    )


def _unusable(account: str, key: str) -> MissingKey:
    return MissingKey(say(key, account=account), advice=say("config.key_again"))


def _no_keyring(account: str, error: keyrings.NoKeyring) -> MissingKey:
    return MissingKey(
        say("config.no_keyring", account=account, why=error.why), advice=say("config.no_keyring_do")
    )
