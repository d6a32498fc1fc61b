"""ark_video: ids, states and results of tasks, whatever a stranger may answer."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedwatch.errors import Moderated, OutcomeUnknown, ProviderError, Rejected, RemoteFailed
from seedwatch.providers.base import Answer, Pending, Returned
from seedwatch.providers.protocols.ark_video import ArkVideo
from seedwatch.records import Handle

VIDEO, FRAME = "https://h/video.mp4?sign=1", "https://h/frame.jpeg?sign=2"


def _read(tmp_path: Path, value: Any) -> Answer | Handle | Pending:
    path = tmp_path / "answer"
    path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return ArkVideo().read(path)


def task(status: Any, **more: Any) -> dict[str, Any]:
    """A task object with this status."""
    return {"id": "cgt-1", "model": "m", "status": status, "error": None, "seed": 7} | more


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({"id": "cgt-20261121-abc"}, "cgt-20261121-abc"),
        ({"id": "cgt-1", "safety_identifier": "a" * 32, "more": [1]}, "cgt-1"),
        ({"id": 17}, "17"),
    ],
)
def test_a_create_gives_the_name_of_a_task(tmp_path: Path, value: Any, name: str) -> None:
    """protocols.md 3.1; an echo of the identifier and unknown fields do not matter."""
    assert _read(tmp_path, value) == Handle("remote", name)


@pytest.mark.fault(72)
@pytest.mark.parametrize("status", ["queued", "running", " Running ", "pondering", "", None, 7])
@pytest.mark.parametrize("content", [{}, {"content": None}, {"content": {}}])
def test_work_that_goes_on_is_pending(tmp_path: Path, status: Any, content: Any) -> None:
    """With `content` null or missing; a status nobody documents may end well, too."""
    assert _read(tmp_path, task(status, **content)) == Pending()


def test_a_video_comes_before_its_last_frame(tmp_path: Path) -> None:
    """protocols.md 3.5: one place, or two where the frame was asked for."""
    done = task("succeeded", content={"video_url": VIDEO})
    alone = Answer((Returned(VIDEO),), None, request_id="cgt-1", is_cut=True)
    assert _read(tmp_path, done) == alone  # the frame is missed where two were expected
    done["content"] |= {"last_frame_url": FRAME, "file_url": None}
    answer = _read(tmp_path, done | {"status": "SUCCEEDED"})
    assert isinstance(answer, Answer)
    assert (answer.returned, answer.is_cut) == ((Returned(VIDEO), Returned(FRAME)), False)


@pytest.mark.parametrize("content", [None, {}, {"video_url": None}, {"video_url": ""}, [], "x"])
def test_success_without_a_video_keeps_a_place_for_it(tmp_path: Path, content: Any) -> None:
    """It was paid for: the task is held with the answer as evidence, not failed or asked again."""
    answer = _read(tmp_path, task("succeeded", content=content))
    assert isinstance(answer, Answer)
    (place,) = answer.returned
    assert "names no video" in place.error


@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        ({"code": "OutputVideoSensitiveContentDetected", "message": "Seen."}, Moderated, "Seen."),
        ({"code": "InternalServiceError", "message": "Broke."}, RemoteFailed, "Broke."),
        ({"code": "ContentSecurityDetectionError", "message": "?"}, RemoteFailed, "?"),
        ({"code": "InvalidParameter.TaskTypeConstraint", "message": "No."}, Rejected, "No."),
        ({"code": "AccountOverdueError", "message": "Pay."}, RemoteFailed, "Pay."),
        ({"code": "RateLimitExceeded.EndpointRPMExceeded", "message": ""}, Rejected, "Rate"),
        ({"code": "New", "message": "Words."}, Rejected, "Words."),
        (None, RemoteFailed, "failed there"),
        ({}, RemoteFailed, "failed there"),
        ("broke", RemoteFailed, "failed there"),
    ],
)
def test_a_failed_task_says_why(
    tmp_path: Path, error: Any, expected: type[ProviderError], words: str
) -> None:
    """By the code of its error (protocols.md 3.5, 2.7); a fault of theirs may be tried again.

    A stopped account is found out by the new submit, not by a task that is over.
    """
    with pytest.raises(ProviderError) as raised:
        _read(tmp_path, task("failed", error=error))
    assert type(raised.value) is expected
    assert words in raised.value.message


def test_expired_is_tried_again_and_cancelled_is_not(tmp_path: Path) -> None:
    """protocols.md 3.5, actions."""
    with pytest.raises(RemoteFailed):
        _read(tmp_path, task("expired"))
    with pytest.raises(Rejected):
        _read(tmp_path, task("cancelled"))


@pytest.mark.fault(71)
@pytest.mark.parametrize(
    "value",
    [
        *(b"", b"<html>", b'{"id": "cgt', b"[]", b"7", b'"id"', b"null", b"{}", b"\xff\xfe"),
        *({"id": None}, {"id": ""}, {"id": "a b"}, {"id": "../x"}, {"id": ".."}, {"id": "a/b"}),
        *({"id": True}, {"id": ["cgt-1"]}, {"id": "x" * 300}, {"id": "x" * 20_000}),
        *({"error": {"code": "c", "message": "m"}}, {"status": "queued"}, {"id": "a?b=1"}),
    ],
)
def test_an_answer_nobody_documents(tmp_path: Path, value: Any) -> None:
    """Without a name that can stand in a path nothing is known of the task."""
    with pytest.raises(OutcomeUnknown):
        _read(tmp_path, value)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=15,
)
names = ["id", "status", "content", "error", "safety_identifier"]
states = st.sampled_from(["queued", "succeeded", "failed", "expired", "cancelled"])
objects = st.dictionaries(st.sampled_from(names), anything | states, max_size=5)
links = st.dictionaries(st.sampled_from(["video_url", "last_frame_url"]), anything, max_size=2)
errors = st.dictionaries(st.sampled_from(["code", "message"]), anything, max_size=2)


@pytest.mark.fault(58)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300
)
@given(objects, states | anything, links | anything, errors | anything)
def test_every_answer_has_a_meaning(
    tmp_path: Path, value: dict[str, Any], status: Any, content: Any, error: Any
) -> None:
    """Whatever the fields hold, it is read or is an error of the provider's side."""
    for told in (value, task(status, content=content, error=error), {**value, "id": "cgt-1"}):
        try:
            outcome = _read(tmp_path, told)
        except ProviderError:
            continue
        assert isinstance(outcome, Answer | Handle | Pending)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100
)
@given(st.binary(max_size=300))
def test_noise_is_never_a_task(tmp_path: Path, noise: bytes) -> None:
    """Bytes that are no JSON object with an id are a doubt."""
    with pytest.raises(OutcomeUnknown):
        _read(tmp_path, noise)


def test_a_huge_answer_costs_no_memory(tmp_path: Path) -> None:
    """30 MB of text in a field stay in the file."""
    path = tmp_path / "answer"
    path.write_bytes(b'{"id":"cgt-1","status":"running","x":"' + b"y" * 30_000_000 + b'"}')
    tracemalloc.start()
    assert ArkVideo().read(path) == Pending()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000
