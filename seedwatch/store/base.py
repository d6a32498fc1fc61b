"""The seam between the daemon and its queue: one method per transition or question.

Every write of a worker carries the claim (task id and lease token). A write whose lease is over
raises LeaseLost and changes no row. Every transition writes its event row in the same commit.
The clock is the store's: callers give delays, never times of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from seedwatch.budgets import NO_BUDGETS, Budgets, Use
from seedwatch.errors import OutcomeUnknown, SeedwatchError, StoreError
from seedwatch.lifecycle import HoldReason
from seedwatch.records import (
    Claim,
    CostBasis,
    Failure,
    Generation,
    Handle,
    Member,
    Money,
    NewJob,
    Output,
    PastJob,
    RelPath,
    SettledJob,
    Submission,
)

AttemptEnd = Literal["not_sent", "refused", "failed", "unknown", "accepted"]
PauseScope = Literal["account", "folder", "model"]


class StoreUnavailable(StoreError):
    """The database is locked by another program or its disk is full; nothing was written.

    It passes: send nothing new and try again later.
    """


class NameTaken(SeedwatchError):
    """The final path is promised to another output: decide on another one; nothing was written."""


class HandleTaken(OutcomeUnknown):
    """The provider named other work so before; a reused id is no success (promises.md 3, 71)."""


@dataclass(frozen=True, slots=True)
class AccountRoom:
    """What `claim` may hand out for one account: its limits and the free places of its lane."""

    account: str
    concurrency: int
    rate_per_minute: float | None
    room: int
    stopped_folders: frozenset[str] = frozenset()
    """folders whose root is away or whose rule is broken just now: they give only tasks that are
    at the provider, whose paid answer would expire there"""
    served_folders: frozenset[str] = frozenset()
    """folders that have their share of the places: it is the turn of the others that have something
    as urgent; none of these, nothing is handed out"""


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A source that needs no new job: it is at work, or was kept in place after its job."""

    job_id: int
    path: RelPath
    members: tuple[Member, ...]
    is_kept: bool


@dataclass(frozen=True, slots=True)
class DoubtfulAttempt:
    """A submit begun before the last stop whose answer is not recorded."""

    task_id: int
    attempt_id: str
    account: str
    model: str
    unknown_count: int
    resend_uncertain: int


@dataclass(frozen=True, slots=True)
class OpenTask:
    """What a decision about money needs to know of a task."""

    task_id: int
    account: str
    folder: str
    generation: Generation


@dataclass(frozen=True, slots=True)
class FolderReport:
    """What the daemon last saw of a folder; written only when it changes."""

    name: str
    inbox: str
    watch: Literal["events", "poll"]
    state: Literal["ok", "paused", "unavailable", "foreign", "read-only", "rule-error"]
    message: str = ""
    waiting_count: int = 0
    ignored: tuple[tuple[RelPath, str], ...] = ()
    """(path, why) of files that are left alone and mentioned once"""


@dataclass(frozen=True, slots=True)
class Removal:
    """A file that a person took away or changed: of a job (its source), or output n of a task."""

    found: Literal["missing", "changed"]
    job_id: int | None = None
    task_id: int | None = None
    n: int = 0


@dataclass(frozen=True, slots=True)
class Adoption:
    """Which marker an inbox bears and whether its first listing has been recorded whole."""

    marker_id: str
    is_complete: bool


@dataclass(frozen=True, slots=True)
class LastSeen:
    """Which queue this is (a copy bears the same name), and when it was written last."""

    queue_id: str
    at: float
    asked_about: frozenset[str] = frozenset()
    """attempts that it does not know, of which a person was told already"""


class TaskStore(Protocol):
    """The queue as the daemon sees it."""

    # --- intake -------------------------------------------------------------------------
    async def open_jobs(self, jobs: Sequence[NewJob]) -> list[int | None]:
        """Record jobs and their tasks in one commit; None for a source that is known already.

        Known: a job of the same folder, path and content is not retired yet (or was kept in
        place). A job with `error` opens with its one task failed; one without tasks opens
        settled.
        """

    async def known_sources(self, folder: str) -> list[KnownSource]:
        """Every source of the folder that still lies in its inbox on purpose."""

    async def history(self, folder: str, paths: Sequence[RelPath]) -> dict[RelPath, PastJob]:
        """The latest earlier job of each path, if any."""

    async def source_gone(self, folder: str, paths: Sequence[RelPath]) -> int:
        """Cancel (reason removed) what was not sent of open jobs whose source was taken away.

        Held tasks whose money may be spent (unsure, unreadable, expired) and tasks in flight
        stay. Returns how many tasks were cancelled.
        """

    async def burst_count(self, folder: str, window_s: float) -> int:
        """How many jobs the folder opened during the last `window_s` seconds."""

    async def adoption(self, folder: str) -> Adoption | None:
        """What is remembered of the folder's marker; None before its first adoption."""

    async def save_adoption(self, folder: str, adoption: Adoption) -> None:
        """Remember it."""

    async def save_folder(self, report: FolderReport) -> None:
        """Publish what the daemon sees, for `status`; unchanged reports write nothing."""

    # --- the travel of one task -----------------------------------------------------------
    async def claim(self, account: AccountRoom, lease_s: float) -> list[Claim]:
        """Take due tasks (ready, and waiting whose time has come), at most `room`.

        Highest priority first, then oldest, but not of a served folder; rate and concurrency are
        checked in the same transaction. Paused accounts, folders and models give nothing.
        """

    async def begin_submit(
        self, claim: Claim, submission: Submission, budgets: Budgets = NO_BUDGETS
    ) -> None:
        """Commit `submitting` before the first byte leaves (promises.md 2, step 4).

        The price bound is reserved in the same commit, within every limit that covers the task.

        Raises:
            OverBudget: a limit has no room for the price bound; nothing was written.
            PriceUnknown: there is a limit, and no price bound in its currency; likewise.
        """

    async def budget_use(self, budgets: Budgets) -> list[Use]:
        """How far each of these limits is used in its present day or month, in their order."""

    async def held_for(self, *reasons: HoldReason) -> list[OpenTask]:
        """Tasks held for one of these reasons, in the order in which they would be claimed.

        At least the first 500 of each account and folder.
        """

    async def ready_beside(self, claim: Claim) -> list[OpenTask]:
        """Tasks of the claim's account and folder that may be claimed at once; the next 500.

        Not those that deliver a stored result: they cost nothing.
        """

    async def last_seen(self) -> LastSeen:
        """Which queue this is, and when it was written last (0: never)."""

    async def unknown_attempts(self, ids: Collection[str]) -> frozenset[str]:
        """Those of the attempts that the queue never heard of; it knows paid ones for ever."""

    async def distrust(
        self, accounts: Iterable[str], unknown: Collection[str], why: Failure
    ) -> int:
        """It is an older copy of itself: in one commit, send nothing more by itself.

        Tasks that are ready are held as `unsure`, the accounts paused until a person resumes them,
        and what lies in the inboxes counts as found at an adoption. Returns how many were held.
        """

    async def hold_ready(self, holds: Mapping[int, tuple[HoldReason, Failure]]) -> int:
        """Park tasks for a person that are still ready, by their ids; returns how many."""

    async def save_handle(
        self, claim: Claim, handle: Handle, *, request_id: str = "", poll_in_s: float | None = None
    ) -> None:
        """The attempt is accepted: keep its handle.

        With `poll_in_s` the task lets go (waiting), without it stays running under the same
        lease. Called again when a remote answer was spooled: the attempt keeps the remote name.

        Raises:
            HandleTaken: another attempt of the account has this remote handle.
            ValueError: no submit was begun.
        """

    async def doubt(self, claim: Claim, delay_s: float, failure: Failure | None) -> None:
        """The submit of this claim has no answer, but the provider can be asked what became of it.

        The task waits with the handle (doubt, attempt id); the attempt stays `submitting`. Said
        again after each look that told nothing.

        Raises:
            ValueError: no submit was begun, or it has its answer.
        """

    async def snooze(
        self,
        claim: Claim,
        delay_s: float,
        reason: str,
        *,
        failure: Failure | None = None,
        attempt: AttemptEnd | None = None,
    ) -> None:
        """Put back without using an attempt: ready, or waiting where a handle exists.

        `attempt` ends a begun attempt that provably spent nothing; one without a handle must be
        ended (else ValueError).
        """

    async def retry(
        self, claim: Claim, delay_s: float, failure: Failure, *, attempt: AttemptEnd = "failed"
    ) -> None:
        """Use an attempt and put back as ready (the handle of a failed attempt is dropped)."""

    async def fail(self, claim: Claim, failure: Failure, *, attempt: AttemptEnd | None) -> None:
        """Final: the task failed. `attempt` says how its open attempt ended.

        None: as it stands, paid if it was accepted, unknown if its submit has no answer.
        """

    async def hold(self, claim: Claim, reason: HoldReason, failure: Failure | None) -> None:
        """Park for a person.

        An open attempt ends as unknown for `unsure` (its handle is dropped), as accepted for
        `unreadable` and `expired`; for other reasons one that has a handle stays open.
        """

    async def cancel_claim(self, claim: Claim, reason: str) -> None:
        """Final: the user's hand won (removed, source-changed)."""

    async def save_outputs(
        self,
        claim: Claim,
        outputs: Sequence[Output],
        cost: Money | None,
        basis: CostBasis = "estimate",
    ) -> None:
        """Step 8: rows of the outputs with their final names, and what they cost.

        The cost goes into the ledger, also one above the price bound of the attempt; without one,
        or with one in another currency, the bound is taken there.
        Outputs of the task that were saved before and are not delivered are replaced.

        Raises:
            NameTaken: a final path is promised to another output of the folder.
        """

    async def move_output(self, claim: Claim, n: int, path: RelPath) -> None:
        """Another file stands at the final name: take this one instead (step 9).

        Raises:
            NameTaken: that one is promised to another output of the folder.
        """

    async def output_delivered(self, claim: Claim, n: int) -> None:
        """This output lies whole at its final name; saying so again changes nothing."""

    async def complete(self, claim: Claim, *, note: str = "") -> None:
        """Step 10: done. `note` is kept as the reason (for example: partial).

        Says of every output without an error that it is delivered. The database refuses it for
        an attempt that left no output.
        """

    async def record(self, claim: Claim, event: str, **fields: object) -> None:
        """An event of the task that is no transition (for example: task.fitted, task.warned).

        Names are noun.past_participle and listed in `events.EVENT_NAMES`; `fields` must be JSON.
        """

    async def outputs_of(self, task_id: int) -> list[Output]:
        """The outputs of a finished task, for `again: reuse`."""

    async def extend_lease(self, claim: Claim, lease_s: float) -> None:
        """Keep the task longer."""

    # --- retiring --------------------------------------------------------------------------
    async def jobs_to_retire(self, limit: int) -> list[SettledJob]:
        """Settled jobs whose source is due to leave its inbox.

        Their `states` and `reasons` are one for each task, in order; `failures` only of those
        that failed. The same jobs come again until `retired` or `retire_later` is called.
        """

    async def retired(self, job_id: int, outcome: str, path: RelPath) -> None:
        """Step 12: the source lies at `path` below done/ or failed/.

        `path` is empty where it was gone, was deleted or stays. `outcome` is done, failed, kept
        (stays in its inbox and stays known there), gone or changed. A job retires once.
        """

    async def retire_later(self, job_id: int, delay_s: float, message: str) -> None:
        """The root is away or refuses: try again later."""

    # --- pausing -----------------------------------------------------------------------------
    async def pause(
        self, scope: PauseScope, name: str, state: str, message: str, until_s: float | None
    ) -> bool:
        """Stop claiming for an account, folder or model (`account/model`).

        `state` is paused, auth, quota, limited or model; `until_s` seconds from now it ends by
        itself (None: a person resumes). False if it was paused that way already.
        """

    async def resume(self, scope: PauseScope, name: str, *, states: Iterable[str] = ()) -> bool:
        """End pauses (only those in `states`, if given). False if there was none."""

    async def resume_models(self) -> None:
        """End the pauses of all models: a new start is a reason to try them again."""

    # --- a person's decisions ------------------------------------------------------------------
    async def cancel(self, task_ids: Sequence[int]) -> int:
        """Cancel tasks that are neither final nor running; returns how many."""

    async def release(self, task_ids: Sequence[int], *, reasons: Iterable[HoldReason] = ()) -> int:
        """Held tasks go on: waiting where a usable answer exists, else ready; returns how many.

        Ready may pay again; reasons unsure, unreadable and expired drop the answer. With
        `reasons` only tasks that are (still) held for one of them go on.
        """

    # --- recovery and housekeeping --------------------------------------------------------------
    async def recover(self) -> list[DoubtfulAttempt]:
        """At start, under the lock: void all leases.

        Tasks with a handle wait, those without an attempt are ready; those with a begun submit
        are returned and stay running without a worker until `answer_found` or `answer_missing`
        decides. They count neither as claimable nor against the concurrency.
        """

    async def suspects(self) -> list[tuple[int, str]]:
        """Tasks that were at work in two crashes in a row, and their accounts.

        `recover` finds them; for a minute nobody else claims them.
        """

    async def claim_alone(self, task_id: int, lease_s: float) -> Claim | None:
        """Take a suspect while nothing else is at work; None: it is none any more.

        Until `survived` a crash is its own: after the second of them it is held: quarantine.
        """

    async def survived(self) -> None:
        """The task that was claimed alone did not end the daemon."""

    async def end_life(self) -> None:
        """The daemon ends on purpose; without this, its next `recover` counts a crash."""

    async def answer_found(self, attempt_id: str, handle: Handle) -> None:
        """The answer of a doubtful attempt lies whole in the spool, or the provider knows it.

        The task waits for it. Also for a worker's own submit that has no recorded answer.

        Raises:
            LeaseLost: the attempt was decided already.
        """

    async def answer_asked(self, attempt_id: str, failure: Failure) -> None:
        """It is not here, but the provider can be asked: the task waits as after `doubt`.

        Raises LeaseLost as `answer_found` does.
        """

    async def answer_missing(self, attempt_id: str, *, resend: bool, failure: Failure) -> None:
        """It does not: held: unsure, or ready again where the rule allows to resend.

        Uses an attempt and counts as unknown. Raises LeaseLost as `answer_found` does.
        """

    async def reap(self) -> list[DoubtfulAttempt]:
        """As `recover`, only for leases that are over."""

    async def spool_names(self) -> set[str]:
        """Attempt ids whose spool files are still needed: paid or perhaps paid, rows kept."""

    async def note_removals(self, removals: Sequence[Removal]) -> None:
        """Write down which finished files a person took away or changed; no state changes."""

    async def prune(self, keep_s: float) -> int:
        """Delete rows of jobs retired longer ago than that; returns how many jobs.

        What an attempt cost stays in the ledger. Jobs whose retry is kept stay, and jobs whose
        source was kept in its inbox.
        """

    async def open_names(self) -> tuple[frozenset[str], frozenset[str]]:
        """The folders and the accounts that have open jobs or tasks, configured or not."""

    async def has_work_within(
        self,
        horizon_s: float,
        stopped_folders: frozenset[str],
        stopped_accounts: frozenset[str] = frozenset(),
    ) -> bool:
        """Whether anything can still happen by itself within `horizon_s`, for `--until-idle`.

        Running tasks, tasks and retirements due by then; not held ones, nor those of stopped
        folders or of accounts, folders and models paused for longer.
        """

    async def mark(self) -> int:
        """A point in the history, for `unfinished_since`."""

    async def unfinished_since(self, mark: int) -> int:
        """Tasks that are not final, and those that failed after `mark` (exit code 3)."""

    # --- waiting ---------------------------------------------------------------------------------
    async def wait_for_work(self, account: str, timeout_s: float) -> None:
        """Return when something may have become claimable for the account, or after `timeout_s`.

        Wakes for changes by other processes too (within a second). Returns at once until the
        account was claimed for; a claim that gave less than its room makes it wait.
        """

    async def wait_for_retirement(self, timeout_s: float) -> None:
        """The same for jobs to retire."""

    async def rest(self) -> None:
        """Give back the memory that only makes work quicker; nothing is to be done for a while."""

    async def close(self) -> None:
        """Finish the commits under way and close the database."""
