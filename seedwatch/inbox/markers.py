"""The `.seedwatch` file in an inbox: it tells the right share from a bare mount point."""

from __future__ import annotations

import contextlib
import json
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from seedwatch.errors import SourceChanged, SourceGone
from seedwatch.junk import MARKER_NAME
from seedwatch.paths import Root, RootAwayError, is_read_only
from seedwatch.pulse import beat
from seedwatch.texts import say

_MAX_BYTES: Final = 4096
_INSTALL_NAME: Final = "install-id"


@dataclass(frozen=True, slots=True)
class Marker:
    """Who adopted an inbox; an empty `marker_id` is a marker that cannot be read."""

    marker_id: str
    install_id: str


@dataclass(frozen=True, slots=True)
class RootFacts:
    """What one short look at a root shows; `key` (device, inode) changes when it is another."""

    is_there: bool
    marker: Marker | None = None
    is_read_only: bool = False
    key: tuple[int, int] = (0, 0)


def look_at_root(root: Root) -> RootFacts:
    """Look at a root and its marker; blocks as long as the file system does.

    The marker is that of the very directory whose key is told, whatever is mounted meanwhile.

    Raises:
        OSError: the file system failed (not: the root or the marker is not there).
    """
    path = root.path
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return RootFacts(is_there=False)
    if not stat.S_ISDIR(status.st_mode):
        return RootFacts(is_there=False)
    beat()
    key = status.st_dev, status.st_ino
    try:
        marker = read_marker(root.pinned(key))
    except RootAwayError:
        return RootFacts(is_there=False)  # it went, or another came, between these two steps
    return RootFacts(is_there=True, marker=marker, is_read_only=is_read_only(path), key=key)


def read_marker(root: Root) -> Marker | None:
    """The marker of a root; None where there is none.

    Raises:
        OSError: the file system failed.
    """
    try:
        text, _ = root.read(MARKER_NAME, _MAX_BYTES)
        found = json.loads(text)
        return Marker(str(found["id"]), str(found["install"]))
    except (SourceGone, SourceChanged):
        return None
    except (ValueError, KeyError, TypeError):
        return Marker("", "")


def mark_new(root: Root, folder: str, install_id: str) -> Marker:
    """Adopt a root that has no marker; of several who try at once, one succeeds.

    Raises:
        FileExistsError: somebody else adopted it just now.
        OSError: the root cannot be written.
    """
    marker, content = _new_marker(folder, install_id)
    # a name that comes again: what a kill leaves of it goes at the next try
    root.write_new(MARKER_NAME, [content], part=f"marker-{install_id}")
    return marker


def write_marker(root: Root, folder: str, install_id: str) -> Marker:
    """Adopt a root: give it a marker of a new name, in place of any other.

    Raises:
        OSError: the root cannot be written.
    """
    marker, content = _new_marker(folder, install_id)
    root.replace_small(MARKER_NAME, content)
    return marker


def _new_marker(folder: str, install_id: str) -> tuple[Marker, bytes]:
    marker = Marker(secrets.token_hex(16), install_id)
    told = {
        "id": marker.marker_id,
        "install": install_id,
        "folder": folder,
        "note": say("inbox.marker_note"),
    }
    return marker, json.dumps(told, ensure_ascii=False).encode() + b"\n"


def install_id(state_dir: Path) -> str:
    """The name of this installation, made at its first use: a marker tells whose an inbox is.

    Raises:
        OSError: the state directory cannot be used.
    """
    state = Root(state_dir)
    with contextlib.suppress(FileExistsError):
        if not state.exists(_INSTALL_NAME):
            state.write_new(_INSTALL_NAME, [secrets.token_hex(16).encode() + b"\n"], mode=0o600)
    return state.read(_INSTALL_NAME, _MAX_BYTES)[0].decode("ascii", "replace").strip()
