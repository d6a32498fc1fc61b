"""Imports less than libraries offer: what they load only to look nice costs a daemon memory.

structlog and httpx import rich and pygments where they are installed, for tracebacks and a command
line that a daemon never shows (4 of 61 MB). `seedwatch.cli.bars` imports rich when it is used.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*packages: str) -> Iterator[None]:
    """Let imports in this block find these packages missing, unless they are loaded already."""
    hidden = [name for name in packages if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # what makes an import of it fail
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
