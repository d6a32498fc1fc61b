"""Records runs, builds legal states of the disk after a power cut, and starts again from each.

    python -m tests.campaigns.power_loss --count 2000 --seed 1 --out power.jsonl

Prints one JSON line for each recorded run and one at the end; exit 1 if a promise was broken.
`--resume FILE` goes on where the lines of that file end, and appends to it.
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from seedwatch.simulator import RunningSimulator
from tests.power.cuts import Case, cases, in_order, judge, quickly, record, told
from tests.power.scenes import SCENES

_OF_ONE_RUN = 60
_FAST = Path("/dev/shm")  # a disk of memory: nothing here depends on a real one


def places() -> tuple[Path, Path]:
    """Two directories' parents, on different file systems where this machine has two."""
    usual = Path(tempfile.gettempdir())
    return (_FAST if _FAST.is_dir() else usual), usual


def rounds(
    scenes: Sequence[str], count: int, seed: int, first: int, simulator: RunningSimulator
) -> Iterator[dict[str, Any]]:
    """Rounds of one recorded run and some of its states each, until so many were tried."""
    tried, number, seen = 0, first, set[str]()
    near, far = places()
    with (
        tempfile.TemporaryDirectory(prefix="power-", dir=near) as base,
        tempfile.TemporaryDirectory(prefix="power-", dir=far) as other,
        quickly(),
    ):
        while tried < count:
            name = scenes[number % len(scenes)]
            row = _round(
                name, min(_OF_ONE_RUN, count - tried), f"{seed}/{number}", seen,
                Path(base) / "here", Path(other) / "there", simulator,
            )  # fmt: skip
            number += 1
            tried += row["states"]
            yield {"round": number, "seed": seed, "scene": name} | row


def _round(
    name: str,
    most: int,
    seed: str,
    seen: set[str],
    base: Path,
    far: Path,
    simulator: RunningSimulator,
) -> dict[str, Any]:
    started = time.monotonic()
    chance = random.Random(seed)
    run = record(SCENES[name], base, far, simulator)
    found = [case for case in cases(run, most, chance) if case.digest not in seen]
    seen |= {case.digest for case in found}
    kinds: collections.Counter[str] = collections.Counter()
    violations = []
    for case in in_order(found):
        kinds.update(_kind(case))
        wrong = judge(case)
        if wrong:
            violations.append({"wrong": wrong} | told(case))
    return {
        "ops": len(run.trace.ops),
        "states": len(found),
        "violations": len(violations),
        "kinds": dict(kinds),
        "seconds": round(time.monotonic() - started, 2),
        "found": violations,
    }


def _kind(case: Case) -> list[str]:
    accepted = len(case.run.trace.accepted(case.cut))
    return ["after the call" if accepted else "before the call"]


def main() -> int:
    """Parse the options, try the states, print the rows and the sum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scene", action="append", choices=list(SCENES))
    parser.add_argument("--resume", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    out: Path | None = options.resume or options.out
    before = _lines(options.resume) if options.resume else []
    tried = sum(row["states"] for row in before)
    broken = sum(row["violations"] for row in before)
    seconds = sum(row["seconds"] for row in before)
    first = max((row["round"] for row in before), default=0)
    with RunningSimulator(latency_s=0.0) as simulator:
        scenes = options.scene or list(SCENES)
        for row in rounds(scenes, options.count - tried, options.seed, first, simulator):
            _append(out, row)
            tried, broken = tried + row["states"], broken + row["violations"]
            seconds += row["seconds"]
    total = {"seed": options.seed, "states": tried, "violations": broken}
    total |= {"seconds": round(seconds, 1), "ok": broken == 0}
    print(json.dumps(total))
    return 0 if broken == 0 else 1


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _append(path: Path | None, row: dict[str, Any]) -> None:
    line = json.dumps(row)
    if path is None:
        print(line, flush=True)
        return
    with path.open("a") as file:
        file.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
