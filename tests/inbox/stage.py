"""A stage for tests of intake: a real inbox, a real store, and the watch between them."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
from PIL import Image

from seedwatch.config.effective import FolderSettings, Settings
from seedwatch.config.settings import load_settings
from seedwatch.inbox.folder import FolderWatch
from seedwatch.inbox.lease import Leases
from seedwatch.store.base import FolderReport
from seedwatch.store.sqlite import SqliteStore
from tests.decoders import decoders

MODEL = "doubao-seedream-4-5-251128"
_PATIENCE_S = 10.0


def picture(width: int = 64, height: int = 48, colour: str = "red", kind: str = "JPEG") -> bytes:
    """A small whole picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, kind)
    return buffer.getvalue()


class WatchedStore(SqliteStore):
    """The real store; remembers the folder's report, and wakes those who wait for a change."""

    reports: list[FolderReport]

    async def save_folder(self, report: FolderReport) -> None:
        """Save, and remember."""
        self.reports.append(report)
        await super().save_folder(report)


@dataclass
class Stage:
    """One configured folder; `folder` and `rule` are merged into its configuration."""

    base: Path
    folder: dict[str, Any] = field(default_factory=dict)
    rule: dict[str, Any] = field(default_factory=dict)
    has_inbox: bool = True

    def __post_init__(self) -> None:
        for name in ("inbox", "done", "failed", "state") if self.has_inbox else ("state",):
            (self.base / name).mkdir(exist_ok=True)

    @property
    def inbox(self) -> Path:
        return self.base / "inbox"

    def settings(self) -> Settings:
        """The configuration as the daemon would load it; JSON is YAML."""
        rule = {
            "account": "ark",
            "mode": "image-to-image",
            "model": MODEL,
            "prompt": "make it rain",
            "size": "2K",
        }
        folder = {
            "name": "shop",
            "inbox": "inbox",
            "outbox": "outbox",
            "done": "done",
            "failed": "failed",
            "watch": "poll",
            "poll_interval": "100ms",
            "settle": "100ms",
        }
        rule = {k: v for k, v in (rule | self.rule).items() if v is not None}
        config = {
            "accounts": {"ark": {"provider": "ark", "key": "none"}},
            "folders": [folder | self.folder | {"rule": rule}],
        }
        path = self.base / "config.yaml"
        path.write_text(json.dumps(config))
        return load_settings(path)

    def folder_settings(self) -> FolderSettings:
        return self.settings().folders[0]

    def drop(self, name: str | bytes, content: bytes | str = b"") -> Path:
        """Put a file into the inbox (a picture, unless its content is given)."""
        path = self.inbox / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((content.encode() if isinstance(content, str) else content) or picture())
        return path

    @contextlib.asynccontextmanager
    async def watching(self, *, until_idle: bool = False) -> AsyncIterator[Watching]:
        """The watch at work; it is stopped at the end."""
        settings = self.settings()
        store = await WatchedStore.open(self.base / "state" / "queue.db")
        assert isinstance(store, WatchedStore)
        store.reports = []
        folder, leases = settings.folders[0], Leases(settings.state_dir)
        lease = leases.of(folder.inbox)
        watch = FolderWatch(folder, settings, store, decoders(), until_idle=until_idle, lease=lease)
        stopping = asyncio.Event()
        running = asyncio.create_task(watch.run(stopping))
        at_work = Watching(self, watch, store, stopping, running)
        try:
            yield at_work
        finally:
            stopping.set()
            await running
            await leases.release()
            await store.close()

    def run(self) -> Outcome:
        """Watch until nothing is on its way any more."""

        async def until_idle() -> Outcome:
            async with self.watching(until_idle=True) as at_work:
                await at_work.until(lambda: at_work.watch.is_idle)
                return at_work.outcome()

        return asyncio.run(until_idle())

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the queue holds."""
        connection = apsw.Connection(
            str(self.base / "state" / "queue.db"), flags=apsw.SQLITE_OPEN_READONLY
        )
        try:
            return list(connection.execute(statement))
        finally:
            connection.close()


@dataclass
class Outcome:
    """What came of the content of an inbox."""

    sources: dict[str, tuple[str, ...]]
    """path -> the states of its tasks"""
    prompts: dict[str, tuple[str, ...]]
    references: dict[str, tuple[str, ...]]
    """path -> the references of its first task"""
    messages: dict[str, str]
    """path -> message of its failure"""
    reasons: dict[str, str]
    ignored: dict[str, str]
    state: str
    message: str


@dataclass
class Watching:
    """A watch at work, and how to wait for what it does."""

    stage: Stage
    watch: FolderWatch
    store: WatchedStore
    stopping: asyncio.Event
    running: asyncio.Task[None]

    async def until(self, is_so: Callable[[], bool], patience_s: float = _PATIENCE_S) -> None:
        """Wait, with a bound, until something is so."""
        async with asyncio.timeout(patience_s):
            while not is_so():
                if self.running.done():
                    await self.running
                await asyncio.sleep(0.01)

    async def until_recorded(self, count: int) -> list[str]:
        """Wait until the queue has that many jobs; returns the paths of all."""
        await self.until(lambda: len(self.paths()) >= count)
        return self.paths()

    def paths(self) -> list[str]:
        return [row[0] for row in self.stage.rows("SELECT path FROM jobs ORDER BY id")]

    async def until_state(self, state: str) -> None:
        """Wait until the folder is reported to be in that state."""
        await self.until(lambda: bool(self.store.reports) and self.store.reports[-1].state == state)

    def report(self) -> FolderReport:
        """What was reported last, held back or not."""
        reporter = self.watch._reporter
        nothing = FolderReport("shop", "", "poll", "unavailable")
        return reporter._held_back or reporter._published or nothing

    def outcome(self) -> Outcome:
        rows = self.stage.rows(
            "SELECT j.path, t.state, t.generation, t.error_message, t.reason"
            " FROM jobs j LEFT JOIN tasks t ON t.job_id = j.id ORDER BY j.id, t.n"
        )
        report = self.report()
        outcome = Outcome({}, {}, {}, {}, {}, dict(report.ignored), report.state, report.message)
        for path, state, generation, message, reason in rows:
            wanted = json.loads(generation) if generation else {}
            outcome.sources[path] = (*outcome.sources.get(path, ()), state)
            prompts = outcome.prompts.get(path, ())
            outcome.prompts[path] = (*prompts, wanted.get("prompt", ""))
            references = tuple(found[1] for found in wanted.get("references", ()))
            outcome.references.setdefault(path, references)
            outcome.messages[path] = message or ""
            outcome.reasons[path] = reason or ""
        return outcome
