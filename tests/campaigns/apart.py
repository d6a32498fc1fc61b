"""A simulator in a process of its own, and real mounts, for campaigns."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from seedwatch.simulator import RunningSimulator


class SimulatorProcess(RunningSimulator):
    """As the simulator in a thread, but its work takes no time of this process."""

    def __enter__(self) -> Self:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "seedwatch", "simulator"),
                *("--port", str(self._port), "--latency", str(self._latency_s)),
            ],
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self._port), 1).close()
                return self
            if time.monotonic() > end:
                self._process.kill()
                raise TimeoutError("the simulator did not start")
            time.sleep(0.05)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(10)


class Share:
    """A folder that can be taken away as a share is: by a real mount, else by its name.

    `point` is where it is seen, `backing` where its files are; away, `point` is an empty folder.
    """

    def __init__(self, point: Path, backing: Path) -> None:
        self.point, self.backing = point, backing
        point.mkdir()
        backing.mkdir()
        self.is_there = False
        self.is_mount = self._mount()
        if not self.is_mount:
            point.rmdir()
            backing.rename(point)
        self.is_there = True

    def _mount(self) -> bool:
        command = ["mount", "--bind", str(self.backing), str(self.point)]
        with contextlib.suppress(OSError):
            return subprocess.run(command, capture_output=True, check=False).returncode == 0
        return False

    def go(self) -> None:
        """Take it away, whoever has it open."""
        if not self.is_there:
            return
        if self.is_mount:
            subprocess.run(["umount", "-l", str(self.point)], check=True)
        else:
            self.point.rename(self.backing)
            self.point.mkdir()
        self.is_there = False

    def come(self) -> list[str]:
        """Bring it back; returns what was written in its place meanwhile, which must be nothing."""
        if self.is_there:
            return []
        strays = sorted(str(path) for path in self.point.rglob("*"))
        if self.is_mount:
            assert self._mount()
        else:
            self.point.rmdir()
            self.backing.rename(self.point)
        self.is_there = True
        return strays
