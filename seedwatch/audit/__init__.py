"""Proves that files, rows and charges agree: every source in exactly one state (promises.md P2).

`looking.py` reads rows and folders into a census; `sources.py`, `results.py` and `charges.py` say
what in it does not add up, without I/O; `mending.py` does the few safe things.
"""
