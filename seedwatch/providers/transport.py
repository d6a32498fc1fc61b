"""Sends paid requests and knows what may have arrived; with `downloads` the only user of httpx.

It never retries and never follows a redirect of a paid request. Each paid request has a fresh
connection: on a reused one "server disconnected" cannot be told from a lost answer (promises.md 2,
"Was the money spent?"). The split "could the provider have received it?" is made here alone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import anyio
import anyio.lowlevel
import httpx

from seedwatch.errors import AuthFailed, NotSent, OutcomeUnknown, Unavailable
from seedwatch.kill_points import is_armed
from seedwatch.providers.awake import awake_timeout
from seedwatch.providers.base import Body, Exchange, Reply
from seedwatch.providers.downloads import Downloads
from seedwatch.providers.wire import (
    CONNECT_S,
    QUIET_S,
    Endpoint,
    Kind,
    Sink,
    Tap,
    client,
    require_plain,
    stepped,
    tls_context,
    why,
    wire,
)
from seedwatch.texts import say

_MOST_ERROR_BYTES = 256 * 1024
_KEPT_OPEN = 16
_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)


class _Departure:
    """Whether the first byte of a request has left; told by httpcore's trace hook.

    What is said to a proxy to reach the provider (CONNECT) is not the request yet.
    """

    def __init__(self) -> None:
        self.has_begun = False

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(".send_request_headers.started"):
            self.has_begun = info["request"].method != b"CONNECT"
        stepped("paid", event)


async def _stepped(event: str, _info: Mapping[str, Any]) -> None:
    stepped("ask", event)


class Transport:
    """The connections of one account."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._base = httpx.URL(endpoint.base_url.rstrip("/"))
        context = tls_context(endpoint)
        self._paid = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(
                limits=httpx.Limits(max_keepalive_connections=0), **wire(endpoint, context)
            ),
            **client(),
        )
        self._free = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(
                limits=httpx.Limits(max_keepalive_connections=_KEPT_OPEN), **wire(endpoint, context)
            ),
            **client(),
        )
        self._downloads = Downloads(endpoint, context)

    async def warm(self) -> None:
        """Load what httpx loads with its first request, while nobody waits for that yet."""
        await anyio.lowlevel.checkpoint()

    async def close(self) -> None:
        """Close every connection."""
        await self._paid.aclose()
        await self._free.aclose()
        self._downloads.close()

    def download(self, url: str, sink: Sink, most_bytes: int, timeout_s: float) -> None:
        """Fetch a result; no key is sent along. Blocks, and may be repeated at no cost.

        Raises:
            HandleExpired: the link is no longer valid.
            AnswerUnreadable: what it leads to can never be a result.
            Unavailable: anything else went wrong; try again later.
        """
        self._downloads.fetch(url, sink, most_bytes, timeout_s)

    async def ask(self, exchange: Exchange, *, most_bytes: int, timeout_s: float) -> Reply:
        """Send an exchange that costs nothing and may be repeated; its whole answer in memory.

        Raises:
            AuthFailed: the key cannot be sent at all.
            Unavailable: there is no whole answer of bounded size; ask again later.
        """
        content = bytearray()
        try:
            async with asyncio.timeout(CONNECT_S + timeout_s):
                request = self._request(self._free, exchange, timeout_s, reads_s=timeout_s)
                if is_armed():
                    request.extensions["trace"] = _stepped
                response = await self._free.send(request, stream=True)
                async with contextlib.aclosing(response):
                    require_plain(response)
                    await _pour(response, _Bounded(content), most_bytes, "ask")
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise Unavailable(
                say("provider.not_reached", host=self._base.host, why=why(error))
            ) from error
        return Reply(response.status_code, dict(response.headers), bytes(content))

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
        connecting_s = 2 * min(CONNECT_S, timeout_s)  # TCP and TLS, which end by themselves
        try:
            request = self._paid_request(exchange, timeout_s, departure)
            async with awake_timeout(connecting_s + timeout_s):
                return await self._exchange(request, sink, most_bytes)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            if isinstance(error, _NEVER_LEFT) or not departure.has_begun:
                raise NotSent(
                    say("provider.not_sent", host=self._base.host, why=why(error)),
                    advice=say("provider.not_sent_advice"),
                ) from error
            raise OutcomeUnknown(
                say("provider.no_answer", host=self._base.host, why=why(error)),
                advice=say("provider.unsure_advice"),
            ) from error

    def _paid_request(
        self, exchange: Exchange, timeout_s: float, departure: _Departure
    ) -> httpx.Request:
        request = self._request(self._paid, exchange, timeout_s, reads_s=None)
        request.extensions["trace"] = departure
        return request

    def _request(
        self,
        client: httpx.AsyncClient,
        exchange: Exchange,
        timeout_s: float,
        *,
        reads_s: float | None,
    ) -> httpx.Request:
        """`reads_s`: the longest silence; None: the limit of the whole call decides (awake.py)."""
        if not exchange.path.startswith("/"):  # it would become a part of the host (T2)
            raise NotSent(say("provider.leads_away", host=self._base.host))
        headers = {"Accept": "application/json", **exchange.headers}
        if (authorization := self._endpoint.authorization()) is not None:
            headers["Authorization"] = _sendable(authorization)
        content: AsyncIterator[bytes] | None = None
        if exchange.body is not None:
            headers["Content-Type"] = exchange.body.content_type
            headers["Content-Length"] = str(exchange.body.content_length)
            content = _pieces(exchange.body)
        timeout = httpx.Timeout(QUIET_S, connect=min(CONNECT_S, timeout_s), read=reads_s)
        url = f"{self._base}{exchange.path}"
        return client.build_request(
            exchange.method, url, headers=headers, content=content, timeout=timeout
        )

    async def _exchange(self, request: httpx.Request, sink: Sink, most_bytes: int) -> Reply:
        response = await self._paid.send(request, stream=True)
        async with contextlib.aclosing(response):
            if response.is_success:
                await _pour(response, sink, most_bytes, "paid")
                require_plain(response)  # it is paid for: what came is kept all the same (P6)
                return Reply(response.status_code, dict(response.headers))
            require_plain(response)
            content = bytearray()
            await _pour(response, _Bounded(content), _MOST_ERROR_BYTES, "paid")
            return Reply(response.status_code, dict(response.headers), bytes(content))


async def _pieces(body: Body) -> AsyncIterator[bytes]:
    for piece in body.pieces():
        yield piece


class _Bounded:
    def __init__(self, into: bytearray) -> None:
        self._into = into

    def write(self, piece: bytes) -> None:
        self._into += piece


def _sendable(authorization: str) -> str:
    """The header's value, if it can be one; httpx would repeat a key it refuses in its error."""
    if authorization.isascii() and authorization.isprintable() and authorization.strip():
        return authorization.strip()
    raise AuthFailed(say("provider.key_spelling"), advice=say("provider.auth_advice"))


async def _pour(response: httpx.Response, sink: Sink, most_bytes: int, kind: Kind) -> None:
    tap = Tap(sink, most_bytes, kind)
    async for piece in response.aiter_raw():
        tap.pour(piece)
