"""Kills the real daemon at every point that a life reaches, restarts it, and takes a census.

    python -m tests.campaigns.kill_points                       # each point, four kinds of answer
    python -m tests.campaigns.kill_points --kinds video,across  # or: all
    python -m tests.campaigns.kill_points --pairs --limit 2000 --resume pairs.jsonl

With `--pairs` the recovery from the first kill is killed, too, at any of the points it reaches.
Prints one JSON line for each thing found wrong and one at the end, and exits 1 if anything was;
`--out` and `--resume` append a line for every case, and `--resume` leaves out those done before.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import random
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from multiprocessing.util import Finalize
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.campaigns import census
from tests.campaigns.kinds import KINDS, MAIN, Kind, drop, studio
from tests.campaigns.lives import Lives, SimulatorProcess
from tests.flow.workspace import Workspace

_KILLED = -9
_FEW_STATEMENTS = {f"schema.statement:{n}" for n in (1, 20, 40)}
"""of the first kills of pairs: all the others leave the same empty file"""


@dataclass
class Case:
    """One source of one kind, killed at these points of its lives; what came of it."""

    kind: str
    points: tuple[str, ...]
    reached: list[str] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    doubts: int = 0
    unsure: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it another case."""
        return (self.kind, *self.points)

    @property
    def kills(self) -> int:
        """How many kills really came; a point that depends on timing may not be reached."""
        return self.codes.count(_KILLED)


class Stage(contextlib.AbstractContextManager["Stage"]):
    """A simulator and a fork server: what one worker needs for its cases."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.simulator = SimulatorProcess(base)
        self.lives = Lives()

    def __enter__(self) -> Self:
        self.simulator.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.simulator.__exit__(kind, error, trace)

    def baseline(self, name: str) -> list[str]:
        """The points that an undisturbed life of this kind reaches, in order.

        Raises:
            AssertionError: it does not end as it should; no kill would tell anything.
        """
        with self._studio(KINDS[name]) as (workspace, dropped):
            code = self.lives.run(workspace, points=self.base / "points")
            wrong = census.after(workspace, dropped)
            assert not wrong, wrong
            assert code == _code(KINDS[name]), workspace.log.read_text()
        return self._points()

    def play(self, case: Case) -> Case:
        """Kill and restart, then let it run to its end, and look at what is left."""
        began = time.monotonic()
        kind = KINDS[case.kind]
        with self._studio(kind) as (workspace, dropped):
            try:
                self._live(case, workspace, dropped)
                case.wrong += _judged(case, kind, workspace, dropped)
            except TimeoutError as error:
                case.wrong.append(str(error))
            if case.wrong:
                case.wrong.append(workspace.log.read_text()[-4000:])
        case.seconds = round(time.monotonic() - began, 3)
        return case

    def _live(self, case: Case, workspace: Workspace, dropped: dict[str, str]) -> None:
        for point in (*case.points, ""):
            code = self.lives.run(workspace, kill_at=point, points=self.base / "points")
            case.codes.append(code)
            reached = self._points()
            case.steps.append(len(reached))
            if code != _KILLED:
                return
            case.reached += reached[-1:]
            case.wrong += census.at_kill(workspace, dropped)
            case.doubts = max(case.doubts, len(census.in_doubt(workspace)))

    def _points(self) -> list[str]:
        path = self.base / "points"
        reached = path.read_text().split()
        path.unlink()
        return reached

    @contextlib.contextmanager
    def _studio(self, kind: Kind) -> Iterator[tuple[Workspace, dict[str, str]]]:
        self.simulator.reset()
        self.simulator.move_switches({"ark.lists_per_s": 0})
        if kind.fault:
            self.simulator.post_faults([{"do": kind.fault}])
        with studio(kind, self.simulator, "kill-") as workspace:
            yield workspace, drop(kind, workspace)


def _code(kind: Kind) -> int:
    return 0 if kind.ends == "done" else 3


def _judged(case: Case, kind: Kind, workspace: Workspace, dropped: dict[str, str]) -> list[str]:
    """What is wrong at the end: the census, and how many answers were given up (P5)."""
    wrong = census.after(workspace, dropped)
    case.unsure = census.unsure(workspace)
    if case.unsure > (0 if kind.can_ask else case.doubts):
        wrong.append(f"{case.unsure} unsure with {case.doubts} answers lost")
    ends = census.states(workspace)
    if not case.unsure and ends != {kind.ends: 1}:
        wrong.append(f"it ends as {ends}")
    codes = {3} if case.unsure else {0, _code(kind)}  # what failed in an earlier life is told there
    if case.codes[-1] not in codes:
        wrong.append(f"exit code {case.codes[-1]}")
    return wrong


_stage: Stage


def _set_the_stage(base: str) -> None:
    """Called once in each worker; it ends with it."""
    global _stage  # noqa: PLW0603 - a worker of a pool has no other place
    _stage = Stage(Path(tempfile.mkdtemp(prefix="stage-", dir=base)))
    _stage.__enter__()
    Finalize(None, _stage.__exit__, (None, None, None), exitpriority=1)


def _baseline(name: str) -> list[str]:
    return _stage.baseline(name)


def _play(case: Case) -> Case:
    return _stage.play(case)


def singles(points: dict[str, list[str]]) -> list[Case]:
    """Every point of every kind."""
    return [Case(name, (point,)) for name, reached in points.items() for point in reached]


def pairs(points: dict[str, list[str]]) -> list[Case]:
    """A kill at each point, then one at the n-th point of what follows.

    How many a recovery reaches is known only afterwards; it is at most about as many as the rest
    of the life and what every start does.
    """
    cases = []
    for name, reached in points.items():
        starts = sum(point.startswith("schema.") for point in reached)
        for at, point in enumerate(reached):
            if point.startswith("schema.statement:") and point not in _FEW_STATEMENTS:
                continue
            most = len(reached) if at < starts else len(reached) - at + 25
            cases += [Case(name, (point, f"any:{n}")) for n in range(1, most + 1)]
    return cases


def summary(cases: Sequence[Case], seconds: float) -> dict[str, object]:
    """The last line."""
    kills = sum(case.kills for case in cases)
    ends = collections.Counter("unsure" if case.unsure else "decided" for case in cases)
    return {
        "cases": len(cases),
        "kinds": sorted({case.kind for case in cases}),
        "kills": kills,
        "not_reached": sum(case.kills < len(case.points) for case in cases),
        "points_killed_at": len({point for case in cases for point in case.reached}),
        "unsure": ends["unsure"],
        "answers_lost": sum(case.doubts for case in cases),
        "wrong": sum(bool(case.wrong) for case in cases),
        "seconds": round(seconds, 1),
        "kills_per_s": round(kills / max(seconds, 0.001), 2),
        "ok": not any(case.wrong for case in cases),
    }


def done_before(path: Path | None) -> set[tuple[str, ...]]:
    """The cases that an earlier run has written."""
    if path is None or not path.exists():
        return set()
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return {(row["kind"], *row["points"]) for row in rows}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", action="store_true")
    parser.add_argument("--kinds", default=",".join(MAIN))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=0, help="at most so many cases, by chance")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--resume", type=Path)
    return parser.parse_args()


def run(
    names: Sequence[str],
    *,
    is_paired: bool = False,
    seed: int = 1,
    limit: int = 0,
    jobs: int = 2,
    out: Path | None = None,
    before: Collection[tuple[str, ...]] = (),
) -> dict[str, object]:
    """Play every case of these kinds that was not played `before`; the last line.

    What is wrong is printed at once; `out` gets a line for every case.
    """
    played: list[Case] = []
    with (
        tempfile.TemporaryDirectory(prefix="kill-points-") as base,
        ProcessPoolExecutor(jobs, initializer=_set_the_stage, initargs=(base,)) as pool,
    ):
        points = dict(zip(names, pool.map(_baseline, names), strict=True))
        cases = (pairs if is_paired else singles)(points)
        random.Random(seed).shuffle(cases)
        cases = [case for case in cases[: limit or None] if case.key not in before]
        began = time.monotonic()
        for case in pool.map(_play, cases):
            played.append(case)
            if out is not None:
                with out.open("a") as file:
                    file.write(json.dumps(asdict(case)) + "\n")
            if case.wrong:
                print(json.dumps(asdict(case)), flush=True)
    told = summary(played, time.monotonic() - began)
    return {"seed": seed, "pairs": is_paired, "before": len(before)} | told


def main() -> int:
    """Parse the options, play the cases, print the sum."""
    options = _options()
    told = run(
        list(KINDS) if options.kinds == "all" else options.kinds.split(","),
        is_paired=options.pairs,
        seed=options.seed,
        limit=options.limit,
        jobs=options.jobs,
        out=options.resume or options.out,
        before=done_before(options.resume),
    )
    print(json.dumps(told))
    return 0 if told["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
