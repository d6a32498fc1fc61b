"""The `.seedwatch` file in an inbox: it tells the right share from a bare mount point."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from seedwatch.errors import SourceChanged, SourceGone
from seedwatch.junk import MARKER_NAME
from seedwatch.paths import Root
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

    Raises:
        OSError: the file system failed (not: the root or the marker is not there).
    """
    try:
        status = root.path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return RootFacts(is_there=False)
    if not stat.S_ISDIR(status.st_mode):
        return RootFacts(is_there=False)
    return RootFacts(
        is_there=True,
        marker=read_marker(root),
        is_read_only=_is_read_only(root),
        key=(status.st_dev, status.st_ino),
    )


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


def write_marker(root: Root, folder: str, install_id: str) -> Marker:
    """Adopt a root: give it a marker of a new name, in place of any other.

    Raises:
        OSError: the root cannot be written.
    """
    marker = Marker(secrets.token_hex(16), install_id)
    content = {
        "id": marker.marker_id,
        "install": install_id,
        "folder": folder,
        "note": say("inbox.marker_note"),
    }
    root.replace_small(MARKER_NAME, json.dumps(content, ensure_ascii=False).encode() + b"\n")
    return marker


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


def _is_read_only(root: Root) -> bool:
    if sys.platform != "win32" and os.statvfs(root.path).f_flag & os.ST_RDONLY:
        return True
    return not os.access(root.path, os.W_OK | os.X_OK)
