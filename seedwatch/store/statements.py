"""Loads the named statements of queries.sql; no other file of the product holds SQL."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_INCLUDE = re.compile(r"^-- include: (\w+)$", re.MULTILINE)
"""stands for another statement, so that what is shown and what is enforced are one sum"""


@cache
def all_statements() -> dict[str, str]:
    """The statements of queries.sql by name."""
    text = resources.files(__package__).joinpath("queries.sql").read_text(encoding="utf-8")
    _, *parts = _NAME.split(text)
    bodies = dict(zip(parts[::2], parts[1::2], strict=True))
    whole = {
        name: _INCLUDE.sub(lambda found: _bare(bodies[found[1]]), body)
        for name, body in bodies.items()
    }
    return {name: _bare(body) for name, body in whole.items()}


def _bare(body: str) -> str:
    """The statement without the comments that stand before it and without its semicolon."""
    lines = [line for line in body.splitlines() if not line.startswith("--")]
    return "\n".join(lines).strip().removesuffix(";")


def sql(name: str) -> str:
    """The statement `name` of queries.sql.

    Raises:
        KeyError: there is no such statement.
    """
    return all_statements()[name]


def schema() -> str:
    """All statements of a new database."""
    return resources.files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")
