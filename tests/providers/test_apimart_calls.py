"""Whole exchanges of APIMart, by our transport with the simulator over a real socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from seedwatch.catalog import find_model
from seedwatch.errors import HandleExpired, OutcomeUnknown, QuotaExhausted, Rejected
from seedwatch.providers.base import Answer, Exchange, Order, Pending, Picture, Reply
from seedwatch.providers.bodies import DataUri
from seedwatch.providers.protocols.apimart import ApimartImages
from seedwatch.providers.transport import Transport
from seedwatch.records import Handle, Reference
from tests.providers.conftest import Connect
from tests.simulator.calls import encoded
from tests.simulator.video_calls import LATENCY_S, timed_simulator
from tests.unit import made

pytestmark = pytest.mark.anyio

PROTOCOL = ApimartImages()
MODEL = "doubao-seedream-4.5"
RED = DataUri("image/png", encoded(Image.new("RGB", (64, 64), "red"), "png"))


def _order(*pictures: Picture, key: str = "a" * 32, **changes: Any) -> Order:
    references = tuple(Reference("source", f"{n}.png", f"{n}") for n in range(len(pictures)))
    generation = made.generation(model=MODEL, references=references, **changes)
    return Order(find_model("apimart", MODEL), generation, pictures, key)


async def _sent(transport: Transport, path: Path, order: Order) -> Any:
    with path.open("wb") as sink:
        reply = await transport.send_paid(
            PROTOCOL.request(order), sink, most_bytes=1 << 20, timeout_s=10
        )
    if reply.status != 200:
        raise PROTOCOL.refusal(reply)
    return PROTOCOL.read(path)


async def _ask(transport: Transport, exchange: Exchange) -> Reply:
    return await transport.ask(exchange, most_bytes=1 << 20, timeout_s=10)


@pytest.mark.parametrize("form", ["auto", "array", "object"])
async def test_a_submit_is_looked_at_until_it_is_done(
    connect: Connect, tmp_path: Path, form: str
) -> None:
    """In each form of the answer: a handle, pending looks, then every link in order."""
    with timed_simulator() as (simulator, clock):
        simulator.move_switches({"apimart.answer_form": form})
        async with connect(f"{simulator.url}/apimart/v1") as transport:
            handle = await _sent(transport, tmp_path / "answer", _order(group=2))
            assert isinstance(handle, Handle)
            outcomes = []
            for _ in range(3):
                reply = await _ask(transport, PROTOCOL.poll(handle))
                (tmp_path / "look").write_bytes(reply.content)
                outcomes.append(PROTOCOL.read(tmp_path / "look"))
                clock.now += LATENCY_S / 2
    assert outcomes[:2] == [Pending(), Pending()]
    assert isinstance(outcomes[2], Answer)
    assert len(outcomes[2].returned) == 2
    assert all(place.url for place in outcomes[2].returned)


async def test_the_same_key_gives_the_same_task(connect: Connect, tmp_path: Path) -> None:
    """The very same bytes again begin nothing; other bytes under the key are a doubt (4.5)."""
    with timed_simulator() as (simulator, _):
        async with connect(f"{simulator.url}/apimart/v1") as transport:
            first = await _sent(transport, tmp_path / "answer", _order())
            assert await _sent(transport, tmp_path / "answer", _order()) == first
            with pytest.raises(OutcomeUnknown):
                await _sent(transport, tmp_path / "answer", _order(prompt="another"))
            other = await _sent(transport, tmp_path / "answer", _order(key="b" * 32))
        assert other != first
        assert len(simulator.ledger()) == 2


async def test_an_uploaded_picture_is_taken_by_its_link(connect: Connect, tmp_path: Path) -> None:
    """Uploaded in a form, then named in a submit by a service that takes no data URIs."""
    with timed_simulator() as (simulator, _):
        simulator.move_switches({"apimart.data_uri": "refuse"})
        async with connect(f"{simulator.url}/apimart/v1") as transport:
            with pytest.raises(Rejected):
                await _sent(transport, tmp_path / "answer", _order(RED, mode="image-to-image"))
            link = PROTOCOL.uploaded(await _ask(transport, PROTOCOL.upload(RED)))
            order = _order(link, mode="image-to-image")
            assert isinstance(await _sent(transport, tmp_path / "answer", order), Handle)
        (row,) = simulator.ledger()
    assert len(row["refs"]) == 1


async def test_what_cannot_be_uploaded_is_refused(connect: Connect) -> None:
    """20 MB are too many (protocols.md 4.4), and stay so."""
    with timed_simulator() as (simulator, _):
        async with connect(f"{simulator.url}/apimart/v1") as transport:
            large = DataUri("image/png", bytes(21 << 20))
            reply = await _ask(transport, PROTOCOL.upload(large))
    assert reply.status == 413
    assert type(PROTOCOL.unseen(reply)) is Rejected


async def test_the_account_is_told(connect: Connect, tmp_path: Path) -> None:
    """The balance, an empty one at a submit, and a task that nobody knows."""
    with timed_simulator() as (simulator, _):
        async with connect(f"{simulator.url}/apimart/v1") as transport:
            reply = await _ask(transport, PROTOCOL.balance())
            assert "1,000,000" in PROTOCOL.told(reply)
            reply = await _ask(transport, PROTOCOL.poll(Handle("remote", "task_0")))
            assert isinstance(PROTOCOL.unseen(reply), HandleExpired)
            simulator.move_switches({"apimart.balance": "empty"})
            with pytest.raises(QuotaExhausted):
                await _sent(transport, tmp_path / "answer", _order())
        assert simulator.ledger() == []
