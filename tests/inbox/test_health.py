"""The health of a root as a state machine: each piece of evidence, from each state."""

from __future__ import annotations

import errno

import pytest

from seedwatch.inbox.health import (
    SLOW_S,
    Answered,
    Broke,
    Evidence,
    Health,
    Refused,
    Silent,
    State,
    Stopped,
    advance,
)
from seedwatch.inbox.markers import Marker, RootFacts
from seedwatch.store.base import Adoption

KNOWN = Adoption("m1", is_complete=True)
WELL = RootFacts(is_there=True, marker=Marker("m1", "us"), key=(8, 2))
BEFORE = [
    Health(),
    Health("healthy", key=(8, 2)),
    Health("slow", "slow", (8, 2)),
    Health("unavailable", "silent", again_s=5.0),
    Health("foreign", "foreign"),
    Health("read-only", "read-only"),
]


def after(before: Health, *evidence: Evidence) -> Health:
    for seen in evidence:
        before = advance(before, seen, KNOWN, "us", "/srv/inbox")
    return before


@pytest.mark.parametrize("before", BEFORE, ids=lambda health: health.state)
@pytest.mark.parametrize(
    ("evidence", "state"),
    [
        (Answered(WELL, SLOW_S), "slow"),
        (Answered(RootFacts(is_there=False)), "unavailable"),
        (Answered(RootFacts(is_there=True, key=(1, 2))), "unavailable"),
        (Answered(RootFacts(is_there=True, marker=Marker("m2", "them"))), "foreign"),
        (Answered(RootFacts(True, WELL.marker, is_read_only=True)), "read-only"),
        (Answered(WELL, tenant="nas-2"), "foreign"),
        (Refused(OSError(errno.EIO, "input/output error")), "unavailable"),
        (Silent(), "unavailable"),
        (Broke(), "unavailable"),
        (Stopped("read-only", "the outbox"), "read-only"),
    ],
)
def test_what_is_seen_decides_whatever_was_before(
    before: Health, evidence: Evidence, state: State
) -> None:
    """No memory makes a root usable that does not show itself to be; each says why."""
    health = after(before, evidence)

    assert health.state == state
    assert health.message
    assert health.is_usable == (state == "slow")


@pytest.mark.parametrize("before", BEFORE, ids=lambda health: health.state)
def test_a_root_that_is_well_is_used_at_once(before: Health) -> None:
    """One good look is enough after an outage; a slow root stays slow for two more."""
    health = after(before, Answered(WELL))

    assert health.is_usable
    assert (health.told, health.key) == ("ok", (8, 2))
    assert (health.state == "slow") == (before.state == "slow")


@pytest.mark.fault(25)
def test_slow_roots_become_healthy_by_several_quick_looks() -> None:
    """A root that answers slowly now and then does not flicker between two states."""
    slow, quick = Answered(WELL, SLOW_S + 3), Answered(WELL, 0.01)

    assert [after(Health(), slow, *[quick] * count).state for count in range(4)] == [
        *("slow", "slow", "slow", "healthy")
    ]
    assert after(Health(), slow, quick, quick, slow, quick, quick).state == "slow"
    assert "5 s" in after(Health(), slow).message


@pytest.mark.fault(24)
def test_a_failing_root_is_asked_less_and_less_often() -> None:
    """Errors and silence back off from 5 s to 60 s, and an answer ends that."""
    error = Refused(OSError(errno.ESTALE, "stale"))
    failures: list[Evidence] = [error, Silent()] * 3
    waits = [after(Health(), *failures, error).again_s]
    waits += [after(Health(), *[Silent()] * count).again_s for count in range(1, 6)]

    assert waits == [60.0, 5.0, 10.0, 20.0, 40.0, 60.0]
    back = after(Health(), Silent(), Silent(), Answered(WELL))
    assert back.again_s is None
    assert after(back, Silent()).again_s == 5.0


def test_an_unreadable_marker_is_nobodys() -> None:
    """A marker that cannot be read may be anybody's; nothing is touched."""
    facts = RootFacts(is_there=True, marker=Marker("", ""))

    assert advance(Health(), Answered(facts), None, "us", "/srv").state == "foreign"
