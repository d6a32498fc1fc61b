"""Breaks the code on purpose, in many small ways, and asks whether the tests notice.

    python -m tests.campaigns.mutants --out mutants.jsonl

Each mutant is a copy of the repository with one change; its tests run there and one has to fail.
Prints one JSON line for each and one at the end; exit 1 if a mutant survives or does not apply.
`--only TEXT` takes those whose name holds it; `--resume FILE` leaves out those that FILE names.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.campaigns.mutant_list import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
_PARTS = ("seedwatch", "tests", "docs", "pyproject.toml", "config.example.yaml", "README.md")
_LONGEST_S = 600.0
_FAILED = re.compile(r"^FAILED (.+?)(?: - .*)?$", re.MULTILINE)


def copied(target: Path) -> None:
    """A copy of the repository to break; compiled files come along, which saves their making."""
    for name in _PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name)
        elif source.exists():
            shutil.copy2(source, target / name)


def applied(mutant: Mutant, root: Path) -> str | None:
    """Apply the change; returns the text before it, or None: the code is no longer like that."""
    path = root / "seedwatch" / mutant.file
    text = path.read_text()
    if text.count(mutant.old) != 1:
        return None
    changed = text.replace(mutant.old, mutant.new)
    compile(changed, str(path), "exec")
    path.write_text(changed)
    return text


def tried(mutant: Mutant, root: Path) -> dict[str, Any]:
    """One mutant: whether it was caught, and by which test."""
    started = time.monotonic()
    row: dict[str, Any] = {"mutant": mutant.name, "file": mutant.file, "caught": False}
    before = applied(mutant, root)
    if before is None:
        return row | {"why": "does not apply"}
    try:
        ended = _tested(mutant.checks, root)
    except subprocess.TimeoutExpired:
        return row | {"why": "no end"}
    finally:
        (root / "seedwatch" / mutant.file).write_text(before)
    found = _FAILED.search(ended.stdout)
    if ended.returncode == 1 and found is not None:
        row["by"] = found[1]
        nightly = ("-m", "nightly") if "nightly" in mutant.checks else ()
        alone = _tested((found[1], *nightly), root)
        row["caught"] = alone.returncode == 0  # a test that fails anyway proves nothing
        ended = alone
    if not row["caught"]:
        row["why"] = f"exit {ended.returncode}: {ended.stdout.strip()[-300:]}"
    return row | {"seconds": round(time.monotonic() - started, 1)}


def _tested(checks: Sequence[str], root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, *checks],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=_LONGEST_S,
        check=False,
    )


def main() -> int:
    """Parse the options, try the mutants, print the rows and the sum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--resume", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    out: Path | None = options.resume or options.out
    rows = _lines(options.resume) if options.resume else []
    known = {row["mutant"] for row in rows}
    with tempfile.TemporaryDirectory(prefix="mutants-") as base:
        copied(Path(base))
        for mutant in MUTANTS:
            if options.only in mutant.name and mutant.name not in known:
                rows.append(tried(mutant, Path(base)))
                _append(out, rows[-1])
    survived = [row["mutant"] for row in rows if not row["caught"]]
    print(json.dumps({"mutants": len(rows), "survived": survived, "ok": not survived}))
    return 1 if survived else 0


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _append(path: Path | None, row: dict[str, Any]) -> None:
    line = json.dumps(row)
    if path is None:
        print(line, flush=True)
        return
    with path.open("a") as file:
        file.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
