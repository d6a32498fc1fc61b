"""Whatever is dropped: a clear message in the right place, nothing stopped, nothing lost."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest
from PIL import Image

from seedwatch.config.settings import load_settings
from seedwatch.outbox.spool import Spool
from seedwatch.store import DATABASE
from seedwatch.store.base import AccountRoom
from seedwatch.store.sqlite import SqliteStore
from seedwatch.worker.accounts import Account
from seedwatch.worker.execute import execute
from seedwatch.worker.workplace import Folder, Workplace
from tests.flow.conftest import Studio
from tests.flow.workspace import Workspace


def _card(workspace: Workspace, name: str) -> str:
    return (workspace.failed / f"{name}.error.txt").read_text()


@pytest.mark.fault(75)
def test_garbage_and_truncated_pictures(studio: Studio) -> None:
    """They go to failed/ with a card before anything is paid; the good one beside them is done."""
    workspace = studio(folder={"settle_max": "300ms"})
    whole = workspace.drop("rocket.jpg")
    (workspace.inbox / "cut.jpg").write_bytes(whole.read_bytes()[:40_000])
    (workspace.inbox / "page.png").write_bytes(b"<!DOCTYPE html><html>not found</html>")
    (workspace.inbox / "empty.png").touch()

    assert workspace.run() == 3

    assert workspace.states() == {"done": 1, "failed": 3}
    assert len(workspace.simulator.ledger()) == 1
    for name in ("cut.jpg", "page.png", "empty.png"):
        assert (workspace.failed / name).exists()
        assert "nothing was charged" in _card(workspace, name)
        assert "Traceback" not in _card(workspace, name)
    assert "HTML" in _card(workspace, "page.png")


@pytest.mark.parametrize(
    ("size", "limit"), [((20, 600), "0.0333 times"), ((14, 14), "14"), ((4000, 13), "13")]
)
def test_pictures_that_cannot_be_fitted(studio: Studio, size: tuple[int, int], limit: str) -> None:
    """A picture beyond the limits fails unpaid, with a card that names the limit."""
    workspace = studio()
    Image.new("RGB", size).save(workspace.inbox / "odd.png")

    assert workspace.run() == 3

    assert workspace.simulator.ledger() == []
    assert limit in _card(workspace, "odd.png")


@pytest.mark.fault(19)
def test_names_of_every_kind(studio: Studio) -> None:
    """Names with newlines, quotes, bytes that are not UTF-8 and 255 bytes are taken and done."""
    workspace = studio()
    photo = workspace.drop("rocket.jpg").read_bytes()
    names = [
        b"two\nlines.jpg",
        b"quote'\"$(x).jpg",
        b"\xff\xfe.jpg",
        b"n" * 251 + b".jpg",
        "日本.jpg".encode(),
        b"-rf.jpg",
    ]
    for name in names:
        Path(os.fsdecode(os.fsencode(workspace.inbox) + b"/" + name)).write_bytes(photo)

    assert workspace.run() == 0

    assert workspace.states() == {"done": 7}
    assert {os.fsencode(path.name) for path in workspace.done.iterdir()} == {*names, b"rocket.jpg"}
    assert workspace.torn_results() == []


@pytest.mark.fault(77)
def test_fifo_and_symlinks_are_never_opened(studio: Studio) -> None:
    """A FIFO and links are left where they are and mentioned; the picture beside them is done."""
    workspace = studio()
    secret = workspace.base / "secret.jpg"
    photo = workspace.drop("rocket.jpg")
    secret.write_bytes(photo.read_bytes())
    os.mkfifo(workspace.inbox / "pipe.png")
    (workspace.inbox / "link.jpg").symlink_to(secret)

    assert workspace.run() == 0

    assert len(workspace.simulator.ledger()) == 1
    (ignored,) = workspace.rows("SELECT ignored FROM folders WHERE name = 'shop'")
    assert {entry[0] for entry in json.loads(ignored[0])} == {"pipe.png", "link.jpg"}


@pytest.mark.fault(76)
def test_prompt_files_of_every_kind(studio: Studio) -> None:
    """Empty and endless prompt files fail with a card; a GB18030 one is read."""
    workspace = studio(
        rule={"mode": "text-to-image", "prompt": "{text}"}, folder={"settle_max": "300ms"}
    )
    (workspace.inbox / "good.txt").write_bytes("一只红色的猫坐在窗前看雨".encode("gb18030"))
    (workspace.inbox / "comments.txt").write_text("# nothing\n")
    with (workspace.inbox / "endless.txt").open("wb") as file:
        file.truncate(100 << 20)

    assert workspace.run() == 3

    assert [row["prompt"] for row in workspace.simulator.ledger()] == ["一只红色的猫坐在窗前看雨"]
    assert (workspace.failed / "endless.txt").exists()
    assert "8,000,000" in _card(workspace, "endless.txt")


@pytest.mark.fault(91)
def test_a_missing_key_pauses_its_account(studio: Studio) -> None:
    """Without a key nothing is sent, tasks stay ready, and another run with the key goes on."""
    workspace = studio(account={"key": "env:SEEDWATCH_NO_SUCH_KEY"})
    workspace.drop("rocket.jpg")

    assert workspace.run() == 3
    assert workspace.states() == {"ready": 1}
    ((state, message),) = workspace.rows("SELECT state, message FROM pauses")
    assert state == "auth"
    assert "SEEDWATCH_NO_SUCH_KEY" in message

    workspace.account = {}
    workspace.configure()
    assert workspace.run() == 0
    assert workspace.states() == {"done": 1}


@pytest.mark.fault(49)
def test_a_refused_key_pauses_its_account(studio: Studio) -> None:
    """A 401 pauses the account once and leaves its tasks ready, no attempt used."""
    workspace = studio()
    workspace.key_file.write_text("invalid-key-1234567890")
    workspace.drop("rocket.jpg")
    workspace.drop("chelsea.png")

    assert workspace.run() == 3

    assert workspace.states() == {"ready": 2}
    assert workspace.rows("SELECT sum(attempt_count) FROM tasks") == [(0,)]
    assert [row[0] for row in workspace.rows("SELECT state FROM pauses")] == ["auth"]


@pytest.mark.fault(20)
def test_a_missing_inbox_is_never_made(studio: Studio) -> None:
    """A missing inbox is said in the folder's state; nothing is created in its place."""
    workspace = studio()
    workspace.inbox.rmdir()

    assert workspace.run() == 0

    assert not workspace.inbox.exists()
    ((state, message),) = workspace.rows("SELECT state, message FROM folders")
    assert state == "unavailable"
    assert str(workspace.inbox) in message


def test_a_broken_rule_stops_only_its_folder(studio: Studio) -> None:
    """A broken rule.yaml says FILE:LINE:COL beside itself; mended, the folder goes on."""
    workspace = studio()
    workspace.drop("rocket.jpg")
    rule = workspace.inbox / "rule.yaml"
    rule.write_text("promt: make it snow\nprompt: a\nprompt: b\n")

    assert workspace.run() == 0
    assert workspace.simulator.ledger() == []
    told = (workspace.inbox / "rule.yaml.error.txt").read_text()
    assert "rule.yaml:1:1" in told
    assert "rule.yaml:3:1" in told
    assert workspace.rows("SELECT state FROM folders") == [("rule-error",)]

    rule.write_text("prompt: make it snow\n")
    assert workspace.run() == 0
    assert [row["prompt"] for row in workspace.simulator.ledger()] == ["make it snow"]
    assert not (workspace.inbox / "rule.yaml.error.txt").exists()


@pytest.mark.fault(20)
@pytest.mark.fault(21)
def test_a_share_that_vanishes_and_returns(studio: Studio) -> None:
    """Without its marker the inbox is unavailable: nothing is cancelled, made or sent."""
    workspace = studio(folder={"cold_start": 0})
    workspace.drop("rocket.jpg")
    assert workspace.run() == 3
    assert workspace.rows("SELECT state, reason FROM tasks") == [("held", "cold-start")]
    away = workspace.base / "away"
    workspace.inbox.rename(away)
    workspace.inbox.mkdir()

    workspace.run()
    assert workspace.rows("SELECT state, reason FROM tasks") == [("held", "cold-start")]
    assert list(workspace.inbox.iterdir()) == []
    assert workspace.rows("SELECT state FROM folders") == [("unavailable",)]

    workspace.inbox.rmdir()
    away.rename(workspace.inbox)
    workspace.run()
    assert workspace.rows("SELECT state FROM folders") == [("ok",)]


def test_no_key_in_any_artefact(studio: Studio) -> None:
    """The key is in no row, spool file, sidecar, card or marker (promises.md, P14).

    Goes red when the request's headers are kept with the answer, or a key in an error text.
    """
    workspace = studio()
    key = workspace.key_file.read_text()
    echo = {"error": {"code": "InvalidParameter", "message": f"bad key {key}", "param": ""}}
    workspace.simulator.post_faults(
        [{"when": {"nth": 1}, "do": "status", "args": {"code": 400, "body": echo}, "times": 1}]
    )
    workspace.drop("rocket.jpg")
    workspace.drop("chelsea.png")

    assert workspace.run() == 3

    parts = [key.encode(), key[:12].encode(), key[-12:].encode()]
    found = [
        path
        for path in workspace.base.rglob("*")
        if path.is_file() and path != workspace.key_file
        if any(part in path.read_bytes() for part in parts)
    ]
    assert found == []


@pytest.mark.fault(20)
def test_a_share_that_vanishes_after_its_files_were_recorded(studio: Studio) -> None:
    """A ready task whose inbox is an empty mount point is neither cancelled nor retired (P11).

    Goes red when "not there" counts as "taken away" without a look at the marker.
    """
    workspace = studio(folder={"cold_start": 0})
    workspace.known_problems = {"folder-away"}
    workspace.drop("rocket.jpg")
    assert workspace.run() == 3
    workspace.decide(lambda store: store.release([1]))
    account = Account.of(load_settings(workspace.config).accounts["sim"])
    folder = Folder.of(load_settings(workspace.config).folders[0])
    away = workspace.base / "away"
    workspace.inbox.rename(away)
    workspace.inbox.mkdir()

    async def claim_and_execute() -> None:
        store = await SqliteStore.open(workspace.base / "state" / DATABASE)
        place = Workplace(
            store, Spool(workspace.base / "state" / "spool"), {"sim": account}, {"shop": folder}
        )
        (claim,) = await store.claim(AccountRoom("sim", 4, None, 4), 60)
        await execute(claim, place)
        await account.transport.close()
        await store.close()

    asyncio.run(claim_and_execute())

    assert workspace.rows("SELECT state, reason FROM tasks") == [("ready", "delivery")]
    assert list(workspace.inbox.iterdir()) == []
