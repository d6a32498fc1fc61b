"""A careless person, bad luck and a daemon in a process, by chance: nothing is lost or paid twice.

    python -m tests.campaigns.random_engine --runs 100 --seed 1 [--out FILE [--resume]]

Each run is one story of up to `--steps` steps: files are dropped, edited, renamed, deleted, linked,
dropped again and moved back; the share goes and comes (a real mount where that is allowed); the
daemon is killed, its clock jumps, the service misbehaves, rules change, accounts pause. In the end
everything settles, and `audit`, the ledger and the promises are asked. One JSON line per run;
exit 1 if anything does not hold.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from seedwatch.simulator import RunningSimulator
from tests.campaigns.apart import SimulatorProcess
from tests.campaigns.yard import RULES, Yard

POINTS = (
    "intake.admitted",
    "intake.opened",
    "submit.committed",
    "spool.synced",
    "submit.answered",
    "submit.handle_saved",
    "collect.saved",
    "deliver.picture",
    "deliver.sidecar",
    "complete.committed",
    "retire.moved",
    "retire.committed",
    "recover.voided",
    "recover.decided",
)
FAULTS: tuple[dict[str, Any], ...] = (
    {"do": "status", "args": {"code": 500}},
    {"do": "status", "args": {"code": 429, "headers": {"Retry-After": "1"}}},
    {"do": "status", "args": {"code": 502}},
    {"do": "reset_before_billing"},
    {"do": "reset_after_billing"},
    {"do": "truncate"},
    {"do": "html_200"},
    {"do": "malformed_json"},
    {"do": "empty_data"},
    {"do": "moderated"},
    {"do": "not_an_image"},
    {"do": "url_expired"},
    {"do": "delay", "args": {"seconds": 1}},
)
RULE_TEXTS = ("", "repeat: 2\n", "output: again_{stem}_{index}\n", "repeat: [\n", "group: 99\n")
OFFSETS_S = (0.0, 3600.0, -3600.0, 10 * 365 * 86400.0, -5 * 365 * 86400.0)
_INDEX = st.integers(0, 9)
Told = Callable[[dict[str, Any]], None]


class DoesNotHold(AssertionError):
    """What a run found, with its whole story."""


class Engine(RuleBasedStateMachine):
    """One story; a subclass says at which simulator, and who is told how it ended."""

    simulator: RunningSimulator
    told: Told

    def __init__(self) -> None:
        super().__init__()
        self.base = Path(tempfile.mkdtemp(prefix="engine-"))
        self.yard: Yard | None = None
        self.story: list[str] = []
        self.began = time.monotonic()

    def does(self, name: str, *args: Any) -> None:
        self.story.append(" ".join([name, *map(str, args)]))
        getattr(self.yard, name)(*args)

    @initialize(kind=st.sampled_from(sorted(RULES)), count=st.integers(1, 4))
    def begin(self, kind: str, count: int) -> None:
        self.story.append(kind)
        self.yard = Yard(self.base, self.simulator, kind)
        for _ in range(count):
            self.does("drop")

    @rule(folder=st.sampled_from(["", "", "trip"]))
    def drop(self, folder: str) -> None:
        self.does("drop", folder)

    @rule(
        act=st.sampled_from(["edit", "rename", "delete", "link", "drop_again", "plant"]),
        index=_INDEX,
    )
    def person(self, act: str, index: int) -> None:
        self.does(act, index)

    @rule(index=_INDEX, area=st.sampled_from(["failed", "failed", "done"]))
    def bring_back(self, index: int, area: str) -> None:
        self.does("bring_back", index, area)

    @rule(text=st.sampled_from(RULE_TEXTS))
    def edit_rule(self, text: str) -> None:
        self.does("rule", text)

    @rule(act=st.sampled_from(["pause", "resume", "resume", "release"]))
    def decide(self, act: str) -> None:
        self.does(act)

    @rule(fault=st.sampled_from(FAULTS), times=st.integers(1, 2))
    def misbehave(self, fault: dict[str, Any], times: int) -> None:
        self.does("fault", {**fault, "times": times})

    @rule(act=st.sampled_from(["unmount", "mount"]))
    def share(self, act: str) -> None:
        self.does(act)

    @rule(offset_s=st.sampled_from(OFFSETS_S))
    def clock(self, offset_s: float) -> None:
        self.does("shift", offset_s)

    @rule(seconds=st.sampled_from([0.3, 0.8, 1.5]))
    def work(self, seconds: float) -> None:
        self.does("start")
        self.does("wait", seconds)

    @precondition(lambda self: self.yard and self.yard.daemon)
    @rule()
    def kill(self) -> None:
        self.does("kill")

    @rule(point=st.sampled_from(POINTS), n=st.integers(1, 2))
    def kill_at(self, point: str, n: int) -> None:
        self.does("killed_at", f"{point}:{n}")

    def teardown(self) -> None:
        if self.yard is None:
            return
        problems: list[str] = ["it ended early"]
        try:
            self.yard.settle()
            problems = self.yard.check()
        except AssertionError as error:
            problems = [f"no end: {error}"]
        finally:
            self.yard.close()
            row = {
                "kind": self.yard.kind,
                "steps": len(self.story),
                "files": len(self.yard.contents),
                "accepted": len(self.simulator.ledger()),
                "seconds": round(time.monotonic() - self.began, 1),
                "ok": not problems,
            }
            self.told(row if not problems else {**row, "found": problems, "story": self.story})
            if not problems:
                shutil.rmtree(self.base)
        if problems:
            raise DoesNotHold("\n".join([*problems, *self.story, str(self.base)]))


def run(
    simulator: RunningSimulator,
    runs: int,
    steps: int,
    seed: int,
    told: Told,
) -> None:
    """So many stories of one seed.

    Raises:
        DoesNotHold: one of them ended badly (as Hypothesis found it; nothing is shrunk).
    """
    options = settings(
        max_examples=runs,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    engine = type("Story", (Engine,), {"simulator": simulator, "told": staticmethod(told)})
    seeded_machine = seeded(seed)(engine)
    run_state_machine_as_test(seeded_machine, settings=options)


@contextmanager
def lines(out: Path | None) -> Iterator[Told]:
    """Print rows, and append them to a file."""

    def tell(row: dict[str, Any]) -> None:
        line = json.dumps(row)
        print(line, flush=True)
        if out is not None:
            with out.open("a") as file:
                file.write(line + "\n")

    yield tell


def told_before(out: Path | None, seed: int) -> int:
    """How many runs of this seed a file has."""
    if out is None or not out.exists():
        return 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    return sum(row.get("seed") == seed and "run" in row for row in rows)


_BATCH = 10


def main() -> int:
    """Parse the options, tell the stories in batches, each with a seed of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    number = told_before(options.out, options.seed) if options.resume else 0
    bad = 0
    with lines(options.out) as tell, SimulatorProcess(latency_s=0.05) as simulator:
        while number < options.runs:
            first, count = number, 0

            def told(row: dict[str, Any], first: int = first) -> None:
                nonlocal count, bad
                count += 1
                bad += not row["ok"]
                tell({"seed": options.seed, "run": first + count, **row})

            try:
                batch = options.seed * 100_000 + number
                run(simulator, min(_BATCH, options.runs - number), options.steps, batch, told)
            except Exception as error:  # noqa: BLE001 - the row says it; the next batch goes on
                print(type(error).__name__, file=sys.stderr)
            number += max(1, count)
    tell({"seed": options.seed, "runs": number, "bad": bad, "ok": not bad})
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
