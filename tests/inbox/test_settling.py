"""Settling by a clock of the test's own: nothing here waits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedwatch.inbox.settling import Settling

SETTLE_S, SETTLE_MAX_S = 2.0, 300.0


def _settling() -> Settling:
    return Settling(SETTLE_S, SETTLE_MAX_S)


def _reading(*signatures: int) -> tuple[tuple[str, int], ...]:
    return tuple((f"m{number}", seen) for number, seen in enumerate(signatures))


def test_two_equal_readings_settle_apart_are_settled() -> None:
    """A file is settled when a reading `settle` after the first one is equal, and not before."""
    settling = _settling()
    settling.note("a", _reading(1), 10.0)

    assert not settling.is_settled("a", _reading(1), 11.9)
    assert settling.due(11.9, 9) == []
    assert settling.due(12.0, 9) == ["a"]
    assert settling.is_settled("a", _reading(1), 12.0)


def test_what_is_not_whole_keeps_nobody_waiting() -> None:
    """Where not all can be read at once, those that were looked at before come later.

    Breaks if they go by their arrival: many that never become whole are read again and again.
    """
    settling = _settling()
    for name in "abcd":
        settling.note(name, _reading(1), 0.0)
    assert settling.due(2.0, 2) == ["a", "b"]
    settling.postpone("a", "half", 2.0)
    settling.postpone("b", "half", 2.0)
    assert settling.due(9.0, 2) == ["c", "d"]
    assert settling.whole_count == 2
    settling.note("a", _reading(2), 9.0)
    settling.drop("b")
    assert settling.whole_count == 3


def test_a_change_begins_a_new_window() -> None:
    """Another reading restarts the window, whether a listing or the second reading sees it."""
    settling = _settling()
    settling.note("a", _reading(1), 0.0)
    settling.note("a", _reading(2), 1.5)
    assert settling.due(2.0, 9) == []

    assert not settling.is_settled("a", _reading(3), 3.5)
    assert settling.due(5.0, 9) == []
    assert settling.is_settled("a", _reading(3), 5.5)


def test_a_member_more_is_a_change() -> None:
    """A set to which a picture is added begins anew."""
    settling = _settling()
    settling.note("set", _reading(1, 2), 0.0)
    settling.note("set", _reading(1, 2, 3), 1.0)

    assert settling.due(2.9, 9) == []
    assert settling.members("set") == ("m0", "m1", "m2")


def test_what_is_not_whole_is_given_up_after_settle_max() -> None:
    """Content that stays incomplete is looked at less and less, and given up in the end."""
    settling = _settling()
    settling.note("a", _reading(1), 0.0)
    looks = []
    now = 0.0
    while True:
        now = settling.next_at() or 0.0
        looks.append(now)
        assert settling.is_settled("a", _reading(1), now)
        if not settling.postpone("a", "cut", now):
            break

    assert now == SETTLE_MAX_S
    assert len(looks) < 20
    assert settling.reasons() == [("a", "cut")]


@pytest.mark.fault(31)
def test_a_growing_file_is_never_given_up() -> None:
    """`settle_max` counts from the last change, so a slow upload has all the time it needs."""
    settling = _settling()
    for step in range(1000):
        now = step * 10.0
        settling.note("a", _reading(step), now)
        assert settling.is_settled("a", _reading(step), now + SETTLE_S)
        assert settling.postpone("a", "cut", now + SETTLE_S)


def test_a_longer_quiet_time_can_be_asked_for_and_taken_back() -> None:
    """A picture waits `pair_wait` for its text, and no longer once the text is there."""
    settling = _settling()
    settling.note("a", _reading(1), 0.0, 10.0)
    assert settling.next_at() == 10.0
    settling.note("a", _reading(1, 2), 1.0)
    assert settling.next_at() == 3.0
    settling.note("b", _reading(1), 0.0, 0.5)
    settling.note("b", _reading(1), 0.0, 10.0)
    assert settling.due(3.0, 9) == ["a"]


@pytest.mark.fault(31)
@given(
    st.lists(st.tuples(st.floats(0.01, 5.0), st.booleans(), st.booleans()), min_size=1, max_size=60)
)
def test_never_taken_while_changing_and_always_decided(
    steps: list[tuple[float, bool, bool]],
) -> None:
    """Whatever happens, a source is taken only after a quiet `settle`, and decided in the end.

    Breaks if `note` kept the old window for a new reading, or if `postpone` had no end.
    """
    settling = _settling()
    now, seen, changed_at = 0.0, 0, 0.0
    settling.note("a", _reading(seen), now)
    for wait_s, changes, is_noticed in steps:
        now += wait_s
        if changes:
            seen += 1
            changed_at = now
            if is_noticed:
                settling.note("a", _reading(seen), now)
        if "a" in settling.due(now, 9) and settling.is_settled("a", _reading(seen), now):
            assert now - changed_at >= SETTLE_S - 1e-9
            if not settling.postpone("a", "cut", now):
                break
    for _ in range(100):
        at = settling.next_at()
        assert at is not None
        now = max(now, at)
        if settling.is_settled("a", _reading(seen), now) and not settling.postpone("a", "", now):
            break
    assert now <= changed_at + SETTLE_MAX_S + 2 * 30.0 + SETTLE_S
