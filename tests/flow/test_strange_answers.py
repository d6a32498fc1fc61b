"""What the fuzzing of answers found, each with the answer that shows it."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.campaigns.answer_desk import Desk, Script
from tests.campaigns.fuzz_answers import LINES
from tests.campaigns.strange import CANARY, picture

pytestmark = pytest.mark.anyio
BUSY = {"status": "running"}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A worker and its scripted service."""
    async with Desk(tmp_path, LINES) as opened:
        yield opened


def _http(body: bytes, *headers: str) -> bytes:
    head = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


def _submitted(name: str) -> Script:
    look = _http(json.dumps({"id": name} | BUSY).encode())
    return Script(_http(json.dumps({"id": name}).encode()), [look], _http(b'{"items": []}'))


def _picture(desk: Desk) -> bytes:
    return json.dumps({"data": [{"url": f"{desk.origin}/files/a.png"}]}).encode()


@pytest.mark.fault(71)
async def test_a_name_given_twice_is_no_success(desk: Desk) -> None:
    """A service that gives an id for the second time is asked for its list, then a person is.

    Breaks if `HandleTaken` is no error of a provider: the task would be held as a fault of ours.
    """
    first = await desk.carry("ark_video", 1, _submitted("cgt-1"), 1)
    second = await desk.carry("ark_video", 2, _submitted("cgt-1"), 1)
    assert first.kind == "waiting at-provider"
    assert second.state != "done"
    assert "task.broke" not in desk.log.getvalue()


@pytest.mark.fault(68)
async def test_a_compressed_answer_is_kept(desk: Desk) -> None:
    """Nobody asked for gzip, but it is paid for: its bytes stay in the spool as evidence (P6).

    Breaks if the encoding is looked at before the bytes are kept.
    """
    packed = gzip.compress(_picture(desk))
    ending = await desk.carry("ark_images", 1, Script(_http(packed, "Content-Encoding: gzip")), 1)
    assert ending.kind == "held unsure OutcomeUnknown"
    (kept,) = desk.spool.iterdir()
    assert kept.read_bytes() == packed


@pytest.mark.fault(68)
async def test_a_wrong_encoding_costs_no_picture(desk: Desk) -> None:
    """An answer that only says it is compressed is read all the same, and delivered."""
    answer = _http(_picture(desk), "Content-Encoding: gzip")
    script = Script(answer, result=_http(picture("png")))
    ending = await desk.carry("ark_images", 1, script, 1)
    assert ending.state == "done"


async def test_a_key_is_no_name_of_a_task(desk: Desk) -> None:
    """A service that echoes the key where an id belongs does not get it into the queue (T17)."""
    ending = await desk.carry("ark_video", 1, _submitted(CANARY), 1)
    assert ending.state != "done"
    assert CANARY not in desk.told() + desk.log.getvalue()


async def test_a_broken_answer_is_not_quoted_at_length(desk: Desk) -> None:
    """What a service sends instead of HTTP stands in no message beyond its first words."""
    ending = await desk.carry("ark_images", 1, Script(b"x" * 50_000 + b"\r\n\r\n"), 1)
    assert ending.kind == "held unsure OutcomeUnknown"
    assert len(ending.message) < 500
