"""Streamed answers of Ark and OpenAI: what came is kept, what is missing is told."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedwatch.errors import Moderated, OutcomeUnknown, Rejected
from seedwatch.providers.answer_file import LongText
from seedwatch.providers.base import Answer, WireProtocol
from seedwatch.providers.protocols.ark_images import ArkImages
from seedwatch.providers.protocols.openai_images import OpenAiImages

URL = "https://ark-content.volces.com/d/021763112157214abc_{n}.jpeg?X-Tos-Signature=0"
BLOCKED = {"code": "OutputImageSensitiveContentDetected", "message": "The output is blocked."}
BROKEN = {"code": "InternalServiceError", "message": "Something broke."}
DONE = b"data: [DONE]\n\n"
ARK, OPENAI = ArkImages(), OpenAiImages()


def _event(kind: str, **content: Any) -> bytes:
    frame = {"type": f"image_generation.{kind}", "model": "m", "created": 1, **content}
    return f"event: {frame['type']}\ndata: {json.dumps(frame)}\n\n".encode()


def _picture(n: Any) -> bytes:
    return _event("partial_succeeded", image_index=n, url=URL.format(n=n), size="2048x2048")


def _failed(n: Any, error: Any = BLOCKED) -> bytes:
    return _event("partial_failed", image_index=n, error=error)


def _completed(count: Any) -> bytes:
    return _event("completed", usage={"generated_images": count, "output_tokens": 1})


def _read(tmp_path: Path, *frames: bytes, protocol: WireProtocol = ARK) -> Answer:
    path = tmp_path / "answer"
    path.write_bytes(b"".join(frames))
    answer = protocol.read(path)
    assert isinstance(answer, Answer)
    return answer


def _urls(answer: Answer) -> list[str]:
    return [place.url for place in answer.returned]


def test_a_group_in_whatever_order_it_comes(tmp_path: Path) -> None:
    """Pictures stand by their image_index; the end brings the number charged (2.6)."""
    answer = _read(tmp_path, _picture(2), _picture(0), _picture(1), _completed(3), DONE)
    assert _urls(answer) == [URL.format(n=n) for n in range(3)]
    assert (answer.billed_count, answer.is_cut) == (3, False)
    assert answer.request_id == "021763112157214abc"


def test_a_failed_member_keeps_its_place(tmp_path: Path) -> None:
    """A blocked picture is an error among the others; the rest goes on (2.5)."""
    answer = _read(tmp_path, _picture(0), _failed(1), _picture(2), _completed(2), DONE)
    assert _urls(answer) == [URL.format(n=0), "", URL.format(n=2)]
    assert "The output is blocked." in answer.returned[1].error
    assert not answer.is_cut


@pytest.mark.fault(62)
def test_a_stream_that_was_cut_keeps_what_came(tmp_path: Path) -> None:
    """Three pictures of five, cut within the fourth: three are given, and that it was cut.

    Red when an answer without its end is thrown away: paid pictures would be lost (fault 62).
    """
    frames = b"".join(map(_picture, range(4)))
    answer = _read(tmp_path, frames[: len(frames) - 30])
    assert _urls(answer) == [URL.format(n=n) for n in range(3)]
    assert (answer.billed_count, answer.is_cut) == (None, True)


def test_a_gap_is_a_place_without_a_picture(tmp_path: Path) -> None:
    """A number that never came is told in its place, so that the others keep theirs."""
    answer = _read(tmp_path, _picture(2), _picture(0))
    assert [bool(place.error) for place in answer.returned] == [False, True, False]
    assert answer.is_cut


def test_an_error_in_place_of_the_rest(tmp_path: Path) -> None:
    """A top-level error ends the stream; the pictures before it are kept (2.6)."""
    stop = b'data: {"error": {"code": "BadRequest", "message": "no more"}}\n\n'
    answer = _read(tmp_path, _picture(0), stop, DONE)
    assert _urls(answer) == [URL.format(n=0)]
    assert answer.is_cut


@pytest.mark.parametrize("index", [None, "x", -1, True, 10**9, 1.5, [], {}])
def test_a_number_that_makes_no_sense(tmp_path: Path, index: Any) -> None:
    """A picture without a usable number comes after the others; no memory is spent on it."""
    frame = _event("partial_succeeded", image_index=index, url=URL.format(n="odd"))
    answer = _read(tmp_path, frame, _picture(0), _completed(2))
    assert _urls(answer) == [URL.format(n=0), URL.format(n="odd")]


def test_the_same_number_twice(tmp_path: Path) -> None:
    """The same frame twice is one picture; another picture of its number is not lost."""
    other = _event("partial_succeeded", image_index=0, url=URL.format(n="other"))
    answer = _read(tmp_path, _failed(0), _picture(0), _picture(0), other, _completed(2))
    assert _urls(answer) == [URL.format(n=0), URL.format(n="other")]


@pytest.mark.fault(62)
@pytest.mark.parametrize(
    ("frames", "kind"),
    [
        ([_failed(0), _failed(1), _completed(0), DONE], Moderated),
        ([_failed(0, BROKEN), _completed(0)], Rejected),
        ([_completed(0), DONE], Rejected),
        ([DONE], Rejected),
        ([b'data: {"error": {"code": "BadRequest", "message": "no"}}\n\n'], Rejected),
        ([b": ping\n\n"], OutcomeUnknown),
        ([_failed(0)], OutcomeUnknown),
        ([_picture(0)[:-30]], OutcomeUnknown),
        ([_event("partial_image", b64_json="QUJD")], OutcomeUnknown),
    ],
)
def test_a_stream_without_pictures(
    tmp_path: Path, frames: list[bytes], kind: type[Exception]
) -> None:
    """Said to be over, it failed; broken off, nobody knows what was made and charged."""
    with pytest.raises(kind) as raised:
        _read(tmp_path, *frames)
    assert type(raised.value) is kind


def test_long_base64_stays_in_the_file(tmp_path: Path) -> None:
    """With response_format b64_json the events bring the pictures themselves."""
    long = b64encode(bytes(60_000)).decode()
    frame = _event("partial_succeeded", image_index=0, b64_json=long)
    answer = _read(tmp_path, frame, _completed(1))
    assert isinstance(answer.returned[0].base64, LongText)


def _gpt(kind: str, text: str = "QUJD", source: str = "image_generation", **more: Any) -> bytes:
    frame = {"type": f"{source}.{kind}", "b64_json": text, "created_at": 1, **more}
    return f"event: {frame['type']}\ndata: {json.dumps(frame)}\n\n".encode()


@pytest.mark.parametrize("source", ["image_generation", "image_edit"])
@pytest.mark.parametrize("last", [b"", DONE])
def test_previews_are_no_results(tmp_path: Path, source: str, last: bytes) -> None:
    """Only completed brings a picture; previews before it are passed over (6.4)."""
    frames = [_gpt("partial_image", partial_image_index=n, source=source) for n in range(3)]
    frames += [_gpt("completed", "RU5E", source, usage={}), last]
    answer = _read(tmp_path, *frames, protocol=OPENAI)
    assert [place.base64 for place in answer.returned] == ["RU5E"]
    assert answer.is_cut == (last == b"")  # whether an end mark comes is not known (13)


def test_an_error_within_openais_stream(tmp_path: Path) -> None:
    """Without a picture before it, it is the refusal it states; with one, the rest is missing."""
    error = {"code": "moderation_blocked", "message": "no", "type": "x", "param": None}
    stop = f"event: error\ndata: {json.dumps({'type': 'error', 'error': error})}\n\n".encode()
    with pytest.raises(Moderated):
        _read(tmp_path, stop, protocol=OPENAI)
    answer = _read(tmp_path, _gpt("completed"), stop, protocol=OPENAI)
    assert (len(answer.returned), answer.is_cut) == (1, True)


def test_a_stream_of_previews_that_was_cut(tmp_path: Path) -> None:
    """A preview is no result, but somebody may have paid for the picture."""
    with pytest.raises(OutcomeUnknown):
        _read(tmp_path, _gpt("partial_image"), protocol=OPENAI)


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["code", "message", "generated_images"]), inner)
    ),
    max_leaves=8,
)
KINDS = [
    *("image_generation.partial_succeeded", "image_generation.partial_failed"),
    *("image_generation.completed", "image_edit.completed", "error", "unknown"),
]
frames = st.dictionaries(
    st.sampled_from(["image_index", "url", "b64_json", "error", "usage"]), anything
).flatmap(lambda frame: st.sampled_from(KINDS).map(lambda kind: {**frame, "type": kind}))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(frames, min_size=1, max_size=6), st.sampled_from([ARK, OPENAI]), st.integers(0, 40))
def test_no_stream_makes_a_crash(
    tmp_path: Path, told: list[dict[str, Any]], protocol: WireProtocol, cut: int
) -> None:
    """Whatever the types are and wherever it ends: pictures, or one of the documented errors."""
    stream = b"".join(f"data: {json.dumps(frame)}\n\n".encode() for frame in told)
    try:
        answer = _read(tmp_path, stream[: max(6, len(stream) - cut)], protocol=protocol)
    except (Rejected, OutcomeUnknown) as error:
        str(error).encode()
        return
    assert any(place.url or place.base64 for place in answer.returned)
    for place in answer.returned:
        assert bool(place.url) + bool(place.base64) + bool(place.error) == 1
        place.error.encode()
