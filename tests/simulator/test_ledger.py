"""The ledger: one row per accepted generation, durable, shared by restarts."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest

from seedwatch.simulator import RunningSimulator
from seedwatch.simulator.ledger import Charge, Ledger, LedgerDamagedError
from tests.simulator.calls import (
    GENERATIONS,
    SMALL,
    V4_0,
    call,
    generate,
    plain,
)


def _charge(prompt: str = "x") -> Charge:
    return Charge("ark", "/p", "m", prompt, "2K", 1, (), None, "id", "hash", 0.0)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def test_a_row_tells_everything(sim: RunningSimulator) -> None:
    """A row has exactly the fields of contract.md 5, the references hashed in their order."""
    uris = [plain("red"), plain("blue")]
    contents = [base64.b64decode(uri.partition(",")[2]) for uri in uris]
    body = {"model": V4_0, "prompt": "a fox", "size": SMALL, "image": uris}
    headers = {"Authorization": "Bearer my-key", "Idempotency-Key": "abc"}
    reply = call(sim.url, "POST", GENERATIONS, json.dumps(body).encode(), headers)
    (row,) = sim.ledger()
    at = row.pop("at")
    assert row == {
        "n": 1,
        "provider": "ark",
        "path": GENERATIONS,
        "model": V4_0,
        "prompt": "a fox",
        "size": SMALL,
        "images_billed": 1,
        "refs": [hashlib.sha256(content).hexdigest() for content in contents],
        "idempotency_key": "abc",
        "request_id": reply.headers["x-request-id"],
        "key_sha256": hashlib.sha256(b"my-key").hexdigest(),
    }
    assert at.endswith("Z")


def test_rows_are_numbered_in_order(sim: RunningSimulator) -> None:
    """Each accepted generation adds one row; refused ones add none; reset starts again at 1."""
    for prompt in ("a", "b"):
        generate(sim.url, prompt=prompt)
    generate(sim.url, size="1x1")
    generate(sim.url, prompt="c")
    assert [(row["n"], row["prompt"]) for row in sim.ledger()] == [(1, "a"), (2, "b"), (3, "c")]
    sim.reset()
    generate(sim.url, prompt="d")
    assert [(row["n"], row["prompt"]) for row in sim.ledger()] == [(1, "d")]


def test_the_row_is_synced_before_the_answer_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row is synced when its answer arrives. Breaks if `_write` drops os.fsync."""
    path = tmp_path / "ledger.jsonl"
    synced: list[bytes] = []
    real = os.fsync

    def recorded(descriptor: int) -> None:
        real(descriptor)
        synced.append(path.read_bytes())

    with RunningSimulator(latency_s=0, ledger_path=path) as simulator:
        monkeypatch.setattr(os, "fsync", recorded)
        generate(simulator.url, prompt="first")
        monkeypatch.undo()
        rows = simulator.ledger()
    assert [json.loads(line) for line in synced[-1].splitlines()] == rows
    assert rows == _lines(path)


def test_the_answer_waits_for_the_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the sync hangs no answer comes. Breaks if `append` does not await `_save`."""
    entered, released = threading.Event(), threading.Event()

    def hanging(_: int) -> None:
        entered.set()
        assert released.wait(10)

    path = tmp_path / "ledger.jsonl"
    with (
        RunningSimulator(latency_s=0, ledger_path=path) as simulator,
        ThreadPoolExecutor(1) as pool,
    ):
        monkeypatch.setattr(os, "fsync", hanging)
        answer = pool.submit(generate, simulator.url)
        assert entered.wait(10)
        is_early = bool(wait([answer], timeout=0.2).done)
        released.set()
        status = answer.result(10).status
        monkeypatch.undo()
    assert (is_early, status) == (False, 200)


def test_a_restart_goes_on_with_the_same_file(tmp_path: Path) -> None:
    """A second simulator on the file shows the earlier rows and continues their numbers."""
    path = tmp_path / "ledger.jsonl"
    for prompt in ("first", "second"):
        with RunningSimulator(latency_s=0, ledger_path=path) as simulator:
            generate(simulator.url, prompt=prompt)
            rows = simulator.ledger()
    assert [(row["n"], row["prompt"]) for row in rows] == [(1, "first"), (2, "second")]
    assert rows == _lines(path)


def test_reset_empties_the_file(tmp_path: Path) -> None:
    """After a reset the file is empty as well, and the next row is number 1 in both."""
    path = tmp_path / "ledger.jsonl"
    with RunningSimulator(latency_s=0, ledger_path=path) as simulator:
        generate(simulator.url)
        simulator.reset()
        assert path.read_bytes() == b""
        generate(simulator.url, prompt="again")
        assert [row["n"] for row in _lines(path)] == [1]


def test_a_torn_last_line_is_dropped(tmp_path: Path) -> None:
    """A line without its end was never acknowledged: it is cut off and its number used again."""
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b'{"n":1,"prompt":"whole"}\n{"n":2,"pro')
    ledger = Ledger(path)
    asyncio.run(ledger.append(_charge("next")))
    ledger.close()
    assert [(row["n"], row["prompt"]) for row in _lines(path)] == [(1, "whole"), (2, "next")]


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    """A whole line that is no row stops the start and is named with its number."""
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b'{"n":1}\nrubbish\n')
    with pytest.raises(LedgerDamagedError, match=r"ledger\.jsonl:2: not a ledger row"):
        Ledger(path)
    assert path.read_bytes() == b'{"n":1}\nrubbish\n'


def test_concurrent_rows_share_syncs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty rows at once are all in the file, in order, with far fewer syncs than rows."""
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    count = 0
    real = os.fsync

    def counted(descriptor: int) -> None:
        nonlocal count
        count += 1
        real(descriptor)

    async def append_all() -> None:
        await asyncio.gather(*(ledger.append(_charge()) for _ in range(50)))

    monkeypatch.setattr(os, "fsync", counted)
    asyncio.run(append_all())
    ledger.close()
    assert [row["n"] for row in _lines(path)] == list(range(1, 51))
    assert count <= 5


def test_a_failed_sync_fails_the_call_and_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that cannot be synced is an error, leaves nothing torn, and is saved with the next."""
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    real = os.fsync
    failures = [OSError("disk"), None]

    def failing(descriptor: int) -> None:
        failure = failures.pop(0) if failures else None
        if failure is not None:
            raise failure
        real(descriptor)

    async def append_twice() -> None:
        with pytest.raises(OSError, match="disk"):
            await ledger.append(_charge("first"))
        assert path.read_bytes() == b""
        await ledger.append(_charge("second"))

    monkeypatch.setattr(os, "fsync", failing)
    asyncio.run(append_twice())
    ledger.close()
    assert [row["prompt"] for row in _lines(path)] == ["first", "second"]
