"""Fuzzes what people drop: pictures and prompt files, from inspection to the fitted picture.

    python -m tests.campaigns.fuzz_inputs --seed 1 --count 20000 --out inputs.jsonl --resume

Each case is a whole picture of some form, or a prompt file in some encoding, changed in one to
three ways. It is read as an inbox reads it, becomes a job, and what would be sent is fitted. Exit 1
if anything but the documented outcomes comes out, or what passed breaks a limit.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal

from seedwatch.catalog import find_model
from seedwatch.config.rules import ResolvedRule
from seedwatch.errors import SourceError
from seedwatch.inbox.admission import admit, image_limits
from seedwatch.inbox.inspection import Inspected, NotInspected, Wanted, inspect_input
from seedwatch.inbox.prompts import MAX_LINES, MAX_PROMPT_BYTES
from seedwatch.logs import one_line
from seedwatch.media.fit import fit
from seedwatch.media.inspect import Incomplete
from seedwatch.paths import Root
from seedwatch.records import Rule
from tests.campaigns.fuzzing import Batch, Options, Violation, campaign, chance, options
from tests.media.pictures import FORMS, form, opened

NAME = "fuzz_inputs"
MODEL = "doubao-seedream-4-5-251128"
_SUFFIXES = (".png", ".jpg", ".webp", ".gif", ".bmp", ".tif", ".avif", ".heic", ".svg", "", ".txt")
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "gb18030", "gbk", "big5")
_MORE_ENCODINGS = ("shift_jis", "latin-1", "cp1252", "utf-7")
_HUGE = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\xff\xff", b"\xff\xff\x00\x00")
_ODD_TEXTS = (
    *("\x00", "\x1b[31m", "\u202e", "\u2066", "\ufeff", "\u2028", "\x85", "\ud7ff", "\U0010ffff"),
    *("# comment", "#", "{text}", "{0}", "${HOME}", "$(id)", "`id`", "!include a", "%(x)s", "=1+1"),
    *(
        "\r",
        "\n",
        "\r\n",
        "\t",
        " ",
        "一只狐狸",
        "雪地里",
        "é",
        "a\u0301",
        "x" * 70_000,
        "\n" * 21_000,
    ),
)
_FOR_READERS = dict.fromkeys(map(ord, "\n\r\t\u061c\u200e\u200f"))
"""line ends, and marks that writers of Arabic and Hebrew need"""
Change = Callable[[random.Random, bytes], bytes]


def _flip(chance: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 3, 20))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _early(chance: random.Random, content: bytes) -> bytes:
    """The header: sides, depth, counts."""
    at = chance.randrange(min(len(content), 200))
    value = chance.choice((*_HUGE, chance.randbytes(chance.choice((1, 2, 4)))))
    return content[:at] + value + content[at + len(value) :]


def _cut(chance: random.Random, content: bytes) -> bytes:
    return content[: chance.randrange(len(content))]


def _without(chance: random.Random, content: bytes) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + content[at + chance.choice((1, 8, 500)) :]


def _doubled(chance: random.Random, content: bytes) -> bytes:
    at = chance.randrange(len(content))
    return content[: at + chance.choice((4, 100, 2000))] + content[at:]


def _more(chance: random.Random, content: bytes) -> bytes:
    ends = (b"\x00" * 5000, b"<script>", chance.randbytes(300), content, b"PK\x03\x04")
    return content + chance.choice(ends)


def _spliced(chance: random.Random, content: bytes) -> bytes:
    other = form(chance.choice([*FORMS]))
    at = chance.randrange(len(content))
    return content[:at] + other[chance.randrange(len(other)) :]


_CHANGES: tuple[Change, ...] = (_flip, _flip, _early, _early, _cut, _without, _doubled, _more)


def picture(chance: random.Random) -> bytes:
    """A picture of some form, or what is left of it."""
    content = form(chance.choice([*FORMS]))
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        content = chance.choice((*_CHANGES, _spliced))(chance, content or b"\x00")
    return content


def prompts(chance: random.Random) -> bytes:
    """A prompt file of some encoding, or what is left of it."""
    parts = [chance.choice(("a fox", "雪地里的狐狸", "line\n", *_ODD_TEXTS)) for _ in range(9)]
    text = "".join(parts[: chance.randint(1, 9)])
    encoding = chance.choice((*_ENCODINGS, *_MORE_ENCODINGS))
    content = text.encode(encoding, errors="ignore")
    for _ in range(chance.choice((0, 0, 1, 2))):
        content = chance.choice(_CHANGES)(chance, content or b"\x00")
    return content


@cache
def _resolved(kind: str) -> ResolvedRule:
    rule = Rule(account="ark", mode="image-to-image", model=MODEL, prompts=("snow",))
    if kind == "lines":
        rule = Rule(account="ark", mode="text-to-image", model=MODEL, prompts=("a {text}",))
    return ResolvedRule(rule, find_model("ark", MODEL), {})


def run_case(chance: random.Random, root: Root) -> str:
    """Drop one file, read it, admit it, fit it.

    Raises:
        Violation: what came out is not allowed.
    """
    kind: Literal["lines", "picture"] = "lines" if chance.random() < 0.35 else "picture"
    content = prompts(chance) if kind == "lines" else picture(chance)
    name = "case" + (".txt" if kind == "lines" else chance.choice(_SUFFIXES))
    path = root.path / name
    path.write_bytes(content)
    try:
        resolved = _resolved(kind)
        wanted = Wanted(name, kind, (name,), resolved.rule)
        found = inspect_input(root, "f", wanted)
        if isinstance(found, NotInspected):
            return f"not inspected: {found.trouble}"
        return f"{kind}: {_checked(found, content, resolved)}"
    finally:
        path.unlink()


def _checked(found: Inspected, content: bytes, resolved: ResolvedRule) -> str:
    job = admit(found, resolved)
    if job.error is not None:
        _check_message(job.error.message + job.error.advice)
        return "incomplete" if isinstance(found.error, Incomplete) else "failed"
    if not job.tasks:
        raise Violation("a job without tasks")
    for prompt in found.prompts or ():
        _check_prompt(prompt)
    if len(job.tasks) > MAX_LINES:
        raise Violation(f"{len(job.tasks)} tasks")
    for note in found.notes:
        _check_message(note)
    return _fitted(content, resolved) if found.pictures else "prompts"


def _fitted(content: bytes, resolved: ResolvedRule) -> str:
    limits = image_limits(resolved.model.limits)
    try:
        result = fit(content, limits)
    except SourceError as error:
        _check_message(error.message)
        return "not fitted"
    if len(result.content) > limits.max_bytes:
        raise Violation(f"{len(result.content)} bytes were to be sent")
    if result.media_type not in limits.formats:
        raise Violation(f"{result.media_type} was to be sent")
    if result.changes:
        image = opened(result.content)
        if image.size != (result.width, result.height):
            raise Violation(f"{image.size} instead of {result.width} x {result.height}")
        return "changed to fit"
    return "sent as it is"


def _check_prompt(prompt: str) -> None:
    if len(prompt.encode()) > MAX_PROMPT_BYTES:
        raise Violation("a prompt beyond its limit")
    words = prompt.translate(_FOR_READERS)
    if one_line(words) != words:
        raise Violation(f"a control character in a prompt: {prompt[:200]!r}")


def _check_message(message: str) -> None:
    if one_line(message) != message or len(message) > 2000:
        raise Violation(f"an unfit message: {message[:300]!r}")


def run(given: Options, numbers: range, base: Path | None = None) -> Batch:
    """Run some cases."""
    batch = Batch()
    memory = Path("/dev/shm")
    parent = base or (memory if memory.is_dir() else None)
    with tempfile.TemporaryDirectory(dir=parent) as there:
        root = Root(Path(there))
        for number in numbers:
            try:
                batch.add(number, run_case(chance(given.seed, number), root))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
                batch.blame(number, error)
    return batch


def main() -> int:
    """Run the campaign."""
    given = options(NAME, __doc__)
    return campaign(NAME, given, lambda numbers: run(given, numbers))


if __name__ == "__main__":
    sys.exit(main())
