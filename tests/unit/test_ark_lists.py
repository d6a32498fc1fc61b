"""ark_lists: a lost submit is found, provably absent, or neither; never taken for another's."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch.errors import Unavailable
from seedwatch.providers.base import Reply, Wanted
from seedwatch.providers.protocols.ark_video import ArkVideo
from seedwatch.records import Handle

KEY, MODEL, NOW = "a" * 32, "doubao-seedance-1-0-pro-250528", 1_700_000_000
SEEDLESS = Wanted(KEY, MODEL, None, NOW)
SEEDED = Wanted(KEY, MODEL, 4711, NOW)


def entry(**changes: Any) -> dict[str, Any]:
    """A task of somebody else, made after ours, that shows neither identifier nor seed."""
    return {"id": "cgt-0", "model": MODEL, "status": "queued", "created_at": NOW + 5} | changes


def page(*entries: dict[str, Any], total: Any = None) -> Reply:
    """One page of a list."""
    total = len(entries) if total is None else total
    return Reply(200, {}, json.dumps({"total": total, "items": list(entries)}).encode())


def sighted(reply: Reply, wanted: Wanted = SEEDLESS) -> Any:
    """What the page says."""
    return ArkVideo().sighted(reply, wanted)


def test_a_page_is_asked_for_with_model_and_tier() -> None:
    """protocols.md 3.1; without a tier the offline ones might be left out."""
    exchange = ArkVideo().look_up(SEEDED, 3)
    url = urlsplit(exchange.path)
    assert (exchange.method, url.path) == ("GET", "/contents/generations/tasks")
    assert parse_qs(url.query) == {
        "page_num": ["3"],
        "page_size": ["500"],
        "filter.model": [MODEL],
        "filter.service_tier": ["default"],
    }
    flex = Wanted(KEY, "ep-1&x", None, NOW, {"service_tier": "flex"})
    query = parse_qs(urlsplit(ArkVideo().look_up(flex, 1).path).query)
    assert (query["filter.model"], query["filter.service_tier"]) == (["ep-1&x"], ["flex"])


@pytest.mark.parametrize("at", [0, 1, 499])
def test_the_identifier_finds_it_at_any_place(at: int) -> None:
    """Our attempt's id names it, whatever the clocks say."""
    entries = [entry(id=f"cgt-{n}", safety_identifier="b" * 32) for n in range(500)]
    entries[at] |= {"safety_identifier": KEY, "created_at": 1}
    assert sighted(page(*entries)) == Handle("remote", f"cgt-{at}")


@pytest.mark.parametrize(
    ("changes", "is_found"),
    [
        ({"seed": 4711}, True),
        ({"seed": "4711"}, True),
        ({"seed": 4711, "created_at": NOW - 119}, True),
        ({"seed": 4711, "created_at": NOW - 121}, False),
        ({"seed": 4711, "model": "doubao-seedance-1-0-pro"}, True),
        ({"seed": 4711, "model": "doubao-seedance-2-0-260128"}, False),
        ({"seed": 4711, "model": None}, False),
        ({"seed": 4712}, False),
        ({"seed": True}, False),
        ({"seed": 4711, "safety_identifier": "b" * 32}, False),
        ({"seed": 4711, "id": "../x"}, False),
    ],
)
def test_our_seed_finds_it_where_the_identifier_is_not_shown(
    changes: dict[str, Any],
    is_found: bool,
) -> None:
    """Seed, model and time together; the identifier of another submit speaks against it."""
    found = sighted(page(entry(id="cgt-9") | changes), SEEDED)
    assert (found == Handle("remote", "cgt-9")) is is_found


@pytest.mark.fault(73)
@pytest.mark.parametrize(
    ("wanted", "reply", "expected"),
    [
        (SEEDLESS, page(), "absent"),
        (SEEDLESS, page(entry(safety_identifier="b" * 32)), "absent"),
        (SEEDLESS, page(entry(safety_identifier="b" * 32), entry()), "absent"),
        (SEEDLESS, page(entry(safety_identifier="b", status="succeeded"), entry()), "unprovable"),
        (SEEDLESS, page(entry(created_at=NOW - 121)), "unprovable"),
        (SEEDLESS, page(entry(created_at=NOW - 86_401)), "absent"),
        (SEEDED, page(entry(seed=4711, created_at=NOW - 86_401)), "unprovable"),
        (SEEDLESS, page(entry()), "unprovable"),
        (SEEDLESS, page(entry(created_at=None)), "unprovable"),
        (SEEDLESS, page(entry(created_at="soon")), "unprovable"),
        (SEEDLESS, page(entry(seed=5)), "unprovable"),
        (SEEDLESS, page(entry(safety_identifier="")), "unprovable"),
        (SEEDED, page(entry(seed=5)), "absent"),
        (SEEDED, page(entry(seed="5")), "absent"),
        (SEEDED, page(entry(seed=-1)), "unprovable"),
        (SEEDED, page(entry()), "unprovable"),
        (SEEDED, page(entry(seed=5), entry()), "unprovable"),
        (SEEDED, page(entry(seed=5), total=1001), "absent"),
        (SEEDED, page(entry(seed=5), total=2), "unprovable"),
        (SEEDED, page(total=1000), "absent"),
        (SEEDED, page(total=3), "unprovable"),
        (SEEDED, page(*[entry(seed=5)] * 500), "next"),
        (SEEDLESS, page(*[entry()] * 500), "unprovable"),
    ],
)
def test_absence_needs_proof(wanted: Wanted, reply: Reply, expected: str) -> None:
    """Every task listed must be somebody else's, and the list must have come to its end.

    Red where a page that is shorter than asked for passes for the last one: a submit on the next
    would be sent a second time.
    """
    assert sighted(reply, wanted) == expected


@pytest.mark.fault(73)
@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[]", b"{}", b'{"items": {}}', b'{"items": [7]}', b'{"items": null}', b"["],
)
def test_what_is_no_list_is_asked_for_again(content: bytes) -> None:
    """It proves nothing (base.ListProtocol)."""
    with pytest.raises(Unavailable):
        sighted(Reply(200, {}, content))
    assert sighted(Reply(200, {}, b'{"total": 0}')) == "absent"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
fields = st.sampled_from(["id", "model", "seed", "created_at", "safety_identifier"])
entries = st.lists(st.dictionaries(fields, anything) | anything, max_size=5) | anything


@pytest.mark.fault(73)
@given(entries, anything, st.sampled_from([SEEDED, SEEDLESS]))
def test_every_page_has_a_meaning(items: Any, total: Any, wanted: Wanted) -> None:
    """Whatever stands in a list, it is read, and a stranger's task is never taken for ours."""
    content = json.dumps({"items": items, "total": total}).encode()
    try:
        seen = ArkVideo().sighted(Reply(200, {}, content), wanted)
    except Unavailable:
        return
    assert seen in {"next", "absent", "unprovable"}


@given(st.binary(max_size=200))
def test_noise_is_no_page(noise: bytes) -> None:
    """Only "ask again" comes of it."""
    with pytest.raises(Unavailable):
        ArkVideo().sighted(Reply(200, {}, noise), SEEDED)
