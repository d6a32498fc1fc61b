"""What commands print: plain lines and JSON on stdout, tables that a pipe gets whole."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final

import click

from seedwatch.texts import say

_CONTROL: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_FOR_A_PIPE: Final = 100_000
"""columns of a table that nobody looks at: nothing is cut or wrapped"""
_SHORT: Final = 9
"""a column this narrow (an id, a state) is never cut in favour of a long one"""
_STYLES: Final = {
    "ok": "green",
    "done": "green",
    "failed": "red",
    "rule-error": "red",
    "unavailable": "red",
    "auth": "red",
    "quota": "red",
    "held": "yellow",
    "paused": "yellow",
    "limited": "yellow",
    "foreign": "yellow",
    "read-only": "yellow",
    "running": "cyan",
    "waiting": "cyan",
}


def shown(text: str) -> str:
    """Text of a stranger (a file name, a prompt) on one line, odd characters escaped."""
    return _CONTROL.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code in (0x09, 0x0A, 0x0D):
        return {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}[code]
    if 0xDC80 <= code <= 0xDCFF:  # PEP 383: a byte of a file name that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def out(line: str = "") -> None:
    """A line on stdout."""
    click.echo(line)


def out_json(value: Any, *, indent: int | None = 2) -> None:
    """JSON on stdout, in ASCII: every terminal, pipe and locale carries it unharmed."""
    click.echo(json.dumps(value, ensure_ascii=True, indent=indent))


def shortened(text: str, most: int) -> str:
    """At most `most` characters on one line, for a table on a terminal."""
    text = shown(text)
    return text if len(text) <= most else text[: most - 1] + "…"


def is_terminal() -> bool:
    """Whether a person reads stdout."""
    return sys.stdout.isatty()


def out_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table on stdout: coloured and fitted on a terminal, whole lines of text in a pipe."""
    from rich.console import Console  # noqa: PLC0415 - costs 60 ms
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False, header_style="bold")
    lines = list(rows)
    for place, heading in enumerate(headings):
        longest = max((len(line[place]) for line in lines), default=0)
        table.add_column(heading, no_wrap=True, overflow="ellipsis", min_width=min(longest, _SHORT))
    for row in lines:
        table.add_row(*(Text(shown(cell), style=_STYLES.get(cell, "")) for cell in row))
    if is_terminal():
        Console().print(table)
        return
    paper = io.StringIO()
    Console(file=paper, width=_FOR_A_PIPE, color_system=None).print(table)
    for line in paper.getvalue().splitlines():
        out(line.rstrip())


def counted(counts: dict[str, int]) -> str:
    """`3 ready, 1 failed`; states without a task are left out."""
    parts = [f"{count} {state}" for state, count in counts.items() if count]
    return ", ".join(parts) or say("cli.none")


def duration(seconds: float) -> str:
    """`45s`, `12m`, `3h 05m`, `2d 4h`: as precise as a person wants."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if hours < 1:
        return f"{minutes}m"
    if days < 1:
        return f"{hours}h {minutes % 60:02d}m"
    return f"{days}d {hours % 24}h"
