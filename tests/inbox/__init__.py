"""Tests of `seedwatch.inbox`."""
