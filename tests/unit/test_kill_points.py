"""Kill points: every effect has one, they count per name, and unarmed they are nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from seedwatch import kill_points
from tests.docs.reading import ROOT

_MODULES = ("paths", "outbox/spool", "store/migrations/__init__")
_EFFECTS = {
    *("fsync", "rename", "replace", "link", "unlink", "rmdir", "mkdir", "_renameat2"),
    *("copy_file_range",),
}
_PASSED_LATER = {
    "_rename_no_replace",  # Windows: the point after the `if` is for both ways
    "_rename_without_windows",  # its caller's point
    "rename_no_replace",  # `check` tries it out in a directory of its own
    "_remove_placeholder",  # undoes what failed, and may fail itself
    "_opened_by_path",  # Windows
    "_sync_directory",  # of migrations: `schema.committed` and `schema.copy_named` stand around it
    "_placeholder",
    "back_up",
}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """Points armed to write their names; disarmed afterwards."""
    path = tmp_path / "points"
    kill_points.arm(log=str(path))
    yield path
    kill_points.arm()


def _bare_effects(module: str) -> Iterator[str]:
    """Functions with an effect after which, in their own text, no point comes."""
    tree = ast.parse((ROOT / "seedwatch" / f"{module}.py").read_text())
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or function.name in _PASSED_LATER:
            continue
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        points = [call.lineno for call in calls if ast.unparse(call.func) == "reached"]
        for call in calls:
            name = ast.unparse(call.func).rpartition(".")[2]
            if name in _EFFECTS and not any(at > call.lineno for at in points):
                yield f"{module}:{function.name}: {name}"


@pytest.mark.parametrize("module", _MODULES)
def test_every_effect_is_followed_by_a_point(module: str) -> None:
    """Whatever changes files, names or directories there can be killed at.

    Breaks if an effect is added, or a point after one is taken away.
    """
    undone = {"write_new: unlink", "replace_small: unlink"}  # the tidying of a failed write
    bare = {found.partition(":")[2] for found in _bare_effects(module)}
    assert bare - undone == set()


def test_points_are_counted_per_name(log: Path) -> None:
    """Each line says which point was reached, and for which time."""
    for name in ("path.renamed", "path.synced", "path.renamed"):
        kill_points.reached(name)
    assert log.read_text().split() == ["path.renamed:1", "path.synced:1", "path.renamed:2"]


def test_unarmed_points_are_nothing(log: Path) -> None:
    """Without the two variables nothing is counted and nothing written."""
    kill_points.arm()
    kill_points.reached("path.renamed")
    assert not kill_points.is_armed()
    assert log.read_text() == ""
