"""Where results may come from: a corpus of links, a resolver that lies, unknown hosts."""

from __future__ import annotations

import asyncio
import io
import json
import ssl
from collections.abc import Callable, Iterable
from typing import Any

import httpcore
import pytest

from seedwatch.errors import ProviderError, Unavailable
from seedwatch.providers.downloads import Downloads
from seedwatch.providers.result_network import ResultNetwork
from seedwatch.providers.wire import Endpoint
from tests.fakes.raw_server import RawServer, response
from tests.providers.conftest import KEY
from tests.providers.links import NAMED, REFUSED
from tests.providers.test_paid_requests import Kept

pytestmark = [pytest.mark.anyio, pytest.mark.fault(66)]
CONTEXT = ssl.create_default_context()


class Witness(httpcore.SyncBackend):
    """Connects nowhere; counts who would have been connected to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, int]] = []

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.NetworkStream:
        self.asked.append((host, port))
        raise httpcore.ConnectError("nobody is connected to in this test")


Made = tuple[Downloads, Witness]


def _downloads(
    resolve: Callable[[str, int], Iterable[str]],
    base_url: str = "https://api.example.com/v1",
    known: tuple[str, ...] = (),
) -> Made:
    endpoint = Endpoint(base_url, lambda: f"Bearer {KEY}", result_hosts=known)
    made, witness = Downloads(endpoint, CONTEXT), Witness()
    transport: Any = made._client._transport
    network = ResultNetwork(("api.example.com", 443), resolve)
    network._system = witness
    transport._pool._network_backend = network
    return made, witness


def _outcome(downloads: Downloads, url: str) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        downloads.fetch(url, Kept(), 1000, 5.0)
    return caught.value


def test_no_link_of_the_corpus_is_connected_to() -> None:
    """Over 150 links to this machine, this network, odd schemes, ports and spellings (T1).

    Breaks if only plain spellings are judged, or a port other than 443 is allowed.
    """
    downloads, witness = _downloads(lambda _host, _port: ["8.8.8.8"])
    assert len(set(REFUSED) | set(NAMED)) >= 150
    for url in REFUSED:
        _outcome(downloads, url)
        assert witness.asked == [], url
    downloads.close()


def test_no_name_that_leads_inside_is_connected_to() -> None:
    """Public names whose look-up gives an address of this machine (T1).

    Breaks if a name is not resolved and judged before it is connected to.
    """
    downloads, witness = _downloads(lambda _host, _port: ["127.0.0.1"])
    for url in NAMED:
        _outcome(downloads, url)
    assert witness.asked == []
    downloads.close()


def test_links_to_public_hosts_are_connected_to() -> None:
    """The corpus is not refused because everything is: the negative control of those above."""
    downloads, witness = _downloads(lambda _host, _port: ["8.8.8.8"])
    for url in ("https://good.example.com/a?X=1", "https://8.8.4.4/", "https://[2001:4860::88]/a"):
        assert type(_outcome(downloads, url)) is Unavailable
    assert witness.asked == [("8.8.8.8", 443)] * 3
    downloads.close()


def test_a_resolver_that_changes_its_mind() -> None:
    """Public at the first look-up, this machine later: what was checked is connected to (T1).

    Breaks if the name is resolved again for the connection.
    """
    answers = ["8.8.8.8"]
    looks: list[str] = []

    def rebinding(host: str, _port: int) -> list[str]:
        looks.append(host)
        return [answers.pop()] if answers else ["127.0.0.1"]

    downloads, witness = _downloads(rebinding)
    _outcome(downloads, "https://good.example.com/a.png")
    assert (looks, witness.asked) == (["good.example.com"], [("8.8.8.8", 443)])
    _outcome(downloads, "https://good.example.com/a.png")
    assert (len(looks), witness.asked) == (2, [("8.8.8.8", 443)])
    downloads.close()


async def test_every_step_of_a_redirect_is_judged() -> None:
    """A redirect of the account's own host to any link of the corpus is not followed (fault 66)."""
    moved = [
        response(302, headers={"location": url})
        for url in (*REFUSED, *NAMED)
        if url.startswith(("http", "file", "ftp")) and url.isascii() and url.isprintable()
    ]
    async with RawServer(*moved) as server:
        downloads, witness = _downloads(lambda _host, _port: ["127.0.0.1"], server.origin)
        downloads._client._transport._pool._network_backend._own = (  # type: ignore[attr-defined]
            "127.0.0.1",
            server.port,
        )
        system = httpcore.SyncBackend()

        def connect(host: str, port: int, *rest: Any, **named: Any) -> httpcore.NetworkStream:
            if port != server.port:
                witness.asked.append((host, port))
            return system.connect_tcp(host, port, *rest, **named)

        witness.connect_tcp = connect  # type: ignore[method-assign]
        for _ in moved:
            await asyncio.to_thread(_outcome, downloads, f"{server.origin}/x")
        assert witness.asked == []
        assert len(server.received) >= len(moved)
        downloads.close()


def test_a_host_that_is_not_known_is_told_once(logged: io.StringIO) -> None:
    """A paid picture is never lost to a list: it is fetched, and the log names its host once (T1).

    Breaks if an unknown host is refused, or never named.
    """
    downloads, witness = _downloads(lambda _host, _port: ["8.8.8.8"], known=("volces.com",))
    for url in (
        "https://x.tos-cn-beijing.volces.com/a",
        "https://VOLCES.com/a",
        "https://evilvolces.com/a?Signature=secret",
        "https://evilvolces.com./b",
    ):
        _outcome(downloads, url)
    assert len(witness.asked) == 4
    told = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert [(row["event"], row["host"]) for row in told] == [("result.elsewhere", "evilvolces.com")]
    downloads.close()
