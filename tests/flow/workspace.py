"""A small studio for flow tests: one folder, one account at the simulator, and its census."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

from seedwatch.audit.findings import Report
from seedwatch.cli.commands.audit import look
from seedwatch.config.settings import load_settings
from seedwatch.daemon.supervisor import run_daemon
from seedwatch.simulator import RunningSimulator
from seedwatch.store import DATABASE
from seedwatch.store.sqlite import SqliteStore
from tests.canary import KEY as CANARY_KEY
from tests.decoders import decoders

PHOTOS = Path(__file__).parents[2] / "seedwatch" / "demo" / "photos"
MODEL = "doubao-seedream-4-5-251128"


@dataclass
class Workspace:
    """A configured directory; `rule` and `folder` are merged into its YAML as JSON."""

    base: Path
    simulator: RunningSimulator
    rule: dict[str, Any] = field(default_factory=dict)
    folder: dict[str, Any] = field(default_factory=dict)
    account: dict[str, Any] = field(default_factory=dict)
    grace: str = "10s"
    known_problems: set[str] = field(default_factory=set)
    """kinds of findings that a test made on purpose"""

    def __post_init__(self) -> None:
        self.inbox.mkdir(parents=True, exist_ok=True)
        self.key_file.touch(mode=0o600)
        self.key_file.write_text(CANARY_KEY)
        self.configure()

    @property
    def inbox(self) -> Path:
        return self.base / "shop" / "inbox"

    @property
    def outbox(self) -> Path:
        return self.base / "shop" / "outbox"

    @property
    def done(self) -> Path:
        return self.base / "shop" / "done"

    @property
    def failed(self) -> Path:
        return self.base / "shop" / "failed"

    @property
    def config(self) -> Path:
        return self.base / "config.yaml"

    @property
    def log(self) -> Path:
        """What daemons in processes of their own have said."""
        return self.base / "daemon.log"

    @property
    def key_file(self) -> Path:
        return self.base / "sim.key"

    def configure(self, **rule: Any) -> None:
        """Write config.yaml; JSON is YAML."""
        self.rule = (
            {
                "account": "sim",
                "mode": "image-to-image",
                "model": MODEL,
                "prompt": "make it rain",
                "size": "2K",
            }
            | self.rule
            | rule
        )
        account = {
            "provider": "ark",
            "base_url": f"{self.simulator.url}/ark/api/v3",
            "key": f"file:{self.key_file}",
        } | self.account
        folder = {
            "name": "shop",
            "inbox": "shop/inbox",
            "settle": "100ms",
            "poll_interval": "200ms",
            "cold_start": "unlimited",
        } | self.folder
        settings = {
            "state_dir": "./state",
            "language": "en",
            "grace": self.grace,
            "accounts": {"sim": account},
            "folders": [folder | {"rule": self.rule}],
        }
        self.config.write_text(json.dumps(settings, indent=1))

    def drop(self, photo: str, name: str = "") -> Path:
        """Copy a real photograph into the inbox, as a person does."""
        target = self.inbox / (name or photo)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PHOTOS / photo, target)
        return target

    def run(self) -> int:
        """The daemon in this process until nothing is left to do; its exit code."""
        settings = load_settings(self.config)
        return asyncio.run(run_daemon(settings, until_idle=True, children=decoders()))

    def stop_in_call(self) -> None:
        """Run until a request was accepted, then end at once."""
        self.stop_when(lambda: bool(self.simulator.ledger()))

    def stop_when(self, is_time: Callable[[], bool]) -> None:
        """Run until it is time, then end at once, as a second signal does.

        Nothing is written after that, so that the next start finds what a kill leaves.
        """

        async def run() -> None:
            settings = load_settings(self.config)
            daemon = asyncio.create_task(run_daemon(settings, until_idle=True, children=decoders()))
            while not await asyncio.to_thread(is_time):
                assert not daemon.done(), "it ended before"
                await asyncio.sleep(0.01)
            daemon.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await daemon

        asyncio.run(run())

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """The daemon in a process of its own while the block runs; stopped by SIGTERM after it."""
        process = self.start(is_until_idle=False)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)

    def until(self, query: str, most_s: float = 20.0) -> None:
        """Wait until the query gives a row; the daemon's own commits are what it waits for."""
        end = time.monotonic() + most_s
        while time.monotonic() < end:
            with contextlib.suppress(apsw.Error):
                if self.rows(query):
                    return
            time.sleep(0.02)
        raise TimeoutError(query)

    def decide(self, decision: Callable[[SqliteStore], Awaitable[object]]) -> None:
        """A person's decision, written as the command line writes it."""

        async def write() -> None:
            store = await SqliteStore.open(self.base / "state" / DATABASE)
            await decision(store)
            await store.close()

        asyncio.run(write())

    def start(self, *, is_until_idle: bool = True, **environment: str) -> subprocess.Popen[str]:
        """The daemon in a process of its own."""
        command = [sys.executable, "-m", "seedwatch", "-c", str(self.config), "run"]
        command += ["--until-idle"] if is_until_idle else []
        with self.log.open("a") as log:  # a pipe that nobody reads would fill and stop it
            return subprocess.Popen(
                command, env=os.environ | environment, stdout=log, stderr=log, text=True
            )

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the queue, read only."""
        database = str(self.base / "state" / "queue.db")
        connection = apsw.Connection(database, flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(5000)
        try:
            return list(connection.execute(query, values))
        finally:
            connection.close()

    def states(self) -> dict[str, int]:
        """How many tasks are in each state."""
        return dict(self.rows("SELECT state, count(*) FROM tasks GROUP BY state"))

    def results(self) -> list[Path]:
        """Every picture in the outbox; a write cut by a kill leaves a hidden part, no result."""
        return sorted(
            path
            for path in self.outbox.rglob("*")
            if path.is_file() and path.suffix != ".json" and not path.name.startswith(".seedwatch")
        )

    def sidecar(self, result: Path) -> dict[str, Any]:
        """What stands beside a result."""
        told: dict[str, Any] = json.loads(result.with_name(result.name + ".json").read_text())
        return told

    def census(self) -> dict[str, list[str]]:
        """sha256 -> where such bytes lie (inbox, done, failed), our own small files left out."""
        found: dict[str, list[str]] = {}
        for area in (self.inbox, self.done, self.failed):
            for path in sorted(area.rglob("*")) if area.exists() else []:
                is_ours = path.name.startswith(".seedwatch") or path.name.endswith(".error.txt")
                if path.is_file() and not is_ours:
                    digest = hashlib.sha256(path.read_bytes()).hexdigest()
                    found.setdefault(digest, []).append(area.name)
        return found

    def audit(self) -> Report:
        """What `seedwatch audit` finds here, with the same code."""
        return look(load_settings(self.config))

    def torn_results(self) -> list[Path]:
        """Results whose bytes are not those their sidecar names."""
        return [
            result
            for result in self.results()
            if self.sidecar(result)["result"]["sha256"]
            != hashlib.sha256(result.read_bytes()).hexdigest()
        ]
