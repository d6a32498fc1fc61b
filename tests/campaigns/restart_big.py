"""A daemon with a large queue and many calls in flight is killed: how soon does it send again?

    python -m tests.campaigns.restart_big --queued 100000 --in-flight 200

Prints one JSON line: seconds from the start of the new process to the first request that the
provider accepts from it (6 are allowed), and whether every lost answer is held: unsure.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.campaigns import census
from tests.campaigns.lives import SimulatorProcess
from tests.flow.workspace import Workspace

MOST_S = 6.0
_LINES = 20_000
"""the most that one file may have (contract.md 3)"""


def _until(is_so: Callable[[], bool], what: str, most_s: float) -> float:
    """Seconds until it is so.

    Raises:
        TimeoutError: it never is.
    """
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > most_s:
            raise TimeoutError(what)
        time.sleep(0.02)
    return time.monotonic() - began


class Big:
    """A workspace whose one account holds `in_flight` calls and queues the rest."""

    def __init__(
        self, base: Path, simulator: SimulatorProcess, queued: int, in_flight: int
    ) -> None:
        self._simulator = simulator
        self._queued, self._in_flight = queued, in_flight
        self._workspace = Workspace(
            base,
            simulator,
            {"mode": "text-to-image", "prompt": "{text}"},
            {"burst": "unlimited"},
            {"concurrency": in_flight},
        )

    def run(self) -> dict[str, Any]:
        """Fill it, kill it, start it; the row that is printed."""
        hold = {"do": "delay", "args": {"seconds": 900}, "times": self._in_flight}
        self._simulator.post_faults([hold])
        filled_s = self._fill()
        lost = census.in_doubt(self._workspace)
        accepted = len(self._simulator.ledger())
        began = time.monotonic()
        process = self._workspace.start(is_until_idle=False)
        _until(lambda: len(self._simulator.ledger()) > accepted, "nothing is sent", 120)
        dispatched_s = time.monotonic() - began
        _until(lambda: census.unsure(self._workspace) >= len(lost), "answers are not held", 60)
        _end(process, signal.SIGKILL)
        unsure = census.unsure(self._workspace)
        return {
            "queued": self._queued,
            "in_flight": len(lost),
            "filled_s": round(filled_s, 1),
            "first_dispatch_s": round(dispatched_s, 2),
            "unsure": unsure,
            "accepted_twice": sum(n > 1 for n in census.accepted(self._workspace).values()),
            "ok": dispatched_s <= MOST_S and unsure == len(lost) == self._in_flight,
        }

    def _fill(self) -> float:
        """Queue everything, have the calls in flight, and kill the daemon with all of it."""
        for number in range(-(-self._queued // _LINES)):
            lines = min(_LINES, self._queued - number * _LINES)
            text = "".join(f"fox {number} {n}\n" for n in range(lines))
            (self._workspace.inbox / f"p{number}.txt").write_text(text)
        began = time.monotonic()
        process = self._workspace.start(is_until_idle=False)
        _until(self._is_full, "the queue does not fill", 600)
        _end(process, signal.SIGKILL)
        return time.monotonic() - began

    def _is_full(self) -> bool:
        counts = census.states(self._workspace)
        calls = len(census.in_doubt(self._workspace))
        is_sent = len(self._simulator.ledger()) >= self._in_flight
        return sum(counts.values()) == self._queued and calls == self._in_flight and is_sent


def _end(process: subprocess.Popen[str], number: int) -> None:
    process.send_signal(number)
    process.wait(30)


def main() -> int:
    """Parse the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queued", type=int, default=100_000)
    parser.add_argument("--in-flight", type=int, default=200)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="restart-") as base,
        SimulatorProcess(Path(base)) as simulator,
    ):
        workspace = Path(base) / "workspace"
        row = Big(workspace, simulator, options.queued, options.in_flight).run()
    print(json.dumps(row))
    return 0 if row["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
