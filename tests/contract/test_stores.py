"""What every TaskStore does with a task on its way: claims, attempts, outputs, final states."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from seedwatch.errors import LeaseLost
from seedwatch.lifecycle import HOLD_REASONS, HoldReason
from seedwatch.records import Claim, Failure, Handle, Money
from seedwatch.store.answers import TaskStory
from seedwatch.store.base import AttemptEnd, HandleTaken, NameTaken, TaskStore
from seedwatch.store.reads import open_reader
from tests.contract.conftest import Opener
from tests.store.build import (
    LEASE_S,
    OOPS,
    Clock,
    accepted,
    claimed,
    done,
    finish,
    generation,
    new_job,
    opened,
    output,
    query,
    room,
    rule,
    source,
    states,
    submission,
    submitted,
    waiting,
)

pytestmark = pytest.mark.anyio


def story(path: Path, task_id: int = 1) -> TaskStory:
    """Everything about a task."""
    with open_reader(path) as reader:
        found = reader.task_story(task_id)
    assert found is not None
    return found


# --- claims ----------------------------------------------------------------------------------
async def test_claim_tells_everything(store: TaskStore, clock: Clock) -> None:
    """A claim carries the task, its source, its rule as it was, and what happened so far."""
    await opened(store, new_job("a.png", "one", "two"))
    first, second = await store.claim(room(), LEASE_S)
    assert (first.index, first.task_count, second.index) == (1, 2, 2)
    assert first.source == source()
    assert first.rule == rule()
    assert first.generation == generation("one")
    assert (first.key, first.job_id, first.expected_outputs) == ("one", 1, 1)
    assert (first.attempt_count, first.unknown_count, first.handle) == (0, 0, None)
    assert (first.attempt_id, first.outputs, first.created_at) == (None, (), clock.now)


async def test_claim_goes_by_priority_then_age(store: TaskStore) -> None:
    """Higher priority first, then the older task; a task once snoozed keeps its age."""
    await opened(store, new_job("a.png"), new_job("b.png", priority=5), new_job("c.png"))
    (urgent,) = await store.claim(room(1), LEASE_S)
    (oldest,) = await store.claim(room(1), LEASE_S)
    assert (urgent.task_id, oldest.task_id) == (2, 1)
    await store.snooze(oldest, 0, "busy")
    await store.snooze(urgent, 0, "busy")
    assert [claim.task_id for claim in await store.claim(room(), LEASE_S)] == [2, 1, 3]


async def test_a_folder_that_is_served_lets_others_go_first(store: TaskStore) -> None:
    """It is passed by for what is as urgent elsewhere; for what is less urgent it is not.

    Red without the priority in pick_in_turn: an urgent folder would wait for the others.
    """
    urgent = [new_job(f"{n}.png", folder="rush", priority=5) for n in range(2)]
    many = [new_job(f"{n}.png", folder="many") for n in range(3)]
    await opened(store, *urgent, *many, new_job("one.png", folder="few"))
    rush = room(1, served_folders=frozenset({"rush"}))
    served = room(2, served_folders=frozenset({"many"}))
    assert await store.claim(rush, LEASE_S) == []
    assert [claim.task_id for claim in await store.claim(served, LEASE_S)] == [1, 2]
    assert [claim.task_id for claim in await store.claim(served, LEASE_S)] == [6]
    assert await store.claim(served, LEASE_S) == []
    assert [claim.task_id for claim in await store.claim(room(2), LEASE_S)] == [3, 4]


async def test_what_is_stopped_takes_no_turn(store: TaskStore) -> None:
    """Something urgent that cannot be sent now does not end the turns of the others.

    Red when the priority is that of all tasks: a share that is away would let a flood go first.
    """
    away = new_job("a.png", folder="away", priority=5)
    await opened(store, away, new_job("b.png", folder="many"), new_job("c.png", folder="few"))
    wanted = room(served_folders=frozenset({"many"}), stopped_folders=frozenset({"away"}))
    assert [claim.task_id for claim in await store.claim(wanted, LEASE_S)] == [3]


async def test_a_handle_needs_a_submit(store: TaskStore) -> None:
    """An answer without a recorded submit is a mistake of ours, and changes nothing."""
    await opened(store, new_job())
    (claim,) = await store.claim(room(), LEASE_S)
    with pytest.raises(ValueError, match="submit"):
        await store.save_handle(claim, Handle("answer", "x"))


async def test_claim_gives_a_task_once(store: TaskStore) -> None:
    """A task that is held by a worker is not given to another one."""
    await opened(store, new_job())
    assert len(await store.claim(room(), LEASE_S)) == 1
    assert await store.claim(room(), LEASE_S) == []


async def test_claim_keeps_to_room_and_concurrency(store: TaskStore) -> None:
    """Never more than the free places, never more running tasks than the account allows."""
    await opened(store, new_job("a.png", *"abcdef"))
    assert len(await store.claim(room(2, concurrency=3), LEASE_S)) == 2
    held = await store.claim(room(5, concurrency=3), LEASE_S)
    assert len(held) == 1
    assert await store.claim(room(5, concurrency=3), LEASE_S) == []
    await store.snooze(held[0], 100, "busy")
    assert len(await store.claim(room(5, concurrency=3), LEASE_S)) == 1


async def test_a_task_at_the_provider_takes_no_place(store: TaskStore) -> None:
    """A task that waits for the provider counts not against the concurrency."""
    await opened(store, new_job("a.png", "a", "b"))
    (claim,) = await store.claim(room(1, concurrency=1), LEASE_S)
    await store.begin_submit(claim, submission(claim))
    await store.save_handle(claim, Handle("remote", "cgt"), poll_in_s=60)
    assert len(await store.claim(room(1, concurrency=1), LEASE_S)) == 1


async def test_a_task_with_its_answer_takes_no_place(store: TaskStore) -> None:
    """A task whose answer is in the spool is at no request any more: the next one may be sent.

    Breaks if `standing` counts every running task: slow downloads or a slow outbox would then keep
    the provider idle.
    """
    await opened(store, new_job("a.png", "a", "b"))
    (claim,) = await store.claim(room(1, concurrency=1), LEASE_S)
    await store.begin_submit(claim, submission(claim))
    assert await store.claim(room(1, concurrency=1), LEASE_S) == []
    await store.save_handle(claim, Handle("answer", "a.answer"))
    assert len(await store.claim(room(1, concurrency=1), LEASE_S)) == 1


async def test_claim_keeps_to_the_rate(store: TaskStore, clock: Clock) -> None:
    """30 per minute give one at once and then one every two seconds, however often one asks."""
    await opened(store, new_job("a.png", *"abcdefgh"))
    taken = []
    for _ in range(7):
        taken += await store.claim(room(rate_per_minute=30), LEASE_S)
        clock.now += 1
    assert len(taken) == 4


async def test_a_rate_gives_a_second_at_once(store: TaskStore) -> None:
    """300 per minute give the five of one second together, no more."""
    await opened(store, new_job("a.png", *"abcdefgh"))
    assert len(await store.claim(room(rate_per_minute=300), LEASE_S)) == 5
    assert await store.claim(room(rate_per_minute=300), LEASE_S) == []


async def test_a_rate_survives_a_clock_set_back(store: TaskStore, clock: Clock) -> None:
    """After the wall clock went back by years the account is not blocked for years."""
    await opened(store, new_job("a.png", *"abcdef"))
    await store.claim(room(rate_per_minute=60), LEASE_S)
    clock.now -= 10 * 365 * 86_400
    await store.claim(room(rate_per_minute=60), LEASE_S)
    clock.now += 1.1
    assert len(await store.claim(room(rate_per_minute=60), LEASE_S)) == 1


async def test_other_accounts_and_stopped_folders_give_nothing(store: TaskStore) -> None:
    """A lane gets its own account's tasks only, and none of folders that are stopped."""
    await opened(
        store, new_job("a.png", account="other"), new_job("b.png", folder="away"), new_job("c.png")
    )
    stopped = room(stopped_folders=frozenset({"away"}))
    assert [claim.task_id for claim in await store.claim(stopped, LEASE_S)] == [3]
    assert [claim.task_id for claim in await store.claim(room(), LEASE_S)] == [2]


async def test_a_stopped_folder_has_its_answers_fetched(store: TaskStore) -> None:
    """P6: while a share is away, what is paid is still fetched; its delivery waits for the share.

    Red without `OR handle_kind = 'remote'` in pick_around: the answer would expire.
    """
    stopped = room(stopped_folders=frozenset({"shots"}))
    await opened(store, new_job("a.png"))
    await waiting(store)
    (claim,) = await store.claim(stopped, LEASE_S)
    await store.save_handle(claim, Handle("answer", "attempt-1-1"), poll_in_s=0)
    assert await store.claim(stopped, LEASE_S) == []
    assert len(await store.claim(room(), LEASE_S)) == 1


@pytest.mark.parametrize(
    ("scope", "name"), [("account", "ark"), ("folder", "shots"), ("model", "ark/seedream")]
)
async def test_what_is_paused_gives_nothing(
    store: TaskStore, clock: Clock, scope: str, name: str
) -> None:
    """Paused accounts, folders and models give nothing until resumed or over."""
    await opened(store, new_job("a.png"))
    pause = (scope, name, "limited", "slow down")
    assert await store.pause(*pause, 30)  # type: ignore[arg-type]  # a scope
    assert not await store.pause(*pause, 30)  # type: ignore[arg-type]  # as above
    assert await store.claim(room(), LEASE_S) == []
    clock.now += 31
    (claim,) = await store.claim(room(), LEASE_S)
    await store.snooze(claim, 0, "")
    assert await store.pause(*pause, None)  # type: ignore[arg-type]  # as above
    clock.now += 1e6
    assert await store.claim(room(), LEASE_S) == []
    assert not await store.resume(scope, name, states=("auth",))  # type: ignore[arg-type]  # as above
    assert await store.resume(scope, name)  # type: ignore[arg-type]  # as above
    assert not await store.resume(scope, name)  # type: ignore[arg-type]  # as above
    assert len(await store.claim(room(), LEASE_S)) == 1


async def test_pauses_of_others_do_not_matter(store: TaskStore) -> None:
    """A model paused for one account is open for another; other folders go on."""
    await opened(store, new_job("a.png"))
    await store.pause("model", "other/seedream", "model", "", None)
    await store.pause("model", "ark/seedream-5", "model", "", None)
    await store.pause("folder", "elsewhere", "paused", "", None)
    assert len(await store.claim(room(), LEASE_S)) == 1


async def test_models_resume_at_a_new_start(store: TaskStore) -> None:
    """resume_models ends the pauses of models that were not open, and no others."""
    await opened(store, new_job("a.png"), new_job("b.png", model="closed"))
    await store.pause("model", "ark/seedream", "paused", "by hand", None)
    await store.pause("model", "ark/closed", "model", "not open", None)
    await store.resume_models()
    assert [claim.task_id for claim in await store.claim(room(), LEASE_S)] == [2]


# --- the way to done -------------------------------------------------------------------------
async def test_a_whole_life(store: TaskStore, path: Path) -> None:
    """From open to done, with its attempt, its ledger row and every event."""
    await opened(store, new_job())
    await waiting(store)
    claim = await claimed(store)
    assert claim.handle == Handle("remote", "cgt-1-1")
    assert (claim.attempt_id, claim.request_id) == ("attempt-1-1", "req")
    assert claim.sent == {"parameters": {"size": "2K"}}
    await store.save_handle(claim, Handle("answer", "attempt-1-1"))
    await store.record(claim, "warned", why="foreign host")
    await finish(store, claim, Money(30_000, "USD"))
    told = story(path)
    assert (told.task.state, told.task.cost) == ("done", Money(30_000, "USD"))
    assert told.task.outputs[0].is_delivered
    (attempt,) = told.attempts
    assert (attempt.state, attempt.handle) == ("accepted", Handle("remote", "cgt-1-1"))
    assert attempt.price_bound == Money(40_000, "USD")
    assert [event.name for event in told.events] == [
        "task.opened",
        "task.claimed",
        "task.submitted",
        "task.accepted",
        "task.claimed",
        "task.accepted",
        "task.warned",
        "task.stored",
        "output.delivered",
        "task.completed",
    ]
    assert query(path, "SELECT kind, attempt_id, micros, is_bound FROM ledger") == [
        ("charged", "attempt-1-1", 30_000, 0)
    ]


@pytest.mark.fault(74)
async def test_without_a_figure_the_bound_is_charged(store: TaskStore, path: Path) -> None:
    """Fault 74: where the provider names no cost the ledger takes the price bound, and says so."""
    await opened(store, new_job())
    await finish(store, await accepted(store), None)
    assert query(path, "SELECT micros, is_bound FROM ledger") == [(40_000, 1)]
    assert story(path).task.cost is None


async def test_a_cost_and_what_it_is_based_on(
    store: TaskStore, path: Path, opener: Opener, clock: Clock
) -> None:
    """Charged or estimated: the claim tells it after a crash, and so does the task."""
    await opened(store, new_job())
    claim = await accepted(store)
    cost = Money(90_000, "USD")
    await store.save_outputs(claim, [output(claim)], cost, "charged")
    await store.close()
    again = await opener(path, clock)
    await again.recover()
    (claim,) = await again.claim(room(), LEASE_S)
    assert (claim.cost, claim.cost_basis) == (cost, "charged")
    await again.complete(claim)
    told = story(path)
    assert (told.task.cost, told.task.cost_basis) == (cost, "charged")
    assert (told.attempts[0].cost, told.attempts[0].cost_basis) == (cost, "charged")
    assert query(path, "SELECT micros, is_bound FROM ledger") == [(90_000, 0)]
    await again.close()


async def test_one_estimate_makes_the_sum_an_estimate(store: TaskStore, path: Path) -> None:
    """A task that was paid twice, once by an estimate, is not called charged."""
    await opened(store, new_job())
    for number, basis in ((1, "estimate"), (2, "charged")):
        claim = await accepted(store, number)
        await store.save_outputs(claim, [output(claim)], Money(1, "USD"), basis)  # type: ignore[arg-type]
        if number == 1:
            await store.hold(claim, "unreadable", OOPS)
            await store.release([1])
    await store.complete(claim)
    assert (story(path).task.cost, story(path).task.cost_basis) == (Money(2, "USD"), "estimate")


async def test_outputs_survive_a_stop(store: TaskStore) -> None:
    """Outputs saved before a crash come back with the next claim, and their cost with them."""
    await opened(store, new_job())
    claim = await accepted(store)
    await store.save_outputs(claim, [output(claim, 1), output(claim, 2)], Money(5, "USD"))
    await store.output_delivered(claim, 2)
    await store.output_delivered(claim, 2)
    await store.recover()
    again = await claimed(store)
    assert [(one.n, one.is_delivered) for one in again.outputs] == [(1, False), (2, True)]
    assert again.cost == Money(5, "USD")
    assert list(again.outputs) == await store.outputs_of(again.task_id)


async def test_outputs_saved_again_replace_the_first(store: TaskStore) -> None:
    """What was saved and not delivered is replaced, not added to."""
    await opened(store, new_job())
    claim = await accepted(store)
    await store.save_outputs(claim, [output(claim, 1), output(claim, 2)], None)
    await store.save_outputs(claim, [output(claim, 1, path="other.png")], None)
    assert [one.path for one in await store.outputs_of(claim.task_id)] == ["other.png"]


async def test_a_final_path_is_promised_once(store: TaskStore) -> None:
    """Two results of a folder never get one name; the second caller decides again."""
    await opened(store, new_job("a.png"), new_job("b.png"), new_job("c.png", folder="other"))
    claims = await store.claim(room(), LEASE_S)
    for claim in claims:
        await store.begin_submit(claim, submission(claim))
        await store.save_handle(claim, Handle("answer", "x"))
    first, second, elsewhere = claims
    await store.save_outputs(first, [output(first, path="x.png")], None)
    await store.save_outputs(elsewhere, [output(elsewhere, path="x.png")], None)
    with pytest.raises(NameTaken):
        await store.save_outputs(second, [output(second, path="x.png")], None)
    await store.save_outputs(second, [output(second, path="y.png")], None)
    with pytest.raises(NameTaken):
        await store.move_output(second, 1, "x.png")
    await store.move_output(second, 1, "z.png")
    assert (await store.outputs_of(second.task_id))[0].path == "z.png"


async def test_a_failed_task_gives_its_names_back(store: TaskStore) -> None:
    """A name promised to a result that will not come is free for another one."""
    await opened(store, new_job("a.png"), new_job("b.png"))
    first, second = await store.claim(room(), LEASE_S)
    for claim in (first, second):
        await store.begin_submit(claim, submission(claim))
        await store.save_handle(claim, Handle("answer", "x"))
    await store.save_outputs(first, [output(first, path="x.png")], None)
    await store.fail(first, OOPS, attempt="accepted")
    await store.save_outputs(second, [output(second, path="x.png")], None)


async def test_done_says_that_all_is_delivered(store: TaskStore, path: Path) -> None:
    """Completing a task delivers what was not said to be one by one; an error is no result."""
    await opened(store, new_job())
    claim = await accepted(store)
    await store.save_outputs(claim, [output(claim, 1), output(claim, 2, error="moderated")], None)
    await store.complete(claim, note="partial")
    assert states(path) == [(1, "done", "partial")]
    assert [one.is_delivered for one in await store.outputs_of(1)] == [True, False]


async def test_done_needs_an_output(store: TaskStore) -> None:
    """An accepted attempt does not end well without a result.

    Red without the trigger attempts_accounted.
    """
    await opened(store, new_job())
    claim = await accepted(store)
    with pytest.raises(Exception, match="ends with an output"):
        await store.complete(claim)


async def test_a_reused_result_needs_no_attempt(store: TaskStore, path: Path) -> None:
    """`again: reuse`: the outputs of an earlier task are delivered again at no cost."""
    await opened(store, new_job())
    await done(store)
    await opened(store, new_job("b.png", reuse_of=1))
    claim = await claimed(store)
    assert claim.reuse_of == 1
    (old,) = await store.outputs_of(1)
    copy = replace(output(claim, path=f"again-{old.path}"), spool_name="copy.1")
    await store.save_outputs(claim, [copy], None)
    assert await store.spool_names() == {"attempt-1-1", "copy"}
    await store.output_delivered(claim, 1)
    await store.complete(claim)
    assert story(path, 2).attempts == ()
    assert query(path, "SELECT count(*) FROM ledger") == [(1,)]


# --- back again ------------------------------------------------------------------------------
async def test_snooze_uses_no_attempt(store: TaskStore, clock: Clock, path: Path) -> None:
    """A task without a submit is ready again after the delay, its attempts uncounted."""
    await opened(store, new_job())
    await store.snooze(await claimed(store), 30, "outbox away", failure=OOPS)
    assert states(path) == [(1, "ready", "outbox away")]
    assert await store.claim(room(), LEASE_S) == []
    clock.now += 31
    assert (await claimed(store)).attempt_count == 0


async def test_snooze_keeps_the_handle(store: TaskStore, clock: Clock) -> None:
    """A task with a handle waits on it, and its attempt stays open."""
    await opened(store, new_job())
    await store.snooze(await accepted(store), 4, "running")
    clock.now += 5
    claim = await claimed(store)
    assert (claim.handle, claim.attempt_id) == (Handle("remote", "cgt-1-1"), "attempt-1-1")


async def test_snooze_ends_what_was_not_sent(store: TaskStore, path: Path) -> None:
    """A submit that provably did not leave ends as such, costs nothing, and may begin again."""
    await opened(store, new_job())
    claim = await submitted(store)
    await store.snooze(claim, 0, "no connection", failure=OOPS, attempt="not_sent")
    again = await submitted(store, 2)
    assert again.attempt_count == 0
    assert [attempt.state for attempt in story(path).attempts] == ["not_sent", "submitting"]
    assert query(path, "SELECT * FROM ledger") == []


async def test_snooze_leaves_no_submit_open(store: TaskStore) -> None:
    """A submit that was begun must end before its task is ready again: it may have been paid."""
    await opened(store, new_job())
    claim = await submitted(store)
    with pytest.raises(ValueError, match="must end"):
        await store.snooze(claim, 0, "")


@pytest.mark.parametrize(("end", "unknown_count"), [("failed", 0), ("unknown", 1)])
async def test_retry_uses_an_attempt(
    store: TaskStore, clock: Clock, path: Path, end: AttemptEnd, unknown_count: int
) -> None:
    """A failed attempt is counted, its handle dropped; the next submit is a new attempt."""
    await opened(store, new_job())
    await store.retry(await accepted(store), 5, OOPS, attempt=end)
    assert states(path) == [(1, "ready", "Unavailable")]
    clock.now += 6
    claim = await submitted(store, 2)
    assert (claim.attempt_count, claim.unknown_count, claim.handle) == (1, unknown_count, None)
    assert [attempt.state for attempt in story(path).attempts] == [end, "submitting"]


async def test_fail_is_final(store: TaskStore, path: Path) -> None:
    """A refused task is final, keeps what was wrong, and leaves its job due to retire."""
    await opened(store, new_job())
    claim = await submitted(store)
    await store.fail(claim, Failure("Moderated", "no", "other words"), attempt="refused")
    assert states(path) == [(1, "failed", "Moderated")]
    told = story(path)
    assert told.task.error == Failure("Moderated", "no", "other words")
    assert told.attempts[0].state == "refused"
    (job,) = await store.jobs_to_retire(5)
    assert (job.states, job.failures) == (("failed",), (Failure("Moderated", "no", "other words"),))


@pytest.mark.parametrize("begun", [submitted, accepted])
async def test_what_may_be_paid_is_accounted(
    store: TaskStore, path: Path, begun: Callable[[TaskStore], Awaitable[Claim]]
) -> None:
    """However a task ends, an open attempt ends with it and its price bound is in the ledger."""
    await opened(store, new_job())
    await store.cancel_claim(await begun(store), "source-changed")
    kind = "uncertain" if begun is submitted else "charged"
    assert query(path, "SELECT kind, micros FROM ledger") == [(kind, 40_000)]
    assert states(path) == [(1, "cancelled", "source-changed")]


@pytest.mark.fault(71)
async def test_a_remote_handle_is_unique(store: TaskStore) -> None:
    """Fault 71: an id that the provider gave before is an error, and nothing is written."""
    await opened(store, new_job("a.png"), new_job("b.png"))
    first, second = await store.claim(room(), LEASE_S)
    for claim in (first, second):
        await store.begin_submit(claim, submission(claim))
    await store.save_handle(first, Handle("remote", "same"), poll_in_s=5)
    with pytest.raises(HandleTaken):
        await store.save_handle(second, Handle("remote", "same"), poll_in_s=5)
    await store.hold(second, "unsure", OOPS)


async def test_one_open_attempt_for_each_task(store: TaskStore, path: Path) -> None:
    """A task with an open submit begins no second one.

    Red without the unique index attempts_live.
    """
    await opened(store, new_job())
    claim = await submitted(store)
    with pytest.raises(Exception, match="UNIQUE"):
        await store.begin_submit(claim, submission(claim, 2))
    assert len(story(path).attempts) == 1


# --- holding and releasing -------------------------------------------------------------------
@pytest.mark.parametrize("reason", HOLD_REASONS)
async def test_hold_before_a_submit(store: TaskStore, path: Path, reason: HoldReason) -> None:
    """Whatever the reason, a task that was not sent is ready again when released."""
    await opened(store, new_job())
    await store.hold(await claimed(store), reason, None)
    assert states(path) == [(1, "held", reason)]
    assert await store.claim(room(), LEASE_S) == []
    assert await store.release([1, 1, 99]) == 1
    assert (await claimed(store)).handle is None


@pytest.mark.parametrize(
    ("reason", "end", "goes_on"),
    [
        ("unsure", "unknown", False),
        ("unreadable", "accepted", False),
        ("expired", "accepted", False),
        ("internal", "accepted", True),
        ("quarantine", "accepted", True),
    ],
)
async def test_hold_after_the_answer(
    store: TaskStore, path: Path, reason: HoldReason, end: str, *, goes_on: bool
) -> None:
    """Released, a task goes on with its answer unless that is lost; then it may pay again."""
    await opened(store, new_job())
    await store.hold(await accepted(store), reason, OOPS)
    assert story(path).attempts[0].state == end
    await store.release([1])
    claim = await claimed(store)
    assert (claim.handle is not None) == goes_on
    assert (claim.attempt_id is not None) == goes_on
    assert claim.unknown_count == (reason == "unsure")


async def test_hold_in_the_middle_of_a_submit(store: TaskStore, path: Path) -> None:
    """Our own bug after the request may have left: the money may be spent, whatever the reason."""
    await opened(store, new_job())
    await store.hold(await submitted(store), "internal", OOPS)
    assert story(path).attempts[0].state == "unknown"
    assert query(path, "SELECT kind FROM ledger") == [("uncertain",)]


async def test_cancel_takes_what_is_not_running(store: TaskStore, path: Path) -> None:
    """Ready, waiting and held tasks are cancelled; running and final ones stay."""
    await opened(store, new_job("a.png"))
    await done(store)
    await opened(store, new_job("b.png"))
    await waiting(store)
    await opened(
        store, new_job("c.png"), new_job("d.png", hold="burst"), new_job("e.png", priority=1)
    )
    await store.claim(room(1), LEASE_S)
    assert await store.cancel([1, 2, 3, 4, 5, 99]) == 3
    assert [state for _, state, _ in states(path)] == [
        "done",
        "cancelled",
        "cancelled",
        "cancelled",
        "running",
    ]
    kinds = query(path, "SELECT task_id, kind FROM ledger ORDER BY task_id")
    assert kinds == [(1, "charged"), (2, "charged")]


# --- leases ----------------------------------------------------------------------------------
Write = Callable[[TaskStore, Claim], Awaitable[None]]
WRITES: dict[str, Write] = {
    "begin_submit": lambda store, claim: store.begin_submit(claim, submission(claim, 9)),
    "save_handle": lambda store, claim: store.save_handle(claim, Handle("remote", "late")),
    "let go": lambda store, claim: store.save_handle(claim, Handle("remote", "l"), poll_in_s=1),
    "snooze": lambda store, claim: store.snooze(claim, 1, "late"),
    "retry": lambda store, claim: store.retry(claim, 1, OOPS),
    "fail": lambda store, claim: store.fail(claim, OOPS, attempt=None),
    "hold": lambda store, claim: store.hold(claim, "internal", None),
    "cancel": lambda store, claim: store.cancel_claim(claim, "removed"),
    "save_outputs": lambda store, claim: store.save_outputs(claim, [output(claim)], None),
    "move_output": lambda store, claim: store.move_output(claim, 1, "late.png"),
    "delivered": lambda store, claim: store.output_delivered(claim, 1),
    "complete": lambda store, claim: store.complete(claim),
    "record": lambda store, claim: store.record(claim, "task.warned"),
    "extend": lambda store, claim: store.extend_lease(claim, LEASE_S),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
async def test_a_stale_worker_writes_nothing(store: TaskStore, path: Path, write: Write) -> None:
    """A worker whose lease is over leaves quietly: LeaseLost, and no row of any table changed.

    Red if the token is left out of the statement `grip` (or of `extend_lease`).
    """
    await opened(store, new_job())
    stale = await accepted(store)
    await store.recover()
    assert (await claimed(store)).token != stale.token
    before = _everything(path)
    with pytest.raises(LeaseLost):
        await write(store, stale)
    assert _everything(path) == before


def _everything(path: Path) -> list[object]:
    tables = ("tasks", "attempts", "outputs", "events", "jobs", "ledger")
    return [query(path, f"SELECT * FROM {table}") for table in tables]
