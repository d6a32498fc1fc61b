"""A submit without an answer, while something else changes: never paid twice in silence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from seedwatch import kill_points
from seedwatch.simulator import RunningSimulator
from seedwatch.worker import provider_memory, resolve
from tests.campaigns.kinds import KINDS, drop
from tests.fakes.front import Front, Scripted
from tests.flow.conftest import Studio
from tests.flow.providers import ASKED, PROVIDERS, Desk
from tests.flow.workspace import Workspace

Doubtful = Callable[..., Workspace]


@pytest.fixture
def doubtful(
    tmp_path: Path, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> Doubtful:
    """Workspaces of a provider that can be asked, whose one submit was paid for and lost."""
    monkeypatch.setattr(resolve, "GRACE_S", 0.3)
    monkeypatch.setattr(resolve, "AGAIN_S", 0.1)
    monkeypatch.setattr(provider_memory, "UNLISTED_S", 0.0)
    simulator.move_switches({"ark.lists_per_s": 0})

    def make(name: str, **rule: Any) -> Workspace:
        provider = PROVIDERS[name]
        account = {**provider.account, "base_url": simulator.url + provider.mount}
        workspace = Workspace(tmp_path, simulator, {**provider.rule, **rule}, account=account)
        (workspace.inbox / "one.txt").write_text("a fox in the snow\n")
        simulator.post_faults([{"do": "delay", "args": {"seconds": 30}, "times": 1}])
        workspace.stop_in_call()
        return workspace

    return make


def take_away(workspace: Workspace) -> None:
    """Take the account out of config.yaml, and another one in."""
    workspace.configure(account="other")
    told = workspace.config.read_text()
    workspace.config.write_text(told.replace('"sim": {', '"other": {'))


def later(workspace: Workspace, seconds: float) -> None:
    """As if the submit had been recorded so much later by the wall clock."""
    with apsw.Connection(str(workspace.base / "state" / "queue.db")) as database:
        database.execute("UPDATE attempts SET started_at = started_at + ?", (seconds,))


@pytest.mark.parametrize("name", ASKED)
def test_another_key_proves_nothing(
    doubtful: Doubtful, simulator: RunningSimulator, name: str
) -> None:
    """The key of another project replaces it: its list and its idempotency keys are others.

    Red when the same idempotency key is sent under another key of the account: paid twice.
    """
    workspace = doubtful(name)
    workspace.key_file.write_text("canary-of-another-project-key")
    workspace.run()
    assert len(simulator.ledger()) == 1
    if name == "ark videos":  # the simulator shows its list to every key, and ours is in it
        assert workspace.states() == {"done": 1}
    else:
        assert workspace.rows("SELECT state, reason FROM tasks") == [("held", "unsure")]


@pytest.mark.parametrize("name", ASKED)
def test_another_address_proves_nothing(
    doubtful: Doubtful, simulator: RunningSimulator, name: str
) -> None:
    """The account moves to another region: there is neither its task nor its idempotency key.

    Red when the empty list of another region counts as proof of absence.
    """
    workspace = doubtful(name)
    with RunningSimulator(latency_s=0.02) as other:
        other.move_switches({"ark.lists_per_s": 0})
        workspace.account["base_url"] = other.url + PROVIDERS[name].mount
        workspace.configure()
        workspace.run()
        assert len(other.ledger()) == 0
    assert workspace.rows("SELECT state, reason FROM tasks") == [("held", "unsure")]
    assert workspace.rows("SELECT kind FROM ledger") == [("uncertain",)]


@pytest.mark.fault(36)
def test_a_submit_later_than_now_is_not_repeated(
    doubtful: Doubtful, simulator: RunningSimulator
) -> None:
    """The clock was set back by days: how old the idempotency key is, nobody knows (P17).

    Red when the age of a submit is taken for less than nothing, and so for young enough.
    """
    workspace = doubtful("apimart")
    simulator.reset()  # 24 hours later the key is forgotten
    later(workspace, 2 * 86400)
    workspace.run()
    assert simulator.ledger() == []
    assert workspace.rows("SELECT state, reason FROM tasks") == [("held", "unsure")]


@pytest.mark.fault(36)
@pytest.mark.fault(73)
def test_a_late_list_is_waited_for_by_a_clock_of_its_own(
    doubtful: Doubtful, simulator: RunningSimulator
) -> None:
    """The wall clock jumps an hour ahead while the list is late: no absence is believed at once.

    Red when the minute of grace is counted by the wall clock, so that the work is paid twice.
    """
    workspace = doubtful("ark videos")
    later(workspace, -3600)
    looks: list[str] = []

    def late(method: str, path: str) -> Scripted | None:
        if method == "GET" and "tasks?" in path and len(looks) < 2:
            looks.append(path)
            return 200, b'{"total": 0, "items": []}'
        return None

    with Front(simulator, late) as front:
        workspace.account["base_url"] = front.url + PROVIDERS["ark videos"].mount
        workspace.configure()
        assert workspace.run() == 0
    assert len(looks) == 2
    assert len(simulator.ledger()) == 1


@pytest.mark.fault(73)
def test_a_late_list_of_others_is_waited_for(
    doubtful: Doubtful, simulator: RunningSimulator
) -> None:
    """At first the list shows work of others that names nothing, ours a moment later: it is found.

    Red when one list that proves nothing ends the search.
    """
    workspace = doubtful("ark videos")
    simulator.move_switches({"ark.safety_echo": "no"})
    looks: list[str] = []

    def late(method: str, path: str) -> Scripted | None:
        if method == "GET" and "tasks?" in path and not looks:
            looks.append(path)
            return 200, b'{"total": 1, "items": [{"id": "cgt-1", "seed": -1}]}'
        return None

    with Front(simulator, late) as front:
        workspace.account["base_url"] = front.url + PROVIDERS["ark videos"].mount
        workspace.configure()
        assert workspace.run() == 0
    assert looks
    assert len(simulator.ledger()) == 1


@pytest.mark.parametrize("name", ASKED)
def test_an_account_that_is_away_is_waited_for(
    doubtful: Doubtful, simulator: RunningSimulator, name: str
) -> None:
    """Its account is not configured at a start, then again: the submit is asked for, not repeated.

    Red when what can be asked for is given up, or sent again, because nobody is there to ask.
    """
    workspace = doubtful(name, resend_uncertain=1)
    take_away(workspace)
    assert workspace.run() == 3
    assert workspace.rows("SELECT state, reason FROM tasks") == [("waiting", "unsure")]
    workspace.configure(account="sim")
    assert workspace.run() == 0
    assert len(simulator.ledger()) == 1
    assert len(workspace.results()) == 1


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("is_edited", [False, True])
def test_a_source_that_leaves_while_its_submit_is_in_doubt(
    doubtful: Doubtful,
    simulator: RunningSimulator,
    name: str,
    is_edited: bool,
) -> None:
    """What was paid for is delivered all the same; new words in the file are a new job (P20)."""
    workspace = doubtful(name)
    source = workspace.inbox / "one.txt"
    source.unlink()
    if is_edited:
        source.write_text("a bear in the snow\n")
    assert workspace.run() == 0
    prompts = [row["prompt"] for row in simulator.ledger()]
    assert prompts == ["a fox in the snow", "a bear in the snow"][: 1 + is_edited]
    assert len(workspace.results()) == len(prompts)


@pytest.mark.parametrize("name", ASKED)
def test_equal_work_is_never_taken_for_another(
    desk: Desk, simulator: RunningSimulator, name: str
) -> None:
    """Four equal prompts at once, every second answer lost: each is made once, each delivered."""
    workspace = desk(name)
    simulator.move_switches({"ark.safety_echo": "no"})
    (workspace.inbox / "one.txt").write_text("a fox in the snow\n" * 4)
    simulator.post_faults([{"do": "reset_after_billing", "when": {"every": 2}, "times": 2}])
    assert workspace.run() == 0
    assert len(simulator.ledger()) == 4
    assert len(workspace.results()) == 4
    told = {workspace.sidecar(path)["request_id"] for path in workspace.results()}
    assert len(told) == 4
    assert len(workspace.rows("SELECT * FROM events WHERE name = 'task.doubted'")) >= 2


def test_many_submits_in_doubt_share_their_commits(studio: Studio, tmp_path: Path) -> None:
    """Twenty calls in flight at a stop are decided together: a restart does not wait for each.

    Breaks if one is decided after the other.
    """
    workspace = studio(account={"concurrency": 20})
    workspace.simulator.post_faults([{"do": "delay", "args": {"seconds": 30}, "times": 20}])
    for number in range(20):
        drop(KINDS["url"], workspace, number)
    workspace.stop_when(lambda: len(workspace.simulator.ledger()) == 20)
    kill_points.arm(log=str(tmp_path / "points"))
    try:
        assert workspace.run() == 3
    finally:
        kill_points.arm()
    points = (tmp_path / "points").read_text().split()
    decisions = points[points.index("recover.decided:1") : points.index("recover.decided:20")]
    assert not [point for point in decisions if point.startswith("store.committed")]
    assert workspace.rows("SELECT DISTINCT reason FROM tasks") == [("unsure",)]
