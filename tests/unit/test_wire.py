"""providers.wire: what is told of a failure on the wire, and what may flow into a sink."""

from __future__ import annotations

import io

import httpx
import pytest

from seedwatch import logs
from seedwatch.providers.wire import Tap, why

KEY = "sk-canary-0123456789-abcdefghijkl"


def test_a_reason_is_one_line_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a library says of a failure may repeat a header or a link: it is redacted (P14).

    Red when the library's words are passed on as they are.
    """
    monkeypatch.setattr(logs, "_registered", set())
    logs.hide(KEY)
    said = why(httpx.LocalProtocolError(f"Illegal b'{KEY}'\n at https://h/x?X-Tos-Signature=0a1b"))
    assert KEY[:12] not in said
    assert "0a1b" not in said
    assert len(said.splitlines()) == 1
    assert said.startswith("Illegal")


@pytest.mark.parametrize(
    "error", [TimeoutError(), httpx.ReadTimeout("x"), httpx.ConnectTimeout("")]
)
def test_a_time_out_is_told_in_plain_words(error: Exception) -> None:
    """All kinds of time-out are one thing to a person."""
    assert why(error) == "no answer in time"


def test_an_error_without_words_is_told_by_its_name() -> None:
    """Something is always said."""
    assert why(httpx.ReadError("")) == "ReadError"


def test_a_tap_passes_on_no_more_than_it_may() -> None:
    """The bytes that would be too many are not written."""
    sink = io.BytesIO()
    tap = Tap(sink, 5, "fetch")
    tap.pour(b"abc")
    tap.pour(b"de")
    with pytest.raises(httpx.DecodingError):
        tap.pour(b"f")
    assert sink.getvalue() == b"abcde"
