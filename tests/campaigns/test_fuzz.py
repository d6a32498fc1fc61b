"""A small seed of each fuzz campaign; the large ones are run by hand (docs/testing.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns import fuzz_answers


@pytest.mark.fault(58)
@pytest.mark.anyio
async def test_strange_answers(tmp_path: Path) -> None:
    """Whatever a service answers is one of the documented outcomes, and nothing stumbles (P4, P6).

    Breaks if `HandleTaken` is no error of the provider, a compressed answer is not kept, a key may
    be the name of a task, or the reason of a broken answer quotes all of it.
    """
    batch = await fuzz_answers.run_batch(4, range(120), tmp_path)
    assert not batch.violations
