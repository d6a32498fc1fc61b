"""What a provider does not know is believed to be absent after several looks, and long enough."""

from __future__ import annotations

import time

import pytest

from seedwatch.worker.provider_memory import Absences


@pytest.mark.fault(73)
def test_an_absence_takes_looks_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three looks at once prove nothing, nor do two far apart: a list may be late (P4).

    Red when either is left out: work that was taken would be sent, and paid, once more.
    """
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    hasty, patient = Absences(looks=3, span_s=60.0), Absences(looks=3, span_s=60.0)
    assert [hasty.is_certain("a") for _ in range(4)] == [False] * 4
    assert not patient.is_certain("a")
    now += 61.0
    assert hasty.is_certain("a")
    assert not patient.is_certain("a")
    assert patient.is_certain("a")
    patient.forget("a")
    assert not patient.is_certain("a")
