"""A small seed of each fuzz campaign; the large ones are run by hand (docs/testing.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns import fuzz_answers, fuzz_inputs, fuzz_names
from tests.campaigns.fuzzing import Options, peak_rss_mb


@pytest.mark.fault(58)
@pytest.mark.anyio
async def test_strange_answers(tmp_path: Path) -> None:
    """Whatever a service answers is one of the documented outcomes, and nothing stumbles (P4, P6).

    Breaks if `HandleTaken` is no error of the provider, a compressed answer is not kept, a key may
    be the name of a task, or the reason of a broken answer quotes all of it.
    """
    batch = await fuzz_answers.run_batch(4, range(120), tmp_path)
    assert not batch.violations


@pytest.mark.fault(75)
@pytest.mark.fault(76)
def test_strange_inputs(tmp_path: Path) -> None:
    """Whatever is dropped is read, refused in plain words, or fitted within the limits.

    Breaks if an error of a decoder is let through, or a control character stays in a prompt.
    """
    before_mb = peak_rss_mb()
    batch = fuzz_inputs.run(Options(5, 400, 0, None), range(400), tmp_path)
    assert not batch.violations
    assert peak_rss_mb() - before_mb < 200


@pytest.mark.fault(19)
def test_strange_names(tmp_path: Path) -> None:
    """Whatever a file is called, its result has one legal component in its folder (T4, T8).

    Breaks if a control or direction character stays in a name, a card, a log line or a screen.
    """
    batch = fuzz_names.run(Options(6, 1500, 0, None), range(1500), tmp_path)
    assert not batch.violations
    assert batch.counts["written"] > 100
