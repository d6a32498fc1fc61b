"""Fetches results: free, repeatable, without a key, and only from where results may come."""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import structlog

from seedwatch.errors import AnswerUnreadable, HandleExpired, Unavailable
from seedwatch.kill_points import is_armed
from seedwatch.logs import one_line
from seedwatch.providers.addresses import is_public_name
from seedwatch.providers.result_network import ResultNetwork
from seedwatch.providers.wire import (
    CONNECT_S,
    QUIET_S,
    Endpoint,
    Sink,
    Tap,
    TooLongError,
    client,
    require_plain,
    stepped,
    why,
    wire,
)
from seedwatch.texts import say

_KEPT_OPEN = 16
_MOST_REDIRECTS = 3
PORTS: Container[int] = (443,)
"""of hosts other than the account's own"""
_GONE = {401, 403, 404, 410}
_MOST_NOTICED = 100
"""hosts that are named in the log; a service could make up new ones for ever"""

log = structlog.get_logger()


class Downloads:
    """The connections to result links of one account.

    They block and belong into threads: reading, hashing and writing megabytes there costs less
    than on the event loop, and leaves it free.
    """

    def __init__(self, endpoint: Endpoint, context: ssl.SSLContext) -> None:
        self._base = httpx.URL(endpoint.base_url.rstrip("/"))
        self._known = endpoint.result_hosts
        self._noticed: set[str] = set()
        transport = httpx.HTTPTransport(
            limits=httpx.Limits(max_keepalive_connections=_KEPT_OPEN), **wire(endpoint, context)
        )
        if endpoint.proxy is None:  # else the proxy looks hosts up, and connects
            # httpx has no setting for it; its pool has one, in every release that we allow
            transport._pool._network_backend = ResultNetwork(_own(self._base))  # noqa: SLF001
        self._client = httpx.Client(transport=transport, **client())

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def fetch(self, url: str, sink: Sink, most_bytes: int, timeout_s: float) -> None:
        """Fetch one result; blocks, so call it in a thread.

        Raises:
            HandleExpired: the link is no longer valid.
            AnswerUnreadable: what it leads to can never be a result.
            Unavailable: anything else went wrong; try again later.
        """
        deadline_at = time.monotonic() + timeout_s
        try:
            with self._following(url) as response:
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
                require_plain(response)
                tap = Tap(sink, most_bytes, "fetch", deadline_at)
                for piece in response.iter_raw():
                    tap.pour(piece)
        except (TooLongError, httpx.InvalidURL, UnicodeError) as error:  # or no link at all
            raise _never(say("provider.not_a_picture", why=why(error))) from error
        except httpx.HTTPError as error:
            raise Unavailable(say("provider.link_failed", why=why(error))) from error

    @contextmanager
    def _following(self, url: str) -> Iterator[httpx.Response]:
        for _ in range(_MOST_REDIRECTS + 1):
            target = self._allowed(url)
            timeout = httpx.Timeout(QUIET_S, connect=CONNECT_S)
            request = self._client.build_request("GET", target, timeout=timeout)
            if is_armed():
                request.extensions["trace"] = _stepped
            with contextlib.closing(self._client.send(request, stream=True)) as response:
                if not response.has_redirect_location:
                    yield response
                    return
                url = str(target.join(response.headers["Location"]))
        raise _never(say("provider.link_redirects"))

    def _allowed(self, url: str) -> httpx.URL:
        """The URL, if a result may be fetched from there (promises.md T1).

        https to public hosts at its usual port, or the very scheme, host and port of the account's
        own base URL.

        Raises:
            AnswerUnreadable: it leads elsewhere, and will the next time.
        """
        target = httpx.URL(url)
        own = (self._base.scheme, self._base.host, self._base.port)
        is_own = (target.scheme, target.host, target.port) == own
        host = target.raw_host.decode()
        is_public = (
            target.scheme == "https"
            and (443 if target.port is None else target.port) in PORTS
            and is_public_name(host)
        )
        if target.userinfo or not (is_own or is_public):
            raise _never(say("provider.link_refused", host=one_line(target.host)))
        if not is_own:
            self._notice(host.rstrip(".").lower())
        return target

    def _notice(self, host: str) -> None:
        """Say once of each host that it is not known; a paid picture is never lost to a list."""
        is_known = any(host == known or host.endswith(f".{known}") for known in self._known)
        if is_known or host in self._noticed or len(self._noticed) >= _MOST_NOTICED:
            return
        self._noticed.add(host)
        log.warning("result.elsewhere", host=host, account=self._base.host)


def _stepped(event: str, _info: Mapping[str, Any]) -> None:
    stepped("fetch", event)


def _own(base: httpx.URL) -> tuple[str, int | None]:
    return base.raw_host.decode(), base.port or {"http": 80, "https": 443}.get(base.scheme)


def _never(message: str) -> AnswerUnreadable:
    """Asking again would give the same: a person decides."""
    return AnswerUnreadable(message, advice=say("provider.link_gone_advice"))
