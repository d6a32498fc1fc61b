"""docs/providers.md says of every model what the catalog says."""

from __future__ import annotations

from seedwatch.catalog import BUILT
from tests.docs import provider_tables
from tests.docs.reading import document


def test_the_tables_are_current() -> None:
    """Run `python -m tests.docs.provider_tables` after a change of the catalog."""
    assert document("providers").read_text("utf-8") == provider_tables.current()


def test_every_provider_has_its_tables() -> None:
    """Models, facts and options of each one that is built."""
    kinds = ("facts", "models", "options")
    assert sorted(provider_tables.marks()) == sorted((n, kind) for n in BUILT for kind in kinds)
