"""What the fuzz campaigns share: options, one JSON line a batch, going on where a run stopped.

Case n of a seed is always the same, whatever ran before it: `chance(seed, n)` decides all of it.
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import resource
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MOST_RSS_MB = 300.0
_BATCH = 500
_MOST_SHOWN = 200


class Violation(AssertionError):
    """A promise that a case broke."""


@dataclass(frozen=True)
class Options:
    """What the command line asked for."""

    seed: int
    count: int
    start: int
    out: Path | None


@dataclass
class Batch:
    """What became of some cases."""

    counts: collections.Counter[str] = field(default_factory=collections.Counter)
    violations: list[dict[str, Any]] = field(default_factory=list)

    def add(self, number: int, outcome: str) -> None:
        self.counts[outcome] += 1

    def blame(self, number: int, why: BaseException) -> None:
        self.counts["violation"] += 1
        self.violations.append({"case": number, "why": f"{type(why).__name__}: {why}"[:2000]})


def options(name: str, doc: str | None, argv: list[str] | None = None) -> Options:
    """Parse `--seed --count --resume --out`."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--out", type=Path, help="append the JSON lines to this file, too")
    parser.add_argument("--resume", action="store_true", help="go on after the last line in --out")
    given = parser.parse_args(argv)
    start = _done(given.out, name, given.seed) if given.resume and given.out else 0
    return Options(given.seed, given.count, start, given.out)


def _done(out: Path, name: str, seed: int) -> int:
    if not out.exists():
        return 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    mine = [row for row in rows if (row.get("campaign"), row.get("seed")) == (name, seed)]
    return max((row["to"] for row in mine if "to" in row), default=0)


def chance(seed: int, number: int) -> random.Random:
    """Everything random of one case."""
    return random.Random(f"{seed}/{number}")


def batches(given: Options) -> Iterable[range]:
    """The numbers of the cases still to be run, in batches."""
    for first in range(given.start, given.count, _BATCH):
        yield range(first, min(first + _BATCH, given.count))


def peak_rss_mb() -> float:
    """The largest resident size that this process ever had."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def tell(name: str, given: Options, row: dict[str, Any]) -> None:
    """One JSON line to stdout, and to `--out`."""
    line = json.dumps({"campaign": name, "seed": given.seed} | row, ensure_ascii=True)
    print(line, flush=True)
    if given.out is not None:
        with given.out.open("a") as file:
            file.write(line + "\n")


def campaign(
    name: str, given: Options, run: Callable[[range], Batch], *, most_rss_mb: float = MOST_RSS_MB
) -> int:
    """Run all batches; the last line sums up; the exit code: 0 if nothing was broken."""
    total, began = Batch(), time.monotonic()
    for numbers in batches(given):
        batch = run(numbers)
        total.counts += batch.counts
        total.violations += batch.violations
        row = {"from": numbers.start, "to": numbers.stop, "outcomes": dict(batch.counts)}
        tell(name, given, row | {"violations": batch.violations[:_MOST_SHOWN]})
    peak = round(peak_rss_mb(), 1)
    is_fine = not total.violations and peak < most_rss_mb
    summary = {
        "summary": True,
        "cases": given.count - given.start,
        "outcomes": dict(total.counts),
        "violations": len(total.violations),
        "peak_rss_mb": peak,
        "seconds": round(time.monotonic() - began, 1),
        "ok": is_fine,
    }
    tell(name, given, summary)
    return 0 if is_fine else 1
