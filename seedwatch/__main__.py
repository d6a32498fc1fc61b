"""Runs the command line: `python -m seedwatch` is `seedwatch`."""

from __future__ import annotations

from seedwatch.cli import main

if __name__ == "__main__":
    main()
