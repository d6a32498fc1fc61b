"""Drops many pictures while the daemon runs, kills it again and again, and takes a census.

    python -m tests.campaigns.kill_storm --count 1000 --kills 5 --seed 1

Prints one JSON line; exit 1 if anything was lost, torn, paid twice, or does not add up.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from seedwatch.simulator import RunningSimulator
from tests.flow.workspace import Workspace


@dataclass
class Storm:
    """What was dropped and what became of it."""

    dropped: set[str] = field(default_factory=set)
    kills: int = 0
    seconds: float = 0.0


def drop_pictures(workspace: Workspace, count: int, storm: Storm) -> None:
    """Small pictures, each with bytes of its own."""
    for n in range(count):
        path = workspace.inbox / f"p{n:05}.png"
        Image.new("RGB", (64, 48), (n % 256, n // 256 % 256, 7)).save(path)
        storm.dropped.add(hashlib.sha256(path.read_bytes()).hexdigest())


def _kill_in_flight(process: subprocess.Popen[str], workspace: Workspace, more: int) -> None:
    """SIGKILL once `more` further requests were accepted (or nothing moves for a while)."""
    wanted = len(workspace.simulator.ledger()) + more
    end = time.monotonic() + 60
    while len(workspace.simulator.ledger()) < wanted and process.poll() is None:
        if time.monotonic() > end:
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait(30)


def run(workspace: Workspace, count: int, kills: int, chance: random.Random) -> dict[str, Any]:
    """The whole storm; the row that is printed."""
    storm = Storm()
    started = time.monotonic()
    for number in range(kills):
        process = workspace.start()
        if number == 0:
            drop_pictures(workspace, count, storm)
        most = max(1, count // (kills + 1))
        _kill_in_flight(process, workspace, chance.randint(1, most))
        storm.kills += 1
    code = workspace.run()
    storm.seconds = time.monotonic() - started
    return report(workspace, storm, code)


def report(workspace: Workspace, storm: Storm, code: int) -> dict[str, Any]:
    """The census: hashes of all trees, rows against the ledger."""
    census = workspace.census()
    ledger = workspace.simulator.ledger()
    accepted = collections.Counter(row["refs"][0] for row in ledger)
    rows = workspace.rows(
        "SELECT jobs.sha256, tasks.state, tasks.reason FROM tasks JOIN jobs ON jobs.id = job_id"
    )
    unsure = {sha for sha, state, reason in rows if (state, reason) == ("held", "unsure")}
    done = {sha for sha, state, _ in rows if state == "done"}
    lost = storm.dropped - set(census)
    placed_wrongly = {
        sha for sha, areas in census.items() if areas != (["done"] if sha in done else ["inbox"])
    }
    found = {
        "dropped": len(storm.dropped),
        "kills": storm.kills,
        "exit": code,
        "done": len(done),
        "unsure": len(unsure),
        "lost": len(lost),
        "placed_wrongly": len(placed_wrongly),
        "torn": len(workspace.torn_results()),
        "accepted": len(ledger),
        "accepted_twice": sum(times > 1 for times in accepted.values()),
        "done_without_acceptance": len(done - set(accepted)),
        "accepted_unexplained": len(set(accepted) - done - unsure),
        "results": len(workspace.results()),
        "seconds": round(storm.seconds, 1),
    }
    found["ok"] = (
        found["done"] + found["unsure"] == len(storm.dropped) == len(rows)
        and found["results"] == found["done"]
        and not any(
            found[name]
            for name in (
                "lost",
                "placed_wrongly",
                "torn",
                "accepted_twice",
                "done_without_acceptance",
                "accepted_unexplained",
            )
        )
    )
    return found


def main() -> int:
    """Parse the options, run one storm, print its row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="storm-") as base,
        RunningSimulator(latency_s=0.05) as simulator,
    ):
        workspace = Workspace(Path(base), simulator, account={"concurrency": 8})
        found = run(workspace, options.count, options.kills, random.Random(options.seed))
    print(json.dumps({"seed": options.seed} | found))
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
