"""A small seed of the kill campaign; the large one is `python -m tests.campaigns.kill_storm`."""

from __future__ import annotations

import random

import pytest

from tests.campaigns import kill_storm
from tests.flow.conftest import Studio


@pytest.mark.process
def test_forty_pictures_three_kills(studio: Studio) -> None:
    """After random SIGKILLs nothing is lost, torn or paid twice, and rows and ledger agree."""
    workspace = studio(account={"concurrency": 8})

    found = kill_storm.run(workspace, 40, 3, random.Random(7))

    assert found["ok"], found
