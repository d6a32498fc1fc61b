"""The seam to providers: what a protocol builds, sends and reads, without client, clock or retry.

A protocol only translates. It builds a request body from neutral terms, says how an answer that
lies whole in the spool reads, and which error class a refusal is. Sending, timeouts and the
question "could the provider have received it?" belong to `transport`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from seedwatch.catalog import Model
from seedwatch.errors import ProviderError
from seedwatch.providers.answer_file import LongText
from seedwatch.providers.bodies import DataUri, JsonBody
from seedwatch.records import Generation, Handle

Picture = DataUri | str
"""A picture of a request: its bytes, or an http(s) URL the provider fetches."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request; `path` is appended to the account's base URL."""

    method: str
    path: str
    body: JsonBody | None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer received whole. A 2xx body lies in the spool; any other (bounded) in `content`."""

    status: int
    headers: Mapping[str, str]
    content: bytes = b""


class Send(Protocol):
    """Sends one paid exchange of an account and keeps its answer.

    Raises:
        NotSent: no byte of the request can have reached the provider.
        OutcomeUnknown: the answer is missing or short.
    """

    async def __call__(self, exchange: Exchange) -> Reply: ...  # noqa: D102 - the class says it


@dataclass(frozen=True, slots=True)
class Returned:
    """One place of an answer: a URL, base64 text (long ones stay in the file), or an error."""

    url: str = ""
    base64: LongText | str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished generation: its places in order, how many pictures were charged, if said."""

    returned: tuple[Returned, ...]
    billed_count: int | None
    request_id: str = ""


class WireProtocol(Protocol):
    """One wire format (design.md 6)."""

    def body(
        self, model: Model, generation: Generation, pictures: Sequence[Picture]
    ) -> dict[str, Any]:
        """The request body in the provider's terms; pictures in the order they are sent.

        Raises:
            Rejected: it cannot be said in these terms.
        """

    async def submit(self, send: Send, body: JsonBody) -> Handle | None:
        """Send it. None: the whole answer lies in the spool; a Handle: ask for it later.

        Raises:
            ProviderError: as `refusal` and `Send` say.
        """

    def refusal(self, reply: Reply) -> ProviderError:
        """The error class of an answer that is not 2xx."""

    def read(self, answer: Path) -> Answer:
        """Read a 2xx answer that lies whole at `answer`.

        Raises:
            Rejected, Moderated: nothing was generated.
            OutcomeUnknown: it is not what the provider documents.
        """
