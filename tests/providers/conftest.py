"""An account whose key is a canary, its connections, and a witness of everything that is told."""

from __future__ import annotations

import io
import logging
import ssl
import traceback
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
import structlog

from seedwatch import logs
from seedwatch.errors import ProviderError
from seedwatch.providers.transport import Transport
from seedwatch.providers.wire import Endpoint
from tests.canary import ODD_KEY as KEY

FORMS = (KEY, KEY[:12], KEY[-12:], quote(KEY, safe=""), b64encode(KEY.encode()).decode())
TLS = Path(__file__).parents[1] / "data" / "tls"

Connect = Callable[..., AbstractAsyncContextManager[Transport]]
Witness = Callable[[Awaitable[object]], Awaitable[BaseException]]


def names_key(text: str) -> bool:
    """Whether any form of the key stands in it."""
    return any(form in text for form in FORMS)


@pytest.fixture
def connect() -> Connect:
    """Opens the connections of an account with the canary key; closed at the end of the test."""

    @asynccontextmanager
    async def opened(
        base_url: str,
        *,
        proxy: str | None = None,
        trusts: bool = True,
        authorization: str | None = f"Bearer {KEY}",
    ) -> AsyncIterator[Transport]:
        ca_file = TLS / "authority.pem" if trusts else None
        transport = Transport(Endpoint(base_url, lambda: authorization, proxy, ca_file))
        try:
            yield transport
        finally:
            await transport.close()

    return opened


@pytest.fixture
def certificate() -> Callable[[str], ssl.SSLContext]:
    """A server's side of TLS with one of the test certificates."""

    def made(name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(TLS / f"{name}.pem")
        return context

    return made


@pytest.fixture(autouse=True)
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What our own log says during the test."""
    monkeypatch.setattr(logs, "_registered", set())
    logs.hide(KEY)
    before = structlog.get_config()
    stream = io.StringIO()
    logs.set_up(stream)
    yield stream
    structlog.configure(**before)
    assert not names_key(stream.getvalue())


@pytest.fixture(autouse=True)
def _no_library_tells_the_key(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Not even at the most talkative level of every library does the key appear in a log (P14)."""
    for name in ("httpx", "httpcore", "asyncio"):
        caplog.set_level(logging.DEBUG, name)
    yield
    assert not names_key(caplog.text)


@pytest.fixture
def witness() -> Witness:
    """Awaits something that fails and returns its error, of which no form may tell the key."""

    async def raised(failing: Awaitable[object]) -> BaseException:
        with pytest.raises((ProviderError, OSError)) as caught:
            await failing
        error = caught.value
        structlog.get_logger().error("task.broke", exc_info=error, why=error)
        told = [str(error), repr(error), *traceback.format_exception(error), str(vars(error))]
        assert not [text for text in told if names_key(text)]
        return error

    return raised
