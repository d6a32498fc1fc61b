"""The benchmark of intake, small: it runs, misses nothing and says what it measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import intake


@pytest.mark.process
def test_the_bench_runs_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four rows, each with its limit; nothing of the burst is missed."""
    monkeypatch.chdir(tmp_path)

    rows = list(intake.run(scale=0.01, rounds=1))

    assert [row["bench"] for row in rows] == ["intake"] * 4
    assert rows[0]["missed"] == 0
    assert all("ok" in row for row in rows)
    assert not list(tmp_path.iterdir())
