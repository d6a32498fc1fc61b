"""The fault catalogue (promises.md 3): rows that have no other test (see docs/faults.md)."""
