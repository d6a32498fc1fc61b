"""Tries out what a folder's file system can do, in a hidden directory of its own, for `check`."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from seedwatch.paths import PART_PREFIX, rename_no_replace
from seedwatch.pulse import beat

_ODD_NS: Final = 1_000_000_001_123_456_789
"""a time that shows every way of rounding"""
_RESOLUTIONS_NS: Final = (1, 100, 1_000, 1_000_000, 10_000_000, 1_000_000_000, 2_000_000_000)

NoReplace = Literal["rename", "link", "placeholder"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What was tried out; `no_replace` is the way in which nothing is ever overwritten."""

    hard_links: bool
    no_replace: NoReplace
    directory_sync: bool
    case_sensitive: bool
    time_resolution_s: float
    events: bool | None = None
    """whether the system told of a file that was made there; None: it was not asked"""


def probe(folder: Path, hears: Callable[[Path], bool] | None = None) -> Capabilities:
    """Try it out; nothing is left behind. `hears` tells whether events come from a directory.

    Raises:
        OSError: the folder is away, or cannot be written.
    """
    place = folder / f"{PART_PREFIX}check-{secrets.token_hex(4)}"
    place.mkdir()
    try:
        beat()
        return _try_all(place, hears)
    finally:
        for path in place.iterdir():
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
        place.rmdir()


def _try_all(place: Path, hears: Callable[[Path], bool] | None) -> Capabilities:
    file = place / "probe"
    file.touch()
    beat()
    has_links = _works(lambda: os.link(file, place / "link"))
    beat()
    no_replace: NoReplace = "link" if has_links else "placeholder"
    if sys.platform == "win32" or _works(lambda: rename_no_replace(place, "probe", "moved")):
        no_replace = "rename"
    if (place / "moved").exists():
        (place / "moved").rename(file)
    beat()
    os.utime(file, ns=(_ODD_NS, _ODD_NS))
    return Capabilities(
        hard_links=has_links,
        no_replace=no_replace,
        directory_sync=_works(lambda: _sync(place)),
        case_sensitive=not (place / "PROBE").exists(),
        time_resolution_s=resolution_s(file.stat().st_mtime_ns),
        events=None if hears is None else hears(place),
    )


def resolution_s(seen_ns: int) -> float:
    """How finely the file system keeps times, by what became of `_ODD_NS`."""
    for step in _RESOLUTIONS_NS:
        if seen_ns == _ODD_NS // step * step:
            return step / 1e9
    return _RESOLUTIONS_NS[-1] / 1e9


def _works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _sync(directory: Path) -> None:
    if sys.platform == "win32":
        raise OSError("no such call")
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
