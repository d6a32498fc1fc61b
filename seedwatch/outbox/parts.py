"""Temporary files that a kill left in the folders: removed if they stay as they were."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from seedwatch.junk import is_junk_directory
from seedwatch.paths import PART_PREFIX, Identity, Root
from seedwatch.records import RelPath


def parts_in(root: Root) -> dict[RelPath, Identity]:
    """Every temporary file of ours below a root; none where the root is away or fails."""
    with contextlib.suppress(OSError):
        return dict(root.files(lambda name: not is_junk_directory(name), _is_part))
    return {}


def _is_part(name: str) -> bool:
    return name.startswith(PART_PREFIX)


def remove_unchanged(root: Root, parts: Mapping[RelPath, Identity]) -> int:
    """Remove those that are what they were; one that is being written has grown meanwhile."""
    count = 0
    for path, before in parts.items():
        with contextlib.suppress(OSError):
            if root.identity(path) == before:
                count += root.unlink(path)
    return count
