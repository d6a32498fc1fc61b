"""The only user of httpx: sends paid requests, fetches results, and knows what may have arrived.

It never retries and never follows a redirect of a paid request. Each paid request has a fresh
connection: on a reused one "server disconnected" cannot be told from a lost answer (promises.md 2,
"Was the money spent?"). The split "could the provider have received it?" is made here alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Protocol

import httpx

from seedwatch.errors import (
    AuthFailed,
    HandleExpired,
    NotSent,
    OutcomeUnknown,
    ProviderError,
    Unavailable,
)
from seedwatch.logs import one_line, redacted
from seedwatch.providers.addresses import is_public_name
from seedwatch.providers.base import Exchange, Reply
from seedwatch.texts import say

USER_AGENT = "seedwatch"
_MOST_ERROR_BYTES = 256 * 1024
_MOST_REDIRECTS = 3
_CONNECT_S = 15.0
_QUIET_S = 60.0
_KEEPALIVE_S = 30
_GONE = {401, 403, 404, 410}
_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)


class Sink(Protocol):
    """Where the bytes of an answer or a result go; `write` is called with small pieces."""

    def write(self, piece: bytes, /) -> object: ...  # noqa: D102 - as of any file


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an account's requests go and how they are authorised.

    `authorization` gives the header's value at the moment of sending (None: no key), so that the
    key is held in one place only.
    """

    base_url: str
    authorization: Callable[[], str | None]
    proxy: str | None = None
    ca_file: Path | None = None


class _Departure:
    """Whether the first byte of a request has left; asked by httpcore's trace hook."""

    def __init__(self) -> None:
        self.has_begun = False

    async def __call__(self, event: str, _info: object) -> None:
        if event.endswith(".send_request_headers.started"):
            self.has_begun = True


class Transport:
    """The connections of one account."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._base = httpx.URL(endpoint.base_url.rstrip("/"))
        context = ssl.create_default_context(
            cafile=None if endpoint.ca_file is None else str(endpoint.ca_file)
        )
        self._paid = self._client(context, httpx.Limits(max_keepalive_connections=0))
        self._free = self._client(context, httpx.Limits(max_keepalive_connections=20))

    def _client(self, context: ssl.SSLContext, limits: httpx.Limits) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(
                verify=context,
                limits=limits,
                trust_env=False,
                proxy=self._endpoint.proxy,
                socket_options=_keepalive(),
            ),
            trust_env=False,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._paid.aclose()
        await self._free.aclose()

    async def send_paid(
        self, exchange: Exchange, sink: Sink, *, most_bytes: int, timeout_s: float
    ) -> Reply:
        """Send one paid request; the body of a 2xx answer goes to `sink` as it arrives.

        Raises:
            NotSent: it cannot have reached the provider.
            AuthFailed: the key cannot be sent at all.
            OutcomeUnknown: it may have; the answer is missing, short or too long.
        """
        departure = _Departure()
        request = self._paid_request(exchange, timeout_s, departure)
        try:
            async with asyncio.timeout(timeout_s):
                return await self._exchange(request, sink, most_bytes)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            if isinstance(error, _NEVER_LEFT) or not departure.has_begun:
                raise NotSent(
                    say("provider.not_sent", host=self._base.host, why=_why(error)),
                    advice=say("provider.not_sent_advice"),
                ) from error
            raise OutcomeUnknown(
                say("provider.no_answer", host=self._base.host, why=_why(error)),
                advice=say("provider.unsure_advice"),
            ) from error

    def _paid_request(
        self, exchange: Exchange, timeout_s: float, departure: _Departure
    ) -> httpx.Request:
        headers = {"Accept": "application/json"}
        if (authorization := self._endpoint.authorization()) is not None:
            headers["Authorization"] = _sendable(authorization)
        content: AsyncIterator[bytes] | None = None
        if exchange.body is not None:
            headers["Content-Type"] = "application/json"
            headers["Content-Length"] = str(exchange.body.content_length)
            content = aiter(exchange.body)
        timeout = httpx.Timeout(_QUIET_S, connect=_CONNECT_S, read=timeout_s)
        return self._paid.build_request(
            exchange.method,
            f"{self._base}{exchange.path}",
            headers=headers,
            content=content,
            timeout=timeout,
            extensions={"trace": departure},
        )

    async def _exchange(self, request: httpx.Request, sink: Sink, most_bytes: int) -> Reply:
        response = await self._paid.send(request, stream=True)
        async with contextlib.aclosing(response):
            if response.is_success:
                await _pour(response, sink, most_bytes)
                return Reply(response.status_code, dict(response.headers))
            content = bytearray()
            await _pour(response, _Bounded(content), _MOST_ERROR_BYTES)
            return Reply(response.status_code, dict(response.headers), bytes(content))

    async def download(self, url: str, sink: Sink, most_bytes: int, timeout_s: float) -> None:
        """Fetch a result; no key is sent along. May be repeated at no cost.

        Raises:
            HandleExpired: the link is no longer valid.
            Unavailable: anything else went wrong; try again later.
        """
        try:
            async with asyncio.timeout(timeout_s), self._following(url) as response:
                if response.status_code in _GONE:
                    raise HandleExpired(
                        say("provider.link_gone", host=response.url.host),
                        advice=say("provider.link_gone_advice"),
                        status=response.status_code,
                    )
                if not response.is_success:
                    raise Unavailable(
                        say("provider.link_status", status=response.status_code),
                        status=response.status_code,
                    )
                await _pour(response, sink, most_bytes)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
            raise Unavailable(say("provider.link_failed", why=_why(error))) from error

    @asynccontextmanager
    async def _following(self, url: str) -> AsyncIterator[httpx.Response]:
        for _ in range(_MOST_REDIRECTS + 1):
            target = self._allowed(url)
            timeout = httpx.Timeout(_QUIET_S, connect=_CONNECT_S)
            request = self._free.build_request("GET", target, timeout=timeout)
            response = await self._free.send(request, stream=True)
            async with contextlib.aclosing(response):
                if not response.has_redirect_location:
                    yield response
                    return
                url = str(target.join(response.headers["Location"]))
        raise Unavailable(say("provider.link_redirects"))

    def _allowed(self, url: str) -> httpx.URL:
        """The URL, if a result may be fetched from there (promises.md T1).

        https to public hosts, or the very scheme, host and port of the account's own base URL.

        Raises:
            Unavailable: it leads elsewhere.
        """
        target = httpx.URL(url)
        own = (self._base.scheme, self._base.host, self._base.port)
        is_own = (target.scheme, target.host, target.port) == own
        is_public = target.scheme == "https" and is_public_name(target.host)
        if target.userinfo or not (is_own or is_public):
            raise Unavailable(say("provider.link_refused", host=one_line(target.host)))
        return target


class _Bounded:
    def __init__(self, into: bytearray) -> None:
        self._into = into

    def write(self, piece: bytes) -> None:
        self._into += piece


def _keepalive() -> list[tuple[int, int, int]]:
    """Notice a dead connection by TCP, as a generation is silent for minutes (promises.md 2)."""
    names = ("TCP_KEEPIDLE", "TCP_KEEPALIVE", "TCP_KEEPINTVL")  # Linux, macOS, both
    known = [getattr(socket, name) for name in names if hasattr(socket, name)]
    return [
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        *((socket.IPPROTO_TCP, number, _KEEPALIVE_S) for number in known),
    ]


def _sendable(authorization: str) -> str:
    """The header's value, if it can be one; httpx would repeat a key it refuses in its error."""
    if authorization.isascii() and authorization.isprintable() and authorization.strip():
        return authorization.strip()
    raise AuthFailed(say("provider.key_spelling"), advice=say("provider.auth_advice"))


async def _pour(response: httpx.Response, sink: Sink, most_bytes: int) -> None:
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise httpx.DecodingError("the answer is compressed although that was not asked for")
    received = 0
    async for piece in response.aiter_raw(256 * 1024):
        received += len(piece)
        if received > most_bytes:
            raise httpx.DecodingError(f"the answer is longer than {most_bytes:,} bytes")
        sink.write(piece)


def _why(error: BaseException) -> str:
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return say("provider.timeout")
    return one_line(redacted(str(error))) or type(error).__name__


def as_unavailable(error: ProviderError) -> Unavailable:
    """The same fault, seen on a call that costs nothing and may be repeated."""
    return Unavailable(error.message, code=error.code, status=error.status)
