"""The package's own code as syntax trees, for tests that compare it with its lists."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import seedwatch

PACKAGE = Path(seedwatch.__file__).parent


@cache
def modules() -> dict[str, ast.Module]:
    """Every module but the simulator (it imitates a foreign service): path -> tree."""
    return {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
        if "simulator" not in path.parts
    }


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in the package with the path of its module."""
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield path, node


def texts() -> Iterator[tuple[str, str]]:
    """Every literal text in the package with the path of its module."""
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path, node.value
