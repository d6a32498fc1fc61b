"""openai_images: reading answers in one piece (protocols.md 6.3); relays read alike."""

from __future__ import annotations

import json
import tracemalloc
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedwatch.errors import Moderated, OutcomeUnknown, ProviderError, Rejected
from seedwatch.providers.answer_file import LongText
from seedwatch.providers.base import Answer, WireProtocol
from seedwatch.providers.protocols.dmxapi import DmxGpt, DmxSeedream
from seedwatch.providers.protocols.openai_images import OpenAiImages

OPENAI = OpenAiImages()
BLOCKED = {"code": "moderation_blocked", "message": "Not this.", "type": "x", "param": None}


def _read(tmp_path: Path, value: Any, protocol: WireProtocol = OPENAI) -> Answer:
    path = tmp_path / "answer"
    path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    answer = protocol.read(path)
    assert isinstance(answer, Answer)
    return answer


def test_the_documented_answer(tmp_path: Path) -> None:
    """Pictures in the order of the list; usage counts tokens, so the number is not said."""
    long = b64encode(bytes(30_000)).decode()
    value = {
        "created": 1,
        "background": "opaque",
        "output_format": "png",
        "size": "1024x1024",
        "data": [{"b64_json": "QUJD"}, {"b64_json": long, "revised_prompt": "x"}],
        "usage": {"input_tokens": 50, "output_tokens": 4160, "total_tokens": 4210},
    }
    answer = _read(tmp_path, value)
    assert answer.returned[0].base64 == "QUJD"
    assert isinstance(answer.returned[1].base64, LongText)
    assert (answer.billed_count, answer.is_cut) == (None, False)


@pytest.mark.fault(60)
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"created": 1, "data": []}, Rejected),
        ({"data": [{}]}, Rejected),
        ({"error": {"message": "broken", "type": "server_error"}}, Rejected),
        ({"error": BLOCKED}, Moderated),
        ({"data": [{"error": BLOCKED}]}, Moderated),
        ({"created": 1}, OutcomeUnknown),
        ({"data": None}, OutcomeUnknown),
        (b"<html>", OutcomeUnknown),
        (b"", OutcomeUnknown),
        (b"[]", OutcomeUnknown),
        (b'{"data": [{"b64_json": "QU', OutcomeUnknown),
    ],
)
def test_an_answer_without_pictures(tmp_path: Path, value: Any, kind: type[ProviderError]) -> None:
    """What it states is a failure of the task; what nobody documents may have been charged."""
    with pytest.raises(kind) as raised:
        _read(tmp_path, value)
    assert type(raised.value) is kind


def test_ten_large_pictures_cost_little_memory(tmp_path: Path) -> None:
    """40 MB of base64 in one answer are read with under 3 MB."""
    text = b64encode(bytes(range(256)) * 12_000)
    path = tmp_path / "answer"
    with path.open("wb") as file:
        file.write(b'{"data": [')
        for n in range(10):
            file.write((b", " if n else b"") + b'{"b64_json": "' + text + b'"}')
        file.write(b"]}")
    tracemalloc.start()
    try:
        answer = OPENAI.read(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(answer.returned) == 10
    assert peak < 3_000_000


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["data", "url", "b64_json", "error", "code", "message", "z_index"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@pytest.mark.fault(58)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.dictionaries(st.sampled_from(["data", "error", "usage"]), anything),
    st.sampled_from([OPENAI, DmxGpt(), DmxSeedream()]),
)
def test_no_answer_makes_a_crash(
    tmp_path: Path, value: dict[str, Any], protocol: WireProtocol
) -> None:
    """Whatever the types are, it is an answer with a picture or one of the documented errors."""
    try:
        answer = _read(tmp_path, value, protocol)
    except (Rejected, OutcomeUnknown) as error:
        str(error).encode()
        return
    assert any(place.url or place.base64 for place in answer.returned)
    for place in answer.returned:
        assert bool(place.url) + bool(place.base64) + bool(place.error) == 1
        place.error.encode()
