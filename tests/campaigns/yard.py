"""A workspace that is worked on by a careless person, a daemon in a process, and bad luck.

Each method is one thing that may happen; `check` says what must hold once all is quiet. Files are
changed as people change them, whether a daemon runs or not.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from seedwatch.audit.findings import Finding
from seedwatch.simulator import RunningSimulator
from seedwatch.store import DATABASE
from tests.campaigns.apart import Share
from tests.flow.workspace import Workspace

MODEL = "doubao-seedream-4-0-250828"
RULES: dict[str, dict[str, Any]] = {
    "pictures": {"model": MODEL, "size": "1K"},
    "words": {"model": MODEL, "size": "1K", "mode": "text-to-image", "prompt": "{text}"},
    "apimart": {
        "model": "doubao-seedance-4-5",
        "size": "1:1",
        "mode": "text-to-image",
        "prompt": "{text}",
    },
    "videos": {
        "model": "doubao-seedance-1-0-pro-250528",
        "mode": "text-to-video",
        "prompt": "{text}",
        "size": "16:9",
        "resolution": "480p",
        "options": {"duration": 2},
    },
}
MOUNTS = {"apimart": "/apimart/v1"}
SETTLED_NOTES = {"source-gone", "copy-missing", "spool-spare"}
"""what may be left when all is quiet; anything else that is pending is not"""


class Yard:
    """One workspace at one service; `kind` is a key of RULES; `is_quick` makes long waits short."""

    def __init__(
        self, base: Path, simulator: RunningSimulator, kind: str, *, is_quick: bool = True
    ) -> None:
        simulator.reset()
        simulator.move_switches({"ark.lists_per_s": 0})
        self.simulator, self.kind, self.is_quick = simulator, kind, is_quick
        self.share = Share(base / "shop", base / "backing")
        provider = "apimart" if kind == "apimart" else "ark"
        account = {
            "provider": provider,
            "base_url": simulator.url + MOUNTS.get(kind, "/ark/api/v3"),
            "poll": {"first": "100ms", "every": "100ms"},
            "concurrency": 4,
        }
        self.workspace = Workspace(base, simulator, RULES[kind], account=account)
        self.daemon: subprocess.Popen[str] | None = None
        self.offset_s = 0.0
        self.number = 0
        self.contents: dict[str, str] = {}
        """sha256 -> what the service's ledger calls it: the same digest, or the prompt"""
        self.destroyed: set[str] = set()
        self.unsent: set[str] = set()
        self.planted: dict[Path, str] = {}
        self.released: set[int] = set()
        self.strays: list[str] = []
        self.journal: list[str] = []

    # --- a person ------------------------------------------------------------------------------

    def _made(self) -> bytes:
        """A new input with bytes of its own."""
        self.number += 1
        if self.kind != "pictures":
            prompt = f"a fox, number {self.number}"
            content = f"{prompt}\n".encode()
            self.contents[_sha(content)] = prompt
            return content
        place = self.workspace.base / "new.png"
        number = self.number
        Image.new("RGB", (64, 48), (number % 256, number // 256, 7)).save(place)
        content = place.read_bytes()
        self.contents[_sha(content)] = _sha(content)
        return content

    def _files(self, area: str = "inbox") -> list[Path]:
        """Files of a person in one of the folders, as they lie there now."""
        root: Path = getattr(self.workspace, area)
        return sorted(
            path
            for path in root.rglob("*")
            if path.is_file()
            and not path.name.startswith(".seedwatch")
            and not path.name.startswith("rule.yaml")
            and not path.name.endswith(".error.txt")
        )

    def _chosen(self, index: int, area: str = "inbox") -> Path | None:
        files = self._files(area)
        return files[index % len(files)] if files else None

    def drop(self, folder: str = "") -> None:
        """A new file, whole at once."""
        if not self.share.is_there:
            return
        content = self._made()
        suffix = "png" if self.kind == "pictures" else "txt"
        self._put(content, self.workspace.inbox / folder / f"f{self.number:03}.{suffix}")

    def _put(self, content: bytes, target: Path) -> None:
        """Bring bytes to a name in one step, as a careful program saves."""
        target.parent.mkdir(parents=True, exist_ok=True)
        self._note_lost(target)
        hidden = target.with_name(f".part-{self.number}")
        hidden.write_bytes(content)
        hidden.replace(target)

    def _note_lost(self, path: Path) -> None:
        """A person is about to take these bytes away."""
        try:
            sha256 = _sha(path.read_bytes())
        except OSError:
            return
        self.destroyed.add(sha256)
        copies = self.workspace.census().get(sha256, [])
        is_quiet = self.daemon is None and len(copies) == 1
        if is_quiet and not self._attempts(sha256) and path.parent.name != "failed":
            self.unsent.add(sha256)

    def edit(self, index: int) -> None:
        """Other bytes under the same name."""
        path = self._chosen(index)
        if path is not None and self.share.is_there:
            self._put(self._made(), path)

    def rename(self, index: int) -> None:
        """Another name in the inbox."""
        path = self._chosen(index)
        if path is not None:
            self.number += 1
            _quietly(path.rename, path.with_name(f"r{self.number:03}{path.suffix}"))

    def delete(self, index: int) -> None:
        """Take a file out of the inbox."""
        path = self._chosen(index)
        if path is not None:
            self._note_lost(path)
            _quietly(path.unlink)

    def link(self, index: int) -> None:
        """A second name of one file."""
        path = self._chosen(index)
        if path is not None:
            self.number += 1
            _quietly(os.link, path, path.with_name(f"l{self.number:03}{path.suffix}"))

    def drop_again(self, index: int) -> None:
        """A copy of something that is done, under its old name."""
        path = self._chosen(index, "done")
        if path is not None:
            target = self.workspace.inbox / path.name
            if not target.exists():
                _quietly(shutil.copyfile, path, target)

    def bring_back(self, index: int, area: str = "failed") -> None:
        """Move a source back to the inbox by hand."""
        path = self._chosen(index, area)
        if path is not None and path not in self.planted:
            target = self.workspace.inbox / path.name
            if not target.exists():
                _quietly(path.rename, target)

    def plant(self, index: int) -> None:
        """A file of a person where a result or a source is about to go."""
        path = self._chosen(index)
        if path is None:
            return
        self.number += 1
        for target in (
            self.workspace.outbox / f"{path.stem}_1.jpeg",
            self.workspace.done / path.name,
        ):
            content = f"mine, {self.number}".encode()
            target.parent.mkdir(exist_ok=True)
            if not target.exists():
                with target.open("xb") as file:
                    file.write(content)
                self.planted[target] = _sha(content)

    def rule(self, text: str) -> None:
        """Write, break or remove rule.yaml."""
        path = self.workspace.inbox / "rule.yaml"
        if self.share.is_there:
            if text:
                path.write_text(text)
            else:
                path.unlink(missing_ok=True)

    def pause(self) -> None:
        """Stop sending."""
        if (self.workspace.base / "state" / DATABASE).exists():
            self.workspace.decide(lambda store: store.pause("account", "sim", "paused", "", None))

    def resume(self) -> None:
        """Go on."""
        if (self.workspace.base / "state" / DATABASE).exists():
            self.workspace.decide(lambda store: store.resume("account", "sim"))

    def release(self) -> None:
        """Let everything go on that is held: it may be paid again, and a person said so."""
        held = self._rows("SELECT id FROM tasks WHERE state = 'held'")
        ids = [row[0] for row in held]
        if ids:
            self.released |= set(ids)
            self.workspace.decide(lambda store: store.release(ids))

    # --- bad luck ------------------------------------------------------------------------------

    def fault(self, fault: dict[str, Any]) -> None:
        """The service misbehaves."""
        self.simulator.post_faults([fault])

    def start(self) -> None:
        """A daemon begins to run beside everything else."""
        if self.daemon is None:
            self.daemon = self._launch(is_until_idle=False)

    def kill(self) -> None:
        """SIGKILL to the daemon that runs."""
        if self.daemon is not None:
            self.daemon.send_signal(signal.SIGKILL)
            self.daemon.wait(30)
            self.daemon = None

    def killed_at(self, point: str) -> None:
        """A run that ends at a kill point, if it comes to it."""
        self.kill()
        process = self._launch(is_until_idle=True, SEEDWATCH_KILL_AT=point)
        assert process.wait(90) in (0, 3, -signal.SIGKILL), self.tail()

    def wait(self, seconds: float) -> None:
        """Let things take their course."""
        if self.daemon is not None:
            time.sleep(seconds)

    def shift(self, offset_s: float) -> None:
        """The wall clock of daemons that start from now on is off."""
        self.offset_s = offset_s

    def unmount(self) -> None:
        """The share is away."""
        self.share.go()

    def mount(self) -> None:
        """It is back; nothing may have been written in its place."""
        self.strays += self.share.come()

    # --- the end -------------------------------------------------------------------------------

    def settle(self) -> int:
        """Everything is as it should be again; run until nothing is left to do."""
        self.mount()
        self.kill()
        self.rule("")
        self.resume()
        process = self._launch(is_until_idle=True)
        code = process.wait(120)
        assert code in (0, 3), self.tail()
        return code

    def close(self) -> None:
        """End what runs and leave nothing mounted."""
        self.kill()
        self.share.go()

    def _launch(self, *, is_until_idle: bool, **environment: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.campaigns.shifted", str(self.offset_s)]
        command.append("quick" if self.is_quick else "real")
        command += ["-c", str(self.workspace.config), "run"]
        command += ["--until-idle"] if is_until_idle else []
        with self.workspace.log.open("a") as log:
            return subprocess.Popen(
                command, env=os.environ | environment, stdout=log, stderr=log, text=True
            )

    def tail(self) -> str:
        """The last words of the daemons."""
        return self.workspace.log.read_text()[-6000:]

    # --- what must hold ------------------------------------------------------------------------

    def check(self) -> list[str]:
        """Everything that does not hold; to be asked when all is quiet."""
        return [*self._audit(), *self._is_over(), *self._files_hold(), *self._money_holds()]

    def _was_by_hand(self, finding: Finding) -> bool:
        """Brought back from done or failed, and taken away before anybody looked."""
        rows = self._rows("SELECT sha256 FROM jobs WHERE id = ?", finding.job_id)
        is_source = finding.kind in {"source-missing", "source-changed"}
        return is_source and rows[0][0] in self.destroyed

    def _is_over(self) -> Iterator[str]:
        """What is not final is held for a person; every source that is finished left its inbox."""
        for row in self._rows(
            "SELECT id, state, reason, run_at FROM tasks "
            "WHERE state IN ('ready', 'running', 'waiting')"
        ):
            yield f"not over: task {row}"
        for row in self._rows(
            "SELECT id, path, retire_at, retire_note FROM jobs "
            "WHERE settled_at IS NOT NULL AND retired_at IS NULL"
        ):
            yield f"not over: job {row}"

    def _audit(self) -> Iterator[str]:
        for finding in self.workspace.audit().findings:
            is_told = finding.is_problem or finding.kind not in SETTLED_NOTES
            if is_told and not self._was_by_hand(finding):
                yield f"audit: {finding.kind}: {_named(finding)}"

    def _files_hold(self) -> Iterator[str]:
        census = self.workspace.census()
        for sha256 in self.contents.keys() - self.destroyed - census.keys():
            yield f"P1: lost: {self.contents[sha256]}"
        for path, sha256 in self.planted.items():
            if not path.exists() or _sha(path.read_bytes()) != sha256:
                yield f"P8: not as it was planted: {path}"
        for path in self.workspace.torn_results() if not self.planted else ():
            yield f"P7: torn: {path}"
        for stray in self.strays:
            yield f"P11: written in place of the share: {stray}"

    def _money_holds(self) -> Iterator[str]:
        accepted = Counter(
            row["refs"][0] if self.kind == "pictures" else row["prompt"]
            for row in self.simulator.ledger()
        )
        attempts = dict(
            self._rows(
                "SELECT jobs.sha256, count(*) FROM attempts JOIN tasks ON tasks.id = task_id "
                "JOIN jobs ON jobs.id = job_id WHERE attempts.state <> 'not_sent' "
                "GROUP BY jobs.sha256"
            )
        )
        for sha256, key in self.contents.items():
            if accepted[key] > attempts.get(sha256, 0):
                yield f"P3: {key}: {accepted[key]} accepted, {attempts.get(sha256, 0)} on record"
        for sha256 in self.unsent:
            if accepted[self.contents[sha256]]:
                yield f"P20: {self.contents[sha256]} was taken away before it was sent"
        booked = dict(self._rows("SELECT kind, count(*) FROM ledger GROUP BY kind"))
        charged, uncertain = booked.get("charged", 0), booked.get("uncertain", 0)
        total = sum(accepted.values())
        if not charged <= total <= charged + uncertain + self._failed_there():
            yield f"ledger: {total} accepted, {charged} charged, {uncertain} uncertain"
        for task_id, count in self._rows(
            "SELECT task_id, count(*) FROM attempts WHERE state IN ('accepted', 'unknown') "
            "GROUP BY task_id HAVING count(*) > 1"
        ):
            if task_id not in self.released:
                yield f"P5: task {task_id} may be paid {count} times, and nobody said so"

    def _failed_there(self) -> int:
        """Submits that the service took and then failed."""
        rows = self._rows("SELECT count(*) FROM attempts WHERE state = 'failed'")
        return int(rows[0][0]) if rows else 0

    def _attempts(self, sha256: str) -> list[tuple[Any, ...]]:
        query = (
            "SELECT attempts.id FROM attempts JOIN tasks ON tasks.id = task_id "
            "JOIN jobs ON jobs.id = job_id WHERE jobs.sha256 = ? AND attempts.state <> 'not_sent'"
        )
        return self._rows(query, sha256)

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        if not (self.workspace.base / "state" / DATABASE).exists():
            return []
        return self.workspace.rows(query, *values)


def _named(finding: Finding) -> str:
    return f"{finding.what} {finding.more}".strip()


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _quietly(act: Any, *args: Any) -> None:
    """What a person does may come too late: the daemon has moved the file."""
    try:
        act(*args)
    except (FileNotFoundError, FileExistsError):
        return
