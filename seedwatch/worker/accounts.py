"""An account at work: its limits, its wire formats, its connections, and its key in memory."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field

from seedwatch import catalog, logs
from seedwatch.config.credentials import MissingKey, Secret, resolve_key
from seedwatch.config.effective import AccountSettings
from seedwatch.providers.base import WireProtocol
from seedwatch.providers.registry import protocol_named
from seedwatch.providers.transport import Transport
from seedwatch.providers.wire import Endpoint
from seedwatch.records import Claim
from seedwatch.threads import RootThreads
from seedwatch.worker.provider_memory import ProviderMemory


@dataclass(slots=True)
class KeyInMemory:
    """The key of one account: read before the first claim, forgotten when it is refused."""

    settings: AccountSettings
    threads: RootThreads = field(init=False)
    _secret: Secret | None = None
    _is_known: bool = False

    def __post_init__(self) -> None:
        self.threads = RootThreads(f"key:{self.settings.name}", places=1, deadline_s=30.0)

    async def load(self) -> None:
        """Read the key if it is not in memory.

        Raises:
            MissingKey: it is not there; the message says how to set it.
        """
        if self._is_known:
            return
        try:
            secret = await self.threads.call(resolve_key, self.settings.name, self.settings.key)
        except TimeoutError as error:
            raise MissingKey(f"{self.settings.name}: the keyring does not answer") from error
        if secret is not None:
            logs.hide(secret.reveal())
        self._secret, self._is_known = secret, True

    def forget(self) -> None:
        """It was refused: read it anew before the next claim, as it may have been replaced.

        Requests on their way keep the old one: without any they would only be refused again.
        """
        self._is_known = False

    def digest(self, where: str) -> str:
        """Names a service and the key for it without telling either."""
        key = "" if self._secret is None else self._secret.reveal()
        return hashlib.sha256(f"seedwatch\n{where}\n{key}".encode()).hexdigest()[:32]

    def header(self) -> str | None:
        """The value of the Authorization header; None for an account without a key."""
        if self._secret is None:
            return None
        key = self._secret.reveal()
        return key if self.settings.auth == "raw" else f"Bearer {key}"


class Calls:
    """Which tasks of an account are at a request, or on their way to one.

    A task whose answer is in the spool leaves: what is still to be done for it needs no place
    (contract.md 3, `concurrency`).
    """

    def __init__(self) -> None:
        self._tasks: set[int] = set()
        self.left = asyncio.Event()
        """set when a place became free; whoever waits for it clears it"""

    def __len__(self) -> int:
        return len(self._tasks)

    def enter(self, task_id: int) -> None:
        """A task was claimed that will ask the provider."""
        self._tasks.add(task_id)

    def leave(self, task_id: int) -> None:
        """Its answer is here, or it ended; saying so again changes nothing."""
        self._tasks.discard(task_id)
        self.left.set()


@dataclass(frozen=True, slots=True)
class Account:
    """One account at work."""

    settings: AccountSettings
    transport: Transport
    key: KeyInMemory
    calls: Calls = field(default_factory=Calls)
    memory: ProviderMemory = field(default_factory=ProviderMemory)

    @classmethod
    def of(cls, settings: AccountSettings) -> Account:
        """The account that these settings describe; its provider must be built."""
        key = KeyInMemory(settings)
        endpoint = Endpoint(
            settings.base_url,
            key.header,
            settings.proxy,
            settings.ca_file,
            settings.facts.result_hosts if settings.facts else (),
        )
        return cls(settings, Transport(endpoint), key)

    def model(self, name: str) -> catalog.Model:
        """What is known of a model of this account's provider."""
        return self.settings.model(name)

    def protocol(self, model_name: str) -> WireProtocol:
        """The wire format of one of its models."""
        return protocol_named(self.model(model_name).protocol)

    @property
    def destination(self) -> str:
        """Where requests go, and under which key: what was sent elsewhere cannot be asked for."""
        return self.key.digest(self.settings.base_url)

    def is_destination_of(self, claim: Claim) -> bool:
        """Whether this is still where the open submit of a claim went to, with the same key."""
        return bool(claim.sent.get("destination") == self.destination)

    def can_ask(self, model_name: str) -> bool:
        """Whether the provider can be asked what became of a submit without an answer."""
        return self.protocol(model_name).recovery != "nothing"

    def first_look_s(self, model: catalog.Model) -> float:
        """How long after its submit a task at the provider is looked at."""
        return self.settings.poll.first_s if self.settings.poll else model.poll_first_s

    def next_look_s(self, model: catalog.Model) -> float:
        """How long after a look it is looked at again."""
        return self.settings.poll.every_s if self.settings.poll else model.poll_every_s
