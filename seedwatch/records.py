"""The records that travel between the layers: frozen, without behaviour beyond their own facts.

Paths: `RelPath` is a POSIX path relative to a root; bytes that are not UTF-8 stand in it as
surrogates (PEP 383), as `os.fsdecode` gives them. Only the store and the screen escape them.
Times are seconds since 1970 (UTC). Money is integer micro-units of its currency.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

from seedwatch.lifecycle import HoldReason, State

RelPath = str
Mode = Literal["text-to-image", "image-to-image", "text-to-video", "image-to-video"]
Scene = Literal["text", "frames", "references"]
"""What a generation is made from: words alone; one picture that a video begins with, or two that
it begins and ends with; any other pictures"""
SourceKind = Literal["picture", "set", "text"]
MemberRole = Literal["picture", "prompt", "lines"]
OnSuccess = Literal["move", "keep", "delete"]
Again = Literal["hold", "reuse", "run"]
CostBasis = Literal["", "charged", "estimate"]
"""where a cost is from: nowhere, the provider's answer, or the price list"""


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON of `value`; equal values give equal digests."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in millionths of its currency (`40000, "USD"` is 0.04 USD)."""

    micros: int
    currency: str

    def __str__(self) -> str:
        whole, rest = divmod(abs(self.micros), 1_000_000)
        sign = "-" if self.micros < 0 else ""
        decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
        return f"{sign}{whole}.{decimals}"


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that an option of a rule names: absolute path, and digest when the rule was read."""

    path: str
    sha256: str

    def as_option(self) -> dict[str, str]:
        """The value of the option, as rules and generations keep it."""
        return asdict(self)


def named_file(option: object) -> NamedFile | None:
    """The file that the value of an option names, if it names one."""
    if not isinstance(option, dict) or set(option) != {"path", "sha256"}:
        return None
    path, sha256 = option["path"], option["sha256"]
    is_text = isinstance(path, str) and isinstance(sha256, str)
    return NamedFile(path, sha256) if is_text else None


@dataclass(frozen=True)
class Rule:
    """What to do with the sources of a folder, every value resolved (contract.md 3).

    `references` are absolute paths or http(s) URLs. `revision` names the whole content.
    """

    account: str
    mode: Mode
    model: str
    prompts: tuple[str, ...] = ()
    text: Literal["lines", "whole"] = "lines"
    encoding: str | None = None
    pair: bool = False
    pair_wait_s: float = 10.0
    input: Literal["file", "folder"] = "file"
    references: tuple[str, ...] = ()
    size: str | None = None
    resolution: str | None = None
    group: int = 1
    repeat: int = 1
    seed: int | None = None
    watermark: bool = False
    negative_prompt: str | None = None
    output: str = "{stem}_{index}"
    again: Again = "hold"
    previews: Literal["ignore", "keep"] = "ignore"
    options: dict[str, Any] = field(default_factory=dict)
    on_success: OnSuccess = "move"
    resend_uncertain: int = 0
    priority: int = 0
    reference_digests: tuple[str, ...] = ()
    """sha256 of each entry of `references` when the rule was read (of the text of a URL)."""

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Every file (and URL) that the rule names."""
        named = (named_file(value) for value in self.options.values())
        return (*self.references, *(found.path for found in named if found is not None))

    @cached_property
    def revision(self) -> str:
        """The digest of every value: two rules that mean the same have the same revision."""
        return digest(asdict(self))


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a source: path relative to the inbox, identity, role."""

    path: RelPath
    byte_count: int
    mtime_ns: int
    ino: int
    sha256: str
    role: MemberRole


@dataclass(frozen=True, slots=True)
class Source:
    """A settled input: a picture (with its prompt file, if paired), a set, or a prompt file.

    `path` is the picture, the prompt file or the subfolder, relative to the inbox.
    """

    folder: str
    path: RelPath
    kind: SourceKind
    members: tuple[Member, ...]

    @property
    def sha256(self) -> str:
        """Identity of the content: the file's own digest, or one over all members in order."""
        if len(self.members) == 1:
            return self.members[0].sha256
        return digest([(name_of(m.path), m.sha256) for m in self.members])


def name_of(path: RelPath) -> str:
    """The last component of a relative path."""
    return path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Reference:
    """One picture sent with a request: a member of the source, a file of the rule, or a URL."""

    origin: Literal["source", "rule", "url"]
    path: str
    sha256: str


def scene_of(mode: Mode, references: Sequence[Reference]) -> Scene:
    """What these pictures are for; a rule's own are never the frames of a video."""
    if not references:
        return "text"
    is_own = all(reference.origin == "source" for reference in references)
    is_frames = mode == "image-to-video" and is_own and len(references) <= 2
    return "frames" if is_frames else "references"


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation asked of one model, in neutral terms; a protocol translates it."""

    mode: Mode
    model: str
    prompt: str
    references: tuple[Reference, ...] = ()
    size: str | None = None
    resolution: str | None = None
    group: int = 1
    seed: int | None = None
    watermark: bool = False
    negative_prompt: str | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def scene(self) -> Scene:
        """What it is made from."""
        return scene_of(self.mode, self.references)

    def key(self, repetition: int = 0) -> str:
        """Names the task: same prompt, effective parameters and references (contract.md 2)."""
        wanted = {name: getattr(self, name) for name in self.__slots__}
        wanted["references"] = [reference.sha256 for reference in self.references]
        return digest([wanted, repetition])


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to be opened; `hold` parks it for a person from the start."""

    index: int
    key: str
    generation: Generation
    expected_outputs: int = 1
    hold: HoldReason | None = None
    reuse_of: int | None = None
    """id of a finished task whose stored result is delivered instead of paying (`again: reuse`)"""


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be opened: one source under one rule, with the tasks it asks for.

    `error` opens it with its one task already failed: a source that cannot be used and goes to
    failed/ with a card.
    """

    source: Source
    rule: Rule
    tasks: tuple[NewTask, ...]
    retry_of: int | None = None
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, as rows and cards keep it: error class, sentence, what to do next."""

    error_class: str
    message: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Handle:
    """What a task waits for.

    `name` is the provider's name for running work (remote), the spool file that holds its whole
    answer, or the attempt whose outcome has to be asked for (doubt).
    """

    kind: Literal["remote", "answer", "doubt"]
    name: str


@dataclass(frozen=True, slots=True)
class Submission:
    """What is committed before the first byte of a paid request leaves (promises.md 3)."""

    attempt_id: str
    seed: int | None
    request_sha256: str
    price_bound: Money | None
    sent: dict[str, Any] = field(default_factory=dict)
    """what the sidecar tells of the request: `parameters`, and `changes` made to fit"""


FIRST_PREVIEW = 1000
"""previews are counted from here: no answer has so many places"""


@dataclass(frozen=True, slots=True)
class Output:
    """One picture the provider returned, whole in the spool, or the error in its place."""

    n: int
    spool_name: str
    sha256: str
    byte_count: int
    media_type: str
    width: int
    height: int
    error: str = ""
    path: RelPath = ""
    """final path relative to the outbox, once decided"""
    is_delivered: bool = False

    @property
    def is_preview(self) -> bool:
        """Whether it is no result, but what the provider showed on the way to one."""
        return self.n > FIRST_PREVIEW


@dataclass(frozen=True, slots=True)
class Claim:
    """A task held by a worker until its lease ends; every write carries `token`."""

    task_id: int
    token: str
    job_id: int
    index: int
    task_count: int
    key: str
    generation: Generation
    rule: Rule
    source: Source
    attempt_count: int
    unknown_count: int
    expected_outputs: int
    handle: Handle | None
    attempt_id: str | None
    outputs: tuple[Output, ...]
    reuse_of: int | None
    created_at: float
    sent: dict[str, Any] = field(default_factory=dict)
    """as its latest Submission said"""
    request_id: str = ""
    cost: Money | None = None
    """settled by `save_outputs`"""
    cost_basis: CostBasis = ""
    seed: int | None = None
    """what its open attempt sent"""
    submitted_at: float = 0.0
    """when its open attempt began"""
    remote: str | None = None
    """the provider's name for the work, also when its answer is in the spool"""


@dataclass(frozen=True, slots=True)
class SettledJob:
    """A job whose tasks are all final while its source has not been retired yet."""

    job_id: int
    source: Source
    rule: Rule
    states: tuple[State, ...]
    failures: tuple[Failure, ...]
    reasons: tuple[str, ...]
    cost: Money | None
    """what the charged attempts cost, as far as prices are known"""
    result_count: int
    charged_count: int = 0
    uncertain_count: int = 0
    """attempts that may have been charged"""


@dataclass(frozen=True, slots=True)
class PastJob:
    """What is remembered of an earlier job of the same path."""

    job_id: int
    source_sha256: str
    outcome: Literal["open", "done", "failed", "kept", "gone", "changed"]
    retired_path: RelPath
    """where the source lies now, relative to done/ or failed/; empty where it does not"""
    done_tasks: dict[str, int]
    """key -> task id of every task that is done, over the whole chain of retries"""
