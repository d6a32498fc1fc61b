"""Tasks for the queue benchmark, and their way through our store from open to retired."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from seedwatch.records import (
    Claim,
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
from seedwatch.store.base import AccountRoom
from seedwatch.store.database import connect_writer
from seedwatch.store.rows import generation_to_json, rule_to_json
from seedwatch.store.sqlite import SqliteStore

PROMPT = "make the background pure white, keep the shadow of the object, 35 mm, soft light " * 3
RULE = Rule(account="ark", mode="image-to-image", model="doubao-seedream-4-5-251128")
LEASE_S = 600.0
COST = Money(250_000, "CNY")


def new_job(name: str) -> NewJob:
    """One picture, one task, with names and a prompt of usual length."""
    sha256 = f"{hash(name) & (2**64 - 1):064x}"
    path = f"2026/11/{name}.jpg"
    source = Source("shots", path, "picture", (Member(path, 4_312_345, 1, 2, sha256, "picture"),))
    reference = Reference("source", path, sha256)
    generation = Generation(RULE.mode, RULE.model, PROMPT, (reference,), size="2K")
    return NewJob(source, RULE, (NewTask(1, sha256, generation),))


def new_jobs(prefix: str, count: int) -> list[NewJob]:
    """`count` of them."""
    return [new_job(f"{prefix}-{number:08d}") for number in range(count)]


def room(count: int) -> AccountRoom:
    """Free places."""
    return AccountRoom("ark", 1_000, None, count)


_NUMBERS = (
    "WITH RECURSIVE numbers (i) AS "
    "(VALUES (1) UNION ALL SELECT i + 1 FROM numbers WHERE i < :count) "
)
FINISHED = (
    _NUMBERS + "INSERT INTO jobs (id, folder, path, kind, sha256, rule, task_count, opened_at, "
    "settled_at, retire_at, retired_at, outcome, retired_path) "
    "SELECT i, 'shots', printf('2026/10/%08d.jpg', i), 'picture', printf('%064d', i), :rule, 1, "
    "1.0, 2.0, 2.0, 3.0, 'done', printf('2026/10/%08d.jpg', i) FROM numbers",
    _NUMBERS + "INSERT INTO tasks (id, job_id, n, key, folder, account, model, priority, "
    "expected_outputs, state, final_state, created_at, updated_at, generation) "
    "SELECT i, i, 1, printf('%064d', i), 'shots', 'ark', 'doubao-seedream-4-5-251128', 0, 1, "
    "'done', 'done', 1.0, 2.0, :prompt FROM numbers",
    _NUMBERS + "INSERT INTO attempts (task_id, n, id, account, state, request_sha256, sent, "
    "started_at, ended_at) "
    "SELECT i, 1, printf('%032d', i), 'ark', 'accepted', 'f', '{}', 1.0, 2.0 FROM numbers",
    _NUMBERS + "INSERT INTO events (at, name, task_id, from_state, to_state) "
    "SELECT 2.0, 'task.completed', i, 'running', 'done' FROM numbers",
)

Do = Callable[[SqliteStore, Claim], Awaitable[None]]


async def go(store: SqliteStore, claim: Claim) -> None:
    """Submit, answer, outputs, delivery, done: five commits."""
    attempt_id = f"{claim.task_id:032x}"
    await store.begin_submit(claim, Submission(attempt_id, 7, claim.key, COST))
    await store.save_handle(claim, Handle("answer", attempt_id), request_id="0217a1b2c3")
    output = Output(
        n=1,
        spool_name=f"{attempt_id}.1",
        sha256=claim.key,
        byte_count=2_000_000,
        media_type="image/jpeg",
        width=2048,
        height=2048,
        path=f"{claim.task_id}_1.jpeg",
    )
    await store.save_outputs(claim, [output], COST)
    await store.output_delivered(claim, 1)
    await store.complete(claim)


async def live(store: SqliteStore, jobs: Sequence[NewJob]) -> None:
    """Whole lives, one after the other: open, claim, five commits, retired."""
    for job in jobs:
        (job_id,) = await store.open_jobs([job])
        (claim,) = await store.claim(room(1), LEASE_S)
        await go(store, claim)
        assert job_id is not None
        await store.retired(job_id, "done", job.source.path)


async def touch(store: SqliteStore, claim: Claim) -> None:
    """Done without a submit, as a delivered result is again: one commit."""
    await store.complete(claim)


async def drain(store: SqliteStore, workers: int, do: Do) -> int:
    """Workers that claim and do, each for itself, until nothing is left; returns how many."""

    async def work() -> int:
        count = 0
        while claims := await store.claim(room(1), LEASE_S):
            await do(store, claims[0])
            count += 1
        return count

    return sum(await asyncio.gather(*[work() for _ in range(workers)]))


def add_finished(path: Path, count: int) -> None:
    """Put jobs, tasks, attempts and events of finished work into the database, quickly."""
    connection = connect_writer(path)
    connection.execute("PRAGMA synchronous = OFF").fetchall()
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(
        "INSERT INTO rules (revision, snapshot) VALUES (?, ?)",
        (RULE.revision, rule_to_json(RULE)),
    )
    values = {
        "count": count,
        "rule": RULE.revision,
        "prompt": generation_to_json(new_job("x").tasks[0].generation),
    }
    for statement in FINISHED:
        named = {name: value for name, value in values.items() if f":{name}" in statement}
        connection.execute(statement, named).fetchall()
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
