"""Result hosts are looked up once, and only the public address that was checked is connected to."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpcore
import pytest

from seedwatch.providers import result_network
from seedwatch.providers.result_network import ResultNetwork
from tests.fakes.raw_server import RawServer

pytestmark = [pytest.mark.anyio, pytest.mark.fault(66)]
OWN = ("api.example.com", 443)


@pytest.fixture
async def inside() -> AsyncIterator[RawServer]:
    """A service of this machine that must never be reached."""
    async with RawServer() as server:
        yield server
        assert server.connection_count == 0


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["10.0.0.5"],
        ["169.254.169.254"],
        ["100.64.0.1"],
        ["198.18.0.7"],
        ["fe80::1%eth0"],
        ["fc00::1"],
        ["0.0.0.0"],
        ["1.1.1.1", "127.0.0.1"],
    ],
)
async def test_a_name_that_leads_inside_is_not_connected_to(
    inside: RawServer, addresses: list[str]
) -> None:
    """One private address among those of a host is enough (promises.md T1).

    Breaks if only the first address is checked, or none.
    """
    network = ResultNetwork(OWN, lambda _host, _port: addresses)
    with pytest.raises(httpcore.ConnectError, match="no public address"):
        network.connect_tcp("pictures.example.com", inside.port, timeout=5)


async def test_a_name_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second answer could be another one (DNS rebinding): what was checked is connected to.

    Breaks if the connection is made by name.
    """
    answers = [["127.0.0.1"]]
    monkeypatch.setattr(result_network, "is_public_address", lambda _: True)
    async with RawServer() as server:
        network = ResultNetwork(OWN, lambda _host, _port: answers.pop())
        stream = network.connect_tcp("pictures.invalid", server.port, timeout=5)
        assert stream.get_extra_info("server_addr") == ("127.0.0.1", server.port)
        stream.close()
    assert answers == []


async def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host with an address that does not answer is reached at another one."""
    monkeypatch.setattr(result_network, "is_public_address", lambda _: True)
    async with RawServer() as server:
        network = ResultNetwork(OWN, lambda _host, _port: ["127.0.0.9", "127.0.0.1"])
        stream = network.connect_tcp("pictures.invalid", server.port, timeout=5)
        assert stream.get_extra_info("server_addr") == ("127.0.0.1", server.port)
        stream.close()


async def test_the_accounts_own_host_may_be_inside() -> None:
    """A relay in the local network gives its results itself; another port of it is foreign."""
    async with RawServer() as server:
        network = ResultNetwork(("localhost", server.port), lambda _host, _port: ["127.0.0.1"])
        network.connect_tcp("localhost", server.port, timeout=5).close()
        with pytest.raises(httpcore.ConnectError, match="no public address"):
            network.connect_tcp("localhost", server.port + 1, timeout=5)
