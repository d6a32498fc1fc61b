"""registry: every model of the catalog has its protocol, and every protocol is whole."""

from __future__ import annotations

from typing import Any

import pytest

from seedwatch.catalog import BUILT, provider_named
from seedwatch.providers.base import BalanceProtocol, ListProtocol, TaskProtocol, UploadProtocol
from seedwatch.providers.registry import protocol_named

NAMES = sorted({model.protocol for name in BUILT for model in provider_named(name).models.values()})
METHODS: dict[type[Any], tuple[str, ...]] = {
    TaskProtocol: ("poll", "cancel"),
    ListProtocol: ("look_up", "sighted"),
    UploadProtocol: ("upload", "uploaded"),
    BalanceProtocol: ("balance", "told"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_protocol_has_all_methods_of_a_kind_or_none(name: str) -> None:
    """The worker tells kinds by their methods: with one missing it takes it for another kind."""
    protocol = protocol_named(name)
    for kind, methods in METHODS.items():
        has_any = any(hasattr(protocol, method) for method in methods)
        assert isinstance(protocol, kind) == has_any, kind.__name__
    assert isinstance(protocol, ListProtocol) == (protocol.recovery == "list")
