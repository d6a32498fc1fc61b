"""The table of threats: all of promises.md 4, with tests that are there, or what is left out."""

from __future__ import annotations

import pytest

from tests.docs.reading import ROOT, document, spans, table

ROWS = table(document("security"), "Threats and controls").rows
LATER = {"T9", "T11"}


def test_every_threat_has_its_row() -> None:
    """T1 to T17, in order."""
    assert [row[0] for row in ROWS] == [f"T{number}" for number in range(1, 18)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row[0]))
def test_every_control_has_tests(row: list[str]) -> None:
    """The files that are named hold tests; a row without any says why in its last column."""
    named = spans(row[3])
    assert bool(named) == (row[0] not in LATER)
    for name in named:
        path = ROOT / "tests" / f"{name}.py"
        assert "def test_" in path.read_text("utf-8"), name
    assert named or row[4] != "–"
