"""What an audit finds: problems, which make it fail, and notes, which settle by themselves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from seedwatch.records import RelPath
from seedwatch.texts import say

ProblemKind = Literal[
    "database-damaged",
    "history-broken",
    "job-incomplete",
    "counts-wrong",
    "charge-missing",
    "charge-unfounded",
    "charge-differs",
    "submit-adrift",
    "source-missing",
    "source-changed",
    "source-unseen",
    "card-missing",
    "result-missing",
    "result-changed",
    "result-orphan",
    "sidecar-missing",
    "paid-missing",
    "folder-away",
]
NoteKind = Literal[
    "source-gone",
    "source-in-part",
    "retire-pending",
    "work-pending",
    "copy-missing",
    "spool-spare",
    "part-left",
    "folder-unknown",
]
Kind = ProblemKind | NoteKind
PROBLEMS: Final[frozenset[str]] = frozenset(get_args(ProblemKind))
NOTES: Final[frozenset[str]] = frozenset(get_args(NoteKind))
MENDED: Final[frozenset[str]] = frozenset(
    {
        "source-missing",
        "source-changed",
        "card-missing",
        "result-missing",
        "result-changed",
        "sidecar-missing",
        "retire-pending",
        "part-left",
    }
)
"""What `--repair` does something about"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not add up; `what` names it (a path, a task, an attempt)."""

    kind: Kind
    what: str
    folder: str = ""
    job_id: int | None = None
    task_id: int | None = None
    n: int | None = None
    path: RelPath = ""
    """of the file, relative to its root"""
    place: str = ""
    """which root: inbox, outbox, done, failed"""
    more: str = ""
    """a detail of the sentence"""

    @property
    def is_problem(self) -> bool:
        """Whether the audit fails by it."""
        return self.kind in PROBLEMS

    @property
    def is_mended(self) -> bool:
        """Whether `--repair` does something about it."""
        return self.kind in MENDED

    @property
    def sentence(self) -> str:
        """What a person is told."""
        name = self.kind.replace("-", "_")
        return say(f"audit.found_{name}", what=self.what, more=self.more)

    def as_json(self) -> dict[str, Any]:
        """The object of `--json`."""
        return {
            "kind": self.kind,
            "what": self.what,
            "folder": self.folder or None,
            "job": self.job_id,
            "task": self.task_id,
            "message": self.sentence,
            "can_repair": self.is_mended,
        }


@dataclass(slots=True)
class Report:
    """Everything that was found, and how much was looked at."""

    findings: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """`sources`, `tasks`, `charges`, `results`, `spooled`, `events`"""
    states: Counter[str] = field(default_factory=Counter)
    """of sources: in which state how many are"""

    @property
    def problems(self) -> list[Finding]:
        """What makes the audit fail."""
        return [finding for finding in self.findings if finding.is_problem]

    @property
    def notes(self) -> list[Finding]:
        """What settles by itself, or is a matter of taste."""
        return [finding for finding in self.findings if not finding.is_problem]
