"""A share goes and comes while the daemon works on it: nothing is written in its place, or lost.

    python -m tests.campaigns.unmounts --cycles 100 --seed 1

Each cycle drops prompt files, takes the share away at a random moment (`umount -l` of a real mount;
needs root), brings it back, and waits until `status` says that the folder is ok. One JSON line;
exit 1 if a byte was written under the bare mount point, a file was lost or paid twice, or the
folder took longer to come back than one poll interval, or than the 5 s that a root is left alone
after a call on it failed in the middle (edge-cases.md 45), and a second of scheduling.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import apsw

from seedwatch.simulator import RunningSimulator
from tests.campaigns.apart import SimulatorProcess
from tests.campaigns.yard import Yard

POLL_S: Final = 1.0
_LEFT_ALONE_S: Final = 5.0
_GRACE_S: Final = 1.0
"""on a busy machine a look begins when its turn comes"""


def _until(yard: Yard, state: str, most_s: float) -> float:
    """Wait until the daemon says the folder is that way; returns the seconds it took."""
    began = time.monotonic()
    while time.monotonic() - began < most_s:
        with contextlib.suppress(apsw.Error):
            if yard.workspace.rows("SELECT state FROM folders") == [(state,)]:
                break
        time.sleep(0.02)
    return time.monotonic() - began


def run(simulator: RunningSimulator, base: Path, cycles: int, seed: int) -> dict[str, Any]:
    """All cycles; the row that is printed."""
    chance = random.Random(seed)
    yard = Yard(base, simulator, "words", is_quick=False)
    yard.workspace.folder = {"poll_interval": f"{POLL_S:g}s"}
    yard.workspace.configure()
    came_back: list[float] = []
    try:
        yard.start()
        yard.drop()
        _until(yard, "ok", 30)
        for _ in range(cycles):
            for _ in range(chance.randint(1, 4)):
                yard.drop(chance.choice(["", "trip"]))
            time.sleep(chance.uniform(0, 1.5))
            yard.unmount()
            if chance.random() < 0.8:  # else it is back before anybody looked
                _until(yard, "unavailable", 10)
            time.sleep(chance.uniform(0, 0.3))
            yard.mount()
            came_back.append(_until(yard, "ok", 30))
        yard.settle()
        found, states = yard.check(), yard.workspace.states()
    finally:
        yard.close()
    slowest = max(came_back, default=0.0)
    return {
        "cycles": cycles,
        "seed": seed,
        "is_mount": yard.share.is_mount,
        "dropped": len(yard.contents),
        "accepted": len(simulator.ledger()),
        "states": states,
        "written_in_its_place": len(yard.strays),
        "slowest_return_s": round(slowest, 2),
        "within_a_poll": sum(seconds <= POLL_S + _GRACE_S for seconds in came_back),
        "found": found[:20],
        "ok": not found and slowest <= _LEFT_ALONE_S + _GRACE_S,
    }


def main() -> int:
    """Parse the options, run, print the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="unmounts-") as base,
        SimulatorProcess(latency_s=0.2) as simulator,
    ):
        found = run(simulator, Path(base), options.cycles, options.seed)
    print(json.dumps(found))
    return 0 if found["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
