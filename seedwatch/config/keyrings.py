"""The only user of the system's keyring: refuses those that store plain text, never waits long."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, TypeVar

from seedwatch.texts import say

if TYPE_CHECKING:  # importing keyring costs 60 ms and may ask D-Bus; only key work needs it
    from keyring.backend import KeyringBackend

SERVICE: Final = "seedwatch"
TIMEOUT_S: Final = 20.0
"""A locked keyring may ask its user for a password, but a daemon does not wait for ever."""

_UNSAFE_MODULES: Final = ("keyrings.alt", "keyring.backends.null", "keyring.backends.fail")
_T = TypeVar("_T")


class NoKeyring(Exception):
    """There is no keyring that may be used; `why` says so in a few words."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def read(account: str, *, timeout_s: float = TIMEOUT_S) -> str | None:
    """The key of an account; None: there is none.

    Raises:
        NoKeyring: no safe keyring, or it does not answer.
    """
    return _asked(lambda: _safe_keyring().get_password(SERVICE, account), timeout_s)


def write(account: str, key: str, *, timeout_s: float = TIMEOUT_S) -> None:
    """Keep the key of an account.

    Raises:
        NoKeyring: no safe keyring, or it does not answer.
    """
    _asked(lambda: _safe_keyring().set_password(SERVICE, account, key), timeout_s)


def remove(account: str, *, timeout_s: float = TIMEOUT_S) -> bool:
    """Forget the key of an account; False: there was none.

    Raises:
        NoKeyring: no safe keyring, or it does not answer.
    """

    def forget() -> bool:
        backend = _safe_keyring()
        if backend.get_password(SERVICE, account) is None:
            return False
        backend.delete_password(SERVICE, account)
        return True

    return _asked(forget, timeout_s)


def safe_member(backend: KeyringBackend) -> KeyringBackend | None:
    """The keyring itself, or the first of a chain, that does not store plain text."""
    members: Iterable[KeyringBackend] | None = getattr(backend, "backends", None)
    if type(backend).__module__ == "keyring.backends.chainer" and members is not None:
        return next((found for one in members if (found := safe_member(one))), None)
    kind = type(backend)
    is_unsafe = any(
        known.__module__.startswith(_UNSAFE_MODULES) or "plaintext" in known.__name__.lower()
        for known in kind.__mro__
    )
    return None if is_unsafe else backend


def _safe_keyring() -> KeyringBackend:
    import keyring  # noqa: PLC0415 - see the top of the module

    backend = safe_member(keyring.get_keyring())
    if backend is None:
        raise NoKeyring(say("config.keyring_plaintext"))
    return backend


def _asked(question: Callable[[], _T], timeout_s: float) -> _T:
    """The answer of the keyring, asked in a thread of its own that nobody has to wait for."""
    answers: queue.SimpleQueue[tuple[_T | None, Exception | None]] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put((question(), None))
        except Exception as error:  # noqa: BLE001 - backends raise what they like
            answers.put((None, error))

    threading.Thread(target=ask, name="keyring", daemon=True).start()
    try:
        answer, error = answers.get(timeout=timeout_s)
    except queue.Empty:
        raise NoKeyring(say("config.keyring_silent", seconds=timeout_s)) from None
    if isinstance(error, NoKeyring):
        raise error
    if error is not None:
        raise NoKeyring(say("config.keyring_failed", kind=type(error).__name__)) from None
    return answer  # type: ignore[return-value]  # without an error it is the question's answer
