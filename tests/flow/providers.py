"""One account and one rule of each provider, for tests that hold at all of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from seedwatch.simulator import RunningSimulator
from tests.flow.workspace import Workspace

POLL = {"poll": {"first": "100ms", "every": "100ms"}}
TEXT: dict[str, Any] = {"mode": "text-to-image", "prompt": "{text}"}


class Provider(NamedTuple):
    """An account and a rule; whether a lost answer can be asked for there."""

    account: dict[str, Any]
    mount: str
    rule: dict[str, Any]
    can_ask: bool


PROVIDERS = {
    "ark pictures": Provider(
        {"provider": "ark"}, "/ark/api/v3", {**TEXT, "model": "doubao-seedream-4-5-251128"}, False
    ),
    "ark videos": Provider(
        {"provider": "ark", **POLL},
        "/ark/api/v3",
        {
            "mode": "text-to-video",
            "prompt": "{text}",
            "model": "doubao-seedance-1-0-pro-250528",
            "size": "16:9",
            "resolution": "480p",
            "options": {"duration": 2},
        },
        True,
    ),
    "apimart": Provider(
        {"provider": "apimart", **POLL},
        "/apimart/v1",
        {**TEXT, "model": "doubao-seedance-4-5", "size": "1:1"},
        True,
    ),
    "dmxapi": Provider(
        {"provider": "dmxapi"},
        "/dmxapi/v1",
        {**TEXT, "model": "doubao-seedream-4-5-251128", "size": "2K"},
        False,
    ),
    "openai": Provider(
        {"provider": "openai"},
        "/openai/v1",
        {**TEXT, "model": "gpt-image-1.5", "size": "1024x1024"},
        False,
    ),
}
ASKED = [name for name, provider in PROVIDERS.items() if provider.can_ask]
Desk = Callable[[str], Workspace]


def until_accepted(simulator: RunningSimulator) -> None:
    """Return when the simulator has taken a request."""
    end = time.monotonic() + 30
    while not simulator.ledger():
        assert time.monotonic() < end, "nothing was accepted"
        time.sleep(0.02)
