"""Tests that the documents are complete, true, and that their examples work."""
