"""Keys: kept in the system's keyring, read from a prompt or stdin, never shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import keyring
import keyring.backend
import pytest

from tests.cli.desk import CANARY_KEY, Desk


class _Vault(keyring.backend.KeyringBackend):
    """A keyring in memory."""

    priority: Any = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring has no types here
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def vault() -> Iterator[_Vault]:
    """The keyring of this test."""
    before = keyring.get_keyring()
    vault = _Vault()
    keyring.set_keyring(vault)
    yield vault
    keyring.set_keyring(before)


@pytest.fixture
def keyring_desk(desk: Desk) -> Desk:
    """A workspace whose account has its key in the keyring."""
    desk.account = {"key": "keyring"}
    desk.configure()
    return desk


def test_set_list_delete(keyring_desk: Desk, vault: _Vault) -> None:
    """A key on stdin is kept without its line end, is listed as found, and can be deleted."""
    desk = keyring_desk
    absent = json.loads(desk("key", "list", "--json").stdout)
    assert [(key["account"], key["is_present"]) for key in absent] == [("sim", False)]
    result = desk("key", "set", "sim", stdin=f"{CANARY_KEY}\n")
    assert (result.exit_code, result.stdout) == (0, "")
    assert list(vault.kept.values()) == [CANARY_KEY]
    assert json.loads(desk("key", "list", "sim", "--json").stdout)[0]["is_present"]
    assert "found" in desk("key", "list").stdout
    assert desk("key", "delete", "sim").exit_code == 0
    assert vault.kept == {}
    assert desk("key", "delete", "sim").exit_code == 1


def test_a_key_is_no_argument(keyring_desk: Desk, vault: _Vault) -> None:
    """A key on the command line is refused, and is not repeated in the message."""
    for key in (CANARY_KEY, f"--{CANARY_KEY}"):
        result = keyring_desk("key", "set", "sim", key, stdin="")
        assert result.exit_code == 2
        assert CANARY_KEY not in result.output
    assert vault.kept == {}


@pytest.mark.parametrize("stdin", ["", "\n", "two words\n", "x" * 20_000])
def test_what_is_no_key_is_refused(keyring_desk: Desk, vault: _Vault, stdin: str) -> None:
    """Nothing, a sentence or a whole file is not kept as a key; it is not quoted either."""
    result = keyring_desk("key", "set", "sim", stdin=stdin)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "two words" not in result.output
    assert vault.kept == {}


def test_unknown_account(keyring_desk: Desk, vault: _Vault) -> None:
    """An account that is not configured is a usage error with a hint."""
    result = keyring_desk("key", "set", "sin", stdin=f"{CANARY_KEY}\n")
    assert result.exit_code == 2
    assert "did you mean sim?" in result.stderr
    assert vault.kept == {}


def test_a_key_that_would_not_be_used(desk: Desk, vault: _Vault) -> None:
    """Keeping a key for an account that looks elsewhere works, with a warning."""
    result = desk("key", "set", "sim", stdin=f"{CANARY_KEY}\n")
    assert result.exit_code == 0
    assert "key: file:" in result.stderr


def test_without_a_keyring(keyring_desk: Desk) -> None:
    """A machine without a safe keyring: one line that names the other ways."""
    from keyring.backends.fail import Keyring  # noqa: PLC0415 - only here

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]  # as above
    try:
        result = keyring_desk("key", "set", "sim", stdin=f"{CANARY_KEY}\n")
    finally:
        keyring.set_keyring(before)
    assert result.exit_code == 1
    assert "env:NAME" in result.stderr
