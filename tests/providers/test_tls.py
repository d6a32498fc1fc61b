"""transport over TLS: a host that cannot prove who it is gets not a byte of HTTP."""

from __future__ import annotations

import asyncio
import socket
import ssl
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from seedwatch.errors import AnswerUnreadable, NotSent, Unavailable
from seedwatch.providers import downloads, result_network
from tests.fakes.raw_server import RawServer, response
from tests.providers.conftest import KEY, Connect, Witness
from tests.providers.test_paid_requests import ANSWER, Kept, _send

pytestmark = pytest.mark.anyio
Certificate = Callable[[str], ssl.SSLContext]


@contextmanager
def _named(monkeypatch: pytest.MonkeyPatch, host: str) -> Iterator[None]:
    """Let a public name lead to this machine, as a foreign result host would be elsewhere."""
    real = socket.getaddrinfo

    def getaddrinfo(name: object, *args: object, **named: object) -> object:
        known = "127.0.0.1" if name in {host, host.encode()} else name
        return real(known, *args, **named)  # type: ignore[arg-type]  # passes on what it got

    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", getaddrinfo)
        patched.setattr(result_network, "is_public_address", lambda _: True)
        patched.setattr(downloads, "PORTS", range(1, 1 << 16))
        yield


async def test_a_trusted_host_gets_the_request(connect: Connect, certificate: Certificate) -> None:
    """With the account's own `ca_file` a private authority is trusted."""
    server = RawServer(response(200, ANSWER), tls=certificate("good"))
    async with server, connect(server.origin) as transport:
        assert (await _send(transport)).status == 200
    assert server.received[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.fault(42)
@pytest.mark.parametrize(
    ("name", "trusts"), [("good", False), ("other-host", True), ("expired", True)]
)
async def test_a_doubtful_certificate_ends_it(
    connect: Connect, certificate: Certificate, witness: Witness, name: str, trusts: bool
) -> None:
    """Unknown authority, another host, expired: not sent, and nothing was said in HTTP (fault 42).

    Red when verification is off.
    """
    server = RawServer(tls=certificate(name))
    async with server, connect(server.origin, trusts=trusts) as transport:
        error = await witness(_send(transport))
        assert server.received == []
    assert type(error) is NotSent


@pytest.mark.fault(42)
async def test_an_old_protocol_ends_it(
    connect: Connect, certificate: Certificate, witness: Witness
) -> None:
    """TLS 1.1 is not spoken."""
    context = certificate("good")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
    server = RawServer(tls=context)
    async with server, connect(server.origin) as transport:
        error = await witness(_send(transport))
        assert server.received == []
    assert type(error) is NotSent


@pytest.mark.fault(42)
async def test_a_host_without_tls_ends_it(connect: Connect, witness: Witness) -> None:
    """An https address that answers in plain words gets nothing."""
    server = RawServer(speaks_first=b"HTTP/1.1 400 Bad Request\r\n\r\n")
    async with server, connect(f"https://127.0.0.1:{server.port}") as transport:
        error = await witness(_send(transport))
        assert server.received == []
    assert type(error) is NotSent


async def test_a_result_on_another_host_is_fetched_without_the_key(
    connect: Connect, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A public https host gets a bare GET: no key, no cookie, the signed query as it stands (T2).

    Red when downloads use the account's client.
    """
    sink, query = Kept(), "X-Tos-Credential=AK%2F20251114%2Fcn&X-Tos-Signature=ab+c/d==&x=%7e~"
    fake = RawServer(response(200, b"picture"), tls=certificate("good"))
    async with fake as server, connect("https://api.example.com/v3") as transport:
        url = f"https://pictures.example.com:{server.port}/d/02_0.jpeg?{query}"
        with _named(monkeypatch, "pictures.example.com"):
            await asyncio.to_thread(transport.download, url, sink, 1000, 5.0)
        (received,) = server.received
    assert sink.content == b"picture"
    assert received.target == f"/d/02_0.jpeg?{query}"
    assert set(received.headers) <= {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "user-agent",
    }


async def test_a_foreign_host_is_not_asked_without_tls(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, witness: Witness
) -> None:
    """Plain http is for the account's own origin only; anybody could answer in another's place."""
    async with RawServer() as server, connect("https://api.example.com/v3") as transport:
        url = f"http://pictures.example.com:{server.port}/x"
        with _named(monkeypatch, "pictures.example.com"):
            error = await witness(asyncio.to_thread(transport.download, url, Kept(), 1000, 5.0))
        assert server.connection_count == 0
    assert type(error) is AnswerUnreadable


async def test_a_result_host_has_to_prove_itself(
    connect: Connect, certificate: Certificate, monkeypatch: pytest.MonkeyPatch, witness: Witness
) -> None:
    """A name that was led astray cannot show the certificate: nothing is fetched (T1)."""
    fake = RawServer(response(200, b"picture"), tls=certificate("other-host"))
    async with fake as server, connect("https://api.example.com/v3") as transport:
        url = f"https://pictures.example.com:{server.port}/x"
        with _named(monkeypatch, "pictures.example.com"):
            error = await witness(asyncio.to_thread(transport.download, url, Kept(), 1000, 5.0))
        assert server.received == []
    assert type(error) is Unavailable


async def test_a_redirect_to_another_host_takes_no_key_along(
    connect: Connect, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the account's own host to a foreign one: neither sees Authorization on a download."""
    sink = Kept()
    foreign = RawServer(response(200, b"picture"), tls=certificate("good"))
    async with foreign:
        moved = response(
            302, headers={"location": f"https://pictures.example.com:{foreign.port}/y"}
        )
        async with RawServer(moved) as own, connect(own.origin) as transport:
            with _named(monkeypatch, "pictures.example.com"):
                await asyncio.to_thread(transport.download, f"{own.origin}/x", sink, 1000, 5.0)
            received = [*own.received, *foreign.received]
    assert [each.target for each in received] == ["/x", "/y"]
    assert not [each for each in received if "authorization" in each.headers]
    assert sink.content == b"picture"
