"""What the command line is told, with and without a daemon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from seedwatch.lifecycle import STATES
from seedwatch.records import Failure, Money, Reference
from seedwatch.store.answers import InFlight, PauseRow, Spent, Throughput
from seedwatch.store.reads import Reader, open_reader
from seedwatch.store.sqlite import SqliteStore
from tests.store.build import (
    LEASE_S,
    OOPS,
    Clock,
    accepted,
    claimed,
    done,
    new_job,
    opened,
    retire_all,
    room,
    submission,
    submitted,
    waiting,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def reader(store: SqliteStore, path: Path, clock: Clock) -> Iterator[Reader]:
    """A command line beside the daemon that has the store open."""
    with open_reader(path, clock) as opened_reader:
        yield opened_reader


def test_before_the_first_start_everything_is_empty(tmp_path: Path) -> None:
    """No database yet: every question has an answer, and no file is made."""
    path = tmp_path / "state" / "queue.db"
    with open_reader(path) as reader:
        assert list(reader.tasks()) == []
        assert reader.task_story(1) is None
        assert reader.counts() == dict.fromkeys(STATES, 0)
        assert (reader.folders(), reader.pauses(), reader.in_flight()) == ([], [], {})
        assert reader.spent(day_from=0, month_from=0) == []
        assert reader.throughput(60) == Throughput(0, 60)
        assert (reader.failed_sources(), reader.held_tasks()) == ([], [])
    assert not path.parent.exists()


async def test_a_task_row_tells_what_the_contract_names(
    store: SqliteStore, reader: Reader, clock: Clock
) -> None:
    """Everything `tasks --json` needs, as records."""
    await opened(store, new_job("sub/a\udcff.png", "paint it"))
    opened_at = clock.now
    clock.now += 5
    await done(store)
    await retire_all(store)
    (task,) = reader.tasks()
    assert (task.id, task.job_id, task.index, task.state, task.reason) == (1, 1, 1, "done", "")
    assert (task.folder, task.account, task.mode) == ("shots", "ark", "image-to-image")
    assert (task.model, task.prompt, task.source) == ("seedream", "paint it", "sub/a\udcff.png")
    assert task.source_sha256 == "1" * 64
    assert task.refs == (Reference("source", "a.png", "1" * 64),)
    assert (task.attempt_count, task.handle, task.cost) == (1, "cgt-1-1", Money(30_000, "USD"))
    assert [(one.path, one.is_delivered) for one in task.outputs] == [("out-1_1.png", True)]
    assert (task.expected_outputs, task.error) == (1, None)
    assert (task.created_at, task.updated_at) == (opened_at, clock.now)
    assert (task.outcome, task.retired_path) == ("done", "sub/a\udcff.png")


async def test_tasks_are_paged_by_id(store: SqliteStore, reader: Reader) -> None:
    """All tasks by ascending id, filtered by state and folder, in pages of any size."""
    await opened(store, new_job("a.png", *[str(n) for n in range(40)]))
    await opened(store, new_job("b.png", "x", folder="other"), new_job("c.png", hold="burst"))
    await store.cancel(range(1, 40, 3))
    assert [task.id for task in reader.tasks()] == list(range(1, 43))
    assert [task.id for task in reader.tasks(state="cancelled")] == list(range(1, 40, 3))
    assert [task.id for task in reader.tasks(state="held")] == [42]
    assert [task.id for task in reader.tasks(folder="other")] == [41]
    assert list(reader.tasks(state="held", folder="other")) == []
    page = reader.task_page(state="ready", after=10, count=3)
    assert [task.id for task in page] == [11, 12, 14]


async def test_a_page_of_many_pages(
    store: SqliteStore, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading goes on over page borders while rows change."""
    await opened(store, new_job("a.png", *[str(n) for n in range(1200)]))
    seen = []
    for task in reader.tasks():
        seen.append(task.id)
        if task.id == 600:
            await store.cancel([1, 700])
    assert seen == list(range(1, 1201))


async def test_a_story_has_attempts_and_events(store: SqliteStore, reader: Reader) -> None:
    """`tasks show`: each submit with its request id and its end, each event in order."""
    await opened(store, new_job())
    claim = await submitted(store)
    await store.snooze(claim, 0, "offline", failure=OOPS, attempt="not_sent")
    await waiting(store, 2)
    story = reader.task_story(1)
    assert story is not None
    first, second = story.attempts
    assert (first.state, first.error) == ("not_sent", Failure("Unavailable", "it failed"))
    assert (second.state, second.request_id, second.seed) == ("accepted", "req", 7)
    assert (second.price_bound, second.ended_at) == (Money(40_000, "USD"), None)
    assert story.task.attempt_count == 1
    moves = [(event.name, event.from_state, event.to_state) for event in story.events]
    assert moves[0] == ("task.opened", None, "ready")
    assert moves[-1] == ("task.accepted", "running", "waiting")
    assert story.events[3].reason == "offline"
    assert story.events[3].fields == {"delay_s": 0}
    assert reader.task_story(2) is None


async def test_counts(store: SqliteStore, reader: Reader, clock: Clock) -> None:
    """By folder and in all, final ones without reading their rows; pruned ones are not counted."""
    await opened(store, new_job("a.png"), new_job("b.png", error=OOPS, folder="other"))
    await done(store)
    await opened(store, new_job("c.png", hold="burst"), new_job("d.png"))
    assert reader.folder_counts() == {
        "shots": {"done": 1, "held": 1, "ready": 1},
        "other": {"failed": 1},
    }
    await retire_all(store)
    clock.now += 10
    await store.prune(0)
    assert reader.folder_counts() == {"shots": {"held": 1, "ready": 1}}
    assert reader.counts()["done"] == 0
    assert list(reader.counts()) == list(STATES)


async def test_pauses_that_are_on(store: SqliteStore, reader: Reader, clock: Clock) -> None:
    """Pauses that are over are not shown."""
    await store.pause("account", "ark", "auth", "key refused", None)
    await store.pause("folder", "shots", "paused", "", 10)
    since = clock.now
    clock.now += 11
    assert reader.pauses() == [PauseRow("account", "ark", "auth", "key refused", since, None)]


async def test_in_flight(store: SqliteStore, reader: Reader) -> None:
    """Running here, and running at the provider alone."""
    await opened(store, new_job("a.png"))
    await waiting(store)
    await opened(store, new_job("b.png", account="other"), new_job("c.png", priority=1))
    await store.claim(room(1), LEASE_S)
    assert reader.in_flight() == {"ark": InFlight(1, 1)}


async def test_throughput(store: SqliteStore, reader: Reader, clock: Clock) -> None:
    """Tasks done during the window."""
    for number in range(3):
        await opened(store, new_job(f"{number}.png"))
        await done(store)
        clock.now += 10
    assert reader.throughput(25) == Throughput(2, 25)


async def test_spent(store: SqliteStore, reader: Reader, clock: Clock) -> None:
    """Charged today and this month, perhaps charged, and reserved by submits under way."""
    await opened(store, new_job("a.png"))
    await done(store)
    clock.now += 100
    await opened(store, new_job("b.png"))
    await done(store)
    await opened(store, new_job("c.png"))
    await store.hold(await submitted(store), "unsure", OOPS)
    await opened(store, new_job("d.png"), new_job("e.png"))
    first, _ = await store.claim(room(), LEASE_S)
    await store.begin_submit(first, submission(first))
    day, month = clock.now - 50, clock.now - 500
    assert reader.spent(day_from=day, month_from=month) == [
        Spent("ark", "USD", day=30_000, month=60_000, uncertain=40_000, reserved=40_000)
    ]


async def test_failed_sources_for_another_try(store: SqliteStore, reader: Reader) -> None:
    """Sources in failed/, of a folder or of given tasks, without those tried again already."""
    await opened(
        store,
        new_job("a.png", error=OOPS),
        new_job("b.png", error=OOPS, folder="other"),
        new_job("c.png", error=OOPS),
    )
    assert reader.failed_sources() == []
    for job in await store.jobs_to_retire(9):
        await store.retired(job.job_id, "failed", f"sub/{job.source.path}")
    assert [one.path for one in reader.failed_sources()] == ["a.png", "b.png", "c.png"]
    assert [one.retired_path for one in reader.failed_sources(folder="other")] == ["sub/b.png"]
    assert [one.job_id for one in reader.failed_sources(task_ids=[3, 99])] == [3]
    await opened(store, new_job("a.png", retry_of=1))
    assert [one.path for one in reader.failed_sources()] == ["b.png", "c.png"]


async def test_held_tasks(store: SqliteStore, reader: Reader) -> None:
    """For `release --held`, in all or of one folder."""
    await opened(store, new_job("a.png", hold="burst"), new_job("b.png"))
    await opened(store, new_job("c.png", hold="burst", folder="other"))
    assert reader.held_tasks() == [1, 3]
    assert reader.held_tasks(folder="other") == [3]


async def test_reading_leaves_the_daemon_alone(store: SqliteStore, reader: Reader) -> None:
    """A page that is being read blocks no commit, and a commit blocks no reading."""
    await opened(store, new_job("a.png"))
    rows = reader.tasks()
    next(rows)
    claim = await claimed(store)
    await store.snooze(claim, 0, "")
    await accepted(store)
    assert [task.state for task in reader.tasks()] == ["running"]
