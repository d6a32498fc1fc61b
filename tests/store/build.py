"""Jobs, accounts and claims for the tests of the store, with a clock that is moved by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seedwatch.lifecycle import State, may_move
from seedwatch.records import (
    Claim,
    Failure,
    Generation,
    Handle,
    Member,
    Money,
    NewJob,
    NewTask,
    Output,
    Reference,
    Rule,
    Source,
    Submission,
)
from seedwatch.store.base import AccountRoom, TaskStore
from seedwatch.store.database import connect_reader
from seedwatch.store.reads import open_reader

LEASE_S = 60.0
OOPS = Failure("Unavailable", "it failed", "try again")


class Clock:
    """Seconds since 1970 as a test wants them."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def rule(**changes: object) -> Rule:
    """A rule of the account `ark`."""
    values = {"account": "ark", "mode": "image-to-image", "model": "seedream", **changes}
    return Rule(**values)  # type: ignore[arg-type]  # tests name the fields they change


def source(path: str = "a.png", *, folder: str = "shots", content: str = "1") -> Source:
    """A picture; `content` stands for its bytes."""
    member = Member(path, 1000, 5_000_000_000, 77, content * 64, "picture")
    return Source(folder, path, "picture", (member,))


def generation(prompt: str = "p", *, model: str = "seedream") -> Generation:
    """One edit of a picture."""
    return Generation("image-to-image", model, prompt, (Reference("source", "a.png", "1" * 64),))


def new_job(
    path: str = "a.png",
    *keys: str,
    folder: str = "shots",
    content: str = "1",
    hold: str | None = None,
    retry_of: int | None = None,
    error: Failure | None = None,
    model: str = "seedream",
    reuse_of: int | None = None,
    **of_rule: object,
) -> NewJob:
    """A job with one task for each key (one, if none is given)."""
    tasks = tuple(
        NewTask(n, key, generation(key, model=model), 1, hold, reuse_of)  # type: ignore[arg-type]  # tests name a reason
        for n, key in enumerate(keys or ("k",), start=1)
    )
    return NewJob(
        source(path, folder=folder, content=content), rule(**of_rule), tasks, retry_of, error
    )


def room(count: int = 10, **changes: object) -> AccountRoom:
    """Free places of the account `ark`."""
    values = {"account": "ark", "concurrency": 100, "rate_per_minute": None, "room": count}
    return AccountRoom(**{**values, **changes})  # type: ignore[arg-type]  # tests name the fields


def submission(claim: Claim, number: int = 1) -> Submission:
    """The submit of a claim, bound to 0.04 USD."""
    name = f"attempt-{claim.task_id}-{number}"
    sent = {"parameters": {"size": "2K"}}
    return Submission(name, 7, "f" * 64, Money(40_000, "USD"), sent)


def output(claim: Claim, n: int = 1, *, path: str = "", error: str = "") -> Output:
    """A picture in the spool."""
    final = path or f"out-{claim.task_id}_{n}.png"
    return Output(n, f"spool.{n}", "e" * 64, 9, "image/png", 64, 64, error, "" if error else final)


async def opened(store: TaskStore, *jobs: NewJob) -> list[int]:
    """Open jobs of which none is known; returns their ids."""
    ids = await store.open_jobs(jobs)
    return [job_id for job_id in ids if job_id is not None]


async def claimed(store: TaskStore) -> Claim:
    """The one task that is due."""
    (claim,) = await store.claim(room(), LEASE_S)
    return claim


async def submitted(store: TaskStore, number: int = 1) -> Claim:
    """The one task that is due, its submit begun."""
    claim = await claimed(store)
    await store.begin_submit(claim, submission(claim, number))
    return claim


async def accepted(store: TaskStore, number: int = 1) -> Claim:
    """The one task that is due, accepted by the provider, still held."""
    claim = await submitted(store, number)
    await store.save_handle(claim, Handle("remote", f"cgt-{claim.task_id}-{number}"))
    return claim


async def waiting(store: TaskStore, number: int = 1) -> Claim:
    """The one task that is due, accepted and let go."""
    claim = await submitted(store, number)
    handle = Handle("remote", f"cgt-{claim.task_id}-{number}")
    await store.save_handle(claim, handle, request_id="req", poll_in_s=0)
    return claim


async def finish(store: TaskStore, claim: Claim, cost: Money | None = None) -> None:
    """Steps 8 to 10 of an accepted task."""
    await store.save_outputs(claim, [output(claim)], cost)
    await store.output_delivered(claim, 1)
    await store.complete(claim)


async def done(store: TaskStore) -> Claim:
    """The one task that is due, done."""
    claim = await accepted(store)
    await finish(store, claim, Money(30_000, "USD"))
    return claim


async def retire_all(store: TaskStore, outcome: str = "done") -> None:
    """Retire every settled job; its source keeps its name."""
    for job in await store.jobs_to_retire(100):
        await store.retired(job.job_id, outcome, job.source.path)


def states(path: Path) -> list[tuple[int, State, str]]:
    """(id, state, reason) of every task."""
    with open_reader(path) as reader:
        return [(task.id, task.state, task.reason) for task in reader.tasks()]


def replay(path: Path) -> None:
    """Assert that the event rows, read in order, lead to the state of every task."""
    replayed: dict[object, State] = {}
    for task_id, before, after in query(
        path,
        "SELECT task_id, from_state, to_state FROM events "
        "WHERE task_id IS NOT NULL AND to_state IS NOT NULL ORDER BY id",
    ):
        assert replayed.get(task_id) == before, (task_id, before, after)
        assert before is None or may_move(before, after), (task_id, before, after)
        replayed[task_id] = after
    assert replayed == {task: state for task, state in query(path, "SELECT id, state FROM tasks")}  # noqa: C416 - pairs


def query(path: Path, statement: str) -> list[tuple[Any, ...]]:
    """Rows straight from the file."""
    connection = connect_reader(path)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()
