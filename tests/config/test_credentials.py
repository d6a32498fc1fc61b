"""Keys of accounts: found where the reference points, safe on the way, never shown."""

from __future__ import annotations

import copy
import os
import pickle
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null
from keyring.errors import KeyringLocked, PasswordDeleteError

from seedwatch.config import credentials, keyrings
from seedwatch.config.credentials import (
    MissingKey,
    Secret,
    delete_key,
    list_keys,
    resolve_key,
    set_key,
)

KEY = "sk-canary-0815"
posix_only = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")


class MemoryKeyring(KeyringBackend):
    """A keyring that encrypts nothing because it writes nothing; as safe as the process."""

    priority: ClassVar[float] = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring leaves it out
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        """The stored password."""
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store it."""
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget it."""
        if (service, username) not in self.kept:
            raise PasswordDeleteError("no such password")
        del self.kept[service, username]


class PlaintextKeyring(MemoryKeyring):
    """Named like the ones that write passwords to disk as they are."""


class SilentKeyring(MemoryKeyring):
    """A keyring whose user does not come to unlock it."""

    def __init__(self) -> None:
        super().__init__()
        self.unlocked = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        """Wait for the user."""
        self.unlocked.wait(30)
        return None


class LockedKeyring(MemoryKeyring):
    """A keyring that refuses, with a message that repeats what it was asked to store."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Refuse."""
        raise KeyringLocked(f"cannot store {password} for {username} of {service}")


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryKeyring]:
    """The keyring of this test; the user's own is put back."""
    before = keyring.get_keyring()
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    yield backend
    keyring.set_keyring(before)


def revealed(account: str, reference: str) -> str:
    """The key itself."""
    found = resolve_key(account, reference)
    assert found is not None
    return found.reveal()


def refused(reference: str, account: str = "ark") -> str:
    """The sentence for a key that cannot be used; it never holds the key."""
    with pytest.raises(MissingKey) as caught:
        resolve_key(account, reference)
    assert KEY not in str(caught.value) + repr(caught.value)
    assert caught.value.__cause__ is None or KEY not in repr(caught.value.__cause__)
    return str(caught.value)


def test_a_key_is_kept_in_the_keyring_and_found_there(kept: MemoryKeyring) -> None:
    """set, find, list, delete: under the service seedwatch and the account's name."""
    set_key("ark", f"{KEY}\n")
    assert kept.kept == {("seedwatch", "ark"): KEY}
    assert revealed("ark", "keyring") == KEY
    assert delete_key("ark") is True
    assert delete_key("ark") is False
    assert refused("keyring") == (
        "The keyring holds no key for the account ark. Run: seedwatch key set ark"
    )


def test_no_key_is_wanted_where_none_is_said() -> None:
    """`key: none` is no mistake."""
    assert resolve_key("ark", "none") is None


def test_a_key_comes_from_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is not set, or empty, is said so, with the way out."""
    monkeypatch.setenv("ARK", KEY)
    assert revealed("ark", "env:ARK") == KEY
    monkeypatch.setenv("ARK", "")
    assert refused("env:ARK").startswith("The key of the account ark is empty.")
    monkeypatch.delenv("ARK")
    assert refused("env:ARK") == (
        "The account ark takes its key from the variable ARK, which is not set. "
        "Set it before the start, or write key: keyring and run: seedwatch key set ark"
    )


def test_a_variable_is_taken_out_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the daemon starts inherits no key; the daemon finds it again after a refusal (T3).

    Breaks if the variable is only read.
    """
    monkeypatch.setattr(credentials, "_taken", {})
    monkeypatch.setenv("ARK", KEY)
    credentials.take_variables(["keyring", "env:ARK", "env:NOT_SET", "none"])
    assert "ARK" not in os.environ
    assert revealed("ark", "env:ARK") == revealed("ark", "env:ARK") == KEY
    assert "NOT_SET" in refused("env:NOT_SET")


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_a_key_comes_from_a_file_without_its_line_end(tmp_path: Path, end: str) -> None:
    """Editors add a line end (and a byte order mark); neither belongs to the key."""
    path = tmp_path / "key"
    path.write_bytes(b"\xef\xbb\xbf" + KEY.encode() + end.encode())
    path.chmod(0o600)
    assert revealed("ark", f"file:{path}") == KEY


@posix_only
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o444])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """promises.md 4a; red if the mode is not looked at on the opened file."""
    path = tmp_path / "key"
    path.write_text(KEY)
    path.chmod(mode)
    assert refused(f"file:{path}") == (
        f"Other users can read {path}, which holds the key of the account ark. "
        f"Run: chmod 600 {path}"
    )


@posix_only
def test_directories_of_service_managers_guard_their_own_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """/run/secrets and the credentials directory may show 0444 files; nobody else gets there."""
    path = tmp_path / "secrets" / "ark"
    path.parent.mkdir()
    path.write_text(KEY)
    path.chmod(0o444)
    assert refused(f"file:{path}").startswith("Other users can read")
    monkeypatch.setattr(credentials, "_SECRETS", path.parent)
    assert revealed("ark", f"file:{path}") == KEY
    monkeypatch.setattr(credentials, "_SECRETS", tmp_path / "else")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(path.parent))
    assert revealed("ark", f"file:{path}") == KEY
    assert revealed("ark", "cred:ark") == KEY
    assert refused("cred:other") == (
        "The service manager passed no credential other for the account ark. "
        "Add LoadCredential=other:PATH to the service."
    )


def test_a_credential_without_a_service_manager_says_so() -> None:
    """`cred:` outside of a service names the other ways."""
    assert refused("cred:ark") == (
        "The account ark wants a credential of the service manager, but none was passed. "
        "Start seedwatch as a service with LoadCredential=, or use key: env:NAME."
    )


def test_a_key_file_that_is_not_there_or_no_file_says_so(tmp_path: Path) -> None:
    """Each has its sentence; a FIFO does not hang."""
    assert refused(f"file:{tmp_path / 'no'}").startswith(
        f"The account ark takes its key from {tmp_path / 'no'}, which is not there."
    )
    if os.name == "posix":
        os.mkfifo(tmp_path / "pipe", 0o600)
        assert refused(f"file:{tmp_path / 'pipe'}").startswith(
            "The key of the account ark is not in a regular file."
        )
        assert refused(f"file:{tmp_path}").startswith(
            "The key of the account ark is not in a regular file."
        )


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"  \n", "has spaces or several lines"),
        (KEY.encode() + b" ", "has spaces or several lines"),
        (b"Bearer " + KEY.encode(), "has spaces or several lines"),
        (KEY.encode() + b"\nX-Evil: 1", "has spaces or several lines"),
        (KEY.encode() + b"\r\nX-Evil: 1\r\n", "has spaces or several lines"),
        (KEY.encode() + b"\x00", "has characters that no key has"),
        (KEY.encode() + b"\x1b[2J", "has characters that no key has"),
        (KEY.encode() + "密".encode(), "has characters that no key has"),
        (KEY.encode() + b"\xff", "has characters that no key has"),
        (KEY.encode() + "é".encode(), "has characters that no key has"),
        (KEY.encode() * 2000, "is too long to be one"),
    ],
)
def test_what_cannot_be_a_key_is_refused_unseen(tmp_path: Path, raw: bytes, expected: str) -> None:
    """Nothing that would break a header, or split it, gets through; the text is not repeated."""
    path = tmp_path / "key"
    path.write_bytes(raw)
    path.chmod(0o600)
    assert f"The key of the account ark {expected}" in refused(f"file:{path}")


@pytest.mark.fault(91)
@pytest.mark.parametrize("backend", [null.Keyring, fail.Keyring, PlaintextKeyring])
def test_keyrings_that_do_not_encrypt_are_refused(backend: Callable[[], KeyringBackend]) -> None:
    """A key must not end in plain text on disk, or nowhere; red if the backend is not looked at."""
    keyring.set_keyring(backend())
    with pytest.raises(MissingKey, match="this machine has none that encrypts"):
        set_key("ark", KEY)
    assert "key: env:NAME" in refused("keyring")
    with pytest.raises(MissingKey):
        delete_key("ark")


@pytest.mark.fault(91)
def test_the_plaintext_keyrings_of_keyrings_alt_are_refused() -> None:
    """They are known by their module; a subclass does not get around it."""

    class EncryptedKeyring(MemoryKeyring):
        """Any class of that package."""

    EncryptedKeyring.__module__ = "keyrings.alt.file"

    class Mine(EncryptedKeyring):
        """A subclass of it elsewhere."""

    assert keyrings.safe_member(EncryptedKeyring()) is None
    assert keyrings.safe_member(Mine()) is None


def test_of_a_chain_the_first_safe_member_is_used(
    kept: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chain writes into its first member, whatever that is; so its members are looked at."""
    monkeypatch.setattr(chainer.ChainerBackend, "backends", [PlaintextKeyring(), kept])
    make: Callable[[], KeyringBackend] = chainer.ChainerBackend
    chain = make()
    assert keyrings.safe_member(chain) is kept
    keyring.set_keyring(chain)
    set_key("ark", KEY)
    assert kept.kept == {("seedwatch", "ark"): KEY}
    monkeypatch.setattr(chainer.ChainerBackend, "backends", [PlaintextKeyring()])
    assert keyrings.safe_member(chain) is None


@pytest.mark.fault(91)
def test_a_silent_keyring_does_not_hang_the_daemon() -> None:
    """A keyring that waits for its user is given up after a time."""
    backend = SilentKeyring()
    keyring.set_keyring(backend)
    with pytest.raises(keyrings.NoKeyring, match=r"within 0.05 seconds; is it locked\?"):
        keyrings.read("ark", timeout_s=0.05)
    backend.unlocked.set()


def test_the_words_of_a_failing_keyring_are_not_repeated() -> None:
    """A backend may quote the key in its error; only the kind of error is told."""
    keyring.set_keyring(LockedKeyring())
    with pytest.raises(MissingKey) as caught:
        set_key("ark", KEY)
    assert "it failed (KeyringLocked)" in str(caught.value)
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_list_of_keys_shows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Per account: the reference, whether it resolves, and what to do if not."""
    monkeypatch.setenv("ARK", KEY)
    states = list_keys({"a": "env:ARK", "b": "keyring", "c": "none"})
    assert [(state.account, state.is_present) for state in states] == [
        ("a", True),
        ("b", False),
        ("c", True),
    ]
    assert "seedwatch key set b" in states[1].message
    assert KEY not in repr(states)


def test_a_secret_shows_itself_only_on_purpose() -> None:
    """print, format, containers, comparison, copies and pickles do not give it away."""
    secret = Secret(KEY)
    shown = f"{secret} {secret!r} {secret:>20} {[secret]} {{'k': {secret!r}}} %s" % secret
    assert KEY not in shown
    assert secret.reveal() == KEY
    for attempt in (
        lambda: secret == Secret(KEY),
        lambda: secret != KEY,
        lambda: pickle.dumps(secret),
        lambda: copy.copy(secret),
        lambda: copy.deepcopy([secret]),
        lambda: hash(secret),
    ):
        with pytest.raises(TypeError) as caught:
            attempt()
        assert KEY not in str(caught.value)
    assert not hasattr(secret, "__dict__")
