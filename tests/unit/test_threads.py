"""threads: file work off the loop; a hung call holds its place and nothing else."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from seedwatch import threads as threads_module
from seedwatch.pulse import beat
from seedwatch.threads import Aside, RootThreads

pytestmark = pytest.mark.anyio


async def test_it_returns_and_raises_what_the_work_does() -> None:
    """The caller gets the result or the exception of the work, done in another thread."""
    threads = RootThreads("a")
    assert await threads.call(divmod, 7, 2) == (3, 1)
    assert await threads.call(sorted, [2, 1], reverse=True) == [2, 1]
    assert await threads.call(threading.get_ident) != threading.get_ident()

    def broken() -> None:
        raise FileNotFoundError("x.png")

    with pytest.raises(FileNotFoundError, match=r"x\.png"):
        await threads.call(broken)


async def test_an_exhausted_iterator_does_not_hang() -> None:
    """StopIteration, which no future takes, becomes an error instead of an endless wait.

    Red when it is handed to the future as it is.
    """
    with pytest.raises(RuntimeError) as raised:
        await asyncio.wait_for(RootThreads("a").call(next, iter(())), 5)
    assert isinstance(raised.value.__cause__, StopIteration)


async def test_only_some_run_at_a_time() -> None:
    """No more threads than places run for one root, however many calls wait."""
    threads = RootThreads("a", places=3)
    running, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.005)
        with lock:
            running -= 1

    await asyncio.gather(*(threads.call(work) for _ in range(20)))
    assert most == 3


async def test_a_deadline_ends_the_wait_not_the_thread() -> None:
    """A hung call raises at its deadline, keeps its place until it ends, then gives it back."""
    threads = RootThreads("a", places=1, deadline_s=0.05)
    healed = threading.Event()
    with pytest.raises(TimeoutError):
        await threads.call(healed.wait)
    with pytest.raises(TimeoutError):
        await threads.call(time.monotonic)  # no place: it never started
    healed.set()
    for _ in range(200):
        try:
            assert await threads.call(time.monotonic) > 0
        except TimeoutError:
            continue
        return
    pytest.fail("the place was never given back")


@pytest.mark.fault(24)
async def test_a_hung_root_does_not_block_another() -> None:
    """Each root has its own places."""
    hung, well = RootThreads("hung", places=1), RootThreads("well", places=1)
    healed = threading.Event()
    waiting = asyncio.create_task(hung.call(healed.wait))
    assert await well.call(lambda: "fine") == "fine"
    healed.set()
    assert await waiting


@pytest.mark.fault(24)
async def test_its_threads_do_not_hold_up_the_exit() -> None:
    """The threads are daemons, so that a dead share cannot block the end of the program."""
    assert await RootThreads("a").call(lambda: threading.current_thread().daemon)


async def test_a_cancelled_call_drops_its_outcome() -> None:
    """Cancelling ends the wait; what the thread then returns or raises bothers nobody."""
    threads = RootThreads("a", places=1)
    begun, may_end = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait()
        raise OSError("too late")

    waiting = asyncio.create_task(threads.call(work))
    assert await RootThreads("watch").call(begun.wait, 5)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    may_end.set()
    assert await threads.call(lambda: "fine") == "fine"


async def test_a_thread_that_cannot_start_gives_its_place_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the system has no more threads the call fails, and later ones find their place.

    Red when the place is not released.
    """
    threads = RootThreads("a", places=1, deadline_s=5)

    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as crowded:
        crowded.setattr(threading.Thread, "start", start)
        with pytest.raises(RuntimeError):
            await threads.call(lambda: 1)
    assert await threads.call(lambda: "fine") == "fine"


async def test_where_no_thread_can_start_those_there_do_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With one thread running, a call that gets none of its own waits for that one."""
    threads = RootThreads("a", places=2, deadline_s=5)
    healed = threading.Event()
    first = asyncio.create_task(threads.call(healed.wait))
    await asyncio.sleep(0)

    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    second = asyncio.create_task(threads.call(lambda: "fine"))
    await asyncio.sleep(0)
    healed.set()
    assert await first
    assert await second == "fine"


async def test_a_thread_is_used_again() -> None:
    """Calls that follow each other need one thread, not one each."""
    threads = RootThreads("again")
    used = {await threads.call(threading.get_ident) for _ in range(20)}
    assert len(used) <= 2  # the next call may come before the first has told that it is free


def test_a_thread_that_outlives_its_loop_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that hangs beyond the end of the loop ends without an error on the screen.

    Red when the closed loop's RuntimeError is let through (pytest reports it as an error).
    """
    monkeypatch.setattr(threads_module, "_IDLE_S", 0.01)
    healed = threading.Event()
    threads = RootThreads("late", deadline_s=0.01)

    async def hang() -> None:
        with pytest.raises(TimeoutError):
            await threads.call(healed.wait)

    asyncio.run(hang())
    late = next(thread for thread in threading.enumerate() if thread.name == "root:late")
    healed.set()
    late.join(5)
    assert not late.is_alive()


def _slow(steps: int, pause_s: float) -> str:
    for _ in range(steps):
        time.sleep(pause_s)
        beat()
    return "done"


@pytest.mark.fault(25)
async def test_slow_work_that_gets_on_is_no_hung_work() -> None:
    """Work may take many times the deadline, and others wait for its place, while it makes steps.

    Breaks if the deadline were one of the whole call.
    """
    threads = RootThreads("a", places=1, deadline_s=0.15)
    assert await asyncio.gather(*(threads.call(_slow, 10, 0.04) for _ in range(2))) == ["done"] * 2


@pytest.mark.fault(24)
async def test_nobody_waits_for_places_that_hang() -> None:
    """Whoever waits for a place gives up like the hung call that has it, and loses no place."""
    go_on = threading.Event()
    threads = RootThreads("a", places=1, deadline_s=0.1)
    outcomes = await asyncio.gather(
        *(threads.call(go_on.wait, 30) for _ in range(3)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [TimeoutError] * 3
    go_on.set()
    threads.deadline_s = 5
    assert await threads.call(str, 1) == "1"


async def test_a_caller_who_goes_while_it_waits_loses_no_place() -> None:
    """A cancelled caller leaves its place to others, whether it had it or waited for it."""
    go_on = threading.Event()
    threads = RootThreads("a", places=1, deadline_s=5)
    callers = [asyncio.create_task(threads.call(go_on.wait, 30)) for _ in range(3)]
    await asyncio.sleep(0.02)
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    go_on.set()
    assert await threads.call(str, 1) == "1"
    assert threads._free == 1


@pytest.mark.fault(24)
def test_without_a_loop_a_hung_call_is_left_to_itself() -> None:
    """The command line waits for no share longer than it says."""
    go_on = threading.Event()
    assert Aside(lambda: divmod(7, 2)).result(5) == (3, 1)
    assert Aside(lambda: _slow(10, 0.04)).result(0.15) == "done"
    with pytest.raises(TimeoutError):
        Aside(lambda: go_on.wait(30)).result(0.05)
    with pytest.raises(ZeroDivisionError):
        Aside(lambda: divmod(7, 0)).result(5)
    go_on.set()
