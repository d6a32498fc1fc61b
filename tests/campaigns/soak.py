"""The daemon at a steady rate for a long time, with faults and kills: does it grow or lose?

    python -m tests.campaigns.soak --minutes 10 --rate 5 --faults 5 --kill-every 180 --seed 1

Prompt files come in at `--rate` per second; `--faults` of a hundred requests go wrong; every
`--kill-every` seconds (0: never) the daemon is killed and started again. Memory and descriptors are
read every ten seconds. One JSON line per minute and one in the end; exit 1 if memory grows by more
than 1 MB in 10 minutes after the fifth minute, descriptors grow, or the ledger, the rows and the
files do not agree.

With kills, memory is compared between lives, without the first minute of each: what a life gathers
while it begins is no growth. `--kill-every 0` measures one life.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from seedwatch.simulator import RunningSimulator
from tests.campaigns.apart import SimulatorProcess
from tests.campaigns.yard import Yard

MOST_MB: Final = 1.0
MOST_DESCRIPTORS: Final = 4
_SAMPLE_S: Final = 10.0
_WARM_S: Final = 300.0
_YOUNG_S: Final = 60.0
_FAULTS: Final[tuple[dict[str, Any], ...]] = (
    {"do": "status", "args": {"code": 500}},
    {"do": "status", "args": {"code": 429, "headers": {"Retry-After": "1"}}},
    {"do": "reset_after_billing"},
    {"do": "truncate"},
    {"do": "moderated"},
)


@dataclass(frozen=True)
class Sample:
    """One look at the daemon: times in seconds, memory in MB."""

    at_s: float
    age_s: float
    life: int
    memory_mb: float
    descriptors: int


def look(pid: int, at_s: float, age_s: float, life: int) -> Sample:
    """Memory and descriptors of a process, from /proc."""
    status = Path(f"/proc/{pid}/status").read_text()
    memory_mb = int(status.partition("VmRSS:")[2].split()[0]) / 1024
    return Sample(at_s, age_s, life, memory_mb, len(list(Path(f"/proc/{pid}/fd").iterdir())))


def growth(samples: Sequence[Sample]) -> float | None:
    """MB in 10 minutes after the fifth minute; None where there is too little to tell.

    Of one life: the slope of a line through its samples. Of several: of one through their means,
    without the first minute of each.
    """
    late = [sample for sample in samples if sample.at_s >= _WARM_S]
    if len({sample.life for sample in samples}) > 1:
        late = [sample for sample in late if sample.age_s >= _YOUNG_S]
        points = [
            (
                statistics.mean(s.at_s for s in late if s.life == life),
                statistics.mean(s.memory_mb for s in late if s.life == life),
            )
            for life in sorted({sample.life for sample in late})
        ]
    else:
        points = [(sample.at_s, sample.memory_mb) for sample in late]
    if len(points) < 3:
        return None
    slope, _ = statistics.linear_regression(*zip(*points, strict=True))
    return slope * 600


def more_descriptors(samples: Sequence[Sample]) -> int:
    """How many more there are in the last quarter than in the first, at the most."""
    old = [sample for sample in samples if sample.age_s >= _SAMPLE_S]
    part = max(1, len(old) // 4)
    most = [max((s.descriptors for s in some), default=0) for some in (old[:part], old[-part:])]
    return most[1] - most[0]


class Soak:
    """One run."""

    def __init__(self, yard: Yard, options: argparse.Namespace) -> None:
        self.yard, self.options = yard, options
        self.chance = random.Random(options.seed)
        self.samples: list[Sample] = []
        self.life = 0
        self.began = self.born = time.monotonic()

    def begin(self) -> None:
        """Faults, and the first life."""
        share = self.options.faults / 100 / len(_FAULTS)
        for fault in _FAULTS:
            self.yard.fault({"when": {"probability": share}, **fault})
        self._start()

    def _start(self) -> None:
        self.yard.start()
        self.life += 1
        self.born = time.monotonic()

    def work(self) -> None:
        """Drop, look and kill until the time is over."""
        next_drop = next_look = 0.0
        next_minute = 60.0
        while (at := time.monotonic() - self.began) < self.options.minutes * 60:
            age = time.monotonic() - self.born
            if self.options.kill_every and age >= self.options.kill_every:
                self.yard.kill()
                self._start()
            if at >= next_drop:
                self.yard.drop(self.chance.choice(["", "a", "b"]))
                next_drop += self.chance.expovariate(self.options.rate)
            if at >= next_look and self.yard.daemon is not None:
                self.samples.append(look(self.yard.daemon.pid, at, age, self.life))
                next_look = at + _SAMPLE_S
            if at >= next_minute:
                self._tell(at)
                next_minute += 60
            time.sleep(0.01)

    def _tell(self, at_s: float) -> None:
        last = self.samples[-1]
        row = {
            "minute": round(at_s / 60),
            "life": self.life,
            "dropped": len(self.yard.contents),
            "states": self.yard.workspace.states(),
            "memory_mb": round(last.memory_mb, 1),
            "descriptors": last.descriptors,
        }
        print(json.dumps(row), flush=True)

    def verdict(self) -> dict[str, Any]:
        """Let everything come to its end, and ask whether all of it agrees."""
        self.yard.settle()
        found = self.yard.check()
        grown, descriptors = growth(self.samples), more_descriptors(self.samples)
        return {
            "dropped": len(self.yard.contents),
            "accepted": len(self.yard.simulator.ledger()),
            "states": self.yard.workspace.states(),
            "lives": self.life,
            "memory_mb": round(self.samples[-1].memory_mb, 1),
            "growth_mb_in_10_min": None if grown is None else round(grown, 2),
            "more_descriptors": descriptors,
            "found": found[:20],
            "ok": not found
            and (grown is None or grown < MOST_MB)
            and descriptors <= MOST_DESCRIPTORS,
        }


def run(simulator: RunningSimulator, base: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The whole soak; the row that is printed last."""
    yard = Yard(base, simulator, "words", is_quick=False)
    try:
        soak = Soak(yard, options)
        soak.begin()
        soak.work()
        return soak.verdict()
    finally:
        yard.close()


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=5)
    parser.add_argument("--faults", type=float, default=5)
    parser.add_argument("--kill-every", type=float, default=180)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    return parser.parse_args(arguments)


def main() -> int:
    """Run one soak, print its row, append it to `--out`."""
    options = parsed()
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as base,
        SimulatorProcess(latency_s=0.2) as simulator,
    ):
        found = run(simulator, Path(base), options)
    wanted = {key: value for key, value in vars(options).items() if key != "out"}
    line = json.dumps(wanted | found)
    print(line)
    if options.out is not None:
        with options.out.open("a") as file:
            file.write(line + "\n")
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
