"""The health of an inbox as a state machine: what follows from what was seen of it; pure.

A root is `healthy`, `slow` (works, and is asked less often), `unavailable` (not there, silent, or
without its marker: it may be the bare mount point), `foreign` (somebody else's) or `read-only`.
Only the first two may be listed, and only then does anything count as come or gone (promises.md,
P11).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from seedwatch.inbox.markers import Marker, RootFacts
from seedwatch.store.base import Adoption
from seedwatch.texts import say

State = Literal["healthy", "slow", "unavailable", "foreign", "read-only"]
RootState = Literal["ok", "unavailable", "foreign", "read-only"]

SLOW_S: Final = 2.0
"""A look at the root and its marker that took longer is slow."""
_QUICK_COUNT: Final = 3
"""So many quick looks in a row make a slow root a healthy one again."""
_AWAY_FIRST_S: Final = 5.0
_AWAY_LONGEST_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Answered:
    """The root answered: what it is, who it belongs to by its lease, and how long that took."""

    facts: RootFacts
    took_s: float = 0.0
    tenant: str = ""
    """who else works on it, in words (empty: nobody)"""


@dataclass(frozen=True, slots=True)
class Refused:
    """The file system reported an error."""

    error: OSError


@dataclass(frozen=True, slots=True)
class Silent:
    """No answer came within the deadline."""


@dataclass(frozen=True, slots=True)
class Broke:
    """A fault of our own ended the look."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The inbox is well, but outbox, done or failed is not."""

    state: Literal["unavailable", "foreign", "read-only"]
    message: str


Evidence = Answered | Refused | Silent | Broke | Stopped


@dataclass(frozen=True, slots=True)
class Health:
    """How a root is; `message` says what a person can do about it (empty: nothing to do)."""

    state: State = "unavailable"
    message: str = ""
    key: tuple[int, int] = (0, 0)
    again_s: float | None = None
    """when a root that fails is asked again; None: at the folder's usual pace"""
    quick_count: int = 0

    @property
    def is_usable(self) -> bool:
        """Whether it may be listed and worked on."""
        return self.state in {"healthy", "slow"}

    @property
    def told(self) -> RootState:
        """The state in the words of `status` (contract.md 4)."""
        match self.state:
            case "healthy" | "slow":
                return "ok"
            case other:
                return other


def advance(
    before: Health, evidence: Evidence, adoption: Adoption | None, ours: str, path: str
) -> Health:
    """The health after one more look at the root; what is remembered of it decides whose it is."""
    match evidence:
        case Answered(facts, took_s, tenant):
            trouble = _trouble(facts, adoption, ours, path, tenant)
            return trouble or _usable(before, facts.key, took_s, path)
        case Refused(error):
            why = error.strerror or type(error).__name__
            return _failing(before, say("inbox.root_failed", path=path, why=why))
        case Silent():
            return _failing(before, say("inbox.silent", path=path))
        case Broke():
            return _failing(before, say("inbox.broke"))
        case Stopped(state, message):
            return Health(state, message)


def is_to_be_adopted(facts: RootFacts, adoption: Adoption | None, ours: str) -> bool:
    """Whether a usable root is not remembered: it is new, or was adopted just before a crash."""
    return adoption is None and (facts.marker is None or _is_ours(facts.marker, None, ours))


def _trouble(
    facts: RootFacts, adoption: Adoption | None, ours: str, path: str, tenant: str
) -> Health | None:
    """Why a root that answers must not be used.

    One that lost its marker is not there: it may be the bare mount point (promises.md 11).
    """
    if not facts.is_there:
        return _stopped("unavailable", "not_there", path)
    if facts.marker is None and adoption is not None:
        return _stopped("unavailable", "marker_missing", path)
    if facts.marker is not None and not _is_ours(facts.marker, adoption, ours):
        return _stopped("foreign", "marker_foreign", path)
    if facts.is_read_only:
        return _stopped("read-only", "read_only", path)
    if tenant:
        return Health("foreign", say("inbox.lease_foreign", path=path, who=tenant))
    return None


def _is_ours(marker: Marker, adoption: Adoption | None, ours: str) -> bool:
    if adoption is not None:
        return marker.marker_id == adoption.marker_id
    return marker.marker_id != "" and marker.install_id == ours


def _stopped(state: State, sentence: str, path: str) -> Health:
    return Health(state, say(f"inbox.{sentence}", path=path))


def _failing(before: Health, message: str) -> Health:
    """It reports errors or nothing at all: it is asked less and less often."""
    again_s = _AWAY_FIRST_S if before.again_s is None else before.again_s * 2
    return Health("unavailable", message, again_s=min(again_s, _AWAY_LONGEST_S))


def _usable(before: Health, key: tuple[int, int], took_s: float, path: str) -> Health:
    if took_s >= SLOW_S:
        return Health("slow", say("inbox.slow", path=path, seconds=round(took_s)), key)
    count = before.quick_count + 1
    if before.state == "slow" and count < _QUICK_COUNT:
        return replace(before, key=key, quick_count=count)
    return Health("healthy", key=key)
