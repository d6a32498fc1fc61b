"""Drops many sources while the daemon runs, kills it again and again, and takes a census.

    python -m tests.campaigns.kill_storm --count 2000 --kills 100 --seed 1 --resume storms.jsonl

The tasks are shared out among storms of at most `--size` tasks, which take the kinds of answer in
turn; storm N has the seed SEED + N. One JSON line for each, and one at the end; exit 1 if anything
was lost, torn, paid twice, or does not add up. `--resume FILE` leaves out the storms whose lines
are in it, and appends its own.
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.campaigns import census
from tests.campaigns.kinds import KINDS, MAIN, Kind, drop, studio
from tests.campaigns.lives import Lives, SimulatorProcess, ended, killed
from tests.flow.workspace import Workspace

_POINTS_OF_A_TASK = 90
_POINTS_OF_A_START = 60
_KILLED = -9


class Storm:
    """One workspace, its sources, and the kills in its lives."""

    def __init__(self, workspace: Workspace, kind: Kind, lives: Lives, seed: int) -> None:
        self._workspace = workspace
        self._kind = kind
        self._lives = lives
        self._chance = random.Random(seed)
        self._dropped: dict[str, str] = {}
        self._lost_answers: set[str] = set()
        self._wrong: list[str] = []
        self._kills = 0

    def run(self, count: int, kills: int) -> dict[str, Any]:
        """All of it; the row that is printed."""
        began = time.monotonic()
        shares = self._shares(count, kills)
        for number, share in enumerate(shares):
            self._live(share, is_first=number == 0)
        for _ in range(kills):  # in place of lives that ended before their kill
            if self._kills < kills:
                self._live(0, is_first=False)
        code = ended(self._lives.begin(self._workspace), 600)
        return self._row(code, count, time.monotonic() - began)

    def _shares(self, count: int, kills: int) -> list[int]:
        """How many sources are dropped in each life; their sum is `count`."""
        cuts = sorted(self._chance.randint(0, count) for _ in range(kills - 1))
        return [end - start for start, end in zip([0, *cuts], [*cuts, count], strict=True)]

    def _live(self, share: int, *, is_first: bool) -> None:
        """A life that is killed: at a point of its own, or from outside at any instant."""
        most = _POINTS_OF_A_START + _POINTS_OF_A_TASK * share
        if self._chance.random() < 0.5:
            point = f"any:{self._chance.randint(1, most)}"
            life = self._lives.begin(self._workspace, kill_at=point)
            self._drop(share)
            code = ended(life, 300)
        else:
            life = self._lives.begin(self._workspace, is_until_idle=False)
            self._drop(share)
            time.sleep(self._chance.uniform(0, 0.3 + 0.05 * share))
            code = killed(life)
        self._kills += code == _KILLED
        self._lost_answers |= census.in_doubt(self._workspace)
        if is_first or self._chance.random() < 0.1:  # every result is read: not after each kill
            self._wrong += census.at_kill(self._workspace, self._dropped)

    def _drop(self, count: int) -> None:
        for _ in range(count):
            number = len(self._dropped) + 1
            self._dropped |= drop(self._kind, self._workspace, number)

    def _row(self, code: int, count: int, seconds: float) -> dict[str, Any]:
        workspace = self._workspace
        wrong = [*self._wrong, *census.after(workspace, self._dropped)]
        unsure = census.unsure(workspace)
        states = census.states(workspace)
        accepted = census.accepted(workspace)
        if unsure > (0 if self._kind.can_ask else len(self._lost_answers)):
            wrong.append(f"{unsure} unsure with {len(self._lost_answers)} answers lost")
        if states.get("done", 0) + unsure != count:
            wrong.append(f"{count} dropped, but the tasks are {states}")
        if code != (3 if unsure else 0):
            wrong.append(f"exit code {code}")
        return {
            "tasks": count,
            "kills": self._kills,
            "done": states.get("done", 0),
            "unsure": unsure,
            "answers_lost": len(self._lost_answers),
            "accepted": accepted.total(),
            "accepted_twice": sum(times > 1 for times in accepted.values()),
            "wrong": wrong[:20],
            "seconds": round(seconds, 1),
            "ok": not wrong,
        }


def storms(count: int, kills: int, size: int, kinds: list[str]) -> Iterator[tuple[str, int, int]]:
    """Kind, tasks and kills of each storm."""
    number = -(-count // size)
    for n in range(number):
        share = count // number + (n < count % number)
        yield kinds[n % len(kinds)], share, kills // number + (n < kills % number)


def done_before(path: Path | None) -> dict[int, dict[str, Any]]:
    """The rows of storms that an earlier run has written, by their seeds."""
    if path is None or not path.exists():
        return {}
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return {row["seed"]: row for row in rows}


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The sums of all storms, those of earlier runs included."""
    total: collections.Counter[str] = collections.Counter()
    for row in rows:
        total.update({name: value for name, value in row.items() if type(value) is int})
    del total["seed"]
    seconds = sum(row["seconds"] for row in rows)
    return {
        "storms": len(rows),
        **total,
        "seconds": round(seconds, 1),
        "kills_per_s": round(total["kills"] / max(seconds, 0.001), 2),
        "ok": bool(rows) and all(row["ok"] for row in rows),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--size", type=int, default=250)
    parser.add_argument("--kinds", default=",".join(MAIN))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", type=Path)
    return parser.parse_args()


def main() -> int:
    """Parse the options, run every storm, print their rows and the sum."""
    options = _options()
    done = done_before(options.resume)
    lives = Lives()
    for number, (name, count, kills) in enumerate(
        storms(options.count, options.kills, options.size, options.kinds.split(","))
    ):
        seed = options.seed + number
        if seed in done:
            continue
        row = {"seed": seed, "kind": name} | play(lives, name, count, kills, seed)
        done[seed] = row
        print(json.dumps(row), flush=True)
        if options.resume is not None:
            with options.resume.open("a") as file:
                file.write(json.dumps(row) + "\n")
    told = summary(list(done.values()))
    print(json.dumps(told))
    return 0 if told["ok"] else 1


def play(lives: Lives, name: str, count: int, kills: int, seed: int) -> dict[str, Any]:
    """One storm of this kind of answer; its row."""
    kind = KINDS[name]
    with (
        tempfile.TemporaryDirectory(prefix="storm-") as base,
        SimulatorProcess(Path(base), latency_s=0.05) as simulator,
        studio(kind, simulator, "storm-", concurrency=8) as workspace,
    ):
        simulator.move_switches({"ark.lists_per_s": 0})
        return Storm(workspace, kind, lives, seed).run(count, kills)


if __name__ == "__main__":
    sys.exit(main())
