"""The queue on SQLite: each method of the seam as one commit or one question."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import apsw

from seedwatch.budgets import NO_BUDGETS, Budgets, Use
from seedwatch.errors import StoreError
from seedwatch.lifecycle import HoldReason
from seedwatch.records import (
    Claim,
    CostBasis,
    Failure,
    Handle,
    Money,
    NewJob,
    Output,
    PastJob,
    RelPath,
    SettledJob,
    Submission,
)
from seedwatch.store import (
    auditing,
    budgeting,
    claims,
    crashes,
    decisions,
    delivery,
    distrust,
    endings,
    folders,
    idling,
    intake,
    recovery,
    retiring,
    travel,
)
from seedwatch.store.asking import AskingThread
from seedwatch.store.base import (
    AccountRoom,
    Adoption,
    AttemptEnd,
    DoubtfulAttempt,
    FolderReport,
    KnownSource,
    LastSeen,
    OpenTask,
    PauseScope,
    Removal,
    TaskStore,
)
from seedwatch.store.database import as_store_error
from seedwatch.store.facts import Shelf
from seedwatch.store.location import check_location, require_own
from seedwatch.store.migrations import prepare
from seedwatch.store.patience import Patience
from seedwatch.store.waking import Bells
from seedwatch.store.writer import Tx, Writer

Clock = Callable[[], float]


class SqliteStore:
    """The queue in one file; made with `open`, used inside one event loop.

    Two processes may have the same file open (a command line beside the daemon): every commit
    begins IMMEDIATE and waits up to 5 s for the other.
    """

    def __init__(
        self, path: Path, clock: Clock, timer: Clock, given_up: threading.Event | None = None
    ) -> None:
        self._clock = clock
        self._bells = Bells(clock)
        self._given_up = given_up
        writing, asking = [None if given_up is None else Patience(given_up) for _ in range(2)]
        self._writer = Writer(path, clock, self._bells, writing)
        self._asking = AskingThread(path, asking)
        self._leases = recovery.Leases(timer)
        self._claimed_jobs = Shelf()  # used by the writer's thread
        self._settled_jobs = Shelf()  # used by the asking thread
        self._reports: dict[str, FolderReport] = {}

    @classmethod
    async def open(
        cls,
        path: Path,
        clock: Clock = time.time,
        *,
        timer: Clock | None = None,
        is_checked: bool = True,
        given_up: threading.Event | None = None,
    ) -> SqliteStore:
        """Open the queue at `path`, made or upgraded as needed.

        Args:
            path: the database file; its directory is made, private, if it is missing.
            clock: seconds since 1970.
            timer: seconds of a clock that never jumps, for leases; the monotonic one, or `clock`
                itself where a test brings its own.
            is_checked: look through the whole file for damage first; a command that is over in a
                moment leaves that to the daemon.
            given_up: once it is open, calls wait while the file is locked or its disk full, until
                this is set; None: they fail.

        Raises:
            StoreError: the file is damaged, foreign, newer, or on a network file system.
            StoreUnavailable: it is locked by another program, or the disk is full.
        """
        if timer is None:
            timer = time.monotonic if clock is time.time else clock
        await asyncio.to_thread(check_location, path.parent)
        await asyncio.to_thread(require_own, path)
        await asyncio.to_thread(partial(prepare, path, is_checked=is_checked))
        try:
            return cls(path, clock, timer, given_up)
        except apsw.Error as error:
            raise as_store_error(error) or StoreError(str(error)) from error

    # --- intake -----------------------------------------------------------------------------
    async def open_jobs(self, jobs: Sequence[NewJob]) -> list[int | None]:
        """Record jobs and their tasks in one commit."""
        return await self._writer.submit(lambda tx: intake.open_jobs(tx, jobs))

    async def known_sources(self, folder: str) -> list[KnownSource]:
        """Every source of the folder that still lies in its inbox on purpose."""
        return await self._asking.ask(lambda asks: intake.known_sources(asks, folder))

    async def history(self, folder: str, paths: Sequence[RelPath]) -> dict[RelPath, PastJob]:
        """The latest earlier job of each path."""
        return await self._asking.ask(lambda asks: intake.history(asks, folder, paths))

    async def source_gone(self, folder: str, paths: Sequence[RelPath]) -> int:
        """Cancel what was not sent of sources that were taken away."""
        return await self._writer.submit(lambda tx: intake.source_gone(tx, folder, paths))

    async def burst_count(self, folder: str, window_s: float) -> int:
        """How many jobs the folder opened lately."""
        since = self._clock() - window_s
        return await self._asking.ask(lambda asks: intake.burst_count(asks, folder, since))

    async def adoption(self, folder: str) -> Adoption | None:
        """What is remembered of the folder's marker."""
        return await self._asking.ask(lambda asks: folders.adoption(asks, folder))

    async def save_adoption(self, folder: str, adoption: Adoption) -> None:
        """Remember it."""
        await self._writer.submit(lambda tx: folders.save_adoption(tx, folder, adoption))

    async def save_folder(self, report: FolderReport) -> None:
        """Publish what the daemon sees; an unchanged report costs nothing."""
        if self._reports.get(report.name) != report:
            await self._writer.submit(lambda tx: folders.save_folder(tx, report))
            self._reports[report.name] = report

    # --- the travel of one task ---------------------------------------------------------------
    async def claim(self, account: AccountRoom, lease_s: float) -> list[Claim]:
        """Take due tasks."""
        if account.room <= 0:
            return []

        def work(tx: Tx) -> list[Claim]:
            taken = claims.claim(tx, account, lease_s, self._claimed_jobs)
            for claim in taken:
                self._leases.begin(claim.task_id, claim.token, lease_s)
            return taken

        return await self._writer.submit(work)

    async def begin_submit(
        self, claim: Claim, submission: Submission, budgets: Budgets = NO_BUDGETS
    ) -> None:
        """Commit the attempt and its budget hold before its first byte leaves."""
        await self._writer.submit(lambda tx: travel.begin_submit(tx, claim, submission, budgets))

    async def budget_use(self, budgets: Budgets) -> list[Use]:
        """How far each limit is used."""
        now = self._clock()
        return await self._asking.ask(lambda asks: budgeting.uses(asks, budgets, now))

    async def held_for(self, *reasons: HoldReason) -> list[OpenTask]:
        """Tasks held for one of these reasons."""
        return await self._asking.ask(lambda asks: budgeting.held_for(asks, reasons))

    async def ready_beside(self, claim: Claim) -> list[OpenTask]:
        """Tasks of the claim's account and folder that may be claimed at once."""
        return await self._asking.ask(lambda asks: budgeting.ready_beside(asks, claim))

    async def last_seen(self) -> LastSeen:
        """Which queue this is, and when it was written last."""
        return await self._asking.ask(distrust.last_seen)

    async def unknown_attempts(self, ids: Collection[str]) -> frozenset[str]:
        """Those that the queue never heard of."""
        return await self._asking.ask(lambda asks: distrust.unknown_attempts(asks, ids))

    async def distrust(
        self, accounts: Iterable[str], unknown: Collection[str], why: Failure
    ) -> int:
        """Send nothing more by itself."""
        names = list(accounts)
        return await self._writer.submit(lambda tx: distrust.distrust(tx, names, unknown, why))

    async def hold_ready(self, holds: Mapping[int, tuple[HoldReason, Failure]]) -> int:
        """Park tasks that are still ready."""
        return await self._writer.submit(lambda tx: budgeting.hold_ready(tx, holds))

    async def save_handle(
        self, claim: Claim, handle: Handle, *, request_id: str = "", poll_in_s: float | None = None
    ) -> None:
        """The attempt is accepted: keep its handle."""
        await self._writer.submit(
            lambda tx: travel.save_handle(tx, claim, handle, request_id, poll_in_s)
        )

    async def doubt(self, claim: Claim, delay_s: float, failure: Failure | None) -> None:
        """Its submit has no answer; ask for it later."""
        await self._writer.submit(lambda tx: travel.doubt(tx, claim, delay_s, failure))

    async def snooze(
        self,
        claim: Claim,
        delay_s: float,
        reason: str,
        *,
        failure: Failure | None = None,
        attempt: AttemptEnd | None = None,
    ) -> None:
        """Put back without using an attempt."""
        await self._writer.submit(
            lambda tx: travel.snooze(tx, claim, delay_s, reason, failure, attempt)
        )

    async def retry(
        self, claim: Claim, delay_s: float, failure: Failure, *, attempt: AttemptEnd = "failed"
    ) -> None:
        """Use an attempt and put back as ready."""
        await self._writer.submit(lambda tx: travel.retry(tx, claim, delay_s, failure, attempt))

    async def fail(self, claim: Claim, failure: Failure, *, attempt: AttemptEnd | None) -> None:
        """Final: the task failed."""
        await self._writer.submit(lambda tx: endings.fail(tx, claim, failure, attempt))

    async def hold(self, claim: Claim, reason: HoldReason, failure: Failure | None) -> None:
        """Park for a person."""
        await self._writer.submit(lambda tx: endings.hold(tx, claim, reason, failure))

    async def cancel_claim(self, claim: Claim, reason: str) -> None:
        """Final: the user's hand won."""
        await self._writer.submit(lambda tx: endings.cancel_claim(tx, claim, reason))

    async def save_outputs(
        self,
        claim: Claim,
        outputs: Sequence[Output],
        cost: Money | None,
        basis: CostBasis = "estimate",
    ) -> None:
        """Step 8: rows of the outputs, and what they cost."""
        await self._writer.submit(lambda tx: delivery.save_outputs(tx, claim, outputs, cost, basis))

    async def move_output(self, claim: Claim, n: int, path: RelPath) -> None:
        """Take another final name."""
        await self._writer.submit(lambda tx: delivery.move_output(tx, claim, n, path))

    async def output_delivered(self, claim: Claim, n: int) -> None:
        """This output lies whole at its final name."""
        await self._writer.submit(lambda tx: delivery.output_delivered(tx, claim, n))

    async def outputs_of(self, task_id: int) -> list[Output]:
        """The outputs of any task, in order."""
        return await self._asking.ask(lambda asks: delivery.outputs_of(asks, task_id))

    async def complete(self, claim: Claim, *, note: str = "") -> None:
        """Step 10: done."""
        await self._writer.submit(lambda tx: endings.complete(tx, claim, note))

    async def record(self, claim: Claim, event: str, **fields: object) -> None:
        """An event of the task that is no transition."""
        await self._writer.submit(lambda tx: travel.record(tx, claim, event, fields))

    async def extend_lease(self, claim: Claim, lease_s: float) -> None:
        """Keep the task longer."""

        def work(tx: Tx) -> None:
            travel.extend_lease(tx, claim, lease_s)
            self._leases.begin(claim.task_id, claim.token, lease_s)

        await self._writer.submit(work)

    # --- retiring -------------------------------------------------------------------------------
    async def jobs_to_retire(self, limit: int) -> list[SettledJob]:
        """Settled jobs whose source is due to leave its inbox."""
        now = self._clock()
        self._bells.retirement.next_at = float("inf")  # what settles meanwhile rings again
        jobs, next_at = await self._asking.ask(
            lambda asks: retiring.jobs_to_retire(asks, now, limit, self._settled_jobs)
        )
        self._bells.retirement.ring(0.0 if len(jobs) == limit else next_at)
        return jobs

    async def retired(self, job_id: int, outcome: str, path: RelPath) -> None:
        """Step 12: the source has left, or stays on purpose."""
        await self._writer.submit(lambda tx: retiring.retired(tx, job_id, outcome, path))

    async def retire_later(self, job_id: int, delay_s: float, message: str) -> None:
        """The source cannot leave just now."""
        await self._writer.submit(lambda tx: retiring.retire_later(tx, job_id, delay_s, message))

    # --- pausing and a person's decisions --------------------------------------------------------
    async def pause(
        self, scope: PauseScope, name: str, state: str, message: str, until_s: float | None
    ) -> bool:
        """Stop claiming for an account, folder or model."""
        return await self._writer.submit(
            lambda tx: decisions.pause(tx, scope, name, state, message, until_s)
        )

    async def resume(self, scope: PauseScope, name: str, *, states: Iterable[str] = ()) -> bool:
        """End pauses."""
        return await self._writer.submit(lambda tx: decisions.resume(tx, scope, name, states))

    async def resume_models(self) -> None:
        """End the pauses of models that were not open for their account."""
        await self._writer.submit(decisions.resume_models)

    async def cancel(self, task_ids: Sequence[int]) -> int:
        """Cancel tasks that are neither final nor running."""
        return await self._writer.submit(lambda tx: decisions.cancel(tx, task_ids))

    async def release(self, task_ids: Sequence[int], *, reasons: Iterable[HoldReason] = ()) -> int:
        """Held tasks go on."""
        return await self._writer.submit(lambda tx: decisions.release(tx, task_ids, reasons))

    # --- recovery and housekeeping ---------------------------------------------------------------
    async def recover(self) -> list[DoubtfulAttempt]:
        """At start, under the lock: void all leases."""
        return await self._writer.submit(lambda tx: recovery.recover(tx, self._claimed_jobs))

    async def suspects(self) -> list[tuple[int, str]]:
        """Tasks that may have ended the daemon, and their accounts."""
        return await self._asking.ask(crashes.suspects)

    async def claim_alone(self, task_id: int, lease_s: float) -> Claim | None:
        """Take one of them while nothing else is at work."""

        def work(tx: Tx) -> list[Claim]:
            taken = claims.claim_alone(tx, task_id, lease_s, self._claimed_jobs)
            for claim in taken:
                self._leases.begin(claim.task_id, claim.token, lease_s)
            return taken

        taken = await self._writer.submit(work)
        return taken[0] if taken else None

    async def survived(self) -> None:
        """It got through."""
        await self._writer.submit(crashes.survived)

    async def end_life(self) -> None:
        """The daemon ends on purpose."""
        await self._writer.submit(crashes.end_life)

    async def answer_found(self, attempt_id: str, handle: Handle) -> None:
        """The answer of a doubtful attempt lies in the spool, or the provider knows it."""
        await self._writer.submit(lambda tx: recovery.answer_found(tx, attempt_id, handle))

    async def answer_asked(self, attempt_id: str, failure: Failure) -> None:
        """It is not here, but can be asked for."""
        await self._writer.submit(lambda tx: recovery.answer_asked(tx, attempt_id, failure))

    async def answer_missing(self, attempt_id: str, *, resend: bool, failure: Failure) -> None:
        """It does not: held, or ready again."""
        await self._writer.submit(
            lambda tx: recovery.answer_missing(tx, attempt_id, resend=resend, failure=failure)
        )

    async def reap(self) -> list[DoubtfulAttempt]:
        """Take back the tasks whose lease is over."""
        return await self._writer.submit(
            lambda tx: recovery.reap(tx, self._claimed_jobs, self._leases)
        )

    async def spool_names(self) -> set[str]:
        """Attempt ids whose spool files are still needed."""
        return await self._asking.ask(recovery.spool_names)

    async def note_removals(self, removals: Sequence[Removal]) -> None:
        """Write down which finished files a person took away or changed."""
        await self._writer.submit(lambda tx: auditing.note_removals(tx, removals))

    async def prune(self, keep_s: float) -> int:
        """Delete the rows of jobs retired longer ago than that, some at a time."""
        total = 0
        while count := await self._writer.submit(lambda tx: retiring.prune(tx, keep_s)):
            total += count
        return total

    async def open_names(self) -> tuple[frozenset[str], frozenset[str]]:
        """Folders and accounts with open work."""
        return await self._asking.ask(idling.open_names)

    async def has_work_within(
        self,
        horizon_s: float,
        stopped_folders: frozenset[str],
        stopped_accounts: frozenset[str] = frozenset(),
    ) -> bool:
        """Whether anything can still happen by itself within `horizon_s`."""
        now = self._clock()
        return await self._asking.ask(
            lambda asks: idling.has_work_within(
                asks, now, horizon_s, stopped_folders, stopped_accounts
            )
        )

    async def mark(self) -> int:
        """A point in the history, for `unfinished_since`."""
        return await self._asking.ask(idling.mark)

    async def unfinished_since(self, mark: int) -> int:
        """Tasks that are not final, and those that failed after `mark`."""
        return await self._asking.ask(lambda asks: idling.unfinished_since(asks, mark))

    # --- waiting ------------------------------------------------------------------------------
    async def wait_for_work(self, account: str, timeout_s: float) -> None:
        """Return when something may have become claimable for the account."""
        await self._bells.account(account).wait(timeout_s)

    async def wait_for_retirement(self, timeout_s: float) -> None:
        """Return when a job may be due for retiring."""
        await self._bells.retirement.wait(timeout_s)

    async def rest(self) -> None:
        """Empty the page cache of the connection that writes: up to 8 MB after a burst."""
        await self._writer.submit(lambda tx: tx.rows("PRAGMA shrink_memory"))

    async def close(self) -> None:
        """Finish the commits under way and close the database; once is enough."""
        if self._given_up is not None:
            self._given_up.set()
        await self._asking.close()
        await self._writer.close()


if TYPE_CHECKING:

    def _honours_the_seam(store: SqliteStore) -> TaskStore:
        return store
