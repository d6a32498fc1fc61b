"""Random lives of a queue against a small model: Hypothesis looks for a step that differs."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from seedwatch.budgets import Budget, Budgets, Calendar, limits_of
from seedwatch.errors import LeaseLost, OverBudget
from seedwatch.lifecycle import FINAL, HOLD_REASONS, HoldReason
from seedwatch.records import Claim, Handle, Money
from seedwatch.store.sqlite import SqliteStore
from tests.store.build import (
    LEASE_S,
    OOPS,
    Clock,
    new_job,
    output,
    query,
    replay,
    room,
    states,
    submission,
)

CONCURRENCY = 3
MOST = 90_000
BUDGETS = Budgets(
    (
        *limits_of("account", "ark", Budget("USD", day=MOST)),
        *limits_of("folder", "shots", Budget("USD", month=3 * MOST)),
    ),
    Calendar("UTC"),
)


@dataclass
class Task:
    """What the model knows of a task."""

    job: int
    priority: int
    state: str = "ready"
    run_at: float = 0.0
    submit: str | None = None
    """of its open attempt: submitting or accepted"""
    is_doubtful: bool = False
    lease_until: float = 0.0
    attempt_count: int = 0
    unknown_count: int = 0
    has_handle: bool = False
    begun: tuple[float, int] = (0.0, 0)
    """when its latest submit began, and what it costs at most"""


class Queue(RuleBasedStateMachine):
    """A store on disk, and a dictionary that should say the same."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.directory = Path(tempfile.mkdtemp(prefix="queue-machine-"))
        self.path = self.directory / "queue.db"
        self.clock = Clock()
        self.store = self.run(SqliteStore.open(self.path, self.clock, is_checked=False))
        self.tasks: dict[int, Task] = {}
        self.jobs = 0
        self.retired: set[int] = set()
        self.claims: dict[int, Claim] = {}
        self.stale: list[Claim] = []
        self.attempts = 0
        self.counted: list[tuple[float, int]] = []
        """when each submit began that costs something, or may, and how much"""
        self.is_paused = False

    def run(self, call: Coroutine[Any, Any, Any]) -> Any:
        """Run one call of the store."""
        return self.runner.run(call)

    def teardown(self) -> None:
        self.run(self.store.close())
        self.runner.close()
        try:
            replay(self.path)
            self.check_ledger()
        finally:
            shutil.rmtree(self.directory)

    def check_ledger(self) -> None:
        """P3: every attempt that may have been paid and has ended is in the ledger."""
        assert not query(
            self.path,
            "SELECT id FROM attempts WHERE ended_at IS NOT NULL AND state IN "
            "('accepted', 'unknown') AND id NOT IN (SELECT attempt_id FROM ledger)",
        )

    # --- what happens ----------------------------------------------------------------------
    @rule(
        count=st.integers(0, 3),
        priority=st.integers(0, 1),
        hold=st.sampled_from([None, None, "burst"]),
    )
    def open(self, count: int, priority: int, hold: str | None) -> None:
        """A source arrives."""
        keys = [str(number) for number in range(count)]
        job = new_job(f"{self.jobs}.png", *keys, hold=hold, priority=priority)
        if not count:
            job = replace(job, tasks=())
        (job_id,) = self.run(self.store.open_jobs([job]))
        assert self.run(self.store.open_jobs([job])) == [None]
        self.jobs += 1
        first = max(
            (
                row[0]
                for row in query(
                    self.path, "SELECT max(seq) FROM sqlite_sequence WHERE name = 'tasks'"
                )
                if row[0]
            ),
            default=0,
        )
        for task_id in range(first - count + 1, first + 1):
            state = "held" if hold else "ready"
            self.tasks[task_id] = Task(job_id, priority, state)

    @rule(places=st.integers(1, 4))
    def claim(self, places: int) -> None:
        """A lane asks for work."""
        running = sum(
            task.state == "running" and not task.is_doubtful for task in self.tasks.values()
        )
        due = [
            task_id
            for task_id, task in self.tasks.items()
            if task.state in {"ready", "waiting"} and task.run_at <= self.clock.now
        ]
        due.sort(key=lambda task_id: (-self.tasks[task_id].priority, task_id))
        wanted = due[: max(0, min(places, CONCURRENCY - running))]
        if self.is_paused:
            wanted = []
        claims = self.run(self.store.claim(room(places, concurrency=CONCURRENCY), LEASE_S))
        assert [claim.task_id for claim in claims] == wanted
        for claim in claims:
            task = self.tasks[claim.task_id]
            assert (claim.attempt_count, claim.unknown_count, claim.handle is not None) == (
                task.attempt_count,
                task.unknown_count,
                task.has_handle,
            )
            task.state, task.lease_until = "running", self.clock.now + LEASE_S
            self.claims[claim.task_id] = claim

    def held_claim(self, pick: int, *submits: str | None) -> tuple[Claim, Task] | None:
        """One of the running tasks whose attempt stands so."""
        fitting = [one for one in self.claims if self.tasks[one].submit in submits]
        if not fitting:
            return None
        task_id = fitting[pick % len(fitting)]
        return self.claims[task_id], self.tasks[task_id]

    def leave(self, claim: Claim, task: Task, state: str, run_at: float = 0.0) -> None:
        """The worker of a claim is free."""
        task.state, task.run_at = state, run_at
        self.stale.append(self.claims.pop(claim.task_id))

    @rule(pick=st.integers(0, 9), micros=st.sampled_from([20_000, 40_000, 70_000]))
    def begin_submit(self, pick: int, micros: int) -> None:
        """A paid request is about to leave, if the budgets have room."""
        if self.held_claim(pick, None) is None:  # or most lives would never submit anything
            self.open(1, 0, None)
            self.claim(4)
        if found := self.held_claim(pick, None):
            claim, task = found
            self.attempts += 1
            wanted = replace(submission(claim, self.attempts), price_bound=Money(micros, "USD"))
            call = self.store.begin_submit(claim, wanted, BUDGETS)
            if any(left < micros for left in self.left()):
                with pytest.raises(OverBudget):
                    self.run(call)
                return
            self.run(call)
            task.submit, task.begun = "submitting", (self.clock.now, micros)
            self.counted.append(task.begun)

    def left(self) -> list[int]:
        """What the model thinks may still be spent, for each limit."""
        left = []
        for limit in BUDGETS.limits:
            window = BUDGETS.calendar.window(limit.period, self.clock.now)
            taken = [m for at, m in self.counted if window.begins_at <= at < window.ends_at]
            left.append(limit.most.micros - sum(taken))
        return left

    @rule(pick=st.integers(0, 9), delay_s=st.sampled_from([None, 0.0, 30.0]))
    def accept(self, pick: int, delay_s: float | None) -> None:
        """The provider has it."""
        if found := self.held_claim(pick, "submitting", "accepted"):
            claim, task = found
            handle = Handle("remote", f"cgt-{claim.task_id}-{self.attempts}")
            self.run(self.store.save_handle(claim, handle, poll_in_s=delay_s))
            task.submit, task.has_handle = "accepted", True
            if delay_s is not None:
                self.leave(claim, task, "waiting", self.clock.now + delay_s)

    @rule(pick=st.integers(0, 9), delay_s=st.sampled_from([0.0, 30.0]))
    def snooze(self, pick: int, delay_s: float) -> None:
        """Not now."""
        if found := self.held_claim(pick, None, "accepted"):
            claim, task = found
            self.run(self.store.snooze(claim, delay_s, "not now"))
            state = "waiting" if task.has_handle else "ready"
            self.leave(claim, task, state, self.clock.now + delay_s)

    @rule(pick=st.integers(0, 9), end=st.sampled_from(["not_sent", "failed", "unknown"]))
    def again(self, pick: int, end: str) -> None:
        """A submit that failed is tried again."""
        if found := self.held_claim(pick, "submitting"):
            claim, task = found
            if end == "not_sent":
                self.run(self.store.snooze(claim, 0, "offline", attempt="not_sent"))
            else:
                self.run(self.store.retry(claim, 0, OOPS, attempt=end))
                task.attempt_count += 1
                task.unknown_count += end == "unknown"
            if end != "unknown":
                self.counted.remove(task.begun)
            task.submit, task.has_handle = None, False
            self.leave(claim, task, "ready")

    @rule(pick=st.integers(0, 9), how=st.sampled_from(["fail", "cancel"]))
    def end(self, pick: int, how: str) -> None:
        """It ends badly."""
        if found := self.held_claim(pick, None, "submitting", "accepted"):
            claim, task = found
            if how == "fail":
                self.run(self.store.fail(claim, OOPS, attempt=None))
            else:
                self.run(self.store.cancel_claim(claim, "removed"))
            task.submit = None
            self.leave(claim, task, "failed" if how == "fail" else "cancelled")

    @rule(pick=st.integers(0, 9))
    def complete(self, pick: int) -> None:
        """It ends well."""
        if found := self.held_claim(pick, "accepted"):
            claim, task = found
            self.run(self.store.save_outputs(claim, [output(claim)], None))
            self.run(self.store.output_delivered(claim, 1))
            self.run(self.store.complete(claim))
            task.submit = None
            self.leave(claim, task, "done")

    @rule(pick=st.integers(0, 9), reason=st.sampled_from(HOLD_REASONS))
    def hold(self, pick: int, reason: HoldReason) -> None:
        """A person must decide."""
        if found := self.held_claim(pick, None, "submitting", "accepted"):
            claim, task = found
            self.run(self.store.hold(claim, reason, None))
            if task.submit == "submitting" or (task.submit and reason == "unsure"):
                task.submit, task.has_handle = None, False
                task.unknown_count += 1
            elif reason in {"unreadable", "expired"}:
                task.submit = None
            self.leave(claim, task, "held")

    @rule(ids=st.sets(st.integers(1, 12)))
    def cancel_by_hand(self, ids: set[int]) -> None:
        """A person cancels."""
        fitting = [
            one
            for one in ids
            if one in self.tasks and self.tasks[one].state in {"ready", "waiting", "held"}
        ]
        assert self.run(self.store.cancel(sorted(ids))) == len(fitting)
        for task_id in fitting:
            self.tasks[task_id].state, self.tasks[task_id].submit = "cancelled", None

    @rule(ids=st.sets(st.integers(1, 12)))
    def hold_ready(self, ids: set[int]) -> None:
        """A budget has no room for these either."""
        fitting = [one for one in ids if one in self.tasks and self.tasks[one].state == "ready"]
        holds = dict.fromkeys(ids, ("budget", OOPS))
        assert self.run(self.store.hold_ready(holds)) == len(fitting)
        for task_id in fitting:
            self.tasks[task_id].state, self.tasks[task_id].run_at = "held", 0.0

    @rule(ids=st.sets(st.integers(1, 12)))
    def release(self, ids: set[int]) -> None:
        """A person says go."""
        fitting = [one for one in ids if one in self.tasks and self.tasks[one].state == "held"]
        assert self.run(self.store.release(sorted(ids))) == len(fitting)
        for task_id in fitting:
            task = self.tasks[task_id]
            goes_on = task.has_handle and task.submit is not None
            task.state, task.run_at = "waiting" if goes_on else "ready", 0.0
            task.has_handle = goes_on

    @rule()
    def pause_or_resume(self) -> None:
        """A person pauses the account, or lets it go on."""
        if self.is_paused:
            assert self.run(self.store.resume("account", "ark"))
        else:
            assert self.run(self.store.pause("account", "ark", "paused", "", None))
        self.is_paused = not self.is_paused

    @rule(delay_s=st.sampled_from([1.0, 31.0, 100.0, 30_000.0]))
    def time_passes(self, delay_s: float) -> None:
        """The clock goes on."""
        self.clock.now += delay_s

    def interrupt(self, task_id: int) -> None:
        """The worker of a task is gone."""
        task = self.tasks[task_id]
        self.stale.append(self.claims.pop(task_id))
        if task.submit == "submitting":
            task.is_doubtful = True
        else:
            task.state, task.run_at = "waiting" if task.submit else "ready", 0.0

    @rule()
    def restart(self) -> None:
        """The daemon stops in the middle of everything and comes back."""
        self.run(self.store.close())
        self.store = self.run(SqliteStore.open(self.path, self.clock, is_checked=False))
        found = self.run(self.store.recover())
        for task_id in list(self.claims):
            self.interrupt(task_id)
        doubtful = {one for one, task in self.tasks.items() if task.is_doubtful}
        assert {doubt.task_id for doubt in found} == doubtful

    @rule()
    def reap(self) -> None:
        """Leases that are over are taken back."""
        found = self.run(self.store.reap())
        over = [one for one in self.claims if self.tasks[one].lease_until <= self.clock.now]
        for task_id in over:
            self.interrupt(task_id)
        assert {doubt.task_id for doubt in found} == {
            one for one in over if self.tasks[one].is_doubtful
        }

    @rule(how=st.sampled_from(["found", "resend", "hold"]))
    def decide(self, how: str) -> None:
        """What is in doubt is looked for."""
        for task_id, task in self.tasks.items():
            if task.is_doubtful:
                (attempt_id,) = query(
                    self.path,
                    f"SELECT id FROM attempts WHERE task_id = {task_id} AND ended_at IS NULL",
                )[0]
                task.is_doubtful = False
                if how == "found":
                    handle = Handle("answer", attempt_id)
                    self.run(self.store.answer_found(attempt_id, handle))
                    task.state, task.submit, task.has_handle = "waiting", "accepted", True
                else:
                    resend = how == "resend"
                    self.run(self.store.answer_missing(attempt_id, resend=resend, failure=OOPS))
                    task.state, task.submit = "ready" if resend else "held", None
                    task.unknown_count += 1
                    task.attempt_count += resend
                task.run_at = 0.0

    @precondition(lambda self: self.stale)
    @rule(pick=st.integers(0, 99), verb=st.sampled_from(["snooze", "fail", "accept", "complete"]))
    def a_stale_worker_writes(self, pick: int, verb: str) -> None:
        """Whoever lost a task changes nothing of it."""
        claim = self.stale[pick % len(self.stale)]
        calls = {
            "snooze": lambda: self.store.snooze(claim, 0, "late"),
            "fail": lambda: self.store.fail(claim, OOPS, attempt=None),
            "accept": lambda: self.store.save_handle(claim, Handle("remote", "late")),
            "complete": lambda: self.store.complete(claim),
        }
        try:
            self.run(calls[verb]())
        except LeaseLost:
            return
        raise AssertionError("a stale worker wrote")

    @rule()
    def retire_and_prune(self) -> None:
        """Sources leave, and rows with them after a while."""
        due = {job.job_id: job.states for job in self.run(self.store.jobs_to_retire(100))}
        for job_id, found in due.items():
            mine = [task.state for task in self.tasks.values() if task.job == job_id]
            assert list(found) == mine
            assert set(mine) <= FINAL
            self.run(self.store.retired(job_id, "done", "x.png"))
        settled = {task.job for task in self.tasks.values()} - {
            task.job for task in self.tasks.values() if task.state not in FINAL
        }
        assert settled <= due.keys()
        assert self.run(self.store.prune(-1)) == len(due)
        self.tasks = {one: task for one, task in self.tasks.items() if task.job not in due}

    # --- what must hold ---------------------------------------------------------------------
    @invariant()
    def the_rows_say_the_same(self) -> None:
        """Every task is in the state that the model has."""
        found = {task_id: state for task_id, state, _ in states(self.path)}
        assert found == {task_id: task.state for task_id, task in self.tasks.items()}

    @invariant()
    def the_budgets_hold(self) -> None:
        """P12: never more than the limit, and exactly what the model counts."""
        uses = self.run(self.store.budget_use(BUDGETS))
        assert [use.left for use in uses] == self.left()
        assert min(use.left for use in uses) >= 0


Queue.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestQueue = Queue.TestCase
TestQueue.__doc__ = "The store and the model agree after every step of random lives."
