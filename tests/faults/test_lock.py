"""One daemon for each state directory: a lock that a dead one left does not stop the next (84)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from seedwatch.daemon import lockfile
from seedwatch.daemon.lockfile import AnotherDaemon

pytestmark = pytest.mark.fault(84)

_HOLDS = """
import sys, time
from pathlib import Path
from seedwatch.daemon import lockfile
lock = lockfile.own(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(
    "left", ["", str(os.getpid()), "1", "garbage\0"], ids=["empty", "us", "1", "?"]
)
def test_a_file_that_was_left_is_no_lock(tmp_path: Path, left: str) -> None:
    """Only the system's lock counts: not that the file is there, nor which process it names.

    Red when the number of a process decides: after a restart of a container it is another one's.
    """
    (tmp_path / "daemon.lock").write_text(left)
    assert not lockfile.is_owned(tmp_path)
    lockfile.own(tmp_path).release()


def test_a_held_lock_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held by somebody who is alive it is refused, however often one asks; then it is free."""
    monkeypatch.setattr(lockfile, "_PATIENCE_S", 0.05)
    lock = lockfile.own(tmp_path)
    for _ in range(2):
        assert lockfile.is_owned(tmp_path)
        with pytest.raises(AnotherDaemon):
            lockfile.own(tmp_path)
    lock.release()
    assert not lockfile.is_owned(tmp_path)
    lockfile.own(tmp_path).release()


@pytest.mark.nightly
@pytest.mark.process
def test_a_killed_owner_leaves_nothing(tmp_path: Path) -> None:
    """After SIGKILL the next one owns the directory at once."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDS, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert lockfile.is_owned(tmp_path)
    holder.kill()
    holder.wait(30)
    holder.stdout.close()
    lockfile.own(tmp_path).release()
