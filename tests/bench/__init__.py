"""Benchmarks: each prints JSON lines with ratios to a limit measured in the same run."""
