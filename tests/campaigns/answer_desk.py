"""One worker at a service that answers as it is told: real connections, queue, spool and outbox.

Under it lies a TCP server of this process, beside it the product's own `execute`. What a case does
is: open a job, claim it, carry it, look again while it waits; then `Ending` is what became of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import apsw
import structlog

from seedwatch import logs
from seedwatch.config.settings import load_settings
from seedwatch.outbox.spool import Spool
from seedwatch.records import Generation, Member, Mode, NewJob, NewTask, Rule, Source
from seedwatch.store import DATABASE
from seedwatch.store.base import AccountRoom
from seedwatch.store.sqlite import SqliteStore
from seedwatch.worker.accounts import Account
from seedwatch.worker.execute import execute
from seedwatch.worker.workplace import Folder, Workplace
from tests.campaigns.fuzzing import Violation
from tests.campaigns.strange import CANARY

_WORDS = b"a fox in the snow\n"
_NO_MORE = b'HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n{"total":1,"items":[]}'
_MOST_LOOKS = 4
_STEP_S = 4000.0
_CASE_S = 30.0


@dataclass(frozen=True)
class Line:
    """One account, and what is asked of it."""

    provider: str
    mount: str
    model: str
    rule: dict[str, Any] = field(default_factory=dict)
    mode: Mode = "text-to-image"

    def generation(self) -> Generation:
        """One generation of its model."""
        return Generation(self.mode, self.model, "a fox", **self.rule)


@dataclass
class Script:
    """What the service answers in one case: whole HTTP messages, byte by byte."""

    submit: bytes = b""
    looks: list[bytes] = field(default_factory=list)
    listed: bytes = b""
    result: bytes = b""
    posts: list[str] = field(default_factory=list)
    """what each paid request was: its idempotency key and its body, or its number"""
    looked: int = 0


class Service:
    """Answers every request from the script of the present case; each on its own connection."""

    def __init__(self) -> None:
        self.script = Script()
        self.keys_at_results = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        """Listen; returns the origin."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = head.partition("content-length: ")[2].partition("\r")[0]
            body = await reader.readexactly(int(length or 0))
            method, target, _ = head.split(" ", 2)
            writer.write(self._answer(method, target, head, body))
            await writer.drain()
        with contextlib.suppress(ConnectionError):
            writer.close()

    def _answer(self, method: str, target: str, head: str, body: bytes) -> bytes:
        script = self.script
        if method == "post":
            key = head.partition("idempotency-key: ")[2].partition("\r")[0]
            name = f"{key} {hashlib.sha256(body).hexdigest()}"
            script.posts.append(name if key else str(len(script.posts)))
            return script.submit
        if "/files" in target:
            self.keys_at_results += "authorization:" in head
            return script.result
        if "?" in target:
            return script.listed if "page_num=1&" in target + "&" else _NO_MORE
        script.looked += 1
        return script.looks[min(script.looked, len(script.looks)) - 1] if script.looks else b""


@dataclass(frozen=True)
class Ending:
    """What became of the task of a case."""

    state: str
    reason: str
    error: str
    message: str
    posts: int

    @property
    def kind(self) -> str:
        return " ".join(filter(None, (self.state, self.reason, self.error)))


class Clock:
    """Seconds since 1970 that pass when a case says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def nowhere(host: str, port: int) -> list[str]:
    """No case may leave this machine: every name leads to a private address."""
    del port
    if len(host) % 2:
        raise OSError(f"no such host {host}")
    return ["10.255.255.1"]


class Desk:
    """The worker; `async with` opens and closes everything."""

    def __init__(self, base: Path, lines: dict[str, Line]) -> None:
        self._base = base
        self._lines = lines
        self._clock = Clock()
        self.service = Service()
        self.log = io.StringIO()
        self.origin = ""

    async def __aenter__(self) -> Self:
        self.origin = await self.service.start()
        settings = load_settings(self._configured())
        self._before = structlog.get_config()
        logs.set_up(self.log)
        accounts = {name: Account.of(account) for name, account in settings.accounts.items()}
        for account in accounts.values():
            await account.key.load()
            account.memory.list_turns.every_s = 0.0
            for absences in (account.memory.lost, account.memory.unlisted):
                absences._span_s = 0.0
            downloads: Any = account.transport._downloads
            backend = downloads._client._transport._pool._network_backend
            backend._resolve = nowhere
        (folder,) = (Folder.of(each) for each in settings.folders)
        folder.roots.make_missing()
        store = await SqliteStore.open(settings.state_dir / DATABASE, self._clock)
        spool = Spool(settings.state_dir / "spool")
        spool.prepare()
        self._place = Workplace(store, spool, accounts, {"f": folder}, clock=self._clock)
        self._reader = apsw.Connection(
            str(settings.state_dir / DATABASE), flags=apsw.SQLITE_OPEN_READONLY
        )
        self._member = self._dropped(folder)
        return self

    async def __aexit__(self, *_: object) -> None:
        structlog.configure(**self._before)
        self._reader.close()
        for account in self._place.accounts.values():
            await account.transport.close()
        await self._place.store.close()
        await self.service.stop()

    def _configured(self) -> Path:
        key = self._base / "key"
        key.touch(mode=0o600)
        key.write_text(CANARY)
        accounts = {
            name: {
                "provider": line.provider,
                "base_url": self.origin + line.mount,
                "key": f"file:{key}",
                "timeout": "20s",
            }
            for name, line in self._lines.items()
        }
        first = next(iter(self._lines))
        rule = {"account": first, "model": self._lines[first].model, "mode": "text-to-image"}
        rule["prompt"] = "{text}"
        (self._base / "inbox").mkdir()
        told = {
            "state_dir": "./state",
            "language": "en",
            "accounts": accounts,
            "folders": [{"name": "f", "inbox": "inbox", "rule": rule}],
        }
        config = self._base / "config.yaml"
        config.write_text(json.dumps(told))
        return config

    def _dropped(self, folder: Folder) -> Member:
        path = folder.roots.inbox.path / "one.txt"
        path.write_bytes(_WORDS)
        identity = folder.roots.inbox.identity("one.txt")
        assert identity is not None
        digest = folder.roots.inbox.sha256("one.txt")
        assert digest is not None
        sizes = (identity.byte_count, identity.mtime_ns, identity.ino)
        return Member("one.txt", *sizes, digest, "lines")

    async def carry(self, name: str, number: int, script: Script, expected: int) -> Ending:
        """Run one case to its end.

        Raises:
            Violation: it does not end, or is not handed out.
        """
        line, store = self._lines[name], self._place.store
        self.service.script = script
        await self._resume(name)
        rule = Rule(account=name, mode=line.mode, model=line.model, prompts=("p",))
        task = NewTask(1, "k", line.generation(), expected_outputs=expected)
        source = Source("f", f"case-{number}.txt", "text", (self._member,))
        await store.open_jobs([NewJob(source, rule, (task,))])
        task_id = 0
        for _ in range(_MOST_LOOKS):
            claims = await store.claim(AccountRoom(name, 4, None, 4), 3600.0)
            if not claims:
                break
            (claim,) = claims
            task_id = claim.task_id
            try:
                async with asyncio.timeout(_CASE_S):
                    await execute(claim, self._place)
            except TimeoutError as error:
                raise Violation("it does not end") from error
            self._clock.now += _STEP_S
            if self.row(task_id)["state"] != "waiting":
                break
            await self._resume(name)
        if not task_id:
            raise Violation("nothing was handed out")
        return await self._end(task_id, script)

    async def _resume(self, name: str) -> None:
        await self._place.store.resume("account", name)
        await self._place.store.resume_models()

    async def _end(self, task_id: int, script: Script) -> Ending:
        row = self.row(task_id)
        ending = Ending(
            row["state"],
            row["reason"],
            row["error_class"] or "",
            row["error_message"] or "",
            len(set(script.posts)),
        )
        await self._place.store.cancel([task_id])  # a person's hand: the next case is alone
        return ending

    def row(self, task_id: int) -> dict[str, Any]:
        """The task as the database has it."""
        (row,) = self._rows("SELECT * FROM tasks WHERE id = ?", task_id)
        return row

    def told(self) -> str:
        """Everything that database, log and outbox tell of the latest task."""
        (task,) = self._rows("SELECT max(id) AS id FROM tasks")
        number = task["id"]
        rows = [
            *self._rows("SELECT * FROM tasks WHERE id = ?", number),
            *self._rows("SELECT * FROM attempts WHERE task_id = ?", number),
            *self._rows("SELECT * FROM events WHERE task_id = ?", number),
            *self._rows("SELECT * FROM outputs WHERE task_id = ?", number),
            *self._rows("SELECT * FROM ledger WHERE task_id = ?", number),
        ]
        sidecars = [path.read_text() for path in self.outbox.glob("*.json")]
        return "\n".join([repr(rows), *sidecars])

    def _rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        cursor = self._reader.cursor()
        found = cursor.execute(query, values)
        return [dict(zip((c[0] for c in cursor.description), row, strict=True)) for row in found]

    @property
    def outbox(self) -> Path:
        return self._base / "outbox"

    @property
    def spool(self) -> Path:
        return self._base / "state" / "spool"

    def tidy(self) -> None:
        """What the case left in spool, outbox and log."""
        for folder in (self.spool, self.outbox):
            for path in folder.iterdir():
                path.unlink()
        self.log.seek(0)
        self.log.truncate()
