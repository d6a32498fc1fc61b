"""providers.sse: every framing that was seen, cut anywhere, with giant events in flat memory."""

from __future__ import annotations

import json
import tracemalloc
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedwatch.providers import answer_file
from seedwatch.providers.answer_file import LongText, UnreadableAnswerError
from seedwatch.providers.file_view import viewed
from seedwatch.providers.sse import Events, is_stream

FRAMES: list[dict[str, Any]] = [
    {"type": "a", "url": "https://h/x?y=z&ü", "n": [1, {"b": "two\nlines"}]},
    {"type": "b", "error": {"code": "X", "message": "data: [DONE]"}},
]


def _one_line(frame: dict[str, Any]) -> str:
    return f"event: {frame['type']}\ndata: {json.dumps(frame, ensure_ascii=False)}\n\n"


def _multi_line(frame: dict[str, Any]) -> str:
    lines = json.dumps(frame, indent=2).replace("\n", "\ndata: ")
    return f"event: {frame['type']}\ndata: {lines}\n\n"


def _broken(frame: dict[str, Any]) -> str:
    return f"event: {frame['type']}\ndata: {json.dumps(frame, indent=2)}\n\n"


def _bare(frame: dict[str, Any]) -> str:
    return f"data:{json.dumps(frame)}\n\n"


def _commented(frame: dict[str, Any]) -> str:
    return f": ping\n\nid: 7\nretry: 10\ndata: {json.dumps(frame)}\n: ping\n\n:\n\n"


def _crowded(frame: dict[str, Any]) -> str:
    return f"event: {frame['type']}\ndata: {json.dumps(frame)}\n"


FRAMINGS = [_one_line, _multi_line, _broken, _bare, _commented, _crowded]


def _read(tmp_path: Path, content: bytes | str) -> tuple[list[dict[str, Any]], Events]:
    path = tmp_path / "answer"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with viewed(path) as view:
        events = Events(view)
        return list(events), events


def _is_stream(tmp_path: Path, content: bytes) -> bool:
    path = tmp_path / "answer"
    path.write_bytes(content)
    with viewed(path) as view:
        return is_stream(view)


@pytest.mark.fault(62)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_every_framing(tmp_path: Path, framing: Any, end: str, bom: bytes) -> None:
    """One line, spec and printed multi-line, comments, no event line, no empty line, any ends."""
    stream = "".join(map(framing, FRAMES)) + "data: [DONE]\n\n"
    content = bom + stream.replace("\n", end).encode()
    read, events = _read(tmp_path, content)
    assert read == FRAMES
    assert (events.has_ended, events.is_torn) == (True, False)
    assert _is_stream(tmp_path, content)


@pytest.mark.fault(62)
def test_mixed_ends_of_lines(tmp_path: Path) -> None:
    """CR, LF and CRLF may stand in one stream."""
    stream = b'data: {"a": 1}\r\r\ndata: {"a": 2}\n\r\ndata: {"a": 3}\r\n\n'
    assert _read(tmp_path, stream)[0] == [{"a": 1}, {"a": 2}, {"a": 3}]


@pytest.mark.fault(62)
@pytest.mark.parametrize("framing", [_one_line, _multi_line, _broken])
def test_a_cut_anywhere_keeps_the_whole_frames(tmp_path: Path, framing: Any) -> None:
    """Wherever the file ends, the frames before it are read, and a half one is told.

    Red when a frame that is cut makes the ones before it unreadable.
    """
    first, second = framing(FRAMES[0]).encode(), framing(FRAMES[1]).encode()
    for end in range(len(first), len(first) + len(second)):
        read, events = _read(tmp_path, (first + second)[:end])
        rest = (first + second)[len(first) : end]
        is_whole = read == FRAMES
        assert is_whole or read == FRAMES[:1]
        assert not events.has_ended
        if not is_whole and b"data: {" in rest:
            assert events.is_torn


@pytest.mark.parametrize(
    ("content", "is_events"),
    [
        (b"data: {}\n\n", True),
        (b"event: x\n", True),
        (b": ping\n\n", True),
        (b"\n\r\n\nid: 1\n", True),
        (b"retry:1\n", True),
        (b'{"data": []}', False),
        (b' {"data": []}', False),
        (b"[]", False),
        (b"<html>", False),
        (b"data", True),
        (b"database error", False),
        (b"", False),
        (b"\xff\xfe{\0", False),
    ],
)
def test_a_stream_is_told_by_its_first_bytes(
    tmp_path: Path, content: bytes, is_events: bool
) -> None:
    """The Content-Type is not asked (protocols.md 2.6)."""
    assert _is_stream(tmp_path, content) is is_events


def test_an_empty_file_is_unreadable(tmp_path: Path) -> None:
    """Nothing at all is no stream."""
    with pytest.raises(UnreadableAnswerError):
        _read(tmp_path, b"")


def test_what_is_no_object_is_passed_over(tmp_path: Path) -> None:
    """Numbers, texts and lists are no events; nonsense between them is told."""
    read, events = _read(tmp_path, b'data: 7\n\ndata: "x"\n\ndata: {nonsense\n\ndata: {"a":1}\n\n')
    assert read == [{"a": 1}]
    assert events.is_torn


@pytest.mark.fault(62)
@pytest.mark.parametrize("framing", FRAMINGS)
def test_giant_events_cost_little_memory(tmp_path: Path, framing: Any) -> None:
    """15 events of 4 MB each are read and decoded with under 8 MB (fault 62).

    Red when a line, or a text in it, is read at once.
    """
    text = b64encode(bytes(range(256)) * 12_000).decode()
    frame = framing({"type": "t", "b64_json": text}).encode()
    path = tmp_path / "answer"
    with path.open("wb") as file:
        for _ in range(15):
            file.write(frame)
    del text, frame
    tracemalloc.start()
    try:
        with viewed(path) as view:
            texts = [event["b64_json"] for event in Events(view)]
        with path.open("rb") as file:
            total = sum(len(piece) for text in texts for piece in answer_file.decoded(file, text))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert all(isinstance(text, LongText) for text in texts)
    assert total == 15 * 256 * 12_000
    assert peak < 8_000_000


lines = st.lists(
    st.sampled_from(
        [
            *(b"data: ", b"data:", b"event: x", b"id", b":", b"[DONE]", b'{"type": "a"}', b"{"),
            *(b'"', b"\\", b"\n", b"\r", b"\r\n", b"\n\n", b"}", b'{"error": {}}', b"\0", b"\xff"),
        ]
    ),
    min_size=1,
    max_size=30,
)


@pytest.mark.fault(62)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(lines)
def test_no_stream_makes_a_crash(tmp_path: Path, pieces: list[bytes]) -> None:
    """Whatever the bytes are, objects come out and nothing is raised."""
    read, _ = _read(tmp_path, b"".join(pieces))
    assert all(isinstance(event, dict) for event in read)
