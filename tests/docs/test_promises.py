"""The promises to users name the tests that show them."""

from __future__ import annotations

from tests.docs.reading import ROOT, document, spans, table


def test_every_promise_names_its_tests() -> None:
    """All 21 stand in the table, each with tests that exist."""
    rows = table(document("promises"), "What is promised").rows
    assert [row[0] for row in rows] == [f"P{number}" for number in range(1, 22)]
    for number, _, shown in rows:
        named = spans(shown)
        assert named, number
        assert [name for name in named if not (ROOT / name).exists()] == [], number
