"""What paid calls and downloads have in common on the wire: clients, bounds, reasons."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import httpx

from seedwatch.kill_points import is_armed, reached
from seedwatch.logs import one_line, redacted
from seedwatch.texts import say

CONNECT_S = 15.0
QUIET_S = 60.0
"""longest silence while something is sent, or while a result is received"""
_USER_AGENT = "seedwatch"
_STEPS = {
    "connect_tcp.started": "connecting",
    "send_request_headers.started": "sending",
    "send_request_headers.complete": "headers_sent",
    "send_request_body.complete": "sent",
    "receive_response_headers.complete": "answered",
    "receive_response_body.complete": "ended",
}
CHUNK = "chunk"
_KEEPALIVE_S = 30
_MOST_WHY = 300


Kind = Literal["paid", "ask", "fetch"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Sink(Protocol):
    """Where the bytes of an answer or a result go; `write` is called with small pieces."""

    def write(self, piece: bytes, /) -> object: ...  # noqa: D102 - as of any file


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an account's requests go and how they are authorised.

    `authorization` gives the header's value at the moment of sending (None: no key), so that the
    key is held in one place only. `result_hosts` are domains where its results are known to lie.
    """

    base_url: str
    authorization: Callable[[], str | None]
    proxy: str | None = None
    ca_file: Path | None = None
    result_hosts: tuple[str, ...] = ()


def tls_context(endpoint: Endpoint) -> ssl.SSLContext:
    """One context for all connections of an account; making it is what costs."""
    return ssl.create_default_context(
        cafile=None if endpoint.ca_file is None else str(endpoint.ca_file)
    )


def wire(endpoint: Endpoint, context: ssl.SSLContext) -> dict[str, Any]:
    """Settings of an httpx transport: nothing from the environment, dead peers noticed."""
    return {
        "verify": context,
        "trust_env": False,
        "proxy": endpoint.proxy,
        "socket_options": _keepalive(),
    }


def client() -> dict[str, Any]:
    """Settings of an httpx client: no redirects, no cookies, no compression."""
    return {
        "trust_env": False,
        "follow_redirects": False,
        "cookies": CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        "headers": {"User-Agent": _USER_AGENT, "Accept-Encoding": "identity"},
    }


class TooLongError(httpx.DecodingError):
    """More bytes than any answer or picture should have."""


class Tap:
    """Lets an answer flow into a sink, as it came over the wire and within its bounds.

    `kind` is the call's in the names of kill points. `deadline_at` is monotonic. Raises:
        TooLongError: it is longer than its bound.
        httpx.ReadTimeout: it takes too long as a whole.
    """

    def __init__(
        self,
        sink: Sink,
        most_bytes: int,
        kind: Kind,
        deadline_at: float = float("inf"),
    ) -> None:
        self._sink = sink
        self._left = most_bytes
        self._deadline_at = deadline_at
        self._point = f"{kind}.{CHUNK}"

    def pour(self, piece: bytes) -> None:
        """Pass bytes on."""
        self._left -= len(piece)
        if self._left < 0:
            raise TooLongError("longer than any picture should be")
        if time.monotonic() > self._deadline_at:
            raise httpx.ReadTimeout("the deadline passed")
        self._sink.write(piece)
        reached(self._point)


def stepped(kind: Kind, event: str) -> None:
    """Pass the kill point of what httpcore's trace hook tells of, if there is one."""
    if is_armed() and (step := _STEPS.get(event.partition(".")[2])):
        reached(f"{kind}.{step}")


def points() -> set[str]:
    """The names of all kill points of calls."""
    return {f"{kind}.{step}" for kind in KINDS for step in (*_STEPS.values(), CHUNK)}


def require_plain(response: httpx.Response) -> None:
    """Nothing here unpacks answers: a small one may unpack to more than there is memory.

    Raises:
        httpx.DecodingError: it is compressed although that was not asked for.
    """
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise httpx.DecodingError("the answer is compressed although that was not asked for")


def why(error: BaseException) -> str:
    """The reason in a few words, without secrets; some quote all that they could not read."""
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return say("provider.timeout")
    return one_line(redacted(str(error))[:_MOST_WHY]) or type(error).__name__


def _keepalive() -> list[tuple[int, int, int]]:
    """Notice a dead connection by TCP, as a generation is silent for minutes (promises.md 2)."""
    names = ("TCP_KEEPIDLE", "TCP_KEEPALIVE", "TCP_KEEPINTVL")  # Linux, macOS, both
    known = [getattr(socket, name) for name in names if hasattr(socket, name)]
    return [
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        *((socket.IPPROTO_TCP, number, _KEEPALIVE_S) for number in known),
    ]
