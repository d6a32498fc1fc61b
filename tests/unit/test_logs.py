"""logs: one line per event, secrets removed first, and writing them never fails."""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from seedwatch import logs

KEY = "sk-canary/+0123456789=abcdef"
LINK = "https://ark.tos-cn-beijing.volces.com/d/02_0.jpeg?X-Tos-Date=20251114&X-Tos-Signature=0a1b"


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(logs, "_registered", set())
    before = structlog.get_config()
    yield
    logs.set_up(io.StringIO())  # ends the thread that writes
    structlog.reset_defaults()
    structlog.configure(**before)


class Terminal(io.StringIO):
    """A stream that says it is a screen."""

    def isatty(self) -> bool:
        return True


def _written(stream: io.StringIO, event: str = "task.submitted", **fields: Any) -> str:
    logs.set_up(stream)
    structlog.get_logger().info(event, **fields)
    return stream.getvalue()


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_no_form_of_a_registered_key_is_written(stream: type[io.StringIO]) -> None:
    """A key is masked as it is, encoded, and by its first or last 12 characters (P14).

    Red when `redact` is no longer a processor, or a form is not registered.
    """
    logs.hide(KEY)
    forms = [KEY, KEY[:12], KEY[-12:], quote(KEY, safe=""), base64.b64encode(KEY.encode()).decode()]
    said = _written(stream(), why=" ".join(forms), nested={"deep": [KEY]}, bare=KEY.encode())
    for form in [*forms, KEY[:12], KEY[-12:]]:
        assert form.rstrip("=") not in said
    assert "***" in said


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_no_traceback_shows_a_key(stream: type[io.StringIO]) -> None:
    """The text of an exception and its causes is redacted, on a screen as in JSON lines.

    Red when the screen formats tracebacks itself.
    """
    logs.hide(KEY)
    target = stream()
    logs.set_up(target)
    error = RuntimeError(f"\x1b[2J{LINK}")
    error.__cause__ = ValueError(f"Illegal header b'Bearer {KEY}'")
    structlog.get_logger().error("task.broke", exc_info=error)
    said = target.getvalue()
    assert "Illegal header" in said
    assert "RuntimeError" in said
    assert KEY[:12] not in said
    assert "0a1b" not in said
    assert "\x1b[2J" not in said


def test_a_short_key_would_mask_everything_and_is_not_registered() -> None:
    """A key of five characters or fewer is no key."""
    logs.hide("a")
    assert logs.redacted("a banana") == "a banana"


@pytest.mark.parametrize(
    ("text", "hidden", "kept"),
    [
        ("Authorization: Bearer abcdef.123-XYZ", "abcdef", "Authorization"),
        ("{'authorization': 'abcdefghijk'}", "abcdefghijk", "authorization"),
        ("bearer  abcdefgh", "abcdefgh", "bearer"),
        (f"GET {LINK} failed", "0a1b", "volces.com/d/02_0.jpeg?"),
        (f"GET {LINK} failed", "20251114", " failed"),
        ("http://host/x?token=secretword", "secretword", "http://host/x?"),
        ("X-Amz-Signature=abc123&x=1", "abc123", "X-Amz-Signature="),
        ("sig=abc123", "abc123", "sig="),
    ],
)
def test_bearers_and_signed_links_are_masked(text: str, hidden: str, kept: str) -> None:
    """Bearer values and the query of a link are credentials; what is around them stays."""
    said = logs.redacted(text)
    assert hidden not in said
    assert kept in said
    assert logs.redacted(said) == said


def test_ordinary_words_are_not_masked() -> None:
    """Only what looks like a credential goes: base=…, response=… and paths stay readable."""
    text = "base=1 response=200 sources=3 https://host/path#part size=2K"
    assert logs.redacted(text) == text


def test_fields_named_like_secrets_are_masked() -> None:
    """A field called api_key, password, token or the like never shows its value."""
    said = json.loads(
        _written(io.StringIO(), api_key="abc", password="abc", token="abc", key_name="shown")
    )
    assert [said["api_key"], said["password"], said["token"]] == ["***"] * 3
    assert said["key_name"] == "shown"


CONTROLS = "\x00\x07\x1b[31m\r\n\x85\x9b\u2028\u2029\u202e\u2066\u061c\ud800"


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_a_record_stays_one_line(stream: type[io.StringIO]) -> None:
    """Control, direction and line-end characters of names are escaped: nobody forges a line.

    Red when `one_line` is not applied to every field.
    """
    said = _written(stream(), name=f"a{CONTROLS}b")
    assert len(said.splitlines()) == 1
    shown = said if stream is Terminal else json.loads(said)["name"]
    for control in CONTROLS:
        if control.isprintable():
            continue
        assert control not in shown.removesuffix("\n").replace("\x1b[", "", 100) or (
            control == "\x1b"  # the screen's own colours
        )
    assert "\\x1b[31m" in shown
    assert "\\u202e" in shown


@given(st.text(alphabet=st.characters(), max_size=200))
def test_any_text_becomes_one_line(text: str) -> None:
    """Whatever a name holds, its escaped form is one line that can be encoded."""
    said = logs.one_line(text)
    assert len(said.splitlines()) <= 1
    said.encode()


def test_json_lines_can_be_read_back() -> None:
    """Off a terminal each event is one JSON object with its name, level and time."""
    stream = io.StringIO()
    logs.set_up(stream)
    log = structlog.get_logger()
    with structlog.contextvars.bound_contextvars(task=7):
        log.info("task.submitted", attempt="x", cost=1.5, is_partial=False, nothing=None)
        log.warning("source.stuck", why='"quoted" 图片')
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first["event"] == "task.submitted"
    assert first["level"] == "info"
    assert first["task"] == second["task"] == 7
    assert (first["cost"], first["is_partial"], first["nothing"]) == (1.5, False, None)
    assert first["timestamp"].endswith("Z")
    assert second["why"] == '"quoted" 图片'


@pytest.mark.fault(93)
def test_a_closed_stream_does_not_stop_the_work() -> None:
    """Writing to a closed stream, setting it up included, never raises."""
    stream = io.StringIO()
    logs.set_up(stream)
    stream.close()
    structlog.get_logger().info("task.submitted")
    logs.set_up(stream)
    structlog.get_logger().info("task.submitted")


@pytest.mark.fault(93)
def test_a_broken_pipe_does_not_stop_the_work() -> None:
    """When the reader of our output is gone the lines are dropped; so is what commands tell."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        logs.set_up(stream)
        for _ in range(3):
            structlog.get_logger().info("task.submitted", why="x" * 100_000)
        logs.finish()


@pytest.mark.fault(11)
@pytest.mark.fault(93)
def test_a_full_disk_does_not_stop_the_work() -> None:
    """Log lines for which there is no room are dropped; nobody who logs hears of it."""
    with open("/dev/full", "w") as stream:  # noqa: PTH123 - a device, which a write fails on
        logs.set_up(stream)
        for _ in range(3):
            structlog.get_logger().info("task.submitted", why="x" * 100_000)
        logs.finish()


@pytest.mark.fault(93)
def test_a_gap_is_told_where_it_is() -> None:
    """Nobody reads: the oldest lines go, and a line in their place says how many they were.

    Breaks if the writer does not tell of lost lines, or tells of them behind the others.
    """
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        logs.set_up(stream)
        for number in range(3000):
            structlog.get_logger().info("task.submitted", number=number, why="x" * 1000)
    with os.fdopen(reading) as reader, ThreadPoolExecutor() as threads:
        all_lines = threads.submit(reader.readlines)
        logs.set_up(io.StringIO())  # which closes the writing end, once everything is out
        lines = [json.loads(line) for line in all_lines.result()]
    at = next(place for place, line in enumerate(lines) if line["event"] == "lines.dropped")
    assert lines[at]["level"] == "warning"
    before, after = lines[at - 1]["number"], lines[at + 1]["number"]
    assert after - before - 1 == lines[at]["count"] > 1000
    assert lines[-1]["number"] == 2999


def test_it_works_without_any_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program started with a closed stderr has none at all; it works on in silence."""
    monkeypatch.setattr(sys, "stderr", None)
    logs.set_up()
    structlog.get_logger().info("task.submitted")


def test_a_poor_encoding_loses_no_line() -> None:
    """What an ASCII stream cannot say is escaped; the line is still written."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    logs.set_up(stream)
    structlog.get_logger().info("task.submitted", name="图片 \ud800")
    stream.flush()
    assert b"\\u56fe" in raw.getvalue()
    assert b"task.submitted" in raw.getvalue()


def test_libraries_do_not_log_requests() -> None:
    """Libraries such as httpx, which would log URLs, are quiet below warnings."""
    logs.set_up(io.StringIO(), level=logging.DEBUG)
    for name in ("httpx", "httpcore", "apscheduler", "watchdog"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)
