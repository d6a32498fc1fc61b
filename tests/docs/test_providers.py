"""docs/providers.md says of every model what the catalog says."""

from __future__ import annotations

from seedwatch.catalog import BUILT, PROVIDERS, provider_named
from seedwatch.simulator import fault_syntax
from tests.docs import provider_tables
from tests.docs.reading import ROOT, content, document, spans, table


def test_the_tables_are_current() -> None:
    """Run `python -m tests.docs.provider_tables` after a change of the catalog."""
    assert document("providers").read_text("utf-8") == provider_tables.current()


def test_every_provider_has_its_tables() -> None:
    """Models, facts and options of each one that is built."""
    kinds = ("facts", "models", "options")
    assert sorted(provider_tables.marks()) == sorted((n, kind) for n in BUILT for kind in kinds)


def test_every_provider_is_named_where_accounts_are_written() -> None:
    """Its name and its address in the configuration, its title in the README."""
    accounts = table(document("configuration"), "An account (`accounts: NAME:`)").rows
    (named,) = [row[2] for row in accounts if row[0] == "`provider`"]
    assert spans(named) == list(PROVIDERS)
    for provider in map(provider_named, BUILT):
        assert provider.base_url in content(document("configuration"))
        assert provider.title in content(ROOT / "README.md")


def test_every_provider_has_its_surface_in_the_simulator() -> None:
    """A mount that begins with its name, and faults that can be aimed at it."""
    mounts = table(document("simulator"), "Surfaces").names()
    assert {mount.split("/")[1] for mount in mounts if mount.startswith("/")} == set(BUILT)
    assert sorted(fault_syntax.PROVIDERS) == sorted(BUILT)
