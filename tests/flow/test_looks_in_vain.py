"""Looks at work that a provider has taken: whatever they bring, its id is never given up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import pytest

from seedwatch.simulator import RunningSimulator
from seedwatch.worker import outcome, remote
from seedwatch.worker.provider_memory import Absences
from tests.fakes.front import Front, Scripted
from tests.flow.providers import ASKED, POLL, PROVIDERS
from tests.flow.workspace import CANARY_KEY, Workspace


def _workspace(tmp_path: Path, front: Front, name: str, **rule: Any) -> Workspace:
    provider = PROVIDERS[name]
    account = {**provider.account, "base_url": front.url + provider.mount}
    workspace = Workspace(tmp_path, front.simulator, {**provider.rule, **rule}, account=account)
    (workspace.inbox / "one.txt").write_text("a fox in the snow\n")
    return workspace


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be asked is asked again at once."""
    monkeypatch.setattr(outcome, "result_wait_s", lambda *_: 0.05)


@pytest.mark.fault(59)
@pytest.mark.parametrize("content", [b"<html>log in</html>", b"", b"[]", b'{"id": 7.5}', b"{"])
@pytest.mark.parametrize("name", ASKED)
def test_a_look_that_cannot_be_read(
    tmp_path: Path, simulator: RunningSimulator, name: str, content: bytes
) -> None:
    """A captive portal answers 200 to a look: it says nothing, and the next look is as good.

    Red when it counts as a lost outcome: the id is dropped, or the work submitted again.
    """
    looks: list[str] = []

    def portal(method: str, path: str) -> Scripted | None:
        if method == "GET" and "/tasks/" in path and len(looks) < 2:
            looks.append(path)
            return 200, content
        return None

    with Front(simulator, portal) as front:
        workspace = _workspace(tmp_path, front, name, resend_uncertain=1)
        assert workspace.run() == 0
    assert workspace.states() == {"done": 1}
    assert len(simulator.ledger()) == 1


@pytest.mark.fault(69)
def test_looks_that_fail_for_ever_are_made_every_hour(
    tmp_path: Path, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past the time that the work may take, a look in vain waits as long as one that shows work.

    Red when `--until-idle` never ends while a provider is down.
    """
    monkeypatch.setattr("seedwatch.catalog.facts.Model.task_limit_s", 0.0, raising=False)

    def broken(method: str, path: str) -> Scripted | None:
        return (503, b"{}") if method == "GET" and "/tasks/" in path else None

    with Front(simulator, broken) as front:
        workspace = _workspace(tmp_path, front, "apimart")
        assert workspace.run() == 3
    assert workspace.rows("SELECT state, reason FROM tasks") == [("waiting", "stalled")]
    assert len(simulator.ledger()) == 1


@pytest.mark.process
def test_a_refusal_in_the_spool_is_a_refusal(tmp_path: Path, simulator: RunningSimulator) -> None:
    """200, yet the key is refused; killed before that was recorded: the next start knows it.

    Red when the same file stops the account again and again, though its key was mended.
    """
    refusal = b'{"error": {"code": 401, "message": "no", "type": "authentication_error"}}'
    with Front(simulator, lambda *_: None) as front:
        workspace = _workspace(tmp_path, front, "apimart")
        daemon = workspace.start(SEEDWATCH_KILL_AT="submit.committed")
        daemon.wait(50)
        ((attempt,),) = workspace.rows("SELECT id FROM attempts")
        (workspace.base / "state" / "spool" / f"{attempt}.answer").write_bytes(refusal)
        assert workspace.run() == 3  # its account rests for ten minutes
        assert workspace.rows("SELECT state, reason FROM tasks") == [("ready", "auth")]
        assert workspace.run() == 0
    assert len(simulator.ledger()) == 1


@pytest.mark.parametrize("name", ASKED)
def test_a_submit_that_answers_with_the_state_of_its_work(
    tmp_path: Path, simulator: RunningSimulator, name: str
) -> None:
    """A relay answers a submit as it answers a look: the id in it is as good as any other.

    Red when the id is thrown away, and the work asked for, or held, as if nobody knew it.
    """

    def changed(answer: dict[str, Any]) -> dict[str, Any]:
        if name == "apimart":
            data = answer.get("data", answer)
            inner = data[0] if isinstance(data, list) else data
            task = inner.get("task_id") or inner.get("id")
            return {"data": [{"status": "submitted", "task_id": task, "progress": 0}]}
        return {**answer, "status": "queued"}

    with Front(simulator, lambda *_: None, changed=changed) as front:
        workspace = _workspace(tmp_path, front, name)
        assert workspace.run() == 0
    names = [row[0] for row in workspace.rows("SELECT name FROM events")]
    assert "task.doubted" not in names
    assert len(simulator.ledger()) == 1


@pytest.mark.parametrize("status", [400, 415, 422])
def test_a_picture_that_is_refused_when_it_is_uploaded(
    tmp_path: Path, simulator: RunningSimulator, status: int
) -> None:
    """It will be refused the next time, too: its task fails with a card, and nothing is paid.

    Red when the upload is repeated for ever.
    """

    def refused(method: str, path: str) -> Scripted | None:
        told = b'{"error": {"code": %d, "message": "bad file", "type": "invalid_request_error"}}'
        return (status, told % status) if path.endswith("/uploads/images") else None

    with Front(simulator, refused) as front:
        account = {"provider": "apimart", "upload": "first", "base_url": f"{front.url}/apimart/v1"}
        rule = {"model": "doubao-seedance-4-5", "size": "1:1"}
        workspace = Workspace(tmp_path, front.simulator, rule, account=account)
        workspace.drop("coffee.png")
        assert workspace.run() == 3
    assert workspace.states() == {"failed": 1}
    assert simulator.ledger() == []


@pytest.mark.parametrize("content", [b"<html>", b"", b"{}", b'{"url": 7}', b'{"data": []}'])
def test_an_upload_that_brings_no_link(
    tmp_path: Path, simulator: RunningSimulator, content: bytes
) -> None:
    """It is made again, and the request is sent once, with a link."""
    seen: list[str] = []

    def broken(method: str, path: str) -> Scripted | None:
        if path.endswith("/uploads/images") and not seen:
            seen.append(path)
            return 200, content
        return None

    with Front(simulator, broken) as front:
        account = {"provider": "apimart", **POLL, "base_url": f"{front.url}/apimart/v1"}
        rule = {"model": "doubao-seedance-4-5", "size": "1:1"}
        workspace = Workspace(
            tmp_path, front.simulator, rule, account={**account, "upload": "first"}
        )
        workspace.drop("coffee.png")
        assert workspace.run() == 0
    assert len(simulator.ledger()) == 1


@pytest.mark.fault(51)
def test_a_replay_that_is_answered_by_a_conflict_ends(
    tmp_path: Path, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """409 to the same key: nobody knows; it is asked ever less often, and `--until-idle` ends."""
    monkeypatch.setattr(outcome, "result_wait_s", lambda age_s, _: 1000.0 if age_s > 0.3 else 0.05)
    posts: list[str] = []

    def conflict(method: str, path: str) -> Scripted | None:
        if method != "POST":
            return None
        posts.append(path)
        return (504, b"") if len(posts) == 1 else (409, b'{"error": {"code": 409, "message": "x"}}')

    with Front(simulator, conflict) as front:
        workspace = _workspace(tmp_path, front, "apimart")
        assert workspace.run() == 3
    assert workspace.rows("SELECT state FROM tasks") == [("waiting",)]
    assert simulator.ledger() == []


@pytest.mark.fault(70)
@pytest.mark.process
@pytest.mark.parametrize("name", ASKED)
def test_work_that_another_key_does_not_see(
    tmp_path: Path, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The key of another project answers 404 to every look: the id is kept and looked for.

    Red when it is given up as lost, and with `resend_uncertain` made and paid once more.
    """
    monkeypatch.setattr(remote, "_LOST_LOOK_S", 0.05)
    monkeypatch.setattr(Absences, "is_certain", lambda *_: True)
    is_other = True

    def unknown(method: str, path: str) -> Scripted | None:
        told = b'{"error": {"code": 404, "message": "no such task", "type": "x"}}'
        return (404, told) if is_other and "/tasks/" in path and method == "GET" else None

    with Front(simulator, unknown) as front:
        workspace = _workspace(tmp_path, front, name, resend_uncertain=1)
        daemon = workspace.start(SEEDWATCH_KILL_AT="submit.handle_saved")
        daemon.wait(50)
        workspace.key_file.write_text("canary-of-another-project-key")
        assert workspace.run() == 3
        assert workspace.rows("SELECT state, reason FROM tasks") == [("waiting", "not-found")]
        is_other = False
        workspace.key_file.write_text(CANARY_KEY)
        with apsw.Connection(str(workspace.base / "state" / "queue.db")) as database:
            database.execute("UPDATE tasks SET run_at = 0")  # an hour later
        assert workspace.run() == 0
    assert len(simulator.ledger()) == 1


@pytest.mark.fault(70)
@pytest.mark.parametrize("name", ASKED)
def test_work_that_is_lost_there_is_not_made_again_by_itself(
    tmp_path: Path, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """It was accepted, so to submit it again would surely be a second payment (P4, fault 70)."""
    monkeypatch.setattr(remote, "_LOST_LOOK_S", 0.05)
    monkeypatch.setattr(Absences, "is_certain", lambda *_: True)
    simulator.post_faults([{"do": "task_lost"}])
    with Front(simulator, lambda *_: None) as front:
        workspace = _workspace(tmp_path, front, name, resend_uncertain=1)
        workspace.run()
    assert workspace.rows("SELECT state, reason FROM tasks") == [("held", "unsure")]
    assert len(simulator.ledger()) == 1


@pytest.mark.parametrize("name", ASKED)
def test_work_that_fails_for_its_content_costs_nothing(
    tmp_path: Path, simulator: RunningSimulator, name: str
) -> None:
    """It was taken and refused later: no charge is booked, and no budget is filled by it."""
    simulator.post_faults([{"do": "moderated"}])
    with Front(simulator, lambda *_: None) as front:
        workspace = _workspace(tmp_path, front, name)
        assert workspace.run() == 3
    assert workspace.states() == {"failed": 1}
    assert workspace.rows("SELECT * FROM ledger") == []


@pytest.mark.parametrize(
    ("status", "standing"),
    [(404, ("held", "unsure", "uncertain")), (422, ("failed", "Rejected", None))],
)
def test_a_replay_that_is_refused(
    tmp_path: Path, simulator: RunningSimulator, status: int, standing: tuple[str, ...]
) -> None:
    """Bad words were bad the first time; a model that is closed now may have been open then.

    Red when a closed model gives back the money of a submit that may have been accepted.
    """
    posts: list[str] = []

    def refused(method: str, path: str) -> Scripted | None:
        if method != "POST":
            return None
        posts.append(path)
        told = b'{"error": {"code": %d, "message": "no", "type": "x"}}' % status
        return (504, b"") if len(posts) == 1 else (status, told)

    with Front(simulator, refused) as front:
        workspace = _workspace(tmp_path, front, "apimart")
        assert workspace.run() == 3
    query = "SELECT state, reason, kind FROM tasks LEFT JOIN ledger ON task_id = tasks.id"
    assert workspace.rows(query) == [standing]
