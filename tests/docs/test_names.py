"""Every public name is documented: errors, states, events, kill points, faults, benchmarks."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import get_args, get_type_hints

import seedwatch
from seedwatch.cli import overview
from seedwatch.errors import SeedwatchError
from seedwatch.lifecycle import HOLD_REASONS, MOVES, STATES
from seedwatch.logs import EVENTS
from seedwatch.providers import wire
from seedwatch.simulator.fault_syntax import _WHEN, ARGS
from seedwatch.simulator.switches import SWITCHES, Choice
from seedwatch.store.base import FolderReport
from seedwatch.store.events import EVENT_NAMES
from tests.bench.__main__ import NAMES
from tests.docs.reading import ROOT, blocks, content, document, sections, spans, table
from tests.unit.sources import calls

_TROUBLE, _MONEY = document("troubleshooting"), document("money")
_ARCHITECTURE, _EVENTS = document("architecture"), document("events")


def _below(kind: type[SeedwatchError]) -> Iterator[type[SeedwatchError]]:
    for found in kind.__subclasses__():
        yield found
        yield from _below(found)


def test_every_error_class_is_explained() -> None:
    """A new class of error without a line in troubleshooting is red here."""
    for module in pkgutil.walk_packages(seedwatch.__path__, "seedwatch."):
        if ".simulator" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    kinds: list[type[SeedwatchError]] = [SeedwatchError, *_below(SeedwatchError)]
    known = {kind.__name__ for kind in kinds if kind.__module__.startswith("seedwatch.")}
    assert known - set(spans(sections(_TROUBLE)["Error classes"])) == set()


def test_every_hold_reason_is_explained() -> None:
    """Both tables of hold reasons name all of them, once."""
    for found in (table(_TROUBLE, "Reasons of held tasks"), table(_MONEY, "Held tasks")):
        assert sorted(found.names()) == sorted(HOLD_REASONS)
    assert set(HOLD_REASONS) <= set(spans(sections(_ARCHITECTURE)["States of a task"]))


def test_every_state_is_explained() -> None:
    """The states of tasks, folders and accounts."""
    folder_states = get_args(get_type_hints(FolderReport)["state"])
    assert table(_TROUBLE, "States of a task").names() == list(STATES)
    assert sorted(table(_TROUBLE, "States of a folder").names()) == sorted(folder_states)
    accounts = table(_TROUBLE, "States of an account").names()
    assert sorted(accounts) == sorted(["ok", *overview._WORST_FIRST])


def test_every_store_event_is_listed() -> None:
    """The table of store events is the list of the code."""
    listed = [spans(row[0])[0] for row in table(_EVENTS, "Store events").rows]
    assert sorted(listed) == sorted(EVENT_NAMES)


def test_every_log_event_is_listed() -> None:
    """The table of log events is the list of the code, word for word."""
    rows = table(_EVENTS, "Log events").rows
    assert {spans(name)[0]: meaning for name, meaning in rows} == EVENTS


def _kill_points() -> set[str]:
    found: set[str] = set()
    for path, call in calls():
        match call:
            case ast.Call(func=ast.Name(id="reached"), args=[ast.Constant(value=str(point))]):
                found.add(point)
            case ast.Call(func=ast.Name(id="reached")):  # those of calls have a list of their own
                assert path == "providers/wire.py", f"{path}: not named by a literal"
    return found


def _is_effect(point: str) -> bool:
    return point.partition(".")[0] in {"path", "spool", "store", "schema"}


def test_every_kill_point_is_listed() -> None:
    """The travel table and the list of kill points name those of the code, and no other."""
    travel = table(_ARCHITECTURE, "The travel of a source, and where it can be killed")
    steps = {point for point in _kill_points() if not _is_effect(point)} | {"spool.synced"}
    assert set(travel.names(2)) == steps
    listed = table(document("testing"), "Kill points").names(1)
    assert sorted(listed) == sorted(steps)


def test_every_kill_point_below_the_steps_is_listed() -> None:
    """The table of effects names every write, sync, name change, commit and step of a call."""
    listed = table(document("testing"), "Kill points below the steps").names(1)
    effects = {point for point in _kill_points() if _is_effect(point)} - {"spool.synced"}
    assert sorted(listed) == sorted(effects | wire.points())


def test_every_fault_of_the_simulator_is_listed() -> None:
    """The table of faults has all faults with all their arguments, and `when` all conditions."""
    rows = table(document("simulator"), "Faults").rows
    told = {spans(row[0])[0]: set(spans(row[1])) for row in rows}
    assert told == {name: set(args) for name, args in ARGS.items()}
    assert set(_WHEN) <= set(spans(content(document("simulator"))))


def test_every_switch_of_the_simulator_is_listed() -> None:
    """The table of switches has all switches with their values, the default first."""
    rows = table(document("simulator"), "Switches").rows
    told = {spans(row[0])[0]: tuple(spans(row[1])) for row in rows}
    assert told == {
        name: switch.positions
        if isinstance(switch, Choice)
        else (str(switch.default), f"{switch.least}-{switch.most}")
        for name, switch in SWITCHES.items()
    }


def test_every_benchmark_is_listed() -> None:
    """The table of benchmarks names those that can be run."""
    assert table(document("testing"), "Benchmarks").names() == list(NAMES)


def test_the_moves_of_the_diagram_are_those_of_the_code() -> None:
    """The diagram's table of moves equals `lifecycle.MOVES`."""
    lines = next(block for block in blocks(_ARCHITECTURE) if block.mark == "moves").text
    told = {}
    for line in lines.splitlines():
        state, _, after = line.partition("->")
        told[state.strip()] = frozenset(word.strip() for word in after.split(",") if word.strip())
    assert told == MOVES


def test_modules_that_are_named_exist() -> None:
    """Every module that the architecture names is there."""
    modules = {path.as_posix() for path in (ROOT / "seedwatch").rglob("*.py")}
    named = set(re.findall(r"[a-z_]+(?:/[a-z_]+)*\.py", content(_ARCHITECTURE)))
    assert len(named) > 20
    assert {name for name in named if not any(m.endswith(f"/{name}") for m in modules)} == set()


def test_the_layers_are_those_that_are_checked() -> None:
    """The layers of the document are those of `.importlinter`."""
    block = next(block for block in blocks(_ARCHITECTURE) if block.mark == "layers")
    rules = (ROOT / ".importlinter").read_text("utf-8")
    checked = rules.partition("layers =\n")[2].partition("\n\n")[0].replace("seedwatch.", "")
    layers = [line.strip() for line in checked.splitlines()]
    assert block.text.splitlines() == [line for line in layers if line != "__main__"]
