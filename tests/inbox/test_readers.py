"""Reading: threads and processes find the same; a reader that dies costs nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from seedwatch.inbox.inspection import Inspected, NotInspected, Wanted, inspect_input
from seedwatch.inbox.readers import Pace, Readers
from seedwatch.paths import Root
from seedwatch.records import Rule
from tests.inbox.stage import picture

RULE = Rule("ark", "image-to-image", "m")


def _wanted(name: str) -> Wanted:
    return Wanted(name, "picture", (name,), RULE)


@pytest.mark.anyio
@pytest.mark.process
async def test_processes_find_what_threads_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sources, pictures, errors with their advice: all come back the same; keys do not go there.

    Also if the process dies: the inputs are read in a thread then.
    """
    monkeypatch.setenv("ARK_KEY", "canary")
    (tmp_path / "a.jpg").write_bytes(picture())
    (tmp_path / "cut.jpg").write_bytes(picture(640, 480)[:-200])
    (tmp_path / "b.docx").write_bytes(b"PK\x03\x04")
    wanted = [_wanted(name) for name in ("a.jpg", "cut.jpg", "b.docx", "gone.jpg")]
    root = Root(tmp_path)
    expected = [inspect_input(root, "shop", one) for one in wanted]
    readers = Readers(root, "shop", "en")
    try:
        assert _told(await readers.read(wanted, in_crew=True)) == _told(expected)
        (reader,) = readers._crew._free
        assert b"canary" not in _environment(reader.pid)
        reader.kill()
        await reader.wait()
        assert _told(await readers.read(wanted, in_crew=True)) == _told(expected)
        assert readers.crew_for(10_000) == 0  # not again for a while
    finally:
        readers.close()


def _environment(pid: int) -> bytes:
    """What Linux tells of the environment of a process; nothing elsewhere."""
    told = Path(f"/proc/{pid}/environ")
    return told.read_bytes() if told.exists() else b""


def _told(found: list[Inspected | NotInspected]) -> list[object]:
    told: list[object] = []
    for one in found:
        if isinstance(one, NotInspected):
            told.append(one)
        else:
            error = one.error and (type(one.error), one.error.message, one.error.advice)
            told.append((one.source, one.pictures, one.prompts, error))
    return told


@pytest.mark.anyio
async def test_no_process_to_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no process can be started, threads do the work."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    (tmp_path / "a.jpg").write_bytes(picture())
    readers = Readers(Root(tmp_path), "shop", "en")

    (found,) = await readers.read([_wanted("a.jpg")], in_crew=True)

    assert isinstance(found, Inspected)
    assert found.error is None


def test_pace() -> None:
    """Small pictures are read by hundreds, large ones a few at a time and side by side."""
    pace = Pace()
    for _ in range(5):
        pace.learn(pace.chunk, pace.chunk * 10_000, pace.chunk * 0.0005)
    assert (pace.chunk, pace.threads) == (256, 1)
    for _ in range(5):
        pace.learn(pace.chunk, pace.chunk * 5_000_000, pace.chunk * 0.12)
    assert pace.chunk <= 2
    assert pace.threads == min(4, os.cpu_count() or 1)
