"""Several processes at one queue, and processes that are killed."""

from __future__ import annotations

import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

from seedwatch.store.sqlite import SqliteStore
from tests.store.build import new_job, opened, query, replay
from tests.store.rival import ONE_DOLLAR

pytestmark = pytest.mark.anyio

TASKS = 240


def rival(verb: str, path: Path) -> subprocess.Popen[str]:
    """Start one."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store.rival", verb, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.process
async def test_four_processes_never_claim_one_task_twice(store: SqliteStore, path: Path) -> None:
    """Four processes empty one queue: every task is claimed by exactly one of them.

    Red if `claim` selects and updates in two transactions (BEGIN instead of BEGIN IMMEDIATE).
    """
    await opened(store, new_job("a.png", *[str(number) for number in range(TASKS)]))
    rivals = [rival("claim", path) for _ in range(4)]
    for one in rivals:  # a quick one must not be done before the others have started
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in rivals:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    taken = [[int(word) for word in one.communicate(timeout=50)[0].split()] for one in rivals]
    assert [one.returncode for one in rivals] == [0, 0, 0, 0]
    assert sorted(chain.from_iterable(taken)) == list(range(1, TASKS + 1))
    assert sum(bool(ids) for ids in taken) > 1, "only one process got a turn"
    assert query(path, "SELECT count(*) FROM events WHERE name = 'task.claimed'") == [(TASKS,)]


@pytest.mark.fault(89)
@pytest.mark.process
async def test_sixty_four_workers_never_pass_one_budget(path: Path) -> None:
    """Fault 89: four processes of 16 workers race for one budget; no commit is ever above it.

    Each submit may cost 0.04 of 1.00 USD; a third costs nothing in the end, a third is unsure, a
    third stays open. Red if `begin_submit` reads the sum and inserts in two transactions: done
    once on purpose, with 2.76 USD spoken for at the worst.
    """
    store = await SqliteStore.open(path)
    await opened(store, new_job("a.png", *[str(number) for number in range(TASKS)]))
    rivals = [rival("spend", path) for _ in range(4)]
    for one in rivals:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in rivals:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    seen = []
    while any(one.poll() is None for one in rivals):
        (use,) = await store.budget_use(ONE_DOLLAR)
        seen.append(use.limit.most.micros - use.left)
    assert [one.communicate(timeout=50)[0] for one in rivals] == [""] * 4
    assert [one.returncode for one in rivals] == [0, 0, 0, 0]
    (use,) = await store.budget_use(ONE_DOLLAR)
    await store.close()
    assert max(seen, default=0) <= 1_000_000
    assert use.charged == 0
    assert use.uncertain + use.reserved + use.left == 1_000_000
    assert use.left <= 200_000  # what is given back at the very end may find nobody to take it
    held = query(path, "SELECT reason, count(*) FROM tasks WHERE state = 'held' GROUP BY reason")
    assert dict(held)["unsure"] * 40_000 == use.uncertain
    assert dict(held)["budget"] > 100


@pytest.mark.process
def test_a_killed_writer_loses_no_commit(path: Path) -> None:
    """After each kill -9 every row that a caller was told of is there, and no job by halves.

    Red if jobs and their tasks are written in two commits, or results handed back before COMMIT
    (the latter by chance; test_writer.py sees it always).
    """
    told: list[int] = []
    for lines in (1, 5, 2):
        writer = rival("open", path)
        assert writer.stdout is not None
        for _ in range(lines):
            told += [int(word) for word in writer.stdout.readline().split()]
        writer.kill()
        rest, _ = writer.communicate(timeout=20)
        whole = rest[: rest.rfind("\n") + 1]
        told += [int(word) for word in whole.split()]
    assert query(path, "PRAGMA integrity_check") == [("ok",)]
    kept = {row[0] for row in query(path, "SELECT id FROM jobs")}
    assert len(told) == len(set(told)) >= 24
    assert set(told) <= kept
    whole_jobs = "SELECT count(*) FROM tasks GROUP BY job_id"
    assert {row[0] for row in query(path, whole_jobs)} == {2}
    assert len(query(path, whole_jobs)) == len(kept)
    replay(path)
