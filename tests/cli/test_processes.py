"""Real processes: signals, pipes, start-up cost, and the scripts that set everything up."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seedwatch import __version__
from tests.cli.desk import Desk

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.process
_SEEDWATCH = [sys.executable, "-P", "-m", "seedwatch"]


def test_version_is_cheap() -> None:
    """`--version` costs under 150 ms of CPU, and loads nothing heavy.

    Breaks if a module of the frame imports pydantic, httpx, Pillow, rich or structlog.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "seedwatch", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stdout == f"seedwatch {__version__}\n"
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    heavy = {"pydantic", "httpx", "PIL", "rich", "structlog", "watchdog", "apsw", "yaml", "keyring"}
    assert not heavy & loaded
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert spent < 0.15


def test_a_closed_pipe_is_no_fault(past_day: Desk) -> None:
    """`seedwatch tasks | head -1`: no traceback, whatever the exit code."""
    command = f"'{sys.executable}' -m seedwatch tasks --json -c '{past_day.config}' | head -c 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[", "")


@pytest.mark.parametrize(
    ("number", "expected"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["term", "int"]
)
def test_simulator_ends_on_signals(tmp_path: Path, number: int, expected: int) -> None:
    """SIGTERM ends the simulator with 0, Ctrl-C with 130, each within 2 s and without a trace."""
    simulator = subprocess.Popen(
        [*_SEEDWATCH, "simulator", "--port", "0", "--ledger", str(tmp_path / "ledger")],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert simulator.stderr is not None
    assert "http://127.0.0.1:" in simulator.stderr.readline()
    start = time.monotonic()
    simulator.send_signal(number)
    _, told = simulator.communicate(timeout=20)
    assert time.monotonic() - start < 2
    assert simulator.returncode == expected
    assert told.strip() == ""


def _tree(base: Path) -> Path:
    """The scripts in a place of their own, with a .venv that forwards to this Python."""
    root = base / "a place with spaces"
    for name in ("service/launch.sh", "service/venv.sh", "tests/run.sh", "pyproject.toml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    python = root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return root


def _stamp(root: Path, extra: str) -> None:
    """Say that the installation is done, as the scripts do after one."""
    script = f'root=$PWD; . service/venv.sh; find_venv_python; stamp_of "{extra}"'
    stamp = subprocess.run(
        ["sh", "-c", script], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    (root / ".venv" / f".seedwatch-{extra or 'plain'}").write_text(stamp)


def test_launch_without_installing_again(tmp_path: Path) -> None:
    """With a current stamp `launch.sh ARGS` is `seedwatch ARGS`, from any directory.

    A module of the current directory does not get in the way.
    """
    root = _tree(tmp_path)
    _stamp(root, "dev")
    (tmp_path / "seedwatch.py").write_text("raise SystemExit(99)")
    done = subprocess.run(
        ["sh", str(root / "service" / "launch.sh"), "tasks", "-c", "no such file.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 78
    assert done.stderr.startswith("no such file.yaml: ")
    assert not (root / ".venv.lock").exists()


def test_tests_run_passes_arguments_on(tmp_path: Path) -> None:
    """`run.sh ARGS` gives its arguments to pytest, in the root of the tree."""
    root = _tree(tmp_path)
    _stamp(root, "dev")
    done = subprocess.run(
        ["sh", str(root / "tests" / "run.sh"), "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout.startswith("pytest ")


def test_installation_and_its_failure(tmp_path: Path) -> None:
    """Without a stamp the package is installed; a failure is told and leaves no stamp, no lock.

    Two at a time: the second waits for the first, and takes the lock of a dead one over.
    """
    root = _tree(tmp_path)
    python = root / ".venv" / "bin" / "python"
    log = tmp_path / "pip.log"
    python.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *"pip install"*) echo "$*" >> "{log}"; sleep 0.3; exit "${{PIP_ENDS:-0}}";;'
        f' esac\nexec "{sys.executable}" "$@"\n'
    )
    lock = root / ".venv.lock"
    lock.mkdir()
    ended = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True, check=True)
    (lock / "pid").write_text(ended.stdout)
    path = f"{python.parent}:/usr/bin:/bin"  # without uv
    command = ["sh", str(root / "service" / "launch.sh"), "--version"]
    failed = subprocess.run(
        command,
        env={"PATH": path, "PIP_ENDS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "the installation failed" in failed.stderr
    assert not lock.exists()
    runs = [
        subprocess.Popen(command, env={"PATH": path}, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [run.communicate(timeout=30)[0] for run in runs]
    assert told == [f"seedwatch {__version__}\n"] * 2
    assert len(log.read_text().splitlines()) == 2
    assert str(root) in log.read_text()


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (None, "Python 3.11 or newer is needed; there is none here."),
        ('case "$1" in -V) echo Python 3.9.2;; *) exit 1;; esac', "here is only: Python 3.9.2."),
        (
            'case "$*" in *print*) echo 3.11;; *version_info*) exit 0;; *) exit 1;; esac',
            "sudo apt install python3.11-venv",
        ),
    ],
    ids=["no Python", "old Python", "no venv"],
)
def test_what_to_install(tmp_path: Path, script: str | None, expected: str) -> None:
    """A machine without a usable Python is told what to install; exit code 1."""
    root = _tree(tmp_path)
    shutil.rmtree(root / ".venv")
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("dirname", "cat", "mkdir", "rm", "sleep", "cksum"):
        found = shutil.which(tool)
        assert found is not None
        (tools / tool).symlink_to(found)
    if script is not None:
        (tools / "python3").write_text(f"#!/bin/sh\n{script}\n")
        (tools / "python3").chmod(0o755)
    shell = os.path.realpath(shutil.which("sh") or "/bin/sh")
    done = subprocess.run(
        [shell, str(root / "service" / "launch.sh"), "demo"],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert expected in done.stderr
    assert not (root / ".venv").exists()
