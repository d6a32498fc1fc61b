"""What every TaskStore remembers of sources: opened, known, gone, retired, retried, pruned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seedwatch.records import Failure, Member, Money, NewJob, Source
from seedwatch.store.base import Adoption, FolderReport, TaskStore
from seedwatch.store.reads import open_reader
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
    retire_all,
    room,
    rule,
    source,
    states,
    waiting,
)

pytestmark = pytest.mark.anyio


async def test_a_source_opens_once(store: TaskStore, path: Path) -> None:
    """A known source opens no second job, in one batch or later; other bytes or folders do.

    Red without `ON CONFLICT` on the unique index jobs_source.
    """
    first = await store.open_jobs([new_job("a.png"), new_job("a.png"), new_job("b.png")])
    again = await store.open_jobs(
        [new_job("b.png"), new_job("a.png", content="2"), new_job("a.png", folder="other")]
    )
    assert [one is None for one in first] == [False, True, False]
    assert [one is None for one in again] == [True, False, False]
    assert len(states(path)) == 4


async def test_a_whole_batch_or_nothing(store: TaskStore, path: Path) -> None:
    """A batch with a job that the database refuses records none of them."""
    bad = replace(new_job("b.png"), source=Source("shots", "b.png", "nonsense", ()))  # type: ignore[arg-type]  # refused by a CHECK
    with pytest.raises(Exception, match="CHECK"):
        await store.open_jobs([new_job("a.png"), bad])
    assert states(path) == []
    assert await store.known_sources("shots") == []


async def test_tasks_open_held_where_asked(store: TaskStore, path: Path) -> None:
    """A task may wait for a person from the start."""
    await opened(store, new_job("a.png", hold="cold-start"))
    assert states(path) == [(1, "held", "cold-start")]
    assert await store.claim(room(), LEASE_S) == []


async def test_a_source_in_error_fails_at_once(store: TaskStore, path: Path) -> None:
    """A source that cannot be used opens with its one task failed, due for failed/."""
    failure = Failure("SourceError", "not a picture", "save it as PNG")
    await opened(store, new_job("a.png", error=failure))
    await opened(store, NewJob(source("b.png"), rule(), (), error=failure))
    assert [state for _, state, _ in states(path)] == ["failed", "failed"]
    for job in await store.jobs_to_retire(5):
        assert (job.states, job.failures) == (("failed",), (failure,))
        assert (job.result_count, job.cost) == (0, None)


async def test_a_job_without_tasks_is_settled(store: TaskStore) -> None:
    """A retry of which everything is done already only has to retire its source."""
    await opened(store, NewJob(source(), rule(), ()))
    (job,) = await store.jobs_to_retire(5)
    assert (job.states, job.source, job.rule) == ((), source(), rule())


async def test_known_sources_tell_identities(store: TaskStore) -> None:
    """Open sources come back with the identity of each member, odd names and inodes included."""
    members = (
        Member("set/\udcff\\x.png", 1, 2, 2**100, "a" * 64, "picture"),
        Member("set/\n漢.txt", 3, 4, 5, "b" * 64, "prompt"),
    )
    odd = Source("shots", "set\udc80", "set", members)
    (job_id,) = await opened(store, replace(new_job(), source=odd))
    await opened(store, new_job("elsewhere.png", folder="other"))
    (known,) = await store.known_sources("shots")
    assert (known.job_id, known.path, known.is_kept) == (job_id, "set\udc80", False)
    assert known.members == members
    assert (await claimed_source(store)).members == members


async def claimed_source(store: TaskStore) -> Source:
    """The source of the first task that is due."""
    return (await store.claim(room(1), LEASE_S))[0].source


async def test_retired_sources_are_unknown_again(store: TaskStore) -> None:
    """What left its inbox may come again; what was kept there is known as kept."""
    await opened(store, new_job("a.png"))
    await done(store)
    await retire_all(store)
    await opened(store, new_job("b.png"))
    await done(store)
    await retire_all(store, "kept")
    assert [(one.path, one.is_kept) for one in await store.known_sources("shots")] == [
        ("b.png", True)
    ]
    assert await store.open_jobs([new_job("b.png")]) == [None]
    assert await store.open_jobs([new_job("a.png")]) != [None]


async def test_other_bytes_replace_a_kept_source(store: TaskStore) -> None:
    """A kept source that was edited is a new job; its first bytes, put back, are new as well."""
    await opened(store, new_job("a.png"))
    await done(store)
    await retire_all(store, "kept")
    await opened(store, new_job("a.png", content="2"))
    assert [one.is_kept for one in await store.known_sources("shots")] == [False]
    assert await store.open_jobs([new_job("a.png")]) != [None]


async def test_a_job_retires_once(store: TaskStore, path: Path) -> None:
    """Saying it twice (a crash between rename and commit) keeps the first word."""
    await opened(store, new_job())
    await store.retired(1, "done", "too-early.png")
    await done(store)
    await store.retired(1, "done", "sub/a.png")
    await store.retired(1, "failed", "other.png")
    with open_reader(path) as reader:
        (task,) = reader.tasks()
    assert (task.outcome, task.retired_path) == ("done", "sub/a.png")
    assert await store.jobs_to_retire(5) == []


async def test_retire_later(store: TaskStore, clock: Clock) -> None:
    """A root that is away is asked again after the delay."""
    await opened(store, new_job())
    await done(store)
    await store.retire_later(1, 60, "share away")
    assert await store.jobs_to_retire(5) == []
    clock.now += 61
    assert len(await store.jobs_to_retire(5)) == 1


async def test_settled_jobs_tell_all_tasks(store: TaskStore) -> None:
    """Outcome, reason, cost and result count over all tasks of a job, in order."""
    await opened(store, new_job("a.png", "a", "b", "c"))
    assert await store.jobs_to_retire(5) == []
    first, second, third = await store.claim(room(), LEASE_S)
    await store.snooze(first, 0, "")
    await done(store)
    assert await store.jobs_to_retire(5) == []
    await store.fail(second, OOPS, attempt=None)
    await store.cancel_claim(third, "removed")
    (job,) = await store.jobs_to_retire(5)
    assert job.states == ("done", "failed", "cancelled")
    assert job.reasons == ("", "Unavailable", "removed")
    assert (job.failures, job.cost, job.result_count) == ((OOPS,), Money(30_000, "USD"), 1)


async def test_history_follows_the_chain_of_retries(store: TaskStore) -> None:
    """The newest job of a path, with every task done in it and in the jobs it retries."""
    await opened(store, new_job("a.png", "one", "two"))
    first, second = await store.claim(room(), LEASE_S)
    await store.snooze(first, 0, "")
    await done(store)
    await store.fail(second, OOPS, attempt=None)
    await retire_all(store, "failed")
    (retry,) = await opened(store, new_job("a.png", "two", "three", retry_of=1))
    claims = await store.claim(room(), LEASE_S)
    await store.snooze(claims[0], 0, "")
    await done(store)
    past = await store.history("shots", ["a.png", "never.png"])
    assert list(past) == ["a.png"]
    assert past["a.png"].job_id == retry
    assert past["a.png"].outcome == "open"
    assert past["a.png"].done_tasks == {"one": 1, "two": 3}
    await store.fail(claims[1], OOPS, attempt=None)
    await retire_all(store, "failed")
    past = await store.history("shots", ["a.png"])
    assert (past["a.png"].outcome, past["a.png"].retired_path) == ("failed", "a.png")
    assert await store.history("other", ["a.png"]) == {}


async def test_gone_before_the_submit_is_cancelled(store: TaskStore, path: Path) -> None:
    """P20: what was not sent of a removed source is cancelled; the job is due to retire."""
    await opened(
        store, new_job("a.png", "a", "b"), new_job("b.png", hold="burst"), new_job("c.png")
    )
    assert await store.source_gone("shots", ["a.png", "b.png", "never.png"]) == 3
    assert states(path) == [
        (1, "cancelled", "removed"),
        (2, "cancelled", "removed"),
        (3, "cancelled", "removed"),
        (4, "ready", ""),
    ]
    assert len(await store.jobs_to_retire(5)) == 2
    assert await store.source_gone("shots", ["a.png"]) == 0


async def test_gone_after_the_submit_goes_on(store: TaskStore, path: Path) -> None:
    """P20: what runs, waits, or may be paid stays when its source is taken away."""
    await opened(store, new_job("a.png", "a"))
    await waiting(store)
    await opened(store, new_job("b.png", priority=9))
    (held,) = await store.claim(room(1), LEASE_S)
    await store.hold(held, "unsure", OOPS)
    await opened(store, new_job("c.png", priority=9))
    running = (await store.claim(room(1), LEASE_S))[0]
    assert running.source.path == "c.png"
    assert await store.source_gone("shots", ["a.png", "b.png", "c.png"]) == 0
    assert [state for _, state, _ in states(path)] == ["waiting", "held", "running"]


async def test_a_kept_source_that_is_gone_may_come_again(store: TaskStore) -> None:
    """Removed after it was kept, a source is forgotten: dropped again it runs."""
    await opened(store, new_job())
    await done(store)
    await retire_all(store, "kept")
    assert await store.source_gone("shots", ["a.png"]) == 0
    assert await store.known_sources("shots") == []
    assert (await store.history("shots", ["a.png"]))["a.png"].outcome == "gone"


async def test_burst_count(store: TaskStore, clock: Clock) -> None:
    """Jobs that a folder opened during the window, no others."""
    await opened(store, new_job("old.png"))
    clock.now += 100
    await opened(store, new_job("a.png"), new_job("b.png"), new_job("c.png", folder="other"))
    assert await store.burst_count("shots", 50) == 2
    assert await store.burst_count("shots", 150) == 3


async def test_adoption_is_remembered(store: TaskStore) -> None:
    """None before the first adoption, even if the folder was reported; then what was said last."""
    await store.save_folder(FolderReport("shots", "/in", "poll", "foreign"))
    assert await store.adoption("shots") is None
    await store.save_adoption("shots", Adoption("m1", is_complete=False))
    await store.save_adoption("shots", Adoption("m1", is_complete=True))
    assert await store.adoption("shots") == Adoption("m1", is_complete=True)


async def test_folder_reports(store: TaskStore, path: Path) -> None:
    """Reports are published as they are; an unchanged one writes nothing."""
    first = FolderReport("shots", "/in\udcff", "events", "ok", "", 3, (("\udcff.doc", "no"),))
    await store.save_folder(first)
    await store.save_adoption("other", Adoption("m", is_complete=True))
    with open_reader(path) as reader:
        assert reader.folders() == [first]
    before = query(path, "SELECT * FROM folders")
    await store.save_folder(replace(first))
    assert query(path, "SELECT * FROM folders") == before
    await store.save_folder(replace(first, state="unavailable", message="away"))
    with open_reader(path) as reader:
        assert reader.folders()[0].state == "unavailable"


async def test_prune_keeps_the_ledger(store: TaskStore, clock: Clock, path: Path) -> None:
    """Rows of old jobs go, with their events; what they cost stays for ever."""
    await opened(store, new_job("a.png"), new_job("b.png", error=OOPS))
    await done(store)
    await retire_all(store)
    clock.now += 1000
    assert await store.prune(2000) == 0
    assert await store.prune(500) == 2
    assert await store.prune(500) == 0
    assert query(path, "SELECT count(*) FROM events") == [(0,)]
    assert query(path, "SELECT attempt_id, micros FROM ledger") == [("attempt-1-1", 30_000)]
    with open_reader(path) as reader:
        assert sum(reader.counts().values()) == 0
        (spent,) = reader.spent(day_from=0, month_from=0)
    assert spent.month == 30_000


async def test_prune_keeps_what_is_still_needed(store: TaskStore, clock: Clock) -> None:
    """Open jobs, kept sources and jobs with a later retry stay: forgetting them would pay twice."""
    await opened(store, new_job("kept.png"))
    await done(store)
    await retire_all(store, "kept")
    await opened(store, new_job("open.png", "a", "b", hold="burst"))
    await opened(store, new_job("failed.png", error=OOPS))
    await retire_all(store, "failed")
    await opened(store, new_job("failed.png", retry_of=3, hold="burst"))
    clock.now += 1000
    assert await store.prune(0) == 0
    assert len(await store.known_sources("shots")) == 3
    await store.cancel([5])
    await retire_all(store, "failed")
    clock.now += 1000
    assert await store.prune(0) == 2


async def test_prune_writes_nothing_when_there_is_nothing(store: TaskStore, path: Path) -> None:
    """Idle housekeeping leaves the files as they are."""
    await opened(store, new_job())
    wal = path.with_name(f"{path.name}-wal")
    before = (wal.stat().st_size, wal.stat().st_mtime_ns)
    await store.prune(0)
    await store.reap()
    assert await store.claim(room(account="nobody"), LEASE_S) == []
    await store.has_work_within(300, frozenset())
    assert (wal.stat().st_size, wal.stat().st_mtime_ns) == before


async def test_spool_names_are_those_of_paid_work(store: TaskStore) -> None:
    """Files of attempts that were, or may have been, paid are needed; of refused ones not."""
    await opened(store, new_job())
    claim = await accepted(store)
    assert await store.spool_names() == {"attempt-1-1"}
    await store.retry(claim, 0, OOPS)
    assert await store.spool_names() == set()
    claim = await claimed(store)
    await store.snooze(claim, 0, "")


async def test_work_that_can_still_happen(store: TaskStore, clock: Clock) -> None:
    """has_work_within sees due and running tasks and retirements, not what a person must decide."""
    nothing: frozenset[str] = frozenset()
    assert not await store.has_work_within(300, nothing)
    await opened(store, new_job("held.png", hold="burst"))
    assert not await store.has_work_within(300, nothing)
    await opened(store, new_job("a.png"))
    assert await store.has_work_within(300, nothing)
    assert not await store.has_work_within(300, frozenset({"shots"}))
    await store.pause("account", "ark", "limited", "", 400)
    assert not await store.has_work_within(300, nothing)
    assert await store.has_work_within(500, nothing)
    await store.resume("account", "ark")
    for scope, name in (("folder", "shots"), ("model", "ark/seedream")):
        await store.pause(scope, name, "paused", "", None)  # type: ignore[arg-type]  # a scope
        assert not await store.has_work_within(300, nothing)
        await store.resume(scope, name)  # type: ignore[arg-type]  # as above
    claim = await claimed(store)
    assert await store.has_work_within(300, frozenset({"shots"}))
    await store.snooze(claim, 400, "busy")
    assert not await store.has_work_within(300, nothing)
    clock.now += 200
    assert await store.has_work_within(300, nothing)
    await store.cancel([2])
    assert await store.has_work_within(300, nothing)
    assert not await store.has_work_within(300, frozenset({"shots"}))
    await retire_all(store, "gone")
    assert not await store.has_work_within(300, nothing)


async def test_what_a_run_left_unfinished(store: TaskStore) -> None:
    """Open tasks count, and failures since the mark; older failures do not."""
    await opened(store, new_job("old.png", error=OOPS))
    mark = await store.mark()
    assert await store.unfinished_since(mark) == 0
    await opened(
        store, new_job("a.png", error=OOPS), new_job("b.png"), new_job("c.png", hold="burst")
    )
    assert await store.unfinished_since(mark) == 3
    await store.cancel([3])
    assert await store.unfinished_since(mark) == 2
