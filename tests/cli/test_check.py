"""`check`: every mistake with its place, every folder, key and disk; pays for nothing."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from seedwatch.cli import checks
from seedwatch.config import own_catalog
from seedwatch.inbox.filesystems import FileSystem, file_system_of
from tests.cli.desk import Desk


def _census(directory: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes() if path.is_file() else b""
        for path in sorted(directory.rglob("*"))
    }


def test_all_is_well(desk: Desk) -> None:
    """A sound workspace: exit code 0, nothing on disk is changed."""
    before = _census(desk.base)
    result = desk("check")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "everything is fine" in result.stdout
    assert _census(desk.base) == before


def test_json(desk: Desk) -> None:
    """The same for programs."""
    found = desk.json("check")
    assert found["ok"]
    assert (found["problems"], found["warnings"]) == ([], [])
    shop = found["folders"][0]
    assert (shop["name"], shop["exists"], shop["is_writable"]) == ("shop", True, True)
    assert shop["rename"] == "moves"
    assert shop["watch"] in {"events", "poll"}
    assert set(shop["capabilities"]) <= {"inbox", "outbox"}
    assert shop["capabilities"]["inbox"]["no_replace"] in {"rename", "link", "placeholder"}
    assert shop["watch"] == "poll" or shop["capabilities"]["inbox"]["events"]
    assert found["accounts"][0]["has_key"]
    assert found["state"]["free_bytes"] > 0


def test_mistakes_in_rules(desk: Desk) -> None:
    """Every rule.yaml at any depth: all mistakes at once with their places, exit code 78."""
    deep = desk.inbox / "a" / "b"
    deep.mkdir(parents=True)
    (desk.inbox / "rule.yaml").write_text("size: 1K\n")
    (deep / "rule.yaml").write_text("promt: x\nmodel: m\ngroup: many\n")
    words = desk.base / "words" / "inbox" / "rule.yaml"
    words.write_text("group: 99\n")
    result = desk("check")
    assert result.exit_code == 78
    lines = result.stderr.splitlines()
    assert [line.rpartition(": ")[0].partition(": ")[0] for line in lines] == [
        f"{deep / 'rule.yaml'}:1:1",
        f"{deep / 'rule.yaml'}:3:8",
        f"{words}:1:8",
    ]
    found = json.loads(desk("check", "--json").stdout)
    assert not found["ok"]
    assert found["problems"] == lines


def test_broken_configuration_as_json(desk: Desk) -> None:
    """`--json` tells mistakes in config.yaml on stdout as well; exit code 78."""
    desk.config.write_text("grase: 1h\n")
    result = desk("check", "--json")
    assert result.exit_code == 78
    assert json.loads(result.stdout)["problems"][0].startswith(f"{desk.config}:1:1: ")


def test_a_rule_that_is_not_complete(desk: Desk) -> None:
    """A folder without a model cannot work: told where the rule stands."""
    config = json.loads(desk.config.read_text())
    del config["folders"][0]["rule"]["model"]
    desk.config.write_text(json.dumps(config, indent=1))
    result = desk("check")
    assert result.exit_code == 78
    assert "model" in result.stderr


def test_missing_inbox(desk: Desk) -> None:
    """A missing inbox is a problem (exit code 1) and is not made."""
    (desk.base / "words" / "inbox").rmdir()
    result = desk("check")
    assert result.exit_code == 1
    assert result.stderr.startswith("Problem: words: ")
    assert not (desk.base / "words" / "inbox").exists()


def test_lost_marker(day: Desk) -> None:
    """An adopted inbox without its marker is not written to; the command that helps is named.

    Breaks if the writing test comes before the look at the marker (promises.md 11).
    """
    (day.inbox / ".seedwatch").unlink()
    mtime = day.inbox.stat().st_mtime_ns
    result = day("check")
    assert result.exit_code == 1
    assert "seedwatch adopt shop" in result.stderr
    assert day.inbox.stat().st_mtime_ns == mtime


def test_missing_key(desk: Desk) -> None:
    """A key that is not there is a problem that names the account, never a key."""
    desk.account = {"key": "env:SEEDWATCH_TEST_NO_SUCH_KEY"}
    desk.configure()
    result = desk("check")
    assert result.exit_code == 1
    assert "SEEDWATCH_TEST_NO_SUCH_KEY" in result.stderr
    assert not desk.json("check")["accounts"][0]["has_key"]


def test_a_key_nobody_needs(desk: Desk) -> None:
    """The missing key of an account that no folder uses is a warning only."""
    config = json.loads(desk.config.read_text())
    config["accounts"]["spare"] = {"provider": "ark", "key": "env:SEEDWATCH_TEST_NO_SUCH_KEY"}
    desk.config.write_text(json.dumps(config))
    result = desk("check")
    assert result.exit_code == 0
    assert result.stderr.startswith("Warning: ")


def test_a_provider_that_is_not_built_yet(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a warning; only the folders that use it stand still."""
    monkeypatch.setattr(own_catalog, "BUILT", ("ark",))
    config = json.loads(desk.config.read_text())
    config["accounts"]["later"] = {"provider": "openai", "key": "none"}
    config["folders"][1]["rule"]["account"] = "later"
    desk.config.write_text(json.dumps(config))
    result = desk("check")
    assert result.exit_code == 0
    assert "openai" in result.stderr


def test_an_unknown_model(desk: Desk) -> None:
    """A model that the catalog does not know is a warning."""
    desk.rule = {"model": "ep-20260101-abcde", "size": "2K"}
    desk.configure()
    result = desk("check")
    assert result.exit_code == 0
    assert "ep-20260101-abcde" in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_inbox(desk: Desk) -> None:
    """An inbox that cannot be written is a problem."""
    desk.inbox.chmod(0o500)
    try:
        assert desk("check").exit_code == 1
    finally:
        desk.inbox.chmod(0o700)


def test_damaged_queue(desk: Desk) -> None:
    """A damaged database is one of the problems."""
    (desk.base / "state").mkdir()
    (desk.base / "state" / "queue.db").write_bytes(b"no database" * 1000)
    result = desk("check")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize(("free", "code"), [(100 << 20, 1), (700 << 20, 0), (5 << 30, 0)])
def test_disk_space(desk: Desk, monkeypatch: pytest.MonkeyPatch, free: int, code: int) -> None:
    """Too little room for an answer is a problem, little room a warning."""
    monkeypatch.setattr(checks, "free_bytes", lambda _: free)
    result = desk("check")
    assert result.exit_code == code
    assert bool(result.stderr) == (free < 1 << 30)


def test_failed_on_another_file_system(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where sources have to be copied to done/ or failed/, that is a warning."""
    if Path("/dev/shm").stat().st_dev == desk.base.stat().st_dev:
        pytest.skip("no second file system here")
    elsewhere = Path("/dev/shm") / f"seedwatch-check-{os.getpid()}"
    elsewhere.mkdir()
    try:
        desk.folder = {"failed": str(elsewhere)}
        desk.configure()
        found = desk.json("check")
        assert found["ok"]
        assert found["folders"][0]["rename"] == "copies"
        assert str(elsewhere) in found["warnings"][0]
        assert list(elsewhere.iterdir()) == []
    finally:
        elsewhere.rmdir()


@pytest.mark.fault(24)
def test_a_share_that_hangs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that does not answer is a line; the others are looked at all the same."""
    go_on = threading.Event()
    real = file_system_of

    def hanging(path: Path) -> FileSystem:
        if path == desk.inbox:
            go_on.wait(30)
        return real(path)

    monkeypatch.setattr(checks, "file_system_of", hanging)
    monkeypatch.setattr(checks, "_SILENCE_S", 0.5)
    result = desk("check")
    go_on.set()

    assert result.exit_code == 1
    assert str(desk.inbox) in result.stderr
    assert "does not answer" in result.stderr
    assert "words" in result.stdout


def test_a_folder_without_events(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system promises events and none come, `check` says that it is polled."""
    monkeypatch.setattr(checks, "hears", lambda _directory: False)
    desk.folder = {"watch": "events"}
    desk.configure()
    found = desk.json("check")

    assert found["folders"][0]["watch"] == "poll"
    assert str(desk.inbox) in found["warnings"][0]
