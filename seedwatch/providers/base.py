"""The seam to providers: what a protocol asks for and reads, without client, clock or retry.

A protocol only translates (design.md 6). It says which exchange starts a generation, asks for its
state, or looks it up after a lost answer; how an answer that lies whole in a file reads; and which
error class a refusal is. Sending, timeouts and the question "could the provider have received it?"
belong to `transport`; what happens next belongs to the worker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from seedwatch.catalog import Model
from seedwatch.errors import ProviderError
from seedwatch.providers.answer_file import LongText
from seedwatch.providers.bodies import DataUri
from seedwatch.records import Generation, Handle, Money

Picture = DataUri | str
"""A picture of a request: its bytes, or an http(s) URL the provider fetches."""

Recovery = Literal["nothing", "list", "key"]
"""What can be done about a lost answer (promises.md 2, step 5r): nothing, look the work up in the
provider's list, or send the very same bytes again under the same idempotency key."""


class Body(Protocol):
    """A request body of known length whose pictures are read only while it is sent."""

    @property
    def fields(self) -> Mapping[str, Any]:
        """Its wire fields by name, pictures as they were given."""

    @property
    def content_type(self) -> str:
        """The Content-Type header."""

    @property
    def content_length(self) -> int:
        """Bytes that will be sent."""

    @property
    def sha256(self) -> str:
        """Names the request: equal fields and pictures give equal digests."""

    def pieces(self) -> Iterator[bytes]:
        """The bytes to send, in pieces of bounded size; the same bytes each time."""

    def shown(self) -> dict[str, Any]:
        """Its fields with pictures shortened, for a person to read."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request; `path` (with its query) is appended to the account's base URL.

    `is_streamed`: the answer comes in parts, each of which is worth keeping should it be cut.
    `changes`: what was changed to fit the provider, for the sidecar.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    body: Body | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_streamed: bool = False
    changes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer received whole; header names are lower case.

    A 2xx body of a paid exchange lies in the spool; any other (bounded) is `content`.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Order:
    """One generation to be asked for; `pictures` in the order they are sent.

    `key` is ours: the attempt's id, which the provider may echo or honour as idempotency key.
    """

    model: Model
    generation: Generation
    pictures: Sequence[Picture]
    key: str


@dataclass(frozen=True, slots=True)
class Returned:
    """One place of an answer: a URL, base64 text (long ones stay in the file), or an error."""

    url: str = ""
    base64: LongText | str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished generation: its places in order, and what was charged, where it says so.

    `billed_count` counts pictures, `charged` is an amount; None: not said. `charged_micros` is one
    whose currency the answer does not tell (the catalog's `charges_in` may).
    """

    returned: tuple[Returned, ...]
    billed_count: int | None
    request_id: str = ""
    charged: Money | None = None
    charged_micros: int | None = None
    previews: tuple[Returned, ...] = ()
    """pictures that the provider showed while it worked; they are no results"""
    is_cut: bool = False
    """the answer broke off: places that were asked for may be missing at its end"""


@dataclass(frozen=True, slots=True)
class Pending:
    """The provider works on it; `progress` in per cent, where it says so.

    `handle` names the work, where the answer does: some answer a submit as they answer a look.
    """

    progress: int | None = None
    handle: Handle | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is known of a submit without an answer, to recognise it in the provider's list.

    `seed` is one that we chose at random for this attempt (None: the rule fixed it or there is
    none, so that it proves nothing); `started_at` is our clock; `parameters` the wire fields that
    were sent beside prompt and pictures.
    """

    key: str
    model: str
    seed: int | None
    started_at: float
    parameters: Mapping[str, Any] = field(default_factory=dict)


Sighting = Handle | Literal["next", "absent", "unprovable"]
"""What one page of a list says: found, not on this page, in no page, or cannot be told."""


class WireProtocol(Protocol):
    """One wire format."""

    recovery: Recovery

    def request(self, order: Order) -> Exchange:
        """The paid exchange that starts a generation.

        Raises:
            Rejected: it cannot be said in these terms.
        """

    def refusal(self, reply: Reply) -> ProviderError:
        """The error class of an answer to `request` that is not 2xx."""

    def read(self, answer: Path) -> Answer | Handle | Pending:
        """Read a 2xx answer to `request` or `poll` that lies whole at `answer`.

        A Handle: the provider took it and works on it. Providers without tasks give Answers only.

        Raises:
            Rejected, Moderated: nothing was generated.
            RemoteFailed: it was taken, then failed there.
            HandleExpired: it is over there and its result is gone.
            OutcomeUnknown: it is not what the provider documents.
        """


class AskedProtocol(WireProtocol, Protocol):
    """A wire format with exchanges that cost nothing."""

    def unseen(self, reply: Reply) -> ProviderError:
        """The error class of an answer to any free exchange that is not 2xx.

        HandleExpired: the provider does not know the task (any more).
        """


@runtime_checkable
class TaskProtocol(AskedProtocol, Protocol):
    """A wire format of a provider that works on tasks and is asked for them (design.md 6)."""

    def poll(self, handle: Handle) -> Exchange:
        """The free exchange that tells the state of a task."""

    def cancel(self, handle: Handle) -> Exchange | None:
        """The exchange that stops a task which has not begun; None: the provider has none."""


@runtime_checkable
class ListProtocol(TaskProtocol, Protocol):
    """`recovery` is "list"."""

    def look_up(self, wanted: Wanted, page: int) -> Exchange:
        """The free exchange for one page (from 1) of the provider's list of work."""

    def sighted(self, reply: Reply, wanted: Wanted) -> Sighting:
        """What a 2xx answer to `look_up` says of the submit.

        Raises:
            Unavailable: it cannot be read.
        """


@runtime_checkable
class UploadProtocol(AskedProtocol, Protocol):
    """A wire format that takes pictures as links to files uploaded before (`upload: first`)."""

    def upload(self, picture: DataUri) -> Exchange:
        """The free exchange that uploads one picture."""

    def uploaded(self, reply: Reply) -> str:
        """The link of a 2xx answer to `upload`.

        Raises:
            Unavailable: there is none in it.
        """


@runtime_checkable
class BalanceProtocol(AskedProtocol, Protocol):
    """A wire format that tells the account's balance, for `check`."""

    def balance(self) -> Exchange:
        """The free exchange that asks for it."""

    def told(self, reply: Reply) -> str:
        """The balance in the provider's words, on one line; empty where it says nothing."""
