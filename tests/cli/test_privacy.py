"""What the daemon as a program keeps to itself: memory, core files, its environment (T3)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from seedwatch.simulator import RunningSimulator
from tests import canary
from tests.flow.workspace import Workspace

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]
_PROGRAM = """
import resource
from seedwatch.daemon.privacy import is_dumpable, keep_to_itself
before = is_dumpable()
keep_to_itself()
print(before, is_dumpable(), resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_no_core_file_and_no_look_into_memory() -> None:
    """After the call no core is written and nobody else of the user may read the memory."""
    told = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "True False (0, 0)"


_LOOK = """
import ctypes, os, sys
from seedwatch.daemon.privacy import keep_to_itself
os.setgroups([]); os.setgid(65534); os.setuid(65534)
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # as a program has it that is started by that user
if sys.argv[1] == "closed":
    keep_to_itself()
there = f"/proc/{os.getpid()}/"
open(there + "mountinfo").read(), os.listdir(there + "fd")
if os.fork() == 0:
    for name in ("environ", "mem"):
        try:
            open(there + name, "rb").close()
            print(name, "open", flush=True)
        except PermissionError:
            print(name, "refused", flush=True)
    os._exit(0)
os.wait()
"""


@pytest.mark.skipif(os.getuid() != 0, reason="becomes another user")
@pytest.mark.parametrize(("how", "told"), [("closed", "refused"), ("open", "open")])
def test_another_program_of_the_same_user_reads_nothing(how: str, told: str) -> None:
    """Neither memory nor environment; the process itself still finds all it needs in /proc (T3).

    "open" is the negative control: without the call both can be read.
    """
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _LOOK, how],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"SIM_KEY": canary.KEY},
    )
    assert done.stdout.split() == ["environ", told, "mem", told]


def _below(pid: int) -> Iterator[int]:
    """A process and everything it started."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _below(int(child))


def test_no_child_and_no_argument_tells_the_key(tmp_path: Path) -> None:
    """A daemon whose key stands in a variable: its children have neither argument nor variable.

    Its own environment as the kernel keeps it is all that is left, and that only root may read.
    Breaks if children get the whole environment and `run` leaves the variable there.
    """
    with RunningSimulator(latency_s=0.5) as simulator:
        workspace = Workspace(tmp_path, simulator, account={"key": "env:SIM_KEY"})
        for number in range(40):
            workspace.drop("chelsea.png", f"{number}.png")
        daemon = workspace.start(SIM_KEY=canary.KEY)
        seen, hits, limits = set[int](), list[str](), ""
        try:
            end = time.monotonic() + 40
            while time.monotonic() < end and daemon.poll() is None:
                limits = Path(f"/proc/{daemon.pid}/limits").read_text() or limits
                for pid in _below(daemon.pid):
                    if pid != daemon.pid and pid not in seen:
                        seen.add(pid)
                        hits += canary.scan_processes([pid])
                time.sleep(0.02)
        finally:
            daemon.kill()
            daemon.wait(20)
    (core,) = (line for line in limits.splitlines() if line.startswith("Max core"))
    assert core.split()[4:6] == ["0", "0"]
    assert seen, "no child was ever seen"
    assert hits == []
    assert canary.scan(tmp_path) == []
    assert os.environ.get("SIM_KEY") is None
