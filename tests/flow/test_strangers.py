"""Other programs at our files: who reads an outbox, antivirus, a keyring that is locked."""

from __future__ import annotations

import contextlib
import errno
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from seedwatch.outbox import deliver
from seedwatch.paths import Root
from seedwatch.simulator import RunningSimulator
from seedwatch.worker import lanes, outcome, retiring
from tests.flow.live import is_done, until, working
from tests.flow.workspace import CANARY_KEY, Workspace

pytestmark = pytest.mark.anyio


@contextlib.contextmanager
def _taking(outbox: Path) -> Iterator[list[str]]:
    """Takes every file out of a folder as soon as it bears its name, as fast as it can."""
    taken: list[str] = []
    over = threading.Event()

    def take() -> None:
        while not over.is_set():
            for path in [] if not outbox.is_dir() else list(outbox.iterdir()):
                if not path.name.startswith("."):
                    with contextlib.suppress(FileNotFoundError):
                        path.unlink()
                        taken.append(path.name)
            over.wait(0.0005)

    thread = threading.Thread(target=take)
    thread.start()
    try:
        yield taken
    finally:
        over.set()
        thread.join()


@pytest.mark.fault(97)
@pytest.mark.parametrize("group", [1, pytest.param(4, marks=pytest.mark.nightly)])
async def test_a_reader_who_takes_results_at_once(
    tmp_path: Path, simulator: RunningSimulator, group: int
) -> None:
    """Each result appears once, is paid for once, and does not come again, not even at a restart.

    Red when a result that is not there any more is taken for one that was not delivered.
    """
    workspace = Workspace(tmp_path, simulator, {"group": group})
    with _taking(workspace.outbox) as taken:
        for _ in range(2):
            async with working(workspace):
                names = [f"{len(taken)}-{n}.png" for n in range(6)]
                for name in names:
                    workspace.drop("coffee.png", name)
                await until(lambda: workspace.states().keys() == {"done"}, 40)
                await until(lambda: not list(workspace.inbox.glob("*.png")))
    pictures = [name for name in taken if not name.endswith(".json")]
    assert len(pictures) == len(set(pictures)) == 12 * group
    assert len(simulator.ledger()) == 12
    assert len(list(workspace.done.glob("*.png"))) == 12


@pytest.mark.fault(96)
@pytest.mark.parametrize(
    "call",
    [
        "open_source",
        "move",
        *(pytest.param(call, marks=pytest.mark.nightly) for call in ("write_new", "link_new")),
    ],
)
@pytest.mark.parametrize("times", [1, pytest.param(4, marks=pytest.mark.nightly)])
async def test_a_file_that_another_program_holds(
    tmp_path: Path,
    simulator: RunningSimulator,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    times: int,
) -> None:
    """In use when it is read, delivered or retired: it is tried again until it is free.

    Red when the source fails for it, or the picture is paid for again.
    """
    monkeypatch.setattr(retiring, "_AGAIN_S", 0.1)
    monkeypatch.setattr(outcome, "DELIVERY_WAIT_S", 0.05)
    real = getattr(Root, call)
    left = times

    def held(root: Root, *args: Any, **options: Any) -> Any:
        nonlocal left
        names = [arg for arg in args if isinstance(arg, str)]
        if left and any("coffee" in name for name in names):
            left -= 1
            raise OSError(errno.EBUSY, "in use by another program")
        return real(root, *args, **options)

    monkeypatch.setattr(Root, call, held)
    workspace = Workspace(tmp_path, simulator)
    async with working(workspace):
        workspace.drop("coffee.png")
        await until((workspace.done / "coffee.png").exists, 40)
    assert left == 0 or call in {"write_new", "link_new"}  # one of them delivers here
    assert workspace.states() == {"done": 1}
    assert len(simulator.ledger()) == 1
    assert workspace.torn_results() == []
    assert len(workspace.results()) == 1


@pytest.mark.fault(96)
async def test_a_source_that_is_put_into_quarantine(
    tmp_path: Path, simulator: RunningSimulator
) -> None:
    """Gone after it was sent: its result is delivered, and it is said that somebody removed it."""
    workspace = Workspace(tmp_path, simulator)
    simulator.post_faults([{"do": "delay", "args": {"seconds": 0.5}}])
    async with working(workspace):
        source = workspace.drop("coffee.png")
        await until(lambda: workspace.rows("SELECT 1 FROM attempts"))
        source.unlink()
        await until(is_done(workspace, "coffee.png"))
        await until(lambda: workspace.rows("SELECT 1 FROM jobs WHERE outcome = 'gone'"))
    assert len(workspace.results()) == 1


@pytest.mark.fault(96)
@pytest.mark.parametrize("group", [1, pytest.param(3, marks=pytest.mark.nightly)])
async def test_a_picture_of_the_spool_that_is_put_into_quarantine(
    tmp_path: Path, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, group: int
) -> None:
    """Taken before it was delivered: it is brought again from its answer, and paid for once.

    Red when its delivery is tried for ever.
    """
    monkeypatch.setattr(outcome, "DELIVERY_WAIT_S", 0.05)
    workspace = Workspace(tmp_path, simulator, {"group": group})
    spool = workspace.base / "state" / "spool"
    taken: list[Path] = []
    real = deliver.deliver_result

    def robbed(*args: Any) -> bool:
        if not taken:
            taken.extend(spool.glob("*.1"))
            taken[0].unlink()
        return real(*args)

    monkeypatch.setattr(deliver, "deliver_result", robbed)
    async with working(workspace):
        workspace.drop("coffee.png")
        await until((workspace.done / "coffee.png").exists, 40)
    assert len(taken) == 1
    assert len(workspace.results()) == group
    assert workspace.torn_results() == []
    assert len(simulator.ledger()) == 1
    assert workspace.rows("SELECT count(*) FROM ledger") == [(1,)]


class _Ring(KeyringBackend):
    """A keyring that is locked until somebody opens it."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring's own
        self.is_open = False

    def get_password(self, service: str, username: str) -> str | None:
        """The key, or a refusal."""
        if not self.is_open:
            raise KeyringLocked(f"{CANARY_KEY} is not for you")
        return CANARY_KEY

    def set_password(self, service: str, username: str, password: str) -> None:
        """Nobody sets one."""

    def delete_password(self, service: str, username: str) -> None:
        """Nobody deletes one."""


@pytest.mark.fault(91)
async def test_a_keyring_that_is_locked_and_opened_again(
    tmp_path: Path, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locked: its account is paused and says so, its tasks stay ready; opened: they go on.

    It may be locked again while the daemon runs: the key in memory does until it is refused.
    """
    monkeypatch.setattr(lanes, "_KEY_LOOK_S", 0.05)
    before, ring = keyring.get_keyring(), _Ring()
    keyring.set_keyring(ring)
    try:
        workspace = Workspace(tmp_path, simulator, account={"key": "keyring"})
        async with working(workspace) as lines:
            workspace.drop("coffee.png", "one.png")
            await until(lambda: workspace.rows("SELECT 1 FROM pauses WHERE state = 'auth'"))
            await until(lambda: workspace.states() == {"ready": 1})
            assert simulator.ledger() == []
            ring.is_open = True
            await until(is_done(workspace, "one.png"))
            ring.is_open = False
            workspace.drop("coffee.png", "two.png")
            await until(is_done(workspace, "two.png"))
            simulator.post_faults([{"do": "status", "args": {"code": 401}, "times": 1}])
            workspace.drop("coffee.png", "three.png")
            await until(lambda: workspace.rows("SELECT 1 FROM pauses WHERE state = 'auth'"))
            assert len(simulator.ledger()) == 2
        assert sum(line["event"] == "account.paused" for line in lines) <= 3
        assert CANARY_KEY not in str(lines)
    finally:
        keyring.set_keyring(before)
