"""What every TaskStore does after a stop: leases, doubtful submits, clocks, waiting lanes."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from seedwatch.errors import LeaseLost, StoreError
from seedwatch.records import Handle
from seedwatch.store.base import Adoption, DoubtfulAttempt, FolderReport, Removal, TaskStore
from tests.contract.conftest import Opener
from tests.store.build import (
    LEASE_S,
    OOPS,
    Clock,
    accepted,
    claimed,
    done,
    new_job,
    opened,
    query,
    room,
    states,
    submission,
    submitted,
)

pytestmark = pytest.mark.anyio


async def test_recover_puts_everything_in_its_place(store: TaskStore, path: Path) -> None:
    """No submit: ready. A handle: waiting. A submit without an answer: doubtful, with nobody."""
    await opened(store, new_job("a.png", resend_uncertain=2))
    doubtful = await submitted(store)
    await opened(store, new_job("b.png"))
    await accepted(store)
    await opened(store, new_job("c.png"))
    await claimed(store)
    doubt = DoubtfulAttempt(1, "attempt-1-1", "ark", "seedream", 0, 2)
    assert await store.recover() == [doubt]
    assert [state for _, state, _ in states(path)] == ["running", "waiting", "ready"]
    assert await store.recover() == [doubt]
    assert [claim.task_id for claim in await store.claim(room(concurrency=2), LEASE_S)] == [2, 3]
    with pytest.raises(LeaseLost):
        await store.save_handle(doubtful, Handle("remote", "late"))
    assert await store.has_work_within(0, frozenset())


async def test_recover_survives_a_restart(
    store: TaskStore, opener: Opener, path: Path, clock: Clock
) -> None:
    """Another process finds the same doubt, even if the first stopped while it recovered."""
    await opened(store, new_job())
    await submitted(store)
    await store.recover()
    await store.close()
    again = await opener(path, clock)
    assert [doubt.attempt_id for doubt in await again.recover()] == ["attempt-1-1"]
    await again.close()


async def test_a_doubt_waits_to_be_asked_for(store: TaskStore, clock: Clock) -> None:
    """A submit in doubt waits like any task; its claim knows attempt, seed and time of the submit.

    Breaks if `doubt` ends the attempt: what may have been paid would be sent again.
    """
    await opened(store, new_job())
    claim = await claimed(store)
    await store.begin_submit(claim, replace(submission(claim), seed=7))
    begun_at = clock.now
    await store.doubt(claim, 5.0, OOPS)
    assert await store.claim(room(), LEASE_S) == []
    clock.now += 6
    again = await claimed(store)
    assert again.handle == Handle("doubt", "attempt-1-1")
    assert (again.attempt_id, again.seed) == ("attempt-1-1", 7)
    assert again.submitted_at == begun_at
    await store.doubt(again, 0.0, None)
    found = await claimed(store)
    await store.save_handle(found, Handle("remote", "cgt-1"), poll_in_s=0.0)
    polled = await claimed(store)
    assert (polled.handle, polled.remote) == (Handle("remote", "cgt-1"), "cgt-1")
    await store.save_handle(polled, Handle("answer", "attempt-1-1.answer"))
    await store.snooze(polled, 0.0, "later")
    answered = await claimed(store)
    assert (answered.handle, answered.remote) == (Handle("answer", "attempt-1-1.answer"), "cgt-1")


async def test_a_doubt_may_end_as_not_sent(store: TaskStore, path: Path) -> None:
    """What provably never arrived costs nothing and is ready again."""
    await opened(store, new_job())
    await store.doubt(await submitted(store), 0.0, OOPS)
    await store.snooze(await claimed(store), 0.0, "not-sent", attempt="not_sent")
    assert [state for _, state, _ in states(path)] == ["ready"]
    assert query(path, "SELECT state FROM attempts") == [("not_sent",)]
    assert query(path, "SELECT count(*) FROM ledger") == [(0,)]


@pytest.mark.parametrize("end", ["hold", "cancel"])
async def test_a_doubt_may_stay_one(store: TaskStore, path: Path, end: str) -> None:
    """What cannot be told, or is cancelled meanwhile, is in the ledger as uncertain."""
    await opened(store, new_job())
    await store.doubt(await submitted(store), 0.0, OOPS)
    if end == "hold":
        await store.hold(await claimed(store), "unsure", OOPS)
    else:
        assert await store.cancel([1]) == 1
    assert query(path, "SELECT kind FROM ledger") == [("uncertain",)]
    assert query(path, "SELECT state FROM attempts") == [("unknown",)]


async def test_only_a_submit_without_an_answer_is_in_doubt(store: TaskStore) -> None:
    """Without a submit, or with its answer, there is nothing to doubt."""
    await opened(store, new_job())
    claim = await claimed(store)
    with pytest.raises(ValueError, match="without an answer"):
        await store.doubt(claim, 0.0, None)


async def test_recovery_leaves_what_can_be_asked_for_to_a_claim(
    store: TaskStore, path: Path
) -> None:
    """A doubtful submit whose provider can be asked waits; killed while it asks, it is doubtful."""
    await opened(store, new_job())
    await submitted(store)
    (doubt,) = await store.recover()
    await store.answer_asked(doubt.attempt_id, OOPS)
    with pytest.raises(LeaseLost):
        await store.answer_asked(doubt.attempt_id, OOPS)
    assert [state for _, state, _ in states(path)] == ["waiting"]
    assert (await claimed(store)).handle == Handle("doubt", "attempt-1-1")
    assert await store.recover() == [doubt]


async def test_the_answer_is_found(store: TaskStore) -> None:
    """A doubtful submit whose answer lies in the spool goes on with it, and is decided once."""
    await opened(store, new_job())
    await submitted(store)
    await store.recover()
    await store.answer_found("attempt-1-1", Handle("answer", "attempt-1-1"))
    for late in (
        store.answer_found("attempt-1-1", Handle("answer", "attempt-1-1")),
        store.answer_missing("attempt-1-1", resend=False, failure=OOPS),
        store.answer_missing("no such attempt", resend=False, failure=OOPS),
    ):
        with pytest.raises(LeaseLost):
            await late
    claim = await claimed(store)
    assert (claim.handle, claim.attempt_id) == (Handle("answer", "attempt-1-1"), "attempt-1-1")


async def test_the_answer_is_missing(store: TaskStore, path: Path) -> None:
    """Not found, the task is held as unsure; released it may pay again, and says so."""
    await opened(store, new_job())
    await submitted(store)
    await store.recover()
    await store.answer_missing("attempt-1-1", resend=False, failure=OOPS)
    assert states(path) == [(1, "held", "unsure")]
    assert query(path, "SELECT kind, micros FROM ledger") == [("uncertain", 40_000)]
    await store.release([1])
    assert (await claimed(store)).unknown_count == 1


async def test_the_rule_may_resend(store: TaskStore, path: Path) -> None:
    """With `resend_uncertain` the task is ready again; the uncertain charge stays on record."""
    await opened(store, new_job())
    await submitted(store)
    await store.recover()
    await store.answer_missing("attempt-1-1", resend=True, failure=OOPS)
    claim = await submitted(store, 2)
    assert (claim.attempt_count, claim.unknown_count) == (1, 1)
    assert query(path, "SELECT kind FROM ledger") == [("uncertain",)]


async def test_a_worker_decides_its_own_doubt(store: TaskStore, path: Path) -> None:
    """A worker that lost the answer itself may hand its submit over in the same way."""
    await opened(store, new_job())
    claim = await submitted(store)
    await store.answer_missing("attempt-1-1", resend=False, failure=OOPS)
    assert states(path) == [(1, "held", "unsure")]
    with pytest.raises(LeaseLost):
        await store.hold(claim, "unsure", None)


async def test_reap_takes_only_what_is_over(store: TaskStore, clock: Clock, path: Path) -> None:
    """Leases that are over are taken back; extended and younger ones stay."""
    await opened(store, new_job("a.png", "a", "b", "c"))
    first, second, _ = await store.claim(room(), LEASE_S)
    await store.begin_submit(second, submission(second))
    await store.extend_lease(first, 2 * LEASE_S)
    assert await store.reap() == []
    clock.now += LEASE_S + 1
    assert [doubt.task_id for doubt in await store.reap()] == [2]
    assert await store.reap() == []
    assert [state for _, state, _ in states(path)] == ["running", "running", "ready"]


@pytest.mark.fault(36)
async def test_times_of_a_wrong_clock_are_mended(store: TaskStore, clock: Clock) -> None:
    """P17: what was put off while the clock ran years ahead is not put off for years."""
    clock.now += 10 * 365 * 86_400
    await opened(store, new_job())
    await store.snooze(await claimed(store), 30, "busy")
    await store.pause("account", "ark", "limited", "", 30)
    clock.now -= 10 * 365 * 86_400
    await store.reap()
    assert len(await store.claim(room(), LEASE_S)) == 1


# --- waiting ---------------------------------------------------------------------------------
async def idle(store: TaskStore) -> asyncio.Task[None]:
    """A lane that found nothing and waits."""
    assert await store.claim(room(), LEASE_S) == []
    lane = asyncio.create_task(store.wait_for_work("ark", 30))
    await asyncio.sleep(0)
    assert not lane.done()
    return lane


async def test_a_new_job_wakes_its_lane(store: TaskStore) -> None:
    """A lane that waits hears of a task of its account at once."""
    lane = await idle(store)
    await opened(store, new_job("x.png", account="other"))
    await asyncio.sleep(0)
    assert not lane.done()
    await opened(store, new_job())
    async with asyncio.timeout(5):
        await lane


async def test_a_release_and_a_resume_wake(store: TaskStore) -> None:
    """So it does when a person releases a task or resumes the account."""
    await opened(store, new_job(hold="burst"))
    lane = await idle(store)
    await store.pause("account", "ark", "paused", "", None)
    await store.release([1])
    async with asyncio.timeout(5):
        await lane
    lane = await idle(store)
    await store.resume("account", "ark")
    async with asyncio.timeout(5):
        await lane


async def test_a_folder_that_is_back_wakes(store: TaskStore) -> None:
    """A folder whose root is back may have tasks."""
    lane = await idle(store)
    await store.save_folder(FolderReport("shots", "/in", "poll", "ok"))
    async with asyncio.timeout(5):
        await lane


async def test_waiting_ends_when_a_task_comes_due(opener: Opener, path: Path) -> None:
    """A lane sleeps until the next `run_at`, then it is woken, by the real clock."""
    store = await opener(path, time.time)  # type: ignore[arg-type]  # the clock of a real daemon
    await opened(store, new_job())
    await store.snooze(await claimed(store), 0.1, "busy")
    assert await store.claim(room(), LEASE_S) == []
    async with asyncio.timeout(5):
        await store.wait_for_work("ark", 30)
    assert len(await store.claim(room(), LEASE_S)) == 1
    await store.close()


async def test_waiting_ends_after_its_timeout(store: TaskStore) -> None:
    """Nothing to do: the lane comes back after the timeout."""
    assert await store.claim(room(), LEASE_S) == []
    started = time.monotonic()
    await store.wait_for_work("ark", 0.05)
    assert time.monotonic() - started >= 0.05


async def test_a_lane_that_got_its_fill_does_not_wait(store: TaskStore) -> None:
    """As long as claims are full there may be more."""
    await opened(store, new_job("a.png", "a", "b"))
    await store.claim(room(1), LEASE_S)
    async with asyncio.timeout(1):
        await store.wait_for_work("ark", 30)


async def test_another_process_wakes(opener: Opener, path: Path) -> None:
    """A command line that releases a task while the daemon runs wakes its lane within a second.

    Red if the writer does not look at `PRAGMA data_version`.
    """
    store = await opener(path, time.time)  # type: ignore[arg-type]  # the clock of a real daemon
    await opened(store, new_job(hold="burst"))
    lane = await idle(store)
    other = await opener(path, time.time)  # type: ignore[arg-type]  # as above
    await other.release([1])
    await other.close()
    async with asyncio.timeout(5):
        await lane
    assert len(await store.claim(room(), LEASE_S)) == 1
    await store.close()


async def test_retirement_is_waited_for(store: TaskStore, clock: Clock) -> None:
    """The last task of a job wakes who retires sources; so does a retirement put off."""
    await opened(store, new_job())
    assert await store.jobs_to_retire(5) == []
    waiter = asyncio.create_task(store.wait_for_retirement(30))
    await asyncio.sleep(0)
    assert not waiter.done()
    await done(store)
    async with asyncio.timeout(5):
        await waiter
    assert len(await store.jobs_to_retire(5)) == 1
    await store.retire_later(1, 60, "away")
    assert await store.jobs_to_retire(5) == []
    started = time.monotonic()
    await store.wait_for_retirement(0.05)
    assert time.monotonic() - started >= 0.05
    clock.now += 61
    await store.wait_for_retirement(30)
    assert len(await store.jobs_to_retire(5)) == 1


async def test_a_closed_store_says_so(store: TaskStore) -> None:
    """After close every call is refused with a plain error; closing again is fine."""
    await store.close()
    await store.close()
    with pytest.raises(StoreError):
        await store.claim(room(), LEASE_S)
    with pytest.raises(StoreError):
        await store.known_sources("shots")


async def test_removals_are_written_down(store: TaskStore, path: Path) -> None:
    """What a person took away is an event of the job or the task, and changes no state."""
    await opened(store, new_job("a.png"))
    await done(store)
    before = states(path)
    await store.note_removals([Removal("missing", job_id=1), Removal("changed", task_id=1, n=1)])
    assert query(
        path,
        "SELECT name, job_id, task_id, reason, fields FROM events WHERE name LIKE '%.removed'",
    ) == [
        ("source.removed", 1, None, "missing", "{}"),
        ("output.removed", None, 1, "changed", '{"n":1}'),
    ]
    assert states(path) == before


@pytest.mark.fault(36)
@pytest.mark.parametrize("ahead_s", [10 * 365 * 86400, 3600])
async def test_a_retirement_from_the_future(
    store: TaskStore, opener: Opener, clock: Clock, path: Path, ahead_s: int
) -> None:
    """Settled or put off while the wall clock was ahead: due at the next start.

    Breaks if only tasks are looked after: the source would stay in its inbox for ten years.
    """
    await opened(store, new_job("a.png"), new_job("b.png"))
    clock.now += ahead_s
    for _ in range(2):
        claim = (await store.claim(room(1), LEASE_S))[0]
        await store.fail(claim, OOPS, attempt=None)
    await store.retire_later(1, 15, "the share is away")
    clock.now -= ahead_s
    assert await store.jobs_to_retire(10) == []
    await store.recover()
    assert [job.job_id for job in await store.jobs_to_retire(10)] == [1, 2]


async def test_a_retirement_that_was_put_off_waits(store: TaskStore, clock: Clock) -> None:
    """A start does not hurry what was put off for a quarter of a minute."""
    await opened(store, new_job())
    await store.fail(await claimed(store), OOPS, attempt=None)
    await store.retire_later(1, 15, "the share is away")
    await store.recover()
    assert await store.jobs_to_retire(10) == []
    clock.now += 15
    assert len(await store.jobs_to_retire(10)) == 1


@pytest.mark.fault(80)
async def test_an_older_copy_sends_nothing_more(store: TaskStore, path: Path) -> None:
    """In one commit: what is ready is held, accounts wait for a person, inboxes are new again.

    The attempts are remembered, so that nobody is asked about the same ones again.
    """
    await opened(store, new_job())
    await store.save_adoption("shots", Adoption("m", is_complete=True))
    begun = submission(await submitted(store)).attempt_id
    await opened(store, new_job("b.png"))
    seen = await store.last_seen()
    assert seen.queue_id
    assert seen.at > 0
    assert await store.unknown_attempts({begun, "f" * 32}) == {"f" * 32}

    assert await store.distrust(["ark"], {"f" * 32}, OOPS) == 1
    assert query(path, "SELECT state FROM tasks ORDER BY id") == [("running",), ("held",)]
    assert query(path, "SELECT scope, name, state FROM pauses") == [("account", "ark", "paused")]
    assert await store.adoption("shots") == Adoption("m", is_complete=False)
    await store.distrust([], {"e" * 32}, OOPS)
    assert (await store.last_seen()).asked_about == {"e" * 32, "f" * 32}
    assert await store.unknown_attempts({"f" * 32}) == {"f" * 32}
