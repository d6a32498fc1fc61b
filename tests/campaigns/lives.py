"""Lives of the real daemon from a fork server, and the real simulator as a process of its own.

A warm server has everything imported and forks each life in milliseconds instead of a third of a
second (multiprocessing's own `forkserver`). Nothing else of a life is less real: its own process,
the command line, files, sockets, and SIGKILL.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Self

from seedwatch import kill_points
from seedwatch.simulator import RunningSimulator
from seedwatch.worker import provider_memory, resolve
from tests.flow.workspace import Workspace

_WARM = (
    "tests.campaigns.lives",
    "seedwatch.cli.app",
    "seedwatch.cli.boundary",
    "seedwatch.cli.commands.run",
    "seedwatch.cli.overview",
    "keyring.backends.fail",
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
)
_LONGEST_S = 60.0
_READY_S = 20.0


@dataclass(frozen=True)
class Order:
    """How one life is to be lived; `points` is a file for the points that it reaches."""

    config: Path
    log: Path
    kill_at: str = ""
    points: str = ""
    is_until_idle: bool = True


def _live(order: Order) -> None:
    """The forked child: `seedwatch run`, with what it says in a file."""
    opened = os.open(order.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(opened, 1)
    os.dup2(opened, 2)
    # A provider's list is believed at once: the minute of grace is a matter of other tests.
    resolve.GRACE_S, resolve.AGAIN_S, provider_memory.UNLISTED_S = 0.3, 0.1, 0.0
    kill_points.arm(order.kill_at, order.points)
    from seedwatch.cli.app import app  # noqa: PLC0415 - warm in the server, not needed in the parent

    until = ["--until-idle"] if order.is_until_idle else []
    app.main(["-c", str(order.config), "run", *until])


class Lives:
    """Begins lives; there is one server for all of a process, warm with what the first asks for."""

    def __init__(self, *warm_too: str) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([*_WARM, *warm_too])

    def begin(
        self,
        workspace: Workspace,
        *,
        kill_at: str = "",
        points: Path | None = None,
        is_until_idle: bool = True,
    ) -> BaseProcess:
        """A daemon at work; its exit code is negative where a signal ended it."""
        log = "" if points is None else str(points)
        order = Order(workspace.config, workspace.log, kill_at, log, is_until_idle)
        life = self._context.Process(target=_live, args=(order,), daemon=True)
        life.start()
        return life

    def call(self, function: Callable[..., object], *args: object) -> int:
        """Call a function of a module in a process of its own; its exit code."""
        life = self._context.Process(target=function, args=args, daemon=True)
        life.start()
        return ended(life)

    def run(self, workspace: Workspace, *, kill_at: str = "", points: Path | None = None) -> int:
        """A whole life; its exit code (-9: it was killed).

        Raises:
            TimeoutError: it does not end; it was killed then.
        """
        return ended(self.begin(workspace, kill_at=kill_at, points=points))


def ended(life: BaseProcess, most_s: float = _LONGEST_S) -> int:
    """Wait for the end of a life; its exit code.

    Raises:
        TimeoutError: it does not end; it was killed then.
    """
    life.join(most_s)
    if life.exitcode is None:
        life.kill()
        life.join()
        raise TimeoutError(f"a life did not end within {most_s:.0f} s")
    return life.exitcode


def killed(life: BaseProcess) -> int:
    """SIGKILL and its exit code, which is another one if it had ended before."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(life.pid or 0, signal.SIGKILL)
    return ended(life)


class SimulatorProcess(RunningSimulator):
    """The simulator as `seedwatch simulator` runs it, with a synced ledger file."""

    def __init__(self, base: Path, *, latency_s: float = 0.0) -> None:
        super().__init__(latency_s=latency_s, ledger_path=base / "simulator-ledger.jsonl")
        self._said = base / "simulator.log"

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "seedwatch", "simulator", "--port", "0"]
        command += ["--latency", str(self._latency_s), "--ledger", str(self._ledger_path)]
        with self._said.open("w") as said:
            self._process = subprocess.Popen(command, stderr=said)
        end = time.monotonic() + _READY_S
        while not (line := self._said.read_text()).endswith("\n"):
            if time.monotonic() > end or self._process.poll() is not None:
                raise TimeoutError(f"the simulator did not start: {line}")
            time.sleep(0.02)
        self.url = line.split()[-1]
        self._port = int(self.url.rpartition(":")[2])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(10)
