"""The fault table: which faults act on a generation, in the words of contract.md 5."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

FREE = frozenset({"status", "html_200", "malformed_json", "reset_before_billing", "moderated"})
"""Faults that bill nothing unless their `args.billed` is true.

The first four by contract.md 5; a moderated picture is not billed by Ark (protocols.md 1.2).
"""


@dataclass(frozen=True, slots=True)
class When:
    """Conditions of a fault; None means any. `nth` counts survivors of all the others."""

    provider: str | None = None
    path: str | None = None
    prompt_contains: str | None = None
    nth: int | None = None
    every: int | None = None
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """What a fault may look at: one generation POST that passed validation."""

    provider: str
    path: str
    prompt: str


@dataclass(slots=True)
class Fault:
    """A posted fault and its counts since it was posted."""

    name: str
    when: When
    args: Mapping[str, Any]
    times: int | None = None
    matched_count: int = 0
    survived_count: int = 0
    acted_count: int = 0

    def acts_on(self, call: Call, chance: random.Random) -> bool:
        """Count the call and say whether the fault acts on it."""
        if not self._matches(call):
            return False
        self.matched_count += 1
        when = self.when
        if when.every is not None and self.matched_count % when.every != 0:
            return False
        if when.probability is not None and chance.random() >= when.probability:
            return False
        self.survived_count += 1
        if when.nth is not None and self.survived_count != when.nth:
            return False
        if self.times is not None and self.acted_count >= self.times:
            return False
        self.acted_count += 1
        return True

    def _matches(self, call: Call) -> bool:
        when = self.when
        return (
            when.provider in {None, call.provider}
            and (when.path is None or when.path in call.path)
            and (when.prompt_contains is None or when.prompt_contains in call.prompt)
        )


@dataclass(frozen=True, slots=True)
class Firing:
    """The faults that act on one generation, in the order they were posted.

    Delays add up. Several faults may act together where they touch different steps; of two with
    the same name, or of two refusals, the one posted first decides.
    """

    fired: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    def args(self, name: str) -> Mapping[str, Any] | None:
        """The arguments of the first fired fault of this name; None if none fired."""
        return next((args for fired, args in self.fired if fired == name), None)

    def first(self, names: Iterable[str]) -> tuple[str, Mapping[str, Any]] | None:
        """The first fired fault among these names."""
        wanted = frozenset(names)
        return next(((name, args) for name, args in self.fired if name in wanted), None)

    @property
    def delay_s(self) -> float:
        """Seconds added to the latency."""
        return float(sum(args["seconds"] for name, args in self.fired if name == "delay"))

    @property
    def is_billed(self) -> bool:
        """Whether the generation is charged: `args.billed` where given, else by the name."""
        return all(bool(args.get("billed", name not in FREE)) for name, args in self.fired)


class FaultTable:
    """All posted faults; lives in the event loop, so it needs no lock."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._faults: list[Fault] = []

    def __len__(self) -> int:
        return len(self._faults)

    def add(self, faults: Iterable[Fault]) -> None:
        """Append faults; their counts start now."""
        self._faults.extend(faults)

    def clear(self) -> None:
        """Forget all faults."""
        self._faults.clear()

    def fire(self, call: Call) -> Firing:
        """Count the call at every fault and collect those that act on it."""
        acting = [fault for fault in self._faults if fault.acts_on(call, self._chance)]
        return Firing(tuple((fault.name, fault.args) for fault in acting))
