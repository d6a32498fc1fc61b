"""Stops the requests of an account whose service is down, then lets one through to see; pure.

Closed: requests go. Open: none goes, for a while that doubles; the account's pause in the queue is
that wait, and `status` shows it with its reason. Half-open: the wait is over and one request goes;
if it gets through, all go, else it is open again. An outage must neither fail a hundred tasks nor
leave a hundred charges uncertain (edge-cases.md, complaint 37; promises.md 3, fault 59).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

from seedwatch.errors import NotSent, OutcomeUnknown, TaskError, Unavailable

Kind = Literal["unreachable", "failing", "unanswered"]


class Patience(NamedTuple):
    """Failures in a row that open a breaker, how long it stays open, and what that is called."""

    most_in_row: int
    first_s: float
    longest_s: float
    account_state: Literal["limited", "paused"]


PATIENCE: Final[Mapping[Kind, Patience]] = {
    "unreachable": Patience(1, 2.0, 900.0, "limited"),
    "failing": Patience(3, 5.0, 900.0, "limited"),
    # each of these may have been paid for
    "unanswered": Patience(2, 60.0, 3600.0, "paused"),
}


@dataclass(frozen=True, slots=True)
class Breaker:
    """One class of failures of one account."""

    kind: Kind
    failure_count: int = 0
    """in a row"""
    tasks: frozenset[int] = frozenset()
    """whose they were: where it is always the same, that task is to blame, not the service"""
    openings: int = 0
    """in a row; 0: closed"""

    def after_failure(self, task_id: int, began_at: int) -> Breaker:
        """What follows from a failure of a request that was begun after `began_at` openings.

        Requests that were on their way when it opened meet the same outage: they tell nothing new.
        """
        if began_at < self.openings:
            return self
        count, tasks = self.failure_count + 1, self.tasks | {task_id}
        most = PATIENCE[self.kind].most_in_row
        opens = self.openings > 0 or (count >= most and len(tasks) >= min(most, 2))
        if opens:
            return Breaker(self.kind, openings=self.openings + 1)
        return replace(self, failure_count=count, tasks=tasks)

    def rest_s(self, chance: float) -> float:
        """How long it stays open; `chance` is uniform in [0, 1)."""
        patience = PATIENCE[self.kind]
        longest = patience.first_s * (1 << min(self.openings - 1, 16))
        return min(patience.longest_s, longest) * (0.5 + chance / 2)


def kind_of(error: TaskError, *, is_submitting: bool, is_fresh: bool) -> Kind | None:
    """The class of failures that an error belongs to; None: it says nothing of the service.

    `is_submitting`: it came of a paid request; `is_fresh`: of that, or of reading its answer.
    """
    if isinstance(error, NotSent):
        return "unreachable"
    if isinstance(error, Unavailable):
        return "failing" if is_submitting else None
    return "unanswered" if is_fresh and isinstance(error, OutcomeUnknown) else None


class Breakers:
    """All of one account, while the daemon runs."""

    def __init__(self) -> None:
        self._all: dict[Kind, Breaker] = {kind: Breaker(kind) for kind in PATIENCE}

    @property
    def are_closed(self) -> bool:
        """Whether nothing stands in the way of several requests at a time."""
        return not any(breaker.openings for breaker in self._all.values())

    def openings(self) -> dict[Kind, int]:
        """How often each is open in a row; to be remembered when a request begins."""
        return {kind: breaker.openings for kind, breaker in self._all.items()}

    def failed(self, kind: Kind, task_id: int, began: Mapping[Kind, int]) -> Breaker:
        """A request failed; returns the breaker as it is since."""
        self._all[kind] = self._all[kind].after_failure(task_id, began.get(kind, 0))
        return self._all[kind]

    def succeeded(self, *kinds: Kind) -> None:
        """One got through; without `kinds` it was a paid one, which proves everything."""
        for kind in kinds or PATIENCE:
            self._all[kind] = Breaker(kind)
