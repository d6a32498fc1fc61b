"""A valid generation in the words all surfaces share, and what each makes of its outcome."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from seedwatch.simulator.pictures import Picture
from seedwatch.simulator.references import Reference
from seedwatch.simulator.results import LIFETIME_S
from seedwatch.simulator.wire import Answer


@dataclass(frozen=True, slots=True)
class Order:
    """One accepted generation request.

    Attributes:
        size: as asked for; None if not named.
        folder: where its results lie, below /files.
        pictures: what to draw for the answer itself, in order; none where a task draws them.
        is_inline: pictures go back as base64 instead of links.
        preview_count: coarse previews before each picture of a stream.
        link_lifetime_s: how long the links of its results live.
    """

    provider: str
    path: str
    model: str
    prompt: str
    size: str | None
    references: tuple[Reference, ...]
    key: str
    idempotency_key: str | None
    request_id: str
    folder: str
    pictures: tuple[Picture, ...] = ()
    is_inline: bool = False
    is_streamed: bool = False
    preview_count: int = 0
    link_lifetime_s: int = LIFETIME_S

    @property
    def key_sha256(self) -> str:
        """The key's fingerprint for the ledger; the key itself is never kept."""
        return fingerprint(self.key)


@dataclass(frozen=True, slots=True)
class MemberError:
    """Why one picture of a group is missing."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Member:
    """One picture of the answer: a link, base64 text, or an error in its place.

    Attributes:
        picture: what the answer says it is.
        drawn_as: what it is, once drawn; differs only by a fault.
        preview: this is only a preview of the picture, the how many-th from 0.
    """

    index: int
    picture: Picture
    drawn_as: Picture | None = None
    url: str | None = None
    b64: str | None = None
    error: MemberError | None = None
    preview: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a generation came to; `created_at` is its end in seconds since 1970."""

    members: Sequence[Member]
    billed_count: int
    created_at: int


class ErrorReplies(Protocol):
    """How one surface words the refusals that faults ask for."""

    def gateway_error(self, status: int) -> Answer:
        """The faithful body of a `status` fault that brings none of its own."""
        ...

    def moderated(self, code: str | None) -> Answer:
        """The refusal of a picture by the output filter."""
        ...


class Replies(ErrorReplies, Protocol):
    """How one surface words the answers to one order of pictures."""

    @property
    def ends_with_picture(self) -> bool:
        """Whether the last picture of a stream is all that matters; else an event closes it."""
        ...

    def member_error(self, code: str | None) -> MemberError:
        """The error in place of one picture of a group; by default the output filter's."""
        ...

    def stops_group(self, error: MemberError) -> bool:
        """Whether no later picture of the group is tried after this error."""
        ...

    def whole(self, outcome: Outcome) -> Answer:
        """The answer of a synchronous call."""
        ...

    def stream_headers(self) -> tuple[tuple[str, str], ...]:
        """The headers of a streamed answer."""
        ...

    def frame(self, member: Member, created_at: int) -> bytes:
        """One picture of a streamed answer, or a preview of it."""
        ...

    def last_frames(self, outcome: Outcome) -> bytes:
        """The end of a streamed answer."""
        ...


def fingerprint(key: str) -> str:
    """The sha256 of a key, hex."""
    return hashlib.sha256(key.encode("latin-1")).hexdigest()


def new_request_id(now: float) -> str:
    """An id of Ark's form: "02", 13 digits of unix milliseconds, hex (protocols.md 2.5)."""
    return f"02{int(now * 1000):013d}{secrets.token_hex(16)}"
