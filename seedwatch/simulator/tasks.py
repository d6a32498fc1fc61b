"""A task: work that goes on after its request was answered. Its state follows from the time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from seedwatch.simulator.results import LIFETIME_S

State = Literal["queued", "running", "succeeded", "failed", "expired", "cancelled"]

_QUEUED_SHARE: Final = 0.2
"""So much of its latency a task waits before it runs."""
_KEPT_S: Final = 7 * 86_400
_KEPT_CANCELLED_S: Final = 86_400
"""How long Ark shows a task from its creation and from its cancellation (protocols.md 3.1)."""


@dataclass(frozen=True, slots=True)
class TaskError:
    """Why a task fails."""

    code: str
    message: str


@dataclass(slots=True)
class Task:
    """One accepted piece of work.

    Attributes:
        request: the surface's own valid request.
        latency_s: seconds from creation to the end.
        links: path and query of each result; good from the end on.
        error: what it ends with instead of results.
        made_count: how many of the pictures or videos asked for there are.
        expires_after_s: seconds after which it is given up, if it did not end before.
        link_lifetime_s: how long the links live from the end on.
        replay_key: account and idempotency key of the call that started it, if it had one.
        body_sha256: of that call.
    """

    provider: str
    id: str
    request: Any
    created_at: float
    latency_s: float
    links: tuple[str, ...] = ()
    made_count: int = 0
    error: TaskError | None = None
    is_stuck: bool = False
    is_lost: bool = False
    expires_after_s: float = math.inf
    link_lifetime_s: int = LIFETIME_S
    replay_key: str | None = None
    body_sha256: str = ""
    cancelled_at: float | None = None

    def state(self, now: float) -> State:
        """Where it is."""
        if self.cancelled_at is not None:
            return "cancelled"
        if now < self.ends_at:
            return "queued" if now < self._runs_at else "running"
        if self.ends_at < self._done_at:
            return "expired"
        return "succeeded" if self.error is None else "failed"

    def progress(self, now: float) -> int:
        """How far it is, in percent; 100 only at the end."""
        if now >= self.ends_at:
            return 100
        passed_s = max(0.0, now - self.created_at)
        return min(99, int(100 * passed_s / self.latency_s)) if self.latency_s else 99

    def changed_at(self, now: float) -> float:
        """When it came into its present state."""
        if self.cancelled_at is not None:
            return self.cancelled_at
        if now >= self.ends_at:
            return self.ends_at
        return self.created_at if now < self._runs_at else self._runs_at

    def is_forgotten(self, now: float) -> bool:
        """Whether the service no longer knows of it."""
        return self.is_lost or self.is_over(now)

    def is_over(self, now: float) -> bool:
        """Whether it is so old that nothing of it is kept."""
        if self.cancelled_at is not None and now >= self.cancelled_at + _KEPT_CANCELLED_S:
            return True
        return now >= self.created_at + _KEPT_S

    @property
    def ends_at(self) -> float:
        """When it ends by itself; infinite if it never does."""
        return min(self._done_at, self.created_at + self.expires_after_s)

    @property
    def _done_at(self) -> float:
        return math.inf if self.is_stuck else self.created_at + self.latency_s

    @property
    def _runs_at(self) -> float:
        return self.created_at + _QUEUED_SHARE * self.latency_s


class TaskStore:
    """All tasks of one simulator by provider and id, in the order of their creation.

    Lives in the event loop; `get` may be called from a thread.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._tasks: dict[tuple[str, str], Task] = {}
        self._replays: dict[tuple[str, str], Task] = {}

    def add(self, task: Task) -> None:
        """Keep a new task; the oldest ones go when nobody can see them any more."""
        now = self._clock()
        while self._tasks and (oldest := next(iter(self._tasks.values()))).is_over(now):
            self.remove(oldest)
        self._tasks[task.provider, task.id] = task
        if task.replay_key is not None:
            self._replays[task.provider, task.replay_key] = task

    def get(self, provider: str, task_id: str) -> Task | None:
        """A task that the service still knows."""
        task = self._tasks.get((provider, task_id))
        return None if task is None or task.is_forgotten(self._clock()) else task

    def replayed(self, provider: str, replay_key: str) -> Task | None:
        """The task that this account started with this idempotency key, even a lost one."""
        return self._replays.get((provider, replay_key))

    def known_to(self, provider: str) -> list[Task]:
        """All tasks that this service still knows, oldest first."""
        now = self._clock()
        return [
            task
            for task in self._tasks.values()
            if task.provider == provider and not task.is_forgotten(now)
        ]

    def remove(self, task: Task) -> None:
        """Forget one task."""
        del self._tasks[task.provider, task.id]
        if task.replay_key is not None:
            self._replays.pop((task.provider, task.replay_key), None)

    def clear(self) -> None:
        """Forget all tasks."""
        self._tasks.clear()
        self._replays.clear()
