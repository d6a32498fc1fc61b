"""Whole exchanges of Ark's video tasks, by our transport with the simulator over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seedwatch.catalog import find_model
from seedwatch.errors import HandleExpired, RateLimited, Rejected, RemoteFailed, Unavailable
from seedwatch.providers.base import Answer, Exchange, Order, Pending, Reply, Wanted
from seedwatch.providers.protocols.ark_lists import PAGE_SIZE
from seedwatch.providers.protocols.ark_video import ArkVideo
from seedwatch.providers.transport import Transport
from seedwatch.records import Handle
from seedwatch.simulator import RunningSimulator
from tests.providers.conftest import Connect
from tests.simulator.clock import Clock
from tests.simulator.video_calls import LATENCY_S, V1_0, V2_0, timed_simulator
from tests.unit import made

pytestmark = pytest.mark.anyio

PROTOCOL = ArkVideo()
KEY = "a" * 32


@pytest.fixture
def timed() -> Iterator[tuple[RunningSimulator, Clock]]:
    """A simulator whose clock stands still, without a limit of lists a second."""
    with timed_simulator() as (simulator, clock):
        simulator.move_switches({"ark.lists_per_s": 0})
        yield simulator, clock


def _base(simulator: RunningSimulator) -> str:
    return f"{simulator.url}/ark/api/v3"


async def _ask(transport: Transport, exchange: Exchange | None) -> Reply:
    assert exchange is not None
    return await transport.ask(exchange, most_bytes=32 << 20, timeout_s=10)


def _order(model: str = V1_0, key: str = KEY, **changes: Any) -> Order:
    told = {"mode": "text-to-video", "size": "1:1", "resolution": "480p"} | changes
    return Order(find_model("ark", model), made.generation(model=model, **told), (), key)


async def _created(transport: Transport, path: Path, order: Order) -> Handle:
    """Send a submit as the worker does; its answer is read from a file."""
    with path.open("wb") as sink:
        reply = await transport.send_paid(
            PROTOCOL.request(order), sink, most_bytes=1 << 20, timeout_s=10
        )
    assert reply.status == 200
    handle = PROTOCOL.read(path)
    assert isinstance(handle, Handle)
    return handle


async def _looked(transport: Transport, path: Path, handle: Handle) -> Any:
    reply = await _ask(transport, PROTOCOL.poll(handle))
    if reply.status != 200:
        raise PROTOCOL.unseen(reply)
    return _read(path, reply.content)


def _read(path: Path, content: bytes) -> Any:
    path.write_bytes(content)
    return PROTOCOL.read(path)


@pytest.mark.parametrize("no_content", ["null", "missing"])
async def test_a_task_goes_from_its_submit_to_its_video(
    connect: Connect, timed: tuple[RunningSimulator, Clock], tmp_path: Path, no_content: str
) -> None:
    """Queued and running are pending; then there are a video and its last frame to fetch."""
    simulator, clock = timed
    simulator.move_switches({"ark.video_no_content": no_content})
    order = _order(options={"return_last_frame": True, "duration": 2})
    async with connect(_base(simulator)) as transport:
        handle = await _created(transport, tmp_path / "answer", order)
        for share in (0, 0.5, 0.4):
            clock.now += share * LATENCY_S
            assert await _looked(transport, tmp_path / "look", handle) == Pending()
        clock.now += LATENCY_S
        answer = await _looked(transport, tmp_path / "look", handle)
        assert isinstance(answer, Answer)
        heads = []
        for n, place in enumerate(answer.returned):
            with (tmp_path / str(n)).open("wb") as sink:
                transport.download(place.url, sink, 1 << 24, 10)
            heads.append((tmp_path / str(n)).read_bytes()[:8])
        assert (heads[0][4:], heads[1][:3]) == (b"ftyp", b"\xff\xd8\xff")


async def test_a_task_expires_or_is_cancelled(
    connect: Connect, timed: tuple[RunningSimulator, Clock], tmp_path: Path
) -> None:
    """Only a queued one can be cancelled; one that ran out of time may be tried again."""
    simulator, clock = timed
    simulator.post_faults([{"do": "task_stuck"}])
    async with connect(_base(simulator)) as transport:
        queued = await _created(transport, tmp_path / "answer", _order())
        assert (await _ask(transport, PROTOCOL.cancel(queued))).status == 200
        with pytest.raises(Rejected):
            await _looked(transport, tmp_path / "look", queued)
        running = await _created(transport, tmp_path / "answer", _order())
        clock.now += LATENCY_S / 2
        assert (await _ask(transport, PROTOCOL.cancel(running))).status == 400
        assert await _looked(transport, tmp_path / "look", running) == Pending()
        clock.now += 172_800
        with pytest.raises(RemoteFailed):
            await _looked(transport, tmp_path / "look", running)


async def test_a_task_that_is_not_known_is_lost(
    connect: Connect, timed: tuple[RunningSimulator, Clock], tmp_path: Path
) -> None:
    """404 is the only answer that says so."""
    async with connect(_base(timed[0])) as transport:
        with pytest.raises(HandleExpired):
            await _looked(transport, tmp_path / "look", Handle("remote", "cgt-0"))


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("echo", ["yes", "no"])
async def test_a_submit_is_found_among_others(
    connect: Connect,
    timed: tuple[RunningSimulator, Clock],
    tmp_path: Path,
    echo: str,
    order: str,
) -> None:
    """By identifier or by seed, whatever the order; one that was never sent is absent."""
    simulator, clock = timed
    simulator.move_switches({"ark.safety_echo": echo, "ark.list_order": order})
    started_at = clock.now
    async with connect(_base(simulator)) as transport:
        for n in range(3):
            await _created(transport, tmp_path / "answer", _order(key=f"{n}" * 32, seed=n))
        ours = await _created(transport, tmp_path / "answer", _order(seed=77))
        await _created(transport, tmp_path / "answer", _order(V2_0, key="b" * 32))
        reply = await _ask(transport, PROTOCOL.look_up(Wanted(KEY, V1_0, 77, started_at), 1))
        assert PROTOCOL.sighted(reply, Wanted(KEY, V1_0, 77, started_at)) == ours
        assert PROTOCOL.sighted(reply, Wanted("c" * 32, V1_0, 78, started_at)) == "absent"
        without_seed = PROTOCOL.sighted(reply, Wanted("c" * 32, V1_0, None, started_at))
        assert without_seed == ("absent" if echo == "yes" else "unprovable")


@pytest.mark.fault(73)
async def test_the_offline_tier_is_listed_where_it_was_asked_for(
    connect: Connect, timed: tuple[RunningSimulator, Clock], tmp_path: Path
) -> None:
    """A list without the tier leaves it out; what was sent says which one to ask for."""
    simulator, clock = timed
    order = _order(options={"service_tier": "flex"})
    parameters = {"service_tier": "flex"}
    async with connect(_base(simulator)) as transport:
        ours = await _created(transport, tmp_path / "answer", order)
        for wanted, expected in (
            (Wanted(KEY, V1_0, None, clock.now, parameters), ours),
            (Wanted(KEY, V1_0, None, clock.now), "absent"),
        ):
            reply = await _ask(transport, PROTOCOL.look_up(wanted, 1))
            assert PROTOCOL.sighted(reply, wanted) == expected


@pytest.mark.fault(73)
async def test_a_long_list_is_read_page_by_page(
    connect: Connect, timed: tuple[RunningSimulator, Clock], tmp_path: Path
) -> None:
    """A full page leads to the next; the last one may be empty, and proves the absence."""
    simulator, clock = timed
    simulator.move_switches({"ark.list_order": "oldest"})
    async with connect(_base(simulator)) as transport:
        for n in range(PAGE_SIZE):
            await _created(transport, tmp_path / "answer", _order(key=f"{n:032}"))

        async def sighted(page: int) -> Any:
            wanted = Wanted(KEY, V1_0, None, clock.now)
            return PROTOCOL.sighted(await _ask(transport, PROTOCOL.look_up(wanted, page)), wanted)

        assert [await sighted(page) for page in (1, 2)] == ["next", "absent"]
        ours = await _created(transport, tmp_path / "answer", _order())
        assert [await sighted(page) for page in (1, 2)] == ["next", ours]


async def test_lists_are_limited(connect: Connect, timed: tuple[RunningSimulator, Clock]) -> None:
    """One a second (protocols.md 3.1): a second one is told to wait."""
    simulator, clock = timed
    simulator.move_switches({"ark.lists_per_s": 1})
    exchange = PROTOCOL.look_up(Wanted(KEY, V1_0, None, clock.now), 1)
    async with connect(_base(simulator)) as transport:
        assert (await _ask(transport, exchange)).status == 200
        reply = await _ask(transport, exchange)
    assert isinstance(PROTOCOL.unseen(reply), RateLimited)


async def test_a_service_that_is_away_is_asked_later(connect: Connect) -> None:
    """A look that cannot be made says nothing."""
    async with connect("http://127.0.0.1:9") as transport:
        with pytest.raises(Unavailable):
            await _ask(transport, PROTOCOL.poll(Handle("remote", "cgt-1")))
