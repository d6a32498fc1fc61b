"""Task states and the moves between them: the only definition, pure data.

ready --claim--> running --save_handle/snooze--> waiting --claim--> running
running -> done | failed | ready | held | cancelled        held --release--> ready | waiting
any state that is not final --cancel--> cancelled
"""

from __future__ import annotations

from typing import Final, Literal, get_args

State = Literal["ready", "running", "waiting", "done", "failed", "held", "cancelled"]
HoldReason = Literal[
    "unsure",
    "budget",
    "burst",
    "cold-start",
    "seen-before",
    "price-unknown",
    "unreadable",
    "expired",
    "internal",
    "quarantine",
]

STATES: Final[tuple[State, ...]] = get_args(State)
HOLD_REASONS: Final[tuple[HoldReason, ...]] = get_args(HoldReason)
FINAL: Final[frozenset[State]] = frozenset({"done", "failed", "cancelled"})

MOVES: Final[dict[State, frozenset[State]]] = {
    "ready": frozenset({"running", "held", "cancelled"}),
    "running": frozenset({"waiting", "done", "failed", "ready", "held", "cancelled"}),
    "waiting": frozenset({"running", "held", "cancelled"}),
    "held": frozenset({"ready", "waiting", "cancelled"}),
    "done": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}
"""state -> the states it may move to; a move to itself is no move."""


def may_move(before: State, after: State) -> bool:
    """Whether a task may go from one state to the other in one transition."""
    return after in MOVES[before]
