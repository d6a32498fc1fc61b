"""transport.send_paid: what goes over the wire, and which failures mean that nothing was sent."""

from __future__ import annotations

import asyncio
import errno
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from seedwatch.errors import AuthFailed, NotSent, OutcomeUnknown
from seedwatch.providers import transport as transport_module
from seedwatch.providers.base import Exchange, Reply
from seedwatch.providers.bodies import DataUri, JsonBody
from seedwatch.providers.transport import Transport
from tests.fakes.raw_server import (
    RawServer,
    Script,
    drop_by_drop,
    response,
    then_reset,
    then_silence,
)
from tests.providers.conftest import KEY, Connect, Witness

pytestmark = pytest.mark.anyio

ANSWER = b'{"data": [{"url": "https://host/x"}]}'


class Kept:
    """Where an answer goes."""

    def __init__(self) -> None:
        self.content = b""

    def write(self, piece: bytes, /) -> None:
        self.content += piece


def _post(fields: dict[str, Any] | None = None) -> Exchange:
    return Exchange("POST", "/images/generations", JsonBody(fields or {"prompt": "图"}))


async def _send(
    transport: Transport,
    sink: Any = None,
    *,
    fields: dict[str, Any] | None = None,
    most_bytes: int = 1 << 20,
    timeout_s: float = 10.0,
) -> Reply:
    return await transport.send_paid(
        _post(fields), sink or Kept(), most_bytes=most_bytes, timeout_s=timeout_s
    )


async def test_the_request_on_the_wire(connect: Connect) -> None:
    """Method, path below the base URL, JSON of a known length, the key, and nothing of habit."""
    body = {"prompt": "图", "image": DataUri("image/png", bytes(700_000))}
    async with RawServer(response(200, ANSWER)) as server:
        async with connect(f"{server.origin}/ark/api/v3/") as transport:
            await _send(transport, fields=body)
        (received,), host = server.received, server.origin.removeprefix("http://")
    assert (received.method, received.target) == ("POST", "/ark/api/v3/images/generations")
    assert received.headers == {
        "host": host,
        "connection": "keep-alive",
        "user-agent": "seedwatch",
        "accept": "application/json",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "content-length": str(JsonBody(body).content_length),
        "authorization": f"Bearer {KEY}",
    }
    assert received.body == b"".join(JsonBody(body).pieces())
    assert json.loads(received.body)["prompt"] == "图"


async def test_an_account_without_a_key_sends_none(connect: Connect) -> None:
    """`key: none` sends no Authorization header at all."""
    async with RawServer() as server:
        async with connect(server.origin, authorization=None) as transport:
            await _send(transport)
        assert "authorization" not in server.received[0].headers


async def test_a_good_answer_goes_to_the_sink(connect: Connect) -> None:
    """The body of a 2xx goes to the sink as it comes; the reply holds status and headers."""
    sink = Kept()
    good = response(200, ANSWER, {"X-Request-Id": "02abc"})
    async with RawServer(good) as server, connect(server.origin) as transport:
        reply = await _send(transport, sink)
    assert sink.content == ANSWER
    assert (reply.status, reply.content) == (200, b"")
    assert reply.headers["x-request-id"] == "02abc"


@pytest.mark.parametrize("status", [302, 400, 401, 408, 429, 500, 502])
async def test_any_other_answer_is_kept_apart(connect: Connect, status: int) -> None:
    """The body of an error is in the reply, and not a byte of it in the sink."""
    sink = Kept()
    refusal = response(status, b'{"error": {}}')
    async with RawServer(refusal) as server, connect(server.origin) as transport:
        reply = await _send(transport, sink)
    assert (reply.status, reply.content, sink.content) == (status, b'{"error": {}}', b"")


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
GOOD: dict[str, bytes] = {
    "chunked": CHUNKED + b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n",
    "until the connection closes": b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabcdef",
    "after early hints": b"HTTP/1.1 103 Early\r\nlink: x\r\n\r\n" + response(200, b"abcdef"),
    "after continue": b"HTTP/1.1 100 Continue\r\n\r\n" + response(200, b"abcdef"),
    "said to be as it is": response(200, b"abcdef", {"content-encoding": "Identity"}),
}


@pytest.mark.parametrize("form", GOOD)
async def test_every_form_of_a_whole_answer(connect: Connect, form: str) -> None:
    """Lengths, chunks, the end of the connection: all frame a whole answer."""
    sink = Kept()
    fake = RawServer(GOOD[form], keeps_alive=False)
    async with fake as server, connect(server.origin) as transport:
        assert (await _send(transport, sink)).status == 200
    assert sink.content == b"abcdef"


UNKNOWN: dict[str, Script] = {
    "reset": then_reset(),
    "closed": b"",
    "reset in the headers": then_reset(after=b"HTTP/1.1 200 OK\r\ncontent-le"),
    "closed in the headers": b"HTTP/1.1 200 OK\r\ncontent-le",
    "reset in the body": then_reset(after=response(200, b'{"data"', length=100)),
    "half a body": response(200, b'{"data": [', length=100),
    "half an error": response(400, b'{"error": ', length=100),
    "chunks without an end": CHUNKED + b"3\r\nabc\r\n",
    "half a chunk": CHUNKED + b"30\r\nabc",
    "broken chunks": CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
    "endless headers": b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 60_000,
    "compressed": response(200, b"\x1f\x8b\x08", {"content-encoding": "gzip"}),
    "too long": response(200, b"x" * 3000),
    "too long in chunks": CHUNKED + b"800\r\n" + b"x" * 2048 + b"\r\n0\r\n\r\n",
    "an endless error": response(500, b"x" * 300_000),
    "silence": then_silence(),
    "silence in the headers": then_silence(after=b"HTTP/1.1 200 OK\r\n"),
    "silence in the body": then_silence(after=response(200, b'{"data"', length=100)),
    "drop by drop": drop_by_drop(response(200, b"x" * 1000), 0.05),
}


@pytest.mark.fault(44)
@pytest.mark.fault(46)
@pytest.mark.fault(57)
@pytest.mark.fault(68)
@pytest.mark.parametrize("fault", UNKNOWN)
async def test_after_the_request_left_the_outcome_is_unknown(
    connect: Connect, witness: Witness, fault: str
) -> None:
    """Whatever goes wrong after the request was sent, it may have been paid (promises.md 2).

    Red when one of these is taken for "not sent": it would be sent, and paid, again.
    """
    is_slow = fault.startswith(("silence", "drop"))
    async with RawServer(UNKNOWN[fault], keeps_alive=False) as server:
        async with connect(server.origin) as transport:
            sending = _send(transport, most_bytes=1000, timeout_s=0.15 if is_slow else 10.0)
            error = await witness(sending)
        assert len(server.received) == 1
    assert type(error) is OutcomeUnknown
    assert "127.0.0.1" in str(error)


@pytest.mark.fault(44)
async def test_a_reset_while_the_body_leaves_is_unknown(connect: Connect, witness: Witness) -> None:
    """Bytes of the request had left: a service may have taken them for the whole."""
    picture = {"image": DataUri("image/png", bytes(8_000_000))}
    fake = RawServer(then_reset(), reads_body=False)
    async with fake as server, connect(server.origin) as transport:
        error = await witness(_send(transport, fields=picture))
    assert type(error) is OutcomeUnknown


@pytest.mark.fault(41)
async def test_a_refused_connection_is_not_sent(connect: Connect, witness: Witness) -> None:
    """Where nothing listens nothing was sent, and the text says so."""
    async with RawServer() as server:
        base_url = server.origin
    async with connect(base_url) as transport:
        error = await witness(_send(transport))
    assert type(error) is NotSent
    assert "Nothing was sent" in str(error)


@pytest.mark.fault(40)
async def test_a_name_that_is_not_known_is_not_sent(
    connect: Connect, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed look-up of the name is not sent (fault 40)."""

    def getaddrinfo(*_args: object, **_named: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    async with connect("https://api.example.com/v3") as transport:
        error = await witness(_send(transport))
    assert type(error) is NotSent


@pytest.mark.fault(41)
@pytest.mark.parametrize(("connect_s", "timeout_s"), [(0.1, 10.0), (10.0, 0.1)])
async def test_a_handshake_that_hangs_is_not_sent(
    connect: Connect,
    witness: Witness,
    monkeypatch: pytest.MonkeyPatch,
    connect_s: float,
    timeout_s: float,
) -> None:
    """As long as TLS is not agreed nothing was sent, whichever limit ends the wait.

    Red when the end of the whole time always counts as unknown.
    """
    monkeypatch.setattr(transport_module, "CONNECT_S", connect_s)
    async with RawServer(then_silence()) as server:
        async with connect(f"https://127.0.0.1:{server.port}") as transport:
            error = await witness(_send(transport, timeout_s=timeout_s))
        assert server.received == []
    assert type(error) is NotSent


async def test_each_paid_request_has_a_connection_of_its_own(connect: Connect) -> None:
    """On a used connection "disconnected" cannot be told from a lost answer (promises.md 2).

    Red when connections are kept: some of these would share one.
    """
    async with RawServer(response(200, ANSWER)) as server:
        async with connect(server.origin) as transport:
            for _ in range(3):
                await _send(transport)
            await asyncio.gather(*(_send(transport) for _ in range(4)))
            await _send(transport)
        assert len(server.received) == 8
        assert {received.connection for received in server.received} == set(range(1, 9))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(connect: Connect, status: int) -> None:
    """A paid request goes where the account says and nowhere else, and the key with it (T2).

    Red when redirects are followed.
    """
    async with RawServer() as elsewhere:
        moved = response(status, headers={"location": f"{elsewhere.origin}/x"})
        async with RawServer(moved) as server, connect(server.origin) as transport:
            reply = await _send(transport)
            assert len(server.received) == 1
        assert elsewhere.connection_count == 0
    assert reply.status == status


async def test_no_cookie_is_kept(connect: Connect) -> None:
    """What a service sets is not sent back: requests do not know of each other.

    Red when the client has an ordinary cookie jar.
    """
    async with RawServer(response(200, ANSWER, {"set-cookie": "session=1; Path=/"})) as server:
        async with connect(server.origin) as transport:
            await _send(transport)
            await _send(transport)
            await asyncio.to_thread(transport.download, f"{server.origin}/x", Kept(), 1000, 5.0)
        assert not [received for received in server.received if "cookie" in received.headers]
        assert len(server.received) == 3


@pytest.mark.fault(43)
async def test_proxies_of_the_environment_are_ignored(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the configuration names a proxy (fault 43); a .netrc is not read either.

    Red with `trust_env`.
    """
    async with RawServer() as proxy, RawServer(response(200, ANSWER)) as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.origin)
            monkeypatch.setenv(name.lower(), proxy.origin)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        async with connect(server.origin, authorization=None) as transport:
            await _send(transport)
        assert proxy.connection_count == 0
        assert len(server.received) == 1


async def test_a_netrc_is_not_read(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Passwords that lie in the home directory go nowhere."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    async with RawServer() as server:
        async with connect(server.origin, authorization=None) as transport:
            await _send(transport)
        assert "authorization" not in server.received[0].headers


@pytest.mark.fault(43)
async def test_a_configured_proxy_is_used(connect: Connect) -> None:
    """Plain requests are handed to the proxy of the account."""
    async with RawServer(response(200, ANSWER)) as proxy:
        async with connect("http://127.0.0.1:9/api", proxy=proxy.origin) as transport:
            assert (await _send(transport)).status == 200
        (received,) = proxy.received
    assert received.target == "http://127.0.0.1:9/api/images/generations"


PROXIES: dict[str, Script] = {
    "wants a password": response(407, headers={"proxy-authenticate": "Basic"}),
    "refuses": response(403, b"no"),
    "resets": then_reset(),
    "closes": b"",
    "is silent": then_silence(),
}


@pytest.mark.fault(43)
@pytest.mark.parametrize("fault", PROXIES)
async def test_a_proxy_that_makes_no_tunnel(connect: Connect, witness: Witness, fault: str) -> None:
    """Without a tunnel nothing was sent, and the proxy never sees the key (fault 43).

    Red when the words said to the proxy count as the request.
    """
    async with RawServer(PROXIES[fault], keeps_alive=False) as proxy:
        async with connect("https://api.example.com", proxy=proxy.origin) as transport:
            error = await witness(_send(transport, timeout_s=0.2))
        (received,) = proxy.received
    assert (received.method, received.target) == ("CONNECT", "api.example.com:443")
    assert "authorization" not in received.headers
    assert type(error) is NotSent


@pytest.mark.fault(43)
async def test_a_dead_proxy_is_not_sent(connect: Connect, witness: Witness) -> None:
    """A proxy that does not answer the phone is like a host that does not."""
    async with RawServer() as proxy:
        origin = proxy.origin
    async with connect("https://api.example.com", proxy=origin) as transport:
        error = await witness(_send(transport))
    assert type(error) is NotSent


@pytest.mark.parametrize(
    "authorization",
    [f"Bearer {KEY}\n", f"Bearer {KEY}\r\nX-Evil: 1", "Bearer 密钥" + KEY, f"{KEY}\0", " ", ""],
)
async def test_a_key_that_cannot_be_sent_is_not_quoted(
    connect: Connect, witness: Witness, authorization: str
) -> None:
    """A line break or a foreign letter in the key is told without it, before anything is sent.

    Red when the HTTP library finds it: its error repeats the header.
    """
    if authorization.endswith("\n"):
        authorization += "x"
    async with RawServer() as server:
        async with connect(server.origin, authorization=authorization) as transport:
            error = await witness(_send(transport))
        assert server.connection_count == 0
    assert type(error) is AuthFailed


@pytest.mark.fault(8)
async def test_an_answer_that_cannot_be_kept_is_told(connect: Connect, witness: Witness) -> None:
    """A full disk while the answer arrives is told as such; the caller knows that it was paid."""

    class Full:
        def write(self, piece: bytes, /) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    async with RawServer(response(200, ANSWER)) as server, connect(server.origin) as transport:
        error = await witness(_send(transport, Full()))
    assert isinstance(error, OSError)
    assert error.errno == errno.ENOSPC


async def test_a_cancelled_call_ends_at_once(connect: Connect) -> None:
    """Cancelling is never swallowed, and the connection is closed."""
    async with RawServer(then_silence()) as server, connect(server.origin) as transport:
        sending = asyncio.create_task(_send(transport))
        await server.has_received.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending


async def test_dead_connections_are_noticed_by_tcp(connect: Connect) -> None:
    """TCP keepalive is on: a generation is silent for minutes (promises.md 2)."""
    async with RawServer(response(200, ANSWER)) as server, connect(server.origin) as transport:
        request = transport._paid.build_request("GET", server.origin)
        answer = await transport._paid.send(request, stream=True)
        connection = answer.extensions["network_stream"].get_extra_info("socket")
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        await answer.aclose()
