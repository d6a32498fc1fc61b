"""The key goes to the scheme, host and port of its account, and nowhere else (T2)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from seedwatch.errors import NotSent, ProviderError
from seedwatch.providers.base import Exchange
from seedwatch.providers.bodies import JsonBody
from tests.fakes.raw_server import RawServer, response
from tests.providers.conftest import KEY, Connect, names_key
from tests.providers.test_paid_requests import Kept

pytestmark = [pytest.mark.anyio, pytest.mark.fault(43)]
PAID = Exchange("POST", "/images", JsonBody({"model": "m"}))


async def test_every_header_of_every_kind_of_call(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two hosts note every byte: only calls of the account's own service carry the key (T2).

    The environment names a proxy, a .netrc and a certificate; nothing of it is believed. Breaks if
    redirects are followed, `trust_env` is on, or downloads share the client of the calls.
    """
    async with RawServer(response(200, b"x")) as elsewhere:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, elsewhere.origin)
        (tmp_path / ".netrc").write_text("machine 127.0.0.1 login u password from-netrc\n")
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        monkeypatch.setenv("HOME", str(tmp_path))
        moved = response(307, b"{}", {"location": f"{elsewhere.origin}/x", "set-cookie": "a=b"})
        async with RawServer(moved) as own, connect(f"{own.origin}/v1") as transport:
            await transport.send_paid(PAID, Kept(), most_bytes=100, timeout_s=5.0)
            await transport.ask(Exchange("GET", "/tasks/1"), most_bytes=100, timeout_s=5.0)
            for link in (f"{own.origin}/files/a", f"{elsewhere.origin}/a"):
                with pytest.raises(ProviderError):
                    await asyncio.to_thread(transport.download, link, Kept(), 100, 5.0)
        paid, asked, fetched = own.received
        assert [r.headers.get("authorization") for r in (paid, asked)] == [f"Bearer {KEY}"] * 2
        assert not names_key(repr(fetched))
        assert "cookie" not in asked.headers | fetched.headers
        assert elsewhere.connection_count == 0


@pytest.mark.parametrize(
    "path", ["@{}/v1", ".evil.example/x", ":1/x", "{}", "\\@{}", "@evil.example:443/x"]
)
async def test_no_path_leads_to_another_host(connect: Connect, path: str) -> None:
    """Whatever a service makes of a path, it cannot move the key to another host or port (T2).

    Breaks if base URL and path are only written one after the other.
    """
    async with RawServer(response(200, b"{}")) as elsewhere, RawServer(response(200)) as own:
        host = elsewhere.origin.removeprefix("http://")
        odd = Exchange("POST", path.format(host), JsonBody({"model": "m"}))
        async with connect(own.origin) as transport:
            with pytest.raises(NotSent):
                await transport.send_paid(odd, Kept(), most_bytes=100, timeout_s=5.0)
        assert elsewhere.connection_count == own.connection_count == 0
