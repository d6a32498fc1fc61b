"""`python -m tests.bench NAME [NAME ...]` runs benchmarks; without a name it lists them."""

from __future__ import annotations

import importlib
import json
import sys

NAMES = ("queue", "intake", "end_to_end", "media", "large_answer", "idle")


def main(names: list[str]) -> int:
    """Print the rows of each benchmark as they come; 1 if one of them misses its limit."""
    if not names or not set(names) <= set(NAMES):
        print("usage: python -m tests.bench NAME [NAME ...]; names:", *NAMES, file=sys.stderr)
        return 2
    is_fine = True
    for name in names:
        for row in importlib.import_module(f"tests.bench.{name}").run():
            print(json.dumps(row), flush=True)
            is_fine = is_fine and bool(row.get("ok", True))
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
