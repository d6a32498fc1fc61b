"""What only looks nice is not loaded."""

from __future__ import annotations

import sys

import pytest

from seedwatch.lean import without


def test_what_is_hidden_cannot_be_imported_and_can_afterwards() -> None:
    """A package that is not loaded yet is missing in the block, and there again behind it."""
    name = "this"  # of the standard library, and imported by nobody
    sys.modules.pop(name, None)
    with without(name), pytest.raises(ImportError):
        import this  # noqa: F401, PLC0415 - the block is the point
    assert name not in sys.modules


def test_what_is_loaded_already_stays() -> None:
    """Nobody who holds a package loses it."""
    with without("sys"):
        import sys as there  # noqa: PLC0415 - as above
    assert sys.modules["sys"] is there
