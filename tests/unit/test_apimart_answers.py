"""apimart: answers to submits in both versions, tasks and their results, whatever they hold."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedwatch.errors import (
    AuthFailed,
    Moderated,
    OutcomeUnknown,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Rejected,
    RemoteFailed,
)
from seedwatch.providers.answer_file import LongText
from seedwatch.providers.base import Answer, Pending, Returned
from seedwatch.providers.protocols.apimart import ApimartImages
from seedwatch.records import Handle

SAMPLES = Path(__file__).parents[1] / "data" / "request-samples.json"
ID = "task_01K8SGYNNNVBQTXNR4MM964S7K"
NO_AMOUNTS: tuple[Any, ...] = (None, -1, True, "x", [], 1e300, "nan", "inf")
A, B, C = (f"https://h/{name}.png?sign=1" for name in "abc")


def _read(tmp_path: Path, value: Any) -> Answer | Handle | Pending:
    path = tmp_path / "answer"
    path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return ApimartImages().read(path)


def task(status: Any, **more: Any) -> dict[str, Any]:
    """The answer to a look."""
    return {"code": 200, "data": {"id": ID, "status": status, "progress": 1} | more}


def _urls(outcome: Answer | Handle | Pending) -> list[str]:
    assert isinstance(outcome, Answer)
    assert not any(place.error for place in outcome.returned)
    return [place.url for place in outcome.returned]


def test_the_vendors_sample_is_read(tmp_path: Path) -> None:
    """request-samples.json: the older form, `data` as a list with a `task_id`."""
    samples = json.loads(SAMPLES.read_text(encoding="utf-8"))
    (sample,) = [sample for sample in samples if sample["provider"] == "apimart"]
    assert _read(tmp_path, sample["answer"]) == Handle("remote", ID)


@pytest.mark.parametrize(
    "value",
    [
        {"data": {"object": "generation.task", "id": ID, "status": "pending"}, "request_id": "r"},
        {"data": {"task_id": ID, "id": 7}},
        {"data": [{"id": ID, "status": "submitted"}]},
        {"data": [{"task_id": ID, "status": "SUBMITTED"}, {"task_id": "other"}]},
        {"task_id": ID, "status": "submitted"},
        {"code": 200, "data": {"id": ID, "status": None}},
    ],
)
def test_both_versions_name_the_task(tmp_path: Path, value: Any) -> None:
    """`data` as a list or an object, `task_id` or `id` (protocols.md 4.2)."""
    assert _read(tmp_path, value) == Handle("remote", ID)


@pytest.mark.fault(72)
@pytest.mark.parametrize("status", ["submitted", "pending", "Processing", "PENDING", "new", None])
def test_work_that_goes_on_is_pending(tmp_path: Path, status: Any) -> None:
    """Lower case or not; a status nobody documents may end well, too (4.3)."""
    assert _read(tmp_path, task(status)) == Pending()


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"images": [{"url": [A], "expires_at": 1}]}, [A]),
        ({"images": [{"url": A}]}, [A]),
        ({"images": [{"url": [A, B]}, {"url": C}]}, [A, B, C]),
        ({"images": [A, B]}, [A, B]),
        ({"images": {"url": [A, B]}}, [A, B]),
        ({"videos": [{"url": [A]}]}, [A]),
        ({"videos": {"url": A}}, [A]),
        ({"images": [], "videos": [{"url": A}]}, [A]),
        ({"images": [None, {}, {"url": None}, {"url": []}, {"url": ""}, {"url": B}]}, [B]),
    ],
)
def test_links_are_flattened_in_their_order(
    tmp_path: Path, result: Any, expected: list[str]
) -> None:
    """Several entries, several links of one, lists and texts (protocols.md 4.3)."""
    done = _read(tmp_path, task("Completed", result=result, cost=0.035, credits_cost=0.35))
    assert _urls(done) == expected
    assert isinstance(done, Answer)
    assert (done.request_id, done.billed_count) == (ID, None)
    assert (done.charged, done.charged_micros) == (None, 35_000)


@pytest.mark.parametrize(
    ("told", "micros"),
    [
        ({"cost": 0}, 0),
        ({"cost": "1.25"}, 1_250_000),
        ({"cost": 3, "credits_cost": 30}, 3_000_000),
        ({"credits_cost": 0.35}, None),
        *(({"cost": bad}, None) for bad in NO_AMOUNTS),
        ({"cost": 10**400}, None),
    ],
)
def test_what_it_cost_is_told_without_a_currency(
    tmp_path: Path, told: Any, micros: int | None
) -> None:
    """`cost` is in a currency that the answer does not name (protocols.md 4.3)."""
    done = _read(tmp_path, task("completed", result={"images": [{"url": A}]}, **told))
    assert isinstance(done, Answer)
    assert (done.charged, done.charged_micros) == (None, micros)


def test_a_model_that_answers_at_once_gives_its_result(tmp_path: Path) -> None:
    """The object "generation.result" of the newer version (protocols.md 4.2)."""
    for data in ({"images": [{"url": A}]}, {"result": {"images": [{"url": [A]}]}}):
        value = {"data": {"object": "generation.result", "id": ID} | data}
        assert _urls(_read(tmp_path, value)) == [A]


def test_a_link_may_be_the_picture_itself(tmp_path: Path) -> None:
    """Relays answer data URIs; long ones stay in the file (protocols.md 1.3)."""
    uri = "data:image/png;base64," + "A" * 40_000
    done = _read(tmp_path, task("completed", result={"images": [{"url": [uri, A]}]}))
    assert isinstance(done, Answer)
    first, second = done.returned
    assert isinstance(first.base64, LongText)
    assert second == Returned(A)


@pytest.mark.parametrize("result", [None, {}, [], "x", {"images": None}, {"images": [[]]}])
def test_success_without_a_link_keeps_a_place(tmp_path: Path, result: Any) -> None:
    """It was paid for: the task is held with the answer as evidence."""
    done = _read(tmp_path, task("completed", result=result))
    assert isinstance(done, Answer)
    (place,) = done.returned
    assert place.error


@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        ({"code": 400, "message": "No.", "type": "invalid_request_error"}, Rejected, "No."),
        ({"code": "400", "message": "No."}, Rejected, "No."),
        ({"code": 0, "message": "No.", "type": "invalid_request_error"}, Rejected, "No."),
        ({"code": 400, "message": "refused by the content policy"}, Moderated, "content policy"),
        ({"code": 500, "message": "x", "type": "OutputVideoSensitiveContent"}, Moderated, "x"),
        ({"code": 500, "message": "Broke.", "type": "server_error"}, RemoteFailed, "Broke."),
        ({"code": 402, "message": "Pay."}, RemoteFailed, "Pay."),
        ({"code": 429, "message": "Slow."}, RemoteFailed, "Slow."),
        ({"message": "Why?"}, RemoteFailed, "Why?"),
        ("Broke.", RemoteFailed, "Broke."),
        (None, RemoteFailed, "failed there"),
        ({}, RemoteFailed, "failed there"),
        ([1], RemoteFailed, "failed there"),
    ],
)
def test_a_failed_task_says_why(
    tmp_path: Path, error: Any, expected: type[ProviderError], words: str
) -> None:
    """What it was asked for, its content, or a fault of theirs, which is refunded (4.3)."""
    with pytest.raises(ProviderError) as raised:
        _read(tmp_path, task("Failed", error=error))
    assert type(raised.value) is expected
    assert words in raised.value.message
    assert raised.value.request_id == ID


def test_a_cancelled_task_is_not_tried_again(tmp_path: Path) -> None:
    """protocols.md 4.3."""
    with pytest.raises(Rejected, match="cancelled"):
        _read(tmp_path, task("cancelled"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"error": {"code": 402, "message": "Pay."}}, QuotaExhausted),
        ({"error": {"code": 401, "message": "Key."}}, AuthFailed),
        ({"error": {"code": "429", "message": "Slow."}}, RateLimited),
        ({"error": {"code": 400, "message": "No."}}, OutcomeUnknown),
        ({"error": {"code": 500, "message": "Broke."}, "data": None}, OutcomeUnknown),
        ({"error": "Broke."}, OutcomeUnknown),
        ({"success": False, "message": "Broke."}, OutcomeUnknown),
        ({"success": False, "message": None, "data": []}, OutcomeUnknown),
    ],
)
def test_an_error_in_a_200_is_believed_only_about_the_account(
    tmp_path: Path, value: Any, expected: type[ProviderError]
) -> None:
    """Any other unusable answer to a submit is a doubt, as the vendor's own client has it (4.5)."""
    with pytest.raises(ProviderError) as raised:
        _read(tmp_path, value)
    assert type(raised.value) is expected


@pytest.mark.fault(71)
@pytest.mark.parametrize(
    "value",
    [
        *(b"", b"<html>", b'{"data": [', b"[]", b"7", b"null", b"{}", {"data": []}, {"code": 200}),
        *({"data": {"id": "a b"}}, {"data": [7]}, {"data": {"id": "../x"}}, {"data": "x"}),
    ],
)
def test_an_answer_nobody_documents(tmp_path: Path, value: Any) -> None:
    """Without the name of a task nothing is known of it."""
    with pytest.raises(OutcomeUnknown):
        _read(tmp_path, value)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["url", "images", "videos", "code", "message", "type", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
states = st.sampled_from(["submitted", "pending", "completed", "failed", "cancelled"])
names = st.sampled_from(
    ["id", "task_id", "status", "result", "error", "object", "progress", "data"]
)
data = st.dictionaries(names, anything | states, max_size=6)


@pytest.mark.fault(58)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300
)
@given(data, states | anything, anything, anything)
def test_every_answer_has_a_meaning(
    tmp_path: Path, told: dict[str, Any], status: Any, result: Any, error: Any
) -> None:
    """Whatever the fields hold, it is read or is an error of the provider's side."""
    whole = task(status, result=result, error=error)
    for value in (told, {"data": told}, {"data": [told]}, {"data": result}, whole):
        try:
            outcome = _read(tmp_path, value)
        except ProviderError as raised:
            str(raised).encode()
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
    """30 MB of a picture inside the answer stay in the file."""
    path = tmp_path / "answer"
    head = (
        b'{"data":{"id":"t","status":"completed","result":{"images":[{"url":"data:image/png;base64,'
    )
    path.write_bytes(head + b"A" * 30_000_000 + b'"}]}}}')
    tracemalloc.start()
    outcome = ApimartImages().read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(outcome, Answer)
    assert isinstance(outcome.returned[0].base64, LongText)
    assert peak < 2_000_000
