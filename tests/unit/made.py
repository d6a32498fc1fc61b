"""Records and files as the tests of this folder need them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seedwatch.lifecycle import State
from seedwatch.outbox.roots import Roots
from seedwatch.paths import Root
from seedwatch.records import (
    Claim,
    Failure,
    Generation,
    Member,
    MemberRole,
    Money,
    Output,
    Rule,
    SettledJob,
    Source,
    SourceKind,
)

MODEL = "doubao-seedream-4-0-250828"


def sha256(content: bytes) -> str:
    """Hex digest."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class Folders:
    """The four folders of one configured folder, on the real disk."""

    base: Path
    roots: Roots

    def drop(self, path: str, content: bytes = b"picture") -> Path:
        """Put a file into the inbox."""
        there = self.roots.inbox.absolute(path)
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(content)
        return there

    def source(
        self, path: str, *members: str, kind: SourceKind = "picture", roles: str = ""
    ) -> Source:
        """The source that lies in the inbox now."""
        members = members or (path,)
        taken = tuple(
            self.member(each, "prompt" if each in roles.split() else "picture") for each in members
        )
        return Source("shots", path, kind, taken)

    def member(self, path: str, role: MemberRole = "picture") -> Member:
        """A file of the inbox as it would be recorded."""
        there = self.roots.inbox.absolute(path)
        status = there.stat()
        digest = sha256(there.read_bytes())
        return Member(path, status.st_size, status.st_mtime_ns, status.st_ino, digest, role)

    def tree(self, root: Root) -> dict[str, bytes]:
        """Every file below a root: path -> content."""
        files = [path for path in root.path.rglob("*") if path.is_file()]
        return {str(path.relative_to(root.path)): path.read_bytes() for path in files}


def folders(base: Path, elsewhere: Path | None = None) -> Folders:
    """Make the four folders; `elsewhere` holds done and failed on another file system."""
    other = base if elsewhere is None else elsewhere
    roots = Roots(
        inbox=Root(base / "inbox"),
        outbox=Root(base / "outbox"),
        done=Root(other / "done"),
        failed=Root(other / "failed"),
    )
    for root in (roots.inbox, roots.outbox, roots.done, roots.failed):
        root.path.mkdir(parents=True)
    return Folders(base, roots)


def rule(**changes: Any) -> Rule:
    """A rule, with what the test is about."""
    told: dict[str, Any] = {"account": "ark", "mode": "image-to-image", "model": MODEL}
    return Rule(**(told | changes))


def generation(**changes: Any) -> Generation:
    """A generation, with what the test is about."""
    told: dict[str, Any] = {"mode": "text-to-image", "model": MODEL, "prompt": "PROMPT"}
    return Generation(**(told | changes))


def source(path: str = "photo.png", *members: Member, kind: SourceKind = "picture") -> Source:
    """A source that lies nowhere."""
    alone = Member(path, 7, 1, 1, sha256(b"picture"), "picture")
    return Source("shots", path, kind, members or (alone,))


def output(n: int = 1, content: bytes = b"result", **changes: Any) -> Output:
    """A picture of 4 x 3 pixels in the spool."""
    told: dict[str, Any] = {
        "n": n,
        "spool_name": f"{'a' * 32}.{n}",
        "sha256": sha256(content),
        "byte_count": len(content),
        "media_type": "image/jpeg",
        "width": 4,
        "height": 3,
    }
    return Output(**(told | changes))


def claim(**changes: Any) -> Claim:
    """A claim of the first task of a job, with what the test is about."""
    told: dict[str, Any] = {
        "task_id": 7,
        "token": "token",
        "job_id": 3,
        "index": 1,
        "task_count": 1,
        "key": "key",
        "generation": generation(),
        "rule": rule(),
        "source": source(),
        "attempt_count": 0,
        "unknown_count": 0,
        "expected_outputs": 1,
        "handle": None,
        "attempt_id": "a" * 32,
        "outputs": (),
        "reuse_of": None,
        "created_at": 1_700_000_000.0,
    }
    return Claim(**(told | changes))


def job(
    taken: Source,
    *states: State,
    failures: tuple[Failure, ...] = (),
    reasons: tuple[str, ...] = (),
    cost: Money | None = None,
    result_count: int = 0,
    **rule_changes: Any,
) -> SettledJob:
    """A job whose tasks ended in these states (one that is done, if none is named)."""
    return SettledJob(
        job_id=12,
        source=taken,
        rule=rule(**rule_changes),
        states=states or ("done",),
        failures=failures,
        reasons=reasons,
        cost=cost,
        result_count=result_count,
    )
