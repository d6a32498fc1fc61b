"""The key of every test workspace, and the search for it in everything that was left (P14).

    python -m tests.canary DIR...

prints one JSON line and exits 1 if a key stands anywhere below these directories: as it is, as
base64, or its first or last 12 characters. A file that holds nothing but the key is where the test
put it.
"""

from __future__ import annotations

import json
import stat
import sys
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

# In pieces: a copy of this file is no hit.
KEY = "-".join(("canary", "3f9c27d1a8b64e05", "key"))  # noqa: FLY002
ODD_KEY = "".join(("sk-can", "ary/0123456789+abcdefg", "hij=kl"))  # noqa: FLY002
"""one whose encodings differ from itself"""
_PIECE = 4 << 20


def needles(key: str) -> list[bytes]:
    """Every form of a key that must not be found."""
    encoded = b64encode(key.encode()).decode().rstrip("=")
    return [form.encode() for form in (key[:12], key[-12:], encoded, quote(key, safe=""))]


_NEEDLES = (*needles(KEY), *needles(ODD_KEY))
_LONGEST = max(map(len, _NEEDLES))


def scan(*roots: Path) -> list[str]:
    """The files below `roots` in which a key stands."""
    return [str(path) for root in roots for path in _files(root) if _holds_key(path)]


def _files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        try:
            status = path.lstat()
        except OSError:
            continue  # a process of the test is still ending
        is_hole = status.st_blocks * 512 < status.st_size // 2
        if stat.S_ISREG(status.st_mode) and status.st_size and not is_hole:
            yield path


def _holds_key(path: Path) -> bool:
    before = b""
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                text = before + piece
                if any(needle in text for needle in _NEEDLES):
                    return not _is_key_file(path)
                before = text[-_LONGEST:]
    except OSError:
        return False
    return False


def _is_key_file(path: Path) -> bool:
    return path.read_bytes().strip() in {KEY.encode(), ODD_KEY.encode()}


def scan_processes(pids: Iterable[int]) -> list[str]:
    """The processes among these whose arguments or environment hold a key."""
    found = []
    for pid in pids:
        for what in ("cmdline", "environ"):
            content = (Path("/proc") / str(pid) / what).read_bytes()
            if any(needle in content for needle in _NEEDLES):
                found.append(f"{pid} {what}")
    return found


def main(roots: list[str]) -> int:
    """Scan directories."""
    found = scan(*map(Path, roots))
    print(json.dumps({"scan": roots, "hits": len(found), "files": found[:50]}))  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
