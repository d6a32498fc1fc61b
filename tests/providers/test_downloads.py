"""transport.download: only from where results may come, whole, bounded, and without a key."""

from __future__ import annotations

import asyncio
import errno
import ssl
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedwatch.errors import AnswerUnreadable, HandleExpired, ProviderError, Unavailable
from seedwatch.providers import downloads as downloads_module
from seedwatch.providers.transport import Transport
from seedwatch.providers.wire import Endpoint
from tests.fakes.raw_server import (
    RawServer,
    Script,
    drop_by_drop,
    response,
    then_reset,
    then_silence,
)
from tests.providers.conftest import KEY, Connect, Witness
from tests.providers.test_paid_requests import CHUNKED, Kept

pytestmark = pytest.mark.anyio
PICTURE = bytes(range(256)) * 4000
NO_TLS = ssl.create_default_context()


async def _fetch(
    transport: Transport,
    url: str,
    sink: Any = None,
    *,
    most_bytes: int = 2_000_000,
    timeout_s: float = 10.0,
) -> None:
    await asyncio.to_thread(transport.download, url, sink or Kept(), most_bytes, timeout_s)


@pytest.fixture
async def elsewhere() -> AsyncIterator[RawServer]:
    """A host on this machine that must never be reached."""
    async with RawServer() as server:
        yield server
        assert server.connection_count == 0


async def test_a_result_is_fetched_without_the_key(connect: Connect) -> None:
    """Also from the account's own host a download carries no key, and its query as it stands."""
    sink, target = Kept(), "/files/a%2Fb%20c_0.jpeg?X-Tos-Signature=ab%2Bc+d/e==&x=%7E~;y"
    async with RawServer(response(200, PICTURE)) as server:
        async with connect(f"{server.origin}/ark/api/v3") as transport:
            await _fetch(transport, server.origin + target, sink)
        (received,) = server.received
    assert sink.content == PICTURE
    assert (received.method, received.target) == ("GET", target)
    assert received.headers["accept-encoding"] == "identity"
    assert "authorization" not in received.headers


async def test_downloads_share_connections(connect: Connect) -> None:
    """GETs are free and repeatable: they may use a connection again."""
    async with RawServer(response(200, b"x")) as server, connect(server.origin) as transport:
        for _ in range(5):
            await _fetch(transport, f"{server.origin}/x")
        assert len(server.received) == 5
        assert server.connection_count == 1


@pytest.mark.fault(65)
@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_link_that_is_over(connect: Connect, witness: Witness, status: int) -> None:
    """The host says that it does not have the picture (any more): a person decides (fault 65)."""
    async with RawServer(response(status)) as server, connect(server.origin) as transport:
        error = await witness(_fetch(transport, f"{server.origin}/x"))
    assert type(error) is HandleExpired
    assert error.status == status


FAULTS: dict[str, Script] = {
    **{f"status {n}": response(n) for n in (400, 408, 409, 429, 500, 502, 503, 504, 304)},
    "reset": then_reset(),
    "closed": b"",
    "half": response(200, b"x" * 500, length=1000),
    "half a chunk": CHUNKED + b"800\r\nx",
    "chunks without an end": CHUNKED + b"3\r\nabc\r\n",
    "reset in the body": then_reset(after=response(200, b"x", length=1000)),
    "compressed": response(200, b"x", {"content-encoding": "gzip"}),
    "no HTTP": b"\x00\x01\x02\r\n\r\n",
    "redirect to nonsense": response(302, headers={"location": "http://[::1"}),
    "drop by drop": drop_by_drop(response(200, b"x" * 1000), 0.005),
    "silence in the body": then_silence(after=response(200, b"x", length=1000)),
    "silence": then_silence(),
}


@pytest.mark.fault(67)
@pytest.mark.parametrize("fault", FAULTS)
async def test_what_may_pass_is_tried_again(
    connect: Connect, witness: Witness, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """What may be a fault of the moment is tried again: the picture is paid, looks are free.

    Red when half a picture counts as one (fault 67).
    """
    monkeypatch.setattr(downloads_module, "QUIET_S", 0.15)
    async with RawServer(FAULTS[fault], keeps_alive=False) as server:
        async with connect(server.origin) as transport:
            fetching = _fetch(transport, f"{server.origin}/x", most_bytes=1000, timeout_s=0.3)
            error = await witness(fetching)
        assert len(server.received) <= 4
    assert type(error) is Unavailable


NEVER: dict[str, Script] = {
    "too long": response(200, b"x" * 5000),
    "too long in chunks": CHUNKED + b"1388\r\n" + b"x" * 5000 + b"\r\n0\r\n\r\n",
    "redirect to nowhere": response(302, headers={"location": ""}),
    "redirect without end": response(302, headers={"location": "/x"}),
}


@pytest.mark.fault(68)
@pytest.mark.parametrize("fault", NEVER)
async def test_what_will_never_be_a_result_is_held(
    connect: Connect, witness: Witness, fault: str
) -> None:
    """Too long, or a link without an end: asking again gives the same, so a person decides.

    Red when the length has no bound (fault 68), or redirects have none.
    """
    async with RawServer(NEVER[fault]) as server, connect(server.origin) as transport:
        error = await witness(_fetch(transport, f"{server.origin}/x", most_bytes=1000))
        assert len(server.received) <= 4
    assert type(error) is AnswerUnreadable


@pytest.mark.fault(67)
async def test_a_slow_result_ends_at_its_deadline(connect: Connect, witness: Witness) -> None:
    """Drops that keep coming do not keep a thread for ever."""
    slow = drop_by_drop(response(200, b"x" * 10_000), 0.005)
    async with RawServer(slow) as server, connect(server.origin) as transport:
        error = await witness(_fetch(transport, f"{server.origin}/x", timeout_s=0.4))
    assert type(error) is Unavailable


async def test_a_refused_connection_may_pass(connect: Connect, witness: Witness) -> None:
    """A host that is not there now may be there later."""
    async with RawServer() as server:
        origin = server.origin
    async with connect(origin) as transport:
        error = await witness(_fetch(transport, f"{origin}/x"))
    assert type(error) is Unavailable


async def test_three_redirects_are_followed(connect: Connect) -> None:
    """Relative or absolute, within the account's own host; the fourth would be too many."""
    sink = Kept()
    async with RawServer() as server:
        server.scripts = [
            response(301, headers={"location": "/two?a=1"}),
            response(302, headers={"location": f"{server.origin}/three"}),
            response(307, headers={"location": "four"}),
            response(200, b"picture"),
        ]
        async with connect(server.origin) as transport:
            await _fetch(transport, f"{server.origin}/one", sink)
        targets = [received.target for received in server.received]
    assert targets == ["/one", "/two?a=1", "/three", "/four"]
    assert sink.content == b"picture"


def _forbidden(elsewhere: RawServer) -> list[str]:
    port = elsewhere.port
    return [
        f"{elsewhere.origin}/x",  # the account's own host name on another port
        f"http://localhost:{port}/x",
        f"https://127.0.0.1:{port}/x",
        f"https://localhost:{port}/x",
        f"https://127.1:{port}/x",
        f"https://2130706433:{port}/x",
        f"https://0x7f.0.0.1:{port}/x",
        f"https://[::ffff:127.0.0.1]:{port}/x",
        f"https://[::1]:{port}/x",
        f"https://0.0.0.0:{port}/x",
        "https://169.254.169.254/latest/meta-data",
        "http://pictures.example.com/x",  # not encrypted
        "https://user:word@pictures.example.com/x",
        "file:///etc/passwd",
        "ftp://pictures.example.com/x",
        "data:image/png;base64,QUJD",
        "//pictures.example.com/x"[2:],
        "gopher://x",
        "https://",
        "https:///x",
        "",
        "\x00",
        "https://exa mple.com/x",
        "https://pictures.example.com:port/x",
    ]


async def test_where_a_result_may_not_come_from(
    connect: Connect, witness: Witness, elsewhere: RawServer
) -> None:
    """A link to this machine, this network, without TLS, or of no sense is never opened (T1).

    Red when the address is not judged: the listener counts connections.
    """
    async with RawServer() as server, connect(server.origin) as transport:
        for url in _forbidden(elsewhere):
            error = await witness(_fetch(transport, url))
            assert type(error) is AnswerUnreadable, url
        assert server.connection_count == 0


async def test_where_a_redirect_may_not_lead(
    connect: Connect, witness: Witness, elsewhere: RawServer
) -> None:
    """Each step of a redirect is judged like the first (fault 66).

    Red when the library follows redirects by itself.
    """
    async with RawServer() as server, connect(server.origin) as transport:
        for url in _forbidden(elsewhere)[:16]:  # the others are no addresses
            server.scripts = [response(302, headers={"location": url})]
            error = await witness(_fetch(transport, f"{server.origin}/x"))
            assert type(error) is AnswerUnreadable, url
        assert len(server.received) == 16


async def test_a_password_in_the_own_hosts_link_is_refused(
    connect: Connect, witness: Witness
) -> None:
    """No credentials on downloads, not even those of the link itself."""
    async with RawServer() as server, connect(server.origin) as transport:
        url = f"{server.origin}/x".replace("//", "//user:word@")
        assert type(await witness(_fetch(transport, url))) is AnswerUnreadable
        assert server.connection_count == 0


async def test_no_cookie_goes_from_one_result_to_the_next(connect: Connect) -> None:
    """What a host of results sets is not sent back, over redirects either."""
    async with RawServer() as server:
        cookie = {"set-cookie": "id=1; Path=/"}
        server.scripts = [
            response(302, headers={"location": "/y", **cookie}),
            response(200, b"x", cookie),
        ]
        async with connect(server.origin) as transport:
            await _fetch(transport, f"{server.origin}/x")
            await _fetch(transport, f"{server.origin}/z")
        assert not [received for received in server.received if "cookie" in received.headers]


@pytest.mark.fault(8)
async def test_a_full_disk_is_told_as_such(connect: Connect, witness: Witness) -> None:
    """That the result cannot be kept is not the provider's fault."""

    class Full:
        def write(self, piece: bytes, /) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    async with RawServer(response(200, PICTURE)) as server, connect(server.origin) as transport:
        error = await witness(_fetch(transport, f"{server.origin}/x", Full()))
    assert isinstance(error, OSError)
    assert error.errno == errno.ENOSPC


links = st.one_of(
    st.text(st.characters(), max_size=40),
    st.text(st.characters(), max_size=20).map(lambda text: f"https://{text}"),
    st.text(st.characters(), max_size=20).map(lambda text: f"https://127.0.0.1{text}"),
    st.text(st.characters(), max_size=20).map(lambda text: f"http://127.0.0.1:9/{text}"),
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)
@given(links)
def test_no_link_makes_a_crash(url: str) -> None:
    """Whatever a provider writes where a link belongs, it is one of the documented errors.

    Nothing listens on port 9; names are not looked up here.
    """
    endpoint = Endpoint("http://127.0.0.1:9", lambda: f"Bearer {KEY}")
    results = downloads_module.Downloads(endpoint, NO_TLS)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(downloads_module, "is_public_name", lambda _host: False)
        with pytest.raises(ProviderError):
            results.fetch(url, Kept(), 1000, 1.0)
    results.close()
