"""Controls of promises.md 4 that are no part of one module."""
