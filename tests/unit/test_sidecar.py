"""outbox.sidecar: the JSON beside a result tells everything the contract names."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch import __version__
from seedwatch.outbox import sidecar
from seedwatch.outbox.sidecar import rfc3339, shown_name, tells_of
from seedwatch.records import Claim, Money, Reference
from tests.unit import made

NOW = 1_700_000_060.5


def _claim(**changes: Any) -> Claim:
    told: dict[str, Any] = {
        "generation": made.generation(
            mode="image-to-image",
            prompt="white background",
            references=(
                Reference("source", "sub/photo.png", "1" * 64),
                Reference("url", "https://host/brand.png?X-Tos-Signature=secret", "2" * 64),
            ),
        ),
        "sent": {
            "parameters": {"size": "2K", "watermark": False},
            "changes": ["turned upright", "converted to JPEG"],
            "cost_basis": "catalog",
        },
        "request_id": "021763112157214",
        "cost": Money(40_000, "USD"),
    }
    return made.claim(**(told | changes))


def _told(claim: Claim, n: int = 1, **changes: Any) -> Any:
    outputs = [made.output(each, path=f"sub/photo_{each}.jpeg") for each in range(1, n + 1)]
    outputs[-1] = replace(outputs[-1], **changes)
    return json.loads(sidecar.sidecar(claim, "ark", outputs[0], outputs, NOW))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"cost_basis": "estimate"}, ("catalog", True)),
        ({"cost_basis": "charged"}, ("charged", False)),
        ({"cost": None, "sent": {}}, (None, None)),
    ],
)
def test_it_tells_what_the_cost_is_based_on(
    changes: dict[str, Any], told: tuple[str | None, bool | None]
) -> None:
    """The provider's answer, or a price list: the reader knows whether it is an estimate."""
    found = _told(_claim(**changes))
    assert (found["cost_basis"], found["cost_is_estimate"]) == told


def test_it_tells_everything_the_contract_names() -> None:
    """All that contract.md 3 lists.

    Model, prompt, effective parameters, what was changed to fit, the provider's request id, source
    name and sha256, cost, times, sha256 of the result.
    """
    claim = _claim()
    told = _told(claim)
    assert told["model"] == claim.generation.model
    assert told["prompt"] == "white background"
    assert told["parameters"] == {"size": "2K", "watermark": False}
    assert told["changed_to_fit"] == ["turned upright", "converted to JPEG"]
    assert told["request_id"] == "021763112157214"
    assert told["source"] == {"name": "photo.png", "sha256": claim.source.sha256}
    assert (told["cost"], told["currency"]) == ("0.04", "USD")
    assert told["created_at"] == "2023-11-14T22:13:20.000Z"
    assert told["finished_at"] == "2023-11-14T22:14:20.500Z"
    assert told["result"] == {
        "name": "photo_1.jpeg",
        "sha256": made.sha256(b"result"),
        "bytes": 6,
        "media_type": "image/jpeg",
        "width": 4,
        "height": 3,
    }


def test_it_tells_where_the_work_was_done() -> None:
    """Provider, account, mode, task and attempt make the row in the queue findable."""
    told = _told(_claim())
    assert (told["provider"], told["account"], told["mode"]) == ("ark", "ark", "image-to-image")
    assert (told["task"], told["attempt"], told["seedwatch"]) == (7, "a" * 32, __version__)
    assert "set" not in told


def test_references_are_named_without_credentials() -> None:
    """Pictures sent along are named with their digests; a signed URL loses its query (P14).

    Red when the reference's path is written as it is.
    """
    assert _told(_claim())["references"] == [
        {"name": "photo.png", "sha256": "1" * 64},
        {"name": "brand.png", "sha256": "2" * 64},
    ]


def test_what_is_not_known_is_null() -> None:
    """A price or a request id that nobody told is null, not made up."""
    told = _told(_claim(cost=None, request_id="", sent={}))
    assert (told["cost"], told["currency"], told["request_id"]) == (None, None, None)
    assert (told["parameters"], told["changed_to_fit"]) == ({}, [])


@pytest.mark.fault(61)
def test_a_set_says_that_it_is_partial() -> None:
    """Each picture of a set says its number, and which ones are missing and why (fault 61)."""
    told = _told(_claim(), 3, error="refused", path="")
    assert told["set"] == {"n": 1, "of": 3, "missing": [{"n": 3, "why": "refused"}]}


def test_the_manifest_lists_the_set_in_order() -> None:
    """The manifest names what was expected, every picture with its digest, and what is missing."""
    outputs = [
        made.output(1, b"one", path="photo_1-1.jpeg"),
        made.output(2, b"", error="refused", sha256="", byte_count=0),
        made.output(3, b"three", path="photo_1-3.jpeg"),
    ]
    told = json.loads(sidecar.manifest(_claim(expected_outputs=4), outputs))
    assert told["expected"] == 4
    assert [entry["name"] for entry in told["results"]] == ["photo_1-1.jpeg", "photo_1-3.jpeg"]
    assert [entry["sha256"] for entry in told["results"]] == [
        made.sha256(b"one"),
        made.sha256(b"three"),
    ]
    assert told["missing"] == [{"n": 2, "why": "refused"}]


def test_the_manifest_is_the_same_each_time() -> None:
    """It holds no time, so that a second delivery after a crash finds its own."""
    outputs = [made.output(1), made.output(2)]
    assert sidecar.manifest(_claim(), outputs) == sidecar.manifest(_claim(), outputs)


@given(st.text(alphabet=st.characters(), max_size=60))
def test_any_name_can_be_told(name: str) -> None:
    """Names with bytes that are not UTF-8, or lone surrogates of Windows, are escaped."""
    shown_name(name).encode()
    content = sidecar.sidecar(
        _claim(source=made.source(name or "x")), "ark", made.output(), [made.output()], NOW
    )
    assert json.loads(content)["source"]["name"] == shown_name(name or "x")


def test_bytes_that_are_not_text_are_shown() -> None:
    r"""A byte 0xff of a name stands as `\xff`; everything else stays as it is."""
    assert shown_name("图\udcff.png") == "图\\xff.png"


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{}", b"[]", b"null", b'{"result": []}', b'{"result": {"sha256": 1}}'),
        *(b"\xff\xfe", b'"text"', b"[" * 500_000, b'{"result": {"sha256": "other"}}'),
    ],
)
def test_a_strangers_file_is_not_ours(content: bytes) -> None:
    """Whatever a stranger's JSON holds, it is not taken for the sidecar of this result."""
    assert not tells_of(content, made.output())


def test_our_own_sidecar_is_known_again() -> None:
    """A sidecar written before a crash tells of the same result, whatever its times are."""
    first = made.output(path="photo_1.jpeg")
    assert tells_of(sidecar.sidecar(_claim(), "ark", first, [first], NOW - 60), first)
    assert not tells_of(
        sidecar.sidecar(_claim(), "ark", first, [first], NOW), replace(first, sha256="0" * 64)
    )


def test_times_are_rfc_3339_in_utc() -> None:
    """Milliseconds and a Z."""
    assert rfc3339(0) == "1970-01-01T00:00:00.000Z"
    assert rfc3339(1_700_000_000.1239) == "2023-11-14T22:13:20.123Z"
