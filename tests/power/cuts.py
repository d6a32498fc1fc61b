"""Cuts the power in a recorded run, starts again from what is left, and judges what came of it."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import functools
import hashlib
import json
import os
import random
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import apsw
import structlog

from seedwatch import threads
from seedwatch.config.settings import load_settings
from seedwatch.daemon import supervisor
from seedwatch.daemon.supervisor import run_daemon
from seedwatch.inbox import folder, lease
from seedwatch.inbox.known import KnownFiles
from seedwatch.providers import transport, wire
from seedwatch.simulator import RunningSimulator
from seedwatch.store.database import connect_reader
from seedwatch.worker import provider_memory, resolve
from tests.decoders import decoders
from tests.flow.workspace import Workspace
from tests.power.disk import Disk, Op, Rename, Sync, SyncNames, Trace, Tree, Write, followed
from tests.power.recorder import key_of, recording
from tests.power.scenes import Scene, sources, stage

_HIDDEN = ".seedwatch"
LONGEST_S = 10.0
"""a start that finds nothing odd takes a tenth of a second"""


@dataclass(frozen=True, slots=True)
class Run:
    """A recorded run of a scene, and where it took place."""

    scene: Scene
    workspace: Workspace
    trace: Trace
    sources: frozenset[str]
    answered: int
    """from this cut on every answer is sure"""
    begun: int = 0
    """where the life began in which the power fails"""


@dataclass(frozen=True, slots=True)
class Case:
    """One state that a power cut may have left."""

    run: Run
    cut: int
    tree: Tree

    @property
    def digest(self) -> str:
        """Equal for cases that cannot differ."""
        told = "\n".join([self.tree.digest(), *self.run.trace.accepted(self.cut)])
        return hashlib.sha256(told.encode()).hexdigest()


@contextlib.contextmanager
def quickly() -> Iterator[None]:
    """No waiting and no log: what a daemon does for the comfort of others is left out."""
    told = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    changes: tuple[tuple[Any, str, Any], ...] = (
        (transport, "tls_context", functools.cache(wire.tls_context)),
        (supervisor, "_IDLE_LOOK_S", 0.01),
        (supervisor, "_BUSY_LOOK_S", 0.01),
        (folder, "_SHORTEST_S", 0.01),
        (threads, "_IDLE_S", 0.5),
        (lease, "STALE_S", 0.0),  # who was here before is gone, as after a new boot
        (resolve, "GRACE_S", 0.1),
        (resolve, "AGAIN_S", 0.05),
        (provider_memory, "UNLISTED_S", 0.0),
        (KnownFiles, "is_known", _is_known),  # a real cut leaves inode numbers as they were
    )
    with contextlib.ExitStack() as stack:
        stack.callback(structlog.configure, **told)
        for module, name, value in changes:
            stack.enter_context(mock.patch.object(module, name, value))
        yield


def _is_known(known: KnownFiles, path: str, status: os.stat_result) -> bool:
    facts = known._files.get(path)
    return facts is not None and facts[:2] == (status.st_size, status.st_mtime_ns)


def record(scene: Scene, base: Path, far: Path, simulator: RunningSimulator) -> Run:
    """Let a scene run to its end, and keep all it did to the disk.

    Raises:
        AssertionError: it did not end as it has to even without a power cut.
    """
    for place in (base, far):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
    (far / "of this share").touch()  # an empty one would look like a share that is away
    simulator.reset()
    simulator.move_switches({"ark.lists_per_s": 0})
    simulator.post_faults([dict(fault) for fault in scene.faults])
    workspace = stage(scene, base, far, simulator)
    scene.drop(workspace.inbox)
    dropped = sources(workspace.inbox)
    with recording(base, far) as recorder:
        workspace.run()
        trace = recorder.trace()
    told = workspace.rows("SELECT state, message FROM folders")
    assert workspace.states() == {scene.state: scene.tasks}, (workspace.states(), told)
    return Run(scene, workspace, trace, dropped, _answered(trace, scene.tasks))


def killed(run: Run, chance: random.Random) -> Run:
    """The same run, killed somewhere and begun again; the power fails during the second life."""
    cut = chance.randint(_beginning(run.trace.ops), len(run.trace.ops))
    _forget(run, cut)
    restore(Disk(run.trace, cut).most(), run.trace.roots.values())
    run.workspace.key_file.chmod(0o600)
    with recording(*map(Path, run.trace.roots.values())) as recorder:
        asyncio.run(_started_again(run.workspace))
        second = recorder.trace()
    trace = followed(run.trace, cut, second)
    return replace(run, trace=trace, answered=_answered(trace, run.scene.tasks), begun=cut)


def _answered(trace: Trace, count: int) -> int:
    """The first cut at which the names of so many answers in the spool are sure."""
    waiting: set[int] = set()
    names: set[str] = set()
    last = len(trace.ops)
    for cut, op in enumerate(trace.ops, start=1):
        if isinstance(op, Rename):
            found = {c.directory for c in op.changes if c.file and c.name.endswith(".answer")}
            waiting |= found
            names |= {c.name for c in op.changes if c.name.endswith(".answer")}
        elif isinstance(op, SyncNames) and op.directory in waiting:
            waiting.discard(op.directory)
            last = cut
    return last if len(names) == count else len(trace.ops) + 1


def cases(run: Run, count: int, chance: random.Random) -> list[Case]:
    """So many states of a run, each another one (fewer, if there are no more)."""
    ops = run.trace.ops
    steps = [cut for cut, op in enumerate(ops) if not isinstance(op, Write)]
    travel = [cut for cut in steps if cut >= max(run.begun, _beginning(ops))]
    seen: set[str] = set()
    found: list[Case] = []
    for _ in range(4 * count):
        if len(found) == count:
            break
        where = chance.random()
        cut = chance.randint(run.begun, len(ops))
        # most writes are pages of the database, and most of these its making
        if where < (0.8 if run.begun else 0.9):
            cut = chance.choice(travel if where < 0.8 else steps) + chance.randint(0, 1)
        case = Case(run, cut, _state(Disk(run.trace, cut), chance))
        digest = case.digest
        if digest not in seen:
            seen.add(digest)
            found.append(case)
    return found


def every_step(run: Run) -> list[Case]:
    """The most and the least that may be left at each step of the travel, writes left out.

    Where steps leave the same, the last of them counts: more can be known by then.
    """
    found: dict[str, Case] = {}
    for cut in range(_beginning(run.trace.ops), len(run.trace.ops) + 1):
        if cut == len(run.trace.ops) or not isinstance(run.trace.ops[cut], Write):
            disk = Disk(run.trace, cut)
            for tree in (disk.most(), disk.least()):
                case = Case(run, cut, tree)
                found[case.digest] = case
    return list(found.values())


def _beginning(ops: Sequence[Op]) -> int:
    """Where the database is made and the travel begins."""
    for at, op in enumerate(ops):
        if isinstance(op, Rename) and op.changes[0].name == "spool":
            return at
    return 0


def _state(disk: Disk, chance: random.Random) -> Tree:
    match chance.randint(0, 11):
        case 0:
            return disk.least()
        case 1:
            return disk.most()
        case 2:
            return disk.names_only()
        case _:
            return disk.tree(chance)


def in_order(found: Sequence[Case]) -> list[Case]:
    """Those at which the provider had taken everything come first: it forgets for the others."""
    return sorted(found, key=lambda case: -len(case.run.trace.accepted(case.cut)))


# --- starting again ------------------------------------------------------------------------------


def restore(tree: Tree, roots: Iterable[str]) -> None:
    """Put a state on the disk, in place of what lies there."""
    for place in roots:
        for entry in os.scandir(place):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)  # noqa: PTH108
    written: dict[int, str] = {}
    for path, number in sorted(tree.places.items()):
        if number is None:
            os.makedirs(path, exist_ok=True)  # noqa: PTH103
        elif number in written:
            os.link(written[number], path)
        else:
            written[number] = path
            Path(path).write_bytes(tree.contents[number])
            if number in tree.modified:
                os.utime(path, ns=(0, tree.modified[number]))


def judge(case: Case) -> list[str]:
    """What is wrong with a state, or with what came of it; nothing, if all promises hold."""
    run, simulator = case.run, case.run.workspace.simulator
    wrong = _torn_names(case) + _lost_at_once(case)
    accepted = run.trace.accepted(case.cut)
    _forget(run, case.cut)
    restore(case.tree, run.trace.roots.values())
    run.workspace.key_file.chmod(0o600)
    before = len(simulator.ledger())
    try:
        asyncio.run(_started_again(run.workspace))
    except TimeoutError:
        return [*wrong, "is never over"]
    except Exception as error:  # noqa: BLE001 - whatever it is, the daemon does not start
        return [*wrong, f"does not start: {type(error).__name__}: {error}"]
    new = [key_of(row["prompt"], row["refs"]) for row in simulator.ledger()[before:]]
    return wrong + _judged(case, accepted + new)


def _forget(run: Run, cut: int) -> None:
    """Let the provider know no more than it did at that cut."""
    simulator = run.workspace.simulator
    if run.scene.is_remembered and len(run.trace.accepted(cut)) < run.scene.tasks:
        simulator.reset()
        simulator.move_switches({"ark.lists_per_s": 0})
    if run.scene.faults:
        simulator.reset()
        simulator.post_faults([dict(fault) for fault in run.scene.faults])


async def _started_again(workspace: Workspace) -> int:
    async with asyncio.timeout(LONGEST_S):
        settings = load_settings(workspace.config)
        return await run_daemon(settings, until_idle=True, children=decoders())


def _torn_names(case: Case) -> list[str]:
    """P7: what bears a visible name in outbox, done or failed is whole, before any recovery."""
    final, workspace = case.run.trace.final(), case.run.workspace
    visible = tuple(f"{place}/" for place in (workspace.outbox, workspace.done, workspace.failed))
    return [
        f"torn under a visible name: {path}"
        for path, number in case.tree.places.items()
        if number is not None
        and path.startswith(visible)
        and not os.path.basename(path).startswith(_HIDDEN)  # noqa: PTH119
        and case.tree.contents[number] != final[number]
    ]


def _lost_at_once(case: Case) -> list[str]:
    """P1: at every instant each source lies somewhere, whole."""
    if case.run.scene.rule.get("on_success") == "delete":
        return []
    there = {hashlib.sha256(content).hexdigest() for content in case.tree.contents.values()}
    return [f"source lost: {sha[:8]}" for sha in case.run.sources - there]


def _judged(case: Case, accepted: Sequence[str]) -> list[str]:
    run, workspace = case.run, case.run.workspace
    states, attempts, sound = asyncio.run(_asked(workspace))
    wrong = [] if sound else ["the database is damaged"]
    wrong += [
        f"paid twice: {key}" for key, times in collections.Counter(accepted).items() if times > 1
    ]
    if attempts < len(accepted):
        wrong.append(f"{len(accepted)} accepted, {attempts} attempts recorded")
    known = {(run.scene.state, ""), ("held", "unsure")}
    wrong += [f"a task is {state}" for state in states if state not in known]
    if len(states) != run.scene.tasks:
        wrong.append(f"{len(states)} tasks")
    ended = states.count((run.scene.state, ""))
    unsure = len(states) - ended
    if unsure and (run.scene.is_remembered or case.cut >= run.answered):
        wrong.append(f"{unsure} unsure, though it could be known")
    if run.scene.state == "done":
        if not ended <= len(set(accepted)) <= ended + unsure:
            wrong.append(f"{len(set(accepted))} paid for, {ended} done, {unsure} unsure")
        few = ended if run.scene.is_streamed and case.cut < run.answered else None
        wrong += _results(workspace, ended * run.scene.results, few)
    return wrong + _sources(case, is_over=not unsure)


async def _asked(workspace: Workspace) -> tuple[list[tuple[str, str]], int, bool]:
    connection = connect_reader(workspace.base / "state" / "queue.db")
    try:
        states = [
            (str(state), str(reason or "") if state == "held" else "")
            for state, reason in connection.execute("SELECT state, reason FROM tasks")
        ]
        attempts = int(str(connection.execute("SELECT count(*) FROM attempts").fetchall()[0][0]))
        sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except apsw.CorruptError:
        return [], 0, False
    else:
        return states, attempts, sound
    finally:
        connection.close()


def _results(workspace: Workspace, expected: int, few: int | None) -> list[str]:
    """Whole results, all of them; at least `few` where the answer may have broken off."""
    wrong = []
    results = workspace.results() if workspace.outbox.exists() else []
    if not (expected if few is None else few) <= len(results) <= expected:
        wrong.append(f"{len(results)} results, {expected} expected")
    for result in results:
        try:
            told = workspace.sidecar(result)["result"]["sha256"]
        except (OSError, ValueError, KeyError) as error:
            wrong.append(f"sidecar of {result.name}: {type(error).__name__}")
        else:
            if told != hashlib.sha256(result.read_bytes()).hexdigest():
                wrong.append(f"torn: {result.name}")
    for path in workspace.outbox.glob("*.set.json") if workspace.outbox.exists() else ():
        json.loads(path.read_text())
    return wrong


def _sources(case: Case, *, is_over: bool) -> list[str]:
    run = case.run
    census = run.workspace.census()
    strange = census.keys() - run.sources
    wrong = [f"strange bytes in {census[sha]}" for sha in strange]
    if run.scene.rule.get("on_success") == "delete" and is_over:
        return wrong + [f"source stayed in {place}" for place in census.values()]
    at_end = [run.scene.state] if is_over else ["inbox"]
    for sha in run.sources:
        places = census.get(sha, [])
        if places != at_end and not (run.scene.tasks > 1 and len(places) == 1):
            wrong.append(f"source {sha[:8]} lies in {places}, not in {at_end}")
    return wrong


def told(case: Case) -> dict[str, Any]:
    """A case in words, for whoever looks into it."""
    ops = case.run.trace.ops
    around = [_short(op) for op in ops[max(0, case.cut - 3) : case.cut + 2]]
    return {
        "cut": case.cut,
        "of": len(ops),
        "around": around,
        "tree": {
            path: None if number is None else len(case.tree.contents[number])
            for path, number in sorted(case.tree.places.items())
        },
    }


def _short(op: object) -> str:
    if isinstance(op, Write):
        return f"write {op.file} {op.offset}+{len(op.content)}"
    if isinstance(op, Sync):
        return f"sync {op.file}"
    return str(op)
