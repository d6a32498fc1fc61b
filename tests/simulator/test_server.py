"""The server itself: controls, latency, overlap, broken requests, signals."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from seedwatch.simulator import RunningSimulator
from seedwatch.simulator.app import build_app
from seedwatch.simulator.control import is_loopback
from seedwatch.simulator.pictures import Picture, draw_picture
from seedwatch.simulator.server import bind, url_of
from seedwatch.simulator.world import open_world
from tests.simulator.calls import GENERATIONS, SMALL, V4_0, call, download, generate


def _raw(url: str, request: bytes) -> bytes:
    """Everything the server says to a hand-made request until it closes or pauses."""
    host, port = urlsplit(url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request)
        return connection.recv(65536)


def test_health_answers_when_ready(sim: RunningSimulator) -> None:
    """GET /healthz is a 200 with JSON."""
    reply = call(sim.url, "GET", "/healthz")
    assert (reply.status, reply.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/nothing", 404),
        ("GET", "/ark/api/v3/nothing", 404),
        ("GET", "/ark/api/v3", 404),
        ("GET", GENERATIONS, 405),
        ("POST", GENERATIONS + "/", 404),
        ("POST", "/_control/ledger", 405),
        ("DELETE", "/_control/switches", 405),
        ("GET", "/_control/reset", 405),
        ("GET", "/_control/nothing", 404),
        ("POST", "/healthz", 405),
        ("GET", "/files/nothing", 403),
    ],
)
def test_unknown_paths_and_methods_are_json_errors(
    sim: RunningSimulator, method: str, path: str, status: int
) -> None:
    """Nothing but the documented paths answers; the rest is a JSON error."""
    reply = call(sim.url, method, path)
    assert reply.status == status
    assert isinstance(reply.json(), dict)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True),
        ("127.3.2.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.168.1.5", False),
        ("203.0.113.9", False),
        ("::ffff:203.0.113.9", False),
        ("fe80::1%eth0", False),
        ("testclient", False),
    ],
)
def test_loopback_is_told_from_the_rest(address: str, expected: bool) -> None:
    """Only this machine's loopback addresses count, mapped IPv6 ones included."""
    assert is_loopback((address, 1)) is expected
    assert is_loopback(None) is False


def test_controls_refuse_other_machines() -> None:
    """A client that is not on loopback gets 403. Breaks if Control drops its address check."""
    statuses: list[int] = []

    class Transport(asyncio.Transport):
        pass

    async def ask(path: str, method: str) -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"[]", "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "root_path": "",
            "scheme": "http",
            "query_string": b"",
            "headers": [(b"x-forwarded-for", b"127.0.0.1")],
            "client": ("203.0.113.9", 4000),
            "server": ("203.0.113.1", 8765),
            "extensions": {"seedwatch.transport": {"transport": Transport()}},
        }
        await build_app(world)(scope, receive, send)

    async def ask_all() -> None:
        await ask("/_control/ledger", "GET")
        await ask("/_control/faults", "POST")
        await ask("/_control/switches", "POST")
        await ask("/_control/reset", "POST")
        await ask("/healthz", "GET")

    world = open_world()
    asyncio.run(ask_all())
    world.close()
    assert statuses == [403] * 5


def test_forwarded_headers_are_not_believed(sim: RunningSimulator) -> None:
    """The address of the connection counts, not what a header claims."""
    reply = call(sim.url, "GET", "/_control/ledger", headers={"X-Forwarded-For": "203.0.113.9"})
    assert reply.status == 200


def test_latency_covers_the_drawing_and_calls_overlap() -> None:
    """Twenty calls at once take about one latency together, none of them less than it."""
    latency_s = 0.5

    def one(number: int) -> float:
        started_at = time.monotonic()
        assert generate(simulator.url, prompt=f"call {number}").status == 200
        return time.monotonic() - started_at

    with RunningSimulator(latency_s=latency_s) as simulator, ThreadPoolExecutor(20) as pool:
        started_at = time.monotonic()
        times_s = list(pool.map(one, range(20)))
        whole_s = time.monotonic() - started_at
    assert min(times_s) >= latency_s
    assert whole_s < 10 * latency_s  # one after the other they would take twenty
    assert sorted(times_s)[10] < 3 * latency_s


def test_one_call_takes_the_latency_not_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing happens within the latency: 0.4 s of it in a latency of 0.5 s add nothing."""

    def slow(picture: Picture) -> bytes:
        time.sleep(0.4)
        return draw_picture(picture)

    monkeypatch.setattr("seedwatch.simulator.pictures.draw_picture", slow)
    with RunningSimulator(latency_s=0.5) as simulator:
        started_at = time.monotonic()
        generate(simulator.url)
        took_s = time.monotonic() - started_at
    assert 0.5 <= took_s < 0.85


def test_too_large_bodies_are_refused_unread(sim: RunningSimulator) -> None:
    """A body announced beyond 200 MB is a 413 at once; the connection then closes."""
    head = f"POST {GENERATIONS} HTTP/1.1\r\nHost: x\r\nContent-Length: {300 * 1024 * 1024}\r\n\r\n"
    answer = _raw(sim.url, head.encode())
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer.lower()


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"rubbish\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 200_000 + b"\r\n\r\n",
    ],
)
def test_broken_http_is_refused(sim: RunningSimulator, request_bytes: bytes) -> None:
    """What is not HTTP, or has endless headers, is a 400."""
    assert _raw(sim.url, request_bytes).startswith(b"HTTP/1.1 400")


def test_a_client_that_leaves_does_no_harm(sim: RunningSimulator) -> None:
    """A request that ends in the middle of its body is forgotten; the next one works."""
    host, port = urlsplit(sim.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(
            f"POST {GENERATIONS} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode()
        )
    assert generate(sim.url).status == 200
    assert len(sim.ledger()) == 1


def test_a_fault_of_our_own_is_hidden_from_the_client(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception in the simulator is a 500 without a traceback; the log has it."""

    def broken(*_: object) -> bytes:
        raise RuntimeError("inner secret")

    monkeypatch.setattr("seedwatch.simulator.pictures.draw_picture", broken)
    with RunningSimulator(latency_s=0) as simulator:
        reply = generate(simulator.url)
    assert reply.status == 500
    assert b"secret" not in reply.body
    assert b"Traceback" not in reply.body
    assert reply.error["code"] == "SimulatorError"
    assert "inner secret" in caplog.text


def test_links_lead_back_to_where_the_client_came_from(sim: RunningSimulator) -> None:
    """The host of a result link is the one the client used."""
    by_name = sim.url.replace("127.0.0.1", "localhost")
    link = generate(by_name).members[0]["url"]
    assert link.startswith(f"{by_name}/files/")
    assert download(link).status == 200


def test_a_port_in_use_is_an_error() -> None:
    """Two simulators cannot listen on one port; port 0 finds a free one each time."""
    with RunningSimulator() as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"), RunningSimulator(port=port):
            pass
        with RunningSimulator() as second:
            assert first.url != second.url


def test_ipv6_addresses_are_written_in_brackets() -> None:
    """A listener on ::1 reports a URL that a client can use."""
    try:
        listener = bind("::1", 0)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listener:
        assert url_of(listener).startswith("http://[::1]:")


def test_leaving_ends_stalled_calls_at_once() -> None:
    """A simulator with stalled calls and endless downloads ends without waiting for them."""
    with RunningSimulator(latency_s=0) as simulator:
        simulator.post_faults([{"do": "stall"}])
        threads = [threading.Thread(target=_ignored, args=(simulator.url,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        while len(simulator.ledger()) < 3:
            time.sleep(0.01)
        started_at = time.monotonic()
    took_s = time.monotonic() - started_at
    for thread in threads:
        thread.join()
    assert took_s < 1


def _ignored(url: str) -> None:
    with pytest.raises(ConnectionError):
        generate(url)


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
def test_sigterm_ends_it_within_two_seconds(tmp_path: Path) -> None:
    """The server says where it listens, and SIGTERM ends it in 2 s in spite of a stalled call."""
    ledger = tmp_path / "ledger.jsonl"
    program = (
        "import sys, pathlib; from seedwatch.simulator import serve; "
        "serve('127.0.0.1', 0, 0.05, pathlib.Path(sys.argv[1]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(ledger)], stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        line = server.stderr.readline()
        url = line.removeprefix("listening on ").strip()
        assert url.startswith("http://127.0.0.1:")
        assert generate(url, prompt="answered").status == 200
        fault = {"do": "stall", "when": {"prompt_contains": "stalled"}}
        call(url, "POST", "/_control/faults", json.dumps([fault]).encode())
        host, port = urlsplit(url).netloc.split(":")
        with (
            socket.create_connection((host, int(port)), timeout=5) as stalled,
            socket.create_connection((host, int(port)), timeout=5),
        ):
            body = json.dumps({"model": V4_0, "prompt": "stalled", "size": SMALL})
            stalled.sendall(
                f"POST {GENERATIONS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
            )
            while ledger.read_text().count("\n") < 2:
                time.sleep(0.01)
            os.kill(server.pid, signal.SIGTERM)
            assert server.wait(2) == 0
        assert server.stderr.read() == ""
    assert [json.loads(row)["prompt"] for row in ledger.read_text().splitlines()] == [
        "answered",
        "stalled",
    ]
