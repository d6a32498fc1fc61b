"""The queue benchmark runs, small, with the figures that its limits need."""

from __future__ import annotations

from pathlib import Path

from tests.bench.queue import run


def test_every_limit_has_its_row(tmp_path: Path) -> None:
    """One row for each limit, with both rates, their ratio and whether it is reached."""
    rows = list(run(0.01, tmp_path, rounds=2))
    assert [row["must"] for row in rows] == [0.5, 2.0, None, 0.3, 0.8]
    for row in rows:
        assert isinstance(row["ok"], bool)
        assert isinstance(row["ratio"], float)
        assert row["bench"] == "queue"
    assert list(tmp_path.iterdir()) == []
