"""15 pictures of 20 MB as base64 in one answer: how much memory the daemon needs for it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.end_to_end import CONFIG, lean_provider
from tests.bench.lean_provider import LARGE_BYTES, LARGE_COUNT

MUST_PICTURES = 2.0
"""peak memory may grow by so many times one picture (issue 3)"""


def run() -> Iterator[dict[str, object]]:
    """One row: growth of the peak between a small answer and the large one, in pictures."""
    with lean_provider() as port, tempfile.TemporaryDirectory(prefix="bench-", dir=".") as folder:
        command = [sys.executable, "-m", "tests.bench.large_answer", str(port), folder]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    small_mb, large_mb = json.loads(done.stdout.splitlines()[-1])
    growth = (large_mb - small_mb) * 1e6 / LARGE_BYTES
    yield {
        "bench": "large_answer",
        "case": f"{LARGE_COUNT} pictures of {LARGE_BYTES // 1_000_000} MB as b64_json",
        "peak_before_mb": round(small_mb, 1),
        "peak_mb": round(large_mb, 1),
        "growth_in_pictures": round(growth, 2),
        "must": MUST_PICTURES,
        "ok": growth < MUST_PICTURES,
    }


def _peak_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise AssertionError("no VmHWM")


def _main(port: int, folder: Path) -> None:
    from seedwatch import logs  # noqa: PLC0415 - the bench itself does not carry it
    from seedwatch.config.settings import load_settings  # noqa: PLC0415 - as above
    from seedwatch.daemon.supervisor import run_daemon  # noqa: PLC0415 - as above

    inbox = folder / "prompts" / "inbox"
    inbox.mkdir(parents=True)
    config = folder / "config.yaml"
    written = CONFIG.format(port=port, in_flight=1)
    peaks = []
    with Path(os.devnull).open("w") as nowhere:
        logs.set_up(nowhere)
        for name, more in (
            ("small", ""),
            ("large", f", group: {LARGE_COUNT}, options: {{response_format: b64_json}}"),
        ):
            config.write_text(written.replace("size: 2K", "size: 2K" + more))
            (inbox / f"{name}.txt").write_text(f"a {name} answer\n")
            code = asyncio.run(run_daemon(load_settings(config), until_idle=True))
            assert code == 0, code
            peaks.append(_peak_mb())
            Path("/proc/self/clear_refs").write_text("5")  # the peak counts anew
    results = list((folder / "prompts" / "outbox").glob("large*.png"))
    assert len(results) == LARGE_COUNT, len(results)
    print(json.dumps(peaks))


if __name__ == "__main__":
    _main(int(sys.argv[1]), Path(sys.argv[2]))
