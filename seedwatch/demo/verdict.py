"""Proves that a demo did what it should: every picture is there and opens, nothing paid twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from PIL import Image

from seedwatch.demo.parts import PARTS, Part
from seedwatch.texts import say

_EXTENSIONS: Final = (".jpeg", ".jpg", ".png")


@dataclass(slots=True)
class Verdict:
    """`pictures` maps a part's name to (file name, what it is); `faults` are sentences."""

    pictures: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def picture_count(self) -> int:
        """How many pictures there are and open."""
        return sum(map(len, self.pictures.values()))


def judge(place: Path, ledger: Sequence[dict[str, Any]]) -> Verdict:
    """Look at every result, every source, and the simulator's ledger (contract.md 5)."""
    verdict = Verdict()
    for part in PARTS:
        _judge_part(place / part.name, part, verdict)
    _judge_ledger(ledger, verdict)
    return verdict


def _judge_part(folder: Path, part: Part, verdict: Verdict) -> None:
    pictures = verdict.pictures[part.name] = []
    for result in part.results:
        found = [
            path
            for extension in _EXTENSIONS
            if (path := folder / "outbox" / f"{result}{extension}").is_file()
        ]
        if len(found) != 1:
            verdict.faults.append(say("cli.demo_missing", path=folder / "outbox" / result))
            continue
        try:
            pictures.append((found[0].name, _opened(found[0])))
        except (OSError, SyntaxError, ValueError, KeyError) as error:
            why = str(error) or type(error).__name__
            verdict.faults.append(say("cli.demo_broken", path=found[0], why=why))
    for source in part.sources:
        if not (folder / "done" / source).exists():
            verdict.faults.append(say("cli.demo_not_done", path=folder / "done" / source))


def _opened(picture: Path) -> str:
    """Decode a picture to its end and compare it with its sidecar.

    Raises:
        OSError, SyntaxError, ValueError, KeyError: it is not whole, or not what was promised.
    """
    sidecar = json.loads(picture.with_name(picture.name + ".json").read_text(encoding="utf-8"))
    if hashlib.sha256(picture.read_bytes()).hexdigest() != sidecar["result"]["sha256"]:
        raise ValueError(say("cli.demo_sha256"))
    with Image.open(picture) as image:
        image.load()
        return f"{image.format} {image.width}x{image.height}"


def _judge_ledger(ledger: Sequence[dict[str, Any]], verdict: Verdict) -> None:
    """Each task differs in prompt or references: as many acceptances as tasks, none twice."""
    task_count = sum(part.task_count for part in PARTS)
    accepted = {(row["prompt"], *row["refs"]) for row in ledger}
    if len(ledger) != task_count or len(accepted) != task_count:
        verdict.faults.append(
            say(
                "cli.demo_ledger",
                tasks=task_count,
                accepted=len(ledger),
                different=len(accepted),
            )
        )
