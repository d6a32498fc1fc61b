"""The list of mutants fits the code; the campaign itself is `python -m tests.campaigns.mutants`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns.mutant_list import MUTANTS, Mutant
from tests.campaigns.mutants import ROOT, copied, tried

_BY_THE_CUTS = ("a task is done before its results are delivered", "an answer's data is not synced")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_still_applies(mutant: Mutant) -> None:
    """What it changes stands in the code once, what it makes of it is Python, its tests exist.

    Red when the code moved on: give the mutant the words that stand there now.
    """
    text = (ROOT / "seedwatch" / mutant.file).read_text()
    assert text.count(mutant.old) == 1
    compile(text.replace(mutant.old, mutant.new), mutant.file, "exec")
    assert mutant.new != mutant.old
    paths = [check.partition("::")[0] for check in mutant.checks if check.startswith("tests/")]
    assert paths
    assert all((ROOT / path).exists() for path in paths)


def test_the_list_is_long_enough() -> None:
    """At least twenty, each with a name of its own."""
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 20


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_some_mutants_are_caught(tmp_path: Path) -> None:
    """Two of them, tried as the campaign does."""
    copied(tmp_path)
    wanted = [mutant for mutant in MUTANTS if mutant.name in _BY_THE_CUTS]
    assert [tried(mutant, tmp_path)["caught"] for mutant in wanted] == [True, True]
