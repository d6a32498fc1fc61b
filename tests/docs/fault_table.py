"""The table of docs/faults.md, made of the marks in the tests.

`python -m tests.docs.fault_table` writes it between its marks; a test says when to.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.docs.fault_rows import FAULTS, NOTES, OPEN, OPEN_LATER
from tests.docs.reading import ROOT, document

_MARKED = re.compile(r"(<!-- generated: faults -->\n).*?(<!-- end -->)", re.DOTALL)
_TIERS = {True: "nightly", False: "every change"}


@dataclass(frozen=True)
class Mark:
    """One `fault(row)`: the module it stands in, its test ("" for the whole module), its tier."""

    row: int
    module: str
    test: str
    is_nightly: bool


def current() -> str:
    """The document as it should be."""
    written = document("faults").read_text("utf-8")
    return _MARKED.sub(lambda found: f"{found[1]}\n{_table()}\n{found[2]}", written)


@cache
def marks() -> tuple[Mark, ...]:
    """Every mark of every test module, read from the source without importing it."""
    modules = sorted((ROOT / "tests").rglob("test_*.py"))
    return tuple(mark for module in modules for mark in _marks_of(module))


def open_rows() -> set[int]:
    """The rows that say that they are still to be done."""
    return OPEN | OPEN_LATER


def stray(module: Path) -> int:
    """How many marks of a module stand where they mark no test."""
    written = sum(1 for node in ast.walk(_tree(module)) for _ in _rows(node))
    return written - sum(1 for _ in _marks_of(module))


def _marks_of(module: Path) -> Iterator[Mark]:
    name = module.relative_to(ROOT / "tests").with_suffix("").as_posix()
    tree = _tree(module)
    shared = [node for node in tree.body if _is_named(node, "pytestmark")]
    whole = any(_is_nightly(node) for node in shared)
    for node in shared:
        yield from (Mark(row, name, "", whole) for row in _all_rows([node]))
    for node in tree.body:
        yield from _marks_below(node, name, is_nightly=whole)


def _marks_below(node: ast.stmt, module: str, *, is_nightly: bool) -> Iterator[Mark]:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    is_nightly = is_nightly or any(map(_is_nightly, node.decorator_list))
    for row in _all_rows(node.decorator_list):
        yield Mark(row, module, node.name, is_nightly)
    if isinstance(node, ast.ClassDef):
        for inner in node.body:
            yield from _marks_below(inner, module, is_nightly=is_nightly)


def _all_rows(nodes: list[ast.stmt] | list[ast.expr]) -> Iterator[int]:
    for node in nodes:
        for inner in ast.walk(node):
            yield from _rows(inner)


def _rows(node: ast.AST) -> Iterator[int]:
    """The row of a call `pytest.mark.fault(row)`."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fault":
        for argument in node.args:
            if not isinstance(argument, ast.Constant) or not isinstance(argument.value, int):
                raise TypeError(f"a row is a plain number: {ast.unparse(node)}")
            yield argument.value


def _is_nightly(node: ast.AST) -> bool:
    return any(
        isinstance(inner, ast.Attribute) and inner.attr == "nightly" for inner in ast.walk(node)
    )


def _is_named(node: ast.stmt, name: str) -> bool:
    return isinstance(node, ast.Assign) and [ast.unparse(to) for to in node.targets] == [name]


@cache
def _tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text("utf-8"))


def _table() -> str:
    lines = ["| row | fault | tests | run | left out |", "|---|---|---|---|---|"]
    for row, fault in FAULTS.items():
        mine = [mark for mark in marks() if mark.row == row]
        places = Counter(mark.module for mark in mine)
        where = ", ".join(
            f"`{name}`" + (f" ({count})" if count > 1 else "") for name, count in places.items()
        )
        tiers = ", ".join(_TIERS[tier] for tier in sorted({mark.is_nightly for mark in mine}))
        note = "open" if row in open_rows() else NOTES.get(row, "–")
        lines.append(f"| {row} | {fault} | {where or '–'} | {tiers or '–'} | {note} |")
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    document("faults").write_text(current(), "utf-8")
