"""Stops the real daemon with SIGTERM at random moments of its work: nothing is in doubt after it.

    python -m tests.campaigns.clean_stops --count 200 --seed 1

Each life gets new sources, and its stop after 0 to 1.5 s; the calls in flight then get their grace
(promises.md P18). One JSON line for each kind of answer; exit 1 if a stop left a submit in doubt, a
task was held for one, or anything was lost.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.campaigns import census
from tests.campaigns.kinds import KINDS, MAIN, Kind, drop, studio
from tests.campaigns.lives import Lives, SimulatorProcess, ended
from tests.flow.workspace import Workspace

_MOST_S = 1.5
_LATENCY_S = 0.3
_PER_LIFE = 3


class Stops:
    """One workspace and the stops of its lives."""

    def __init__(self, workspace: Workspace, kind: Kind, lives: Lives, seed: int) -> None:
        self._workspace = workspace
        self._kind = kind
        self._lives = lives
        self._chance = random.Random(seed)
        self._dropped: dict[str, str] = {}
        self._wrong: list[str] = []
        self._in_call = 0

    def run(self, count: int) -> dict[str, Any]:
        """All stops, then one life to the end; what came of it."""
        began = time.monotonic()
        for _ in range(count):
            self._stop()
        code = ended(self._lives.begin(self._workspace), 300)
        seconds = time.monotonic() - began
        wrong = [*self._wrong, *census.after(self._workspace, self._dropped)]
        states = census.states(self._workspace)
        if code or states != {"done": len(self._dropped)}:
            wrong.append(f"exit code {code}, {states} of {len(self._dropped)}")
        return {
            "stops": count,
            "stops_in_a_call": self._in_call,
            "tasks": len(self._dropped),
            "unsure": census.unsure(self._workspace),
            "wrong": wrong[:20],
            "seconds": round(seconds, 1),
            "ok": not wrong,
        }

    def _stop(self) -> None:
        life = self._lives.begin(self._workspace, is_until_idle=False)
        for _ in range(_PER_LIFE):
            self._dropped |= drop(self._kind, self._workspace, len(self._dropped) + 1)
        time.sleep(self._chance.uniform(0, _MOST_S))
        self._in_call += bool(census.in_doubt(self._workspace))
        os.kill(life.pid or 0, signal.SIGTERM)
        code = ended(life)
        # Before the daemon listens to signals nothing has begun, and SIGTERM ends the process.
        if code not in {0, -signal.SIGTERM}:
            self._wrong.append(f"exit code {code}")
        if lost := census.in_doubt(self._workspace):
            self._wrong.append(f"{len(lost)} in doubt after a stop")


def play(lives: Lives, name: str, count: int, seed: int) -> dict[str, Any]:
    """The stops of one kind of answer."""
    with (
        tempfile.TemporaryDirectory(prefix="stops-") as base,
        SimulatorProcess(Path(base), latency_s=_LATENCY_S) as simulator,
        studio(KINDS[name], simulator, "stops-") as workspace,
    ):
        simulator.move_switches({"ark.lists_per_s": 0})
        return Stops(workspace, KINDS[name], lives, seed).run(count)


def main() -> int:
    """Parse the options, stop, print one row for each kind and the sum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--kinds", default=",".join(MAIN))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    names = options.kinds.split(",")
    lives, is_ok = Lives(), True
    for n, name in enumerate(names):
        count = options.count // len(names) + (n < options.count % len(names))
        row = play(lives, name, count, options.seed + n)
        print(json.dumps({"seed": options.seed + n, "kind": name} | row), flush=True)
        is_ok = is_ok and bool(row["ok"])
    return 0 if is_ok else 1


if __name__ == "__main__":
    sys.exit(main())
