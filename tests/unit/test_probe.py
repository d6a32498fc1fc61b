"""What a file system can do is tried out, not guessed, and nothing of the trial stays."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from seedwatch.inbox.hearing import hears
from seedwatch.outbox import probe as probe_module
from seedwatch.outbox.probe import Capabilities, probe, resolution_s
from tests.fakes.mounts import Server
from tests.unit.seam import refuse


def test_a_local_disk_can_all(tmp_path: Path) -> None:
    """Links, renames that replace nothing, durable names, exact times; events where asked."""
    seen = probe(tmp_path, hears)

    assert (seen.hard_links, seen.no_replace, seen.directory_sync) == (True, "rename", True)
    assert seen.case_sensitive
    assert seen.time_resolution_s <= 0.01
    assert seen.events
    assert list(tmp_path.iterdir()) == []


def test_a_poor_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused is told, with the way that is left; nothing stays behind here, either."""
    for name in ("link", "fsync"):
        monkeypatch.setattr(os, name, refuse(errno.EINVAL))
    monkeypatch.setattr(probe_module, "rename_no_replace", refuse(errno.ENOSYS))

    seen = probe(tmp_path)
    assert seen == Capabilities(
        hard_links=False,
        no_replace="placeholder",
        directory_sync=False,
        case_sensitive=True,
        time_resolution_s=seen.time_resolution_s,
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("seen_ns", "resolution"),
    [
        (1_000_000_001_123_456_789, 1e-9),
        (1_000_000_001_123_456_700, 1e-7),
        (1_000_000_001_123_456_000, 1e-6),
        (1_000_000_001_000_000_000, 1.0),
        (1_000_000_000_000_000_000, 2.0),
        (42, 2.0),
    ],
)
def test_how_finely_times_are_kept(seen_ns: int, resolution: float) -> None:
    """Rounding shows the grain: 100 ns of NTFS, a second of old file systems, two of FAT."""
    assert resolution_s(seen_ns) == resolution


@pytest.mark.fault(16)
def test_a_read_only_share(tmp_path: Path, server: Server) -> None:
    """Where nothing can be written, nothing is tried; the error says so."""
    point = tmp_path / "mnt"
    server.mount("x", point)
    server.protect(point, is_read_only=True)

    with pytest.raises(OSError, match="Read-only"):
        probe(point)
