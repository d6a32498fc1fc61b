"""A daemon with nothing to do: 10 folders of 1,000 held pictures each, events on.

What it does once, half a minute after its start (sweeping what kills may have left), is over first.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
from PIL import Image

FOLDERS, FILES, WATCH_S = 10, 1_000, 30.0
MUST_CORE, MUST_RSS_MB = 0.005, 90.0
READY_S = 300.0
SWEPT_S = 45.0
"""so long after the start its first round of housekeeping is over"""


def run(
    folders: int = FOLDERS, files: int = FILES, watch_s: float = WATCH_S
) -> Iterator[dict[str, object]]:
    """One row: share of a core, memory, and database writes over `watch_s` quiet seconds."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=".") as name:
        base = Path(name).absolute()
        _fill(base, folders, files)
        began = time.monotonic()
        command = [sys.executable, "-m", "seedwatch", "-c", str(base / "config.yaml"), "run"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                _until(lambda: _held(base) == folders * files, READY_S)
                _until_quiet(base, READY_S)
                time.sleep(max(0.0, began + SWEPT_S - time.monotonic()))
                cpu_s, written = _cpu_s(process.pid), _database(base)
                time.sleep(watch_s)  # the quiet itself is what is measured
                core = (_cpu_s(process.pid) - cpu_s) / watch_s
                rss_mb = _rss_mb(process.pid)
                is_unwritten = _database(base) == written
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(30)
    yield {
        "bench": "idle",
        "case": f"{folders} folders x {files} files, {watch_s:g} s",
        "core": round(core, 5),
        "must_core": MUST_CORE,
        "rss_mb": round(rss_mb, 1),
        "must_rss_mb": MUST_RSS_MB,
        "database_writes": 0 if is_unwritten else 1,
        "ok": core < MUST_CORE and rss_mb < MUST_RSS_MB and is_unwritten,
    }


def _fill(base: Path, folders: int, files: int) -> None:
    picture = Image.new("RGB", (64, 64))
    lines = ["state_dir: ./state", "accounts:"]
    lines += ['  away: {provider: ark, base_url: "http://127.0.0.1:9/x", key: none}', "folders:"]
    for number in range(folders):
        inbox = base / f"f{number}" / "inbox"
        inbox.mkdir(parents=True)
        for file in range(files):
            picture.putpixel((0, 0), (number, file // 256, file % 256))
            picture.save(inbox / f"{file}.png")
        lines += [
            f"  - name: f{number}",
            f"    inbox: f{number}/inbox",
            "    cold_start: 0",
            "    watch: events",
            "    rule: {account: away, mode: image-to-image,",
            "           model: doubao-seedream-4-5-251128, prompt: x}",
        ]
    (base / "config.yaml").write_text("\n".join(lines) + "\n")


def _held(base: Path) -> int:
    try:
        rows = apsw.Connection(str(base / "state" / "queue.db"), flags=apsw.SQLITE_OPEN_READONLY)
        (count,) = next(rows.execute("SELECT count(*) FROM tasks WHERE state = 'held'"))
        return int(count)
    except apsw.Error:
        return 0


def _until(is_so: Callable[[], bool], most_s: float) -> None:
    end = time.monotonic() + most_s
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError("the daemon did not get ready")
        time.sleep(0.25)


def _until_quiet(base: Path, most_s: float) -> None:
    """Wait until the database has not been written for some seconds."""
    end = time.monotonic() + most_s
    seen, since = _database(base), time.monotonic()
    while time.monotonic() - since < 8:
        time.sleep(0.25)
        if (now := _database(base)) != seen:
            seen, since = now, time.monotonic()
        if time.monotonic() > end:
            raise TimeoutError("the database never came to rest")


def _database(base: Path) -> list[tuple[str, int, int]]:
    files = sorted((base / "state").glob("queue.db*"))
    return [
        (f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files if f.suffix != ".db-shm"
    ]


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024
